/*
 * modules/rr/token.h - the user part by which a Route of ours names a client's connection.
 *
 * A client behind a NAT or firewall can be reached over its own connection only
 * (RFC 5626 5.3). The number of that connection travels as the user part of our
 * Record-Route or Path, with a MAC over it, so that nobody can have requests sent
 * down a stranger's connection. The key is that of this boot: after a restart the
 * connections are gone, and so are their names.
 */
#ifndef MODULES_RR_TOKEN_H
#define MODULES_RR_TOKEN_H

#include "core/lcs.h"

#define FLOW_TOKEN_CHARS 33		/* 'f', number and MAC in hex */

/** A connection's number with a MAC, so that nobody else can make one up (RFC 5626 5.2). */
void flow_token_text(flow_id flow, char text[FLOW_TOKEN_CHARS]);
/** true: it was made by us; the connection may have gone meanwhile. */
bool flow_token_read(struct slice user, flow_id *flow);

/** The way to the client that a token names. A connection that has gone gives a hop that
 *  cannot be sent over, so that its request fails with 430. */
void flow_token_hop(flow_id flow, enum sip_transport t, struct sip_hop *out);

#endif
