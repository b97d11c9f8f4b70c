/*
 * modules/tm/key.h - which server transaction a request belongs to (RFC 3261 17.2.3).
 *
 * Two keyed hashes, one of what is no INVITE, and a few facts stand for the texts, so that
 * a transaction that only waits for copies keeps none of them. The Call-ID, the From URI and
 * tag and the CSeq number are part of the key although the RFC needs only the
 * branch: there are clients that send the same Call-ID, tag and branch as their
 * neighbours, and others that send no branch at all.
 */
#ifndef MODULES_TM_KEY_H
#define MODULES_TM_KEY_H

#include "parser/msg.h"

struct tm_key {
	uint64_t call;		/* Call-ID, CSeq number, From URI and tag; of no INVITE: all */
	uint64_t branch;		/* sent-by, branch; without cookie see key.c. Of no INVITE: 0 */
	uint64_t to_tag;		/* 0: none */
	flow_id  flow;		/* it came on; 0 for datagrams */
	uint32_t peer;		/* of the address it came from */
	bool     has_cookie;	/* the branch alone tells (RFC 3261), else RFC 2543 rules */
};

/**
 * The key of a request. ACK and CANCEL get the one of the INVITE they belong to,
 * but for the To tag of an ACK, which is the response's.
 */
void tm_key_make(struct sip_msg *request, struct tm_key *out);

/** Hash of a tag for to_tag; 0 for an empty one. */
uint64_t tm_key_tag(struct slice tag);

/**
 * Do they belong to one transaction? The same call is presumed (key.call).
 * mine: the transaction's; to_tag of its request.
 */
bool tm_key_is_copy(const struct tm_key *mine, const struct tm_key *other);
/** The same for an ACK; answered: tm_key_tag() of our final response's To tag. */
bool tm_key_is_ack(const struct tm_key *mine, uint64_t answered, const struct tm_key *ack);
/** The same for a CANCEL. */
bool tm_key_is_cancel(const struct tm_key *mine, const struct tm_key *cancel);

#endif
