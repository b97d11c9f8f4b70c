/*
 * parser/hop.h - one way to reach a peer: transport, addresses, connection by number.
 *
 * Plain data that may cross between rooms. A connection is named by number,
 * never by pointer; flow 0 means "no connection in particular".
 */
#ifndef PARSER_HOP_H
#define PARSER_HOP_H

#include "utils/addr.h"

enum sip_transport { TRANSPORT_NONE, TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS, TRANSPORT_COUNT };

typedef uint64_t flow_id;		/* 0: none; see core/net/flow.h for what is inside */

struct sip_hop {
	enum sip_transport transport;
	uint16_t           listener;	/* index + 1 of the local listener, 0: any of that transport */
	flow_id            flow;	/* the connection to use, 0: none yet (or UDP) */
	struct sock_addr   remote;
	struct sock_addr   local;	/* as received on; unset when not known yet */
	struct slice       name;	/* host as asked for: TLS server name to verify; may be empty */
};

static inline bool transport_is_stream(enum sip_transport t) { return t >= TRANSPORT_TCP; }
/** 5060, or 5061 for TLS. */
static inline uint16_t transport_default_port(enum sip_transport t)
{
	return t == TRANSPORT_TLS ? 5061 : 5060;
}
/** "UDP" as in Via; "udp" as in a URI. */
struct slice transport_via_name(enum sip_transport t);
struct slice transport_uri_name(enum sip_transport t);
/** Case-blind; TRANSPORT_NONE if unknown. */
enum sip_transport transport_parse(struct slice s);

#endif
