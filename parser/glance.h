/*
 * parser/glance.h - what a proxy needs of a response, read where it lies.
 *
 * Of a response that is only sent on, topmost Via, CSeq method and status are wanted, and that it
 * is in order. A glance finds these without a copy, an index or typed views, and refuses whatever
 * is not written as nearly all are; then the message is parsed, which alone knows what is wrong.
 * What a glance takes sip_msg_parse() and sip_msg_check() take too, with the same result, and
 * without the topmost Via it is written as the same bytes: test/unit/parser/index_test compares.
 */
#ifndef PARSER_GLANCE_H
#define PARSER_GLANCE_H

#include "parser/msg.h"

struct sip_glance {
	uint16_t        status;
	enum sip_method method;		/* of CSeq; METHOD_OTHER: one that is not known */
	struct slice    start_line;	/* with CRLF */
	struct slice    behind;		/* the line of the topmost Via: all that follows it */
	struct slice    branch;		/* of the topmost Via; .p NULL if it has none */
	struct slice    call_id;
	bool            has_via_below;
};

/**
 * @param bytes   one whole message; *out borrows from them
 * @param limits  max_bytes and max_hdrs, as for sip_msg_parse()
 * @return false: a request, or not so simple
 */
bool sip_glance(struct slice bytes, const struct msg_limits *limits, struct sip_glance *out);

#endif
