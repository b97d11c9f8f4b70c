/*
 * parser/received.h - the top Via of a request, completed with where it really came from.
 */
#ifndef PARSER_RECEIVED_H
#define PARSER_RECEIVED_H

#include "parser/edit.h"
#include "parser/via.h"
#include "utils/buf.h"

/**
 * Does the Via need received (RFC 3261 18.2.1) or rport (RFC 3581 4) when the
 * request came from there? Also true for a received parameter of the sender's
 * own making, which sip_via_put() leaves out.
 */
bool sip_via_is_short(const struct sip_via *via, const struct sock_addr *from);

/** Write the value with received and rport as they have to be. */
void sip_via_put(struct buf *out, const struct sip_via *via, const struct sock_addr *from);

/**
 * The same as an edit of the top Via, for a request that is forwarded
 * (16.6, 18.2.1): from request->from; nothing if nothing is missing.
 * @return 0 or -ENOMEM
 */
int edit_received(struct arena *a, const struct sip_edit **last, struct sip_msg *request);

#endif
