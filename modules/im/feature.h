/*
 * modules/im/feature.h - what a message or an invitation begins: text, a file, sound, pictures.
 *
 * Pure: looks at header values and a body.
 */
#ifndef MODULES_IM_FEATURE_H
#define MODULES_IM_FEATURE_H

#include "utils/arena.h"
#include "utils/slice.h"

struct feature_input {
	bool         is_invite, is_message;
	struct slice content_type, body;
	struct slice text_format;	/* ms-text-format of an INVITE; may be empty */
};

/**
 * "im", "typing", "file-transfer", "whiteboard", "application-sharing", "remote-assistance",
 * "audio", "video", or empty: none of these. Of several the one that asks for most.
 */
struct slice feature_of(struct arena *arena, const struct feature_input *in);

/** Parties of a chat by its EndPoints header: entries with commas between. */
unsigned feature_parties(struct slice endpoints);

#endif
