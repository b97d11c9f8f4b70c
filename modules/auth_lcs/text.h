/*
 * modules/auth_lcs/text.h - what a signature covers: fields of a message, in angle brackets.
 *
 * Pure: reads the bytes of a message as they go over the wire, keeps nothing.
 */
#ifndef MODULES_AUTH_LCS_TEXT_H
#define MODULES_AUTH_LCS_TEXT_H

#include "utils/buf.h"

struct sa_fields {			/* borrowed from the message; empty: not there */
	bool         is_request;
	uint16_t     status;
	struct slice first_line;	/* with its line end */
	struct slice via;		/* line of the topmost, without its line end */
	struct slice call_id, cseq, method;
	struct slice from_uri, from_tag, from_epid;
	struct slice to_uri, to_tag, to_epid;
	struct slice pai_sip, pai_tel;
	struct slice expires;
};

/** One pass over the head of a message. 0, or -EBADMSG: no start line. */
int sa_fields_read(struct slice message, struct sa_fields *out);

/* The header that carries the signature says the rest. */
struct sa_mark { struct slice scheme, rand, num, realm, targetname; unsigned version; };

/** The text, appended. version: below 3 without To URI and asserted identities. */
void sa_text_put(struct buf *b, const struct sa_mark *mark, const struct sa_fields *f);

#endif
