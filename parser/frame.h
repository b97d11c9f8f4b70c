/*
 * parser/frame.h - where a message ends in a stream (RFC 3261 18.3, 7.5; RFC 5626 4.4.1).
 *
 * Incremental: remembers how far it looked, never looks at a byte twice.
 */
#ifndef PARSER_FRAME_H
#define PARSER_FRAME_H

#include "utils/slice.h"

enum frame_result {
	FRAME_MORE,			/* not complete yet */
	FRAME_MESSAGE,			/* out->message is one whole message */
	FRAME_PING,			/* CRLFCRLF between messages: answer CRLF */
	FRAME_PONG,			/* a single CRLF between messages; when only the first half
					 * of a ping has arrived, PONG comes first and PING after */
	FRAME_BAD_LENGTH,		/* headers complete, Content-Length missing or no number:
					 * out->message is the head; answer 400 and close */
	FRAME_TOO_LONG			/* head or message above the limit: answer 513 and close */
};

struct frame {
	size_t max_bytes;		/* whole message */
	size_t max_head_bytes;
	/* private: */
	size_t scanned;			/* bytes of the current message already looked at */
	size_t head_bytes, total_bytes;	/* known once the head is complete; 0 before */
	bool after_crlf;		/* a CRLF was just taken for a pong; one more makes it a ping */
};

struct frame_out { struct slice message; size_t consumed; };

/** At the beginning of a stream, and only there: limits are for each message of it. */
void frame_init(struct frame *f, size_t max_head_bytes, size_t max_bytes);

/**
 * Look at the unconsumed bytes of a stream. Drop out->consumed bytes at the
 * front before the next call (also on FRAME_MORE, where it may be 0).
 */
enum frame_result frame_next(struct frame *f, struct slice bytes, struct frame_out *out);

/** Is part of a message waiting (for the half-message timer)? */
bool frame_is_inside(const struct frame *f);

#endif
