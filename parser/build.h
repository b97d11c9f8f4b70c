/*
 * parser/build.h - responses and requests from nothing.
 */
#ifndef PARSER_BUILD_H
#define PARSER_BUILD_H

#include "parser/edit.h"
#include "utils/buf.h"

struct sip_extra { struct slice name, value; };

struct response_parts {
	uint16_t                status;
	struct slice            reason;		/* empty: the RFC's default phrase */
	struct slice            to_tag;		/* added if To has none and status > 100 */
	const struct sip_extra *extra;		/* headers behind the copied ones */
	size_t                  extra_count;
	struct slice            extra_lines;	/* or: whole lines with CRLF */
	struct slice            server;		/* Server header; empty: none */
	struct slice            content_type, body;
	bool                    copy_record_route;	/* 12.1.1: 2xx and 101-199 that make a dialog */
	bool                    copy_timestamp;		/* 100: 8.2.6.1 */
};

/**
 * A response to a request, RFC 3261 8.2.6.2: all Via, From, To (with tag),
 * Call-ID, CSeq copied; received and rport are put into the top Via as 18.2.1
 * and RFC 3581 4 want, from request->from.
 *
 * @return 0, -ENOMEM
 */
int sip_build_response(struct sip_msg *request, const struct response_parts *parts, struct buf *out);
/** The same in a buffer of its own, which is the caller's; NULL without memory. */
struct buf *sip_response_bytes(struct sip_msg *request, const struct response_parts *parts);

/** "Not Found" for 404; the class's general phrase for unknown codes. */
struct slice sip_reason(uint16_t status);

/**
 * ACK for a non-2xx final response (17.1.1.3) and CANCEL (9.1) of a request as
 * it was sent: sent is the written INVITE.
 * @param to  To header value of the response (ACK); empty: the request's (CANCEL)
 */
int sip_build_ack(struct slice sent, struct slice to, struct buf *out);
int sip_build_cancel(struct slice sent, struct slice reason_value, struct buf *out);

#endif
