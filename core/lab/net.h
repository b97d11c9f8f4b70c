/*
 * core/lab/net.h - the wire, in memory: what the server sends comes to the test, what the
 * test sends is delivered to the server.
 *
 * Takes the place of the sockets of core/net at link time; parsing, writing,
 * listeners and names are the real ones.
 */
#ifndef CORE_LAB_NET_H
#define CORE_LAB_NET_H

#include "core/net/flow.h"
#include "core/net/listen.h"

/** Everything the server sends, with its hop completed; bytes borrowed. Return 0, or the
 *  error that the sender shall be told: -ECONNREFUSED, -ETIMEDOUT, ... */
typedef int fake_wire_fn(const struct sip_hop *hop, struct slice bytes);
void fake_set_wire(fake_wire_fn *fn);

/** Bytes of one message from a peer, as they come in on the flow's owner (flow 0: worker). */
void fake_receive(const struct sip_hop *from, struct slice bytes, unsigned worker);

/** A datagram did not arrive: ICMP will say so, quoting its beginning. To be called from the
 *  wire; the report comes when the server has nothing else to do at this moment. */
void fake_undelivered(const struct sip_hop *hop, struct slice bytes, int err);

/** A connection begins; inbound: the peer opened it to us. Owner is that worker. */
flow_id fake_open(enum sip_transport t, const struct sock_addr *remote,
    const struct sock_addr *local, unsigned listener, bool inbound, unsigned worker);
/** It ends; those who watch are told on its owner. */
void fake_close(flow_id id);
/** Of a connection, for $tls_peer_name. */
void fake_set_peer_name(flow_id id, const char *name);

/** Messages that were delivered from a flow and not yet dealt with. */
unsigned fake_in_flight(flow_id id);
/** Connections that are open now. */
unsigned fake_connections(void);

#endif
