/*
 * core/net/limit.h - bounds of the flow room, from settings of the configuration.
 */
#ifndef CORE_NET_LIMIT_H
#define CORE_NET_LIMIT_H

#include "parser/msg.h"
#include "utils/wheel.h"

struct net_limits {
	struct msg_limits msg;		/* of streams and datagrams */
	uint32_t connections;		/* all workers together */
	uint32_t connections_per_address;
	uint32_t in_flight_per_connection;	/* messages under way before reading pauses */
	size_t   send_queue_bytes;	/* per connection; above it is closed */
	msec_t   idle_timeout;		/* no byte either way */
	msec_t   half_message_timeout;	/* part of a message waiting */
	msec_t   connect_timeout;	/* TCP connect and TLS handshake */
	int      udp_rcvbuf, udp_sndbuf;	/* bytes, 0: the system's */
};

void net_set_limits(const struct net_limits *limits);	/* control thread; applies to what comes next */
const struct net_limits *net_limits(void);
/** Defaults as documented in lcs.cfg(5). */
extern const struct net_limits net_limits_preset;

/* A message of a connection has been dealt with: reading may go on. Any worker, once for each
 * message that was delivered (msg not NULL) with from->flow; flow 0 is harmless. */
void net_message_done(flow_id id);

struct net_counters {			/* per worker, added up by whoever shows them */
	uint64_t datagrams_in, datagrams_out, bytes_in, bytes_out, messages_in, messages_out;
	uint64_t connections_opened, connections_accepted, connections_closed, connections_now;
	uint64_t refused_per_address, refused_limit, idle_closed, half_closed, slow_closed;
	uint64_t pings, parse_errors, too_long, send_errors, udp_send_errors, handshake_errors;
	uint64_t overload_503, udp_undelivered, datagrams_coupled;
};
/** Of all workers, read without stopping them. */
void net_counters(struct net_counters *sum);
struct net_counters *net_counters_mine(void);	/* of this worker */

#endif
