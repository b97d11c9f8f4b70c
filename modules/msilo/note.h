/*
 * modules/msilo/note.h - a message as it is kept, and as it is delivered later.
 *
 * Pure: reads a received MESSAGE through its edits, touches nothing.
 */
#ifndef MODULES_MSILO_NOTE_H
#define MODULES_MSILO_NOTE_H

#include "core/lcs.h"

struct note {				/* texts live in the arena it was read into */
	struct slice aor;		/* for whom */
	struct slice sender;		/* name and URI of From, without tag */
	struct slice type;		/* Content-Type */
	struct slice lines;		/* further header lines that go with the body */
	struct slice body;
	int64_t      sent, expires;	/* unix seconds */
};

/**
 * What is to be kept of a MESSAGE. Its own Date and Expires count (RFC 3428 8), as far as the
 * longest time allows.
 *
 * @return 0; -EINVAL: nothing to be kept (no body, a typing note, no sender, in a dialog);
 *         -ENOMEM
 */
int note_read(struct arena *arena, const struct sip_view *view, int64_t now, int64_t longest,
    struct note *out);

/** The body to be delivered: with_date, and if it is plain text, the time it was sent comes
 *  first. .p NULL if memory is short. */
struct slice note_body(struct arena *arena, const struct note *n, bool with_date);

/** Is a final response the end of it (delivered or never wanted), or is there another try? */
bool note_is_settled(unsigned status);

#endif
