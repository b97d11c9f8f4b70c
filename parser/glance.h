/*
 * parser/glance.h - what a proxy needs of a response, read where it lies.
 *
 * Of a response to us status and branch may be all that is wanted; of one that is only sent on,
 * CSeq method too, and that it is in order. Looks find these without a copy, an index or typed
 * views, and refuse whatever is not written as nearly all are; then the message is parsed, which
 * alone knows what is wrong. What all take sip_msg_parse() and sip_msg_check() take too, with the
 * same result, and without the topmost Via it is written as the same bytes:
 * test/unit/parser/index_test compares. That Via itself goes no further; of it no more is read
 * than the branch by which its owner knows it.
 */
#ifndef PARSER_GLANCE_H
#define PARSER_GLANCE_H

#include "parser/msg.h"

struct sip_glance {
	uint16_t        status;
	struct slice    start_line;	/* with CRLF */
	struct slice    behind;		/* all that follows the line of the topmost Via */
	struct slice    branch;		/* of the topmost Via; not empty */
	unsigned        most;		/* headers that it may have */
	/* By those after the first look: */
	struct slice    call_id;
	enum sip_method method;		/* of CSeq; METHOD_OTHER: one that is not known */
	bool            has_via_below;
};

/**
 * The first look: status and the branch of the topmost Via, which may be wrong in other places.
 *
 * @param bytes   one whole message; *out borrows from them
 * @param limits  max_bytes and max_hdrs, as for sip_msg_parse()
 * @return false: a request, or not so simple
 */
bool sip_glance(struct slice bytes, const struct msg_limits *limits, struct sip_glance *out);

/** Method alone, for who knows the sender. false: not so simple. */
bool sip_glance_method(struct sip_glance *glance);

/** All headers, and where the message ends. false: not so simple. */
bool sip_glance_again(struct sip_glance *glance);

#endif
