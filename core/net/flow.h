/*
 * core/net/flow.h - flows: sockets and connections, owned by the worker the kernel gave them to.
 *
 * A connection is known to everybody else by its number (flow_id): the owner
 * worker in the top 8 bits, a serial number that is never reused below.
 */
#ifndef CORE_NET_FLOW_H
#define CORE_NET_FLOW_H

#include "core/net/above.h"
#include "core/run/worker.h"
#include "parser/msg.h"
#include "parser/write.h"

static inline unsigned flow_owner(flow_id id) { return (unsigned)(id >> 56); }

/*
 * Sending: one message on its way out; counted, because a transaction keeps it
 * for retransmission. Either base + last (written in the owner of the way out)
 * or bytes.
 */
struct sip_out {
	struct ref             refs;
	struct sip_msg        *base;	/* counted; NULL if bytes were given */
	const struct sip_edit *last;	/* lives in base's arena */
	struct sip_hop         hop;
	struct buf            *bytes;	/* written once, then immutable */
	/* Told once, on worker `home`, if the bytes could not be sent: connection refused,
	 * reset before the write, timed out, flow gone. NULL: nobody wants to know. */
	void                 (*failed)(struct sip_out *out, int err);
	void                  *arg;
	unsigned               home;
	_Atomic flow_id        went;	/* the connection that it waited at or went by; 0: none */
	bool                   close_after;	/* stream: close when it is written */
	/* private: core/net */
	struct inbox_item      item;
	struct sip_out        *next;
	int                    err;
	struct buf            *sealed;	/* what a guard made of bytes; while it waits there */
	_Atomic bool           under_way;	/* on its way to a connection, or waiting there */
	_Atomic bool           telling;	/* failed() is on its way home */
	bool                   by_address;	/* no flow was asked for */
	bool                   redialled;
	bool                   kept;	/* a guard has it, see seal() */
};

struct sip_out *sip_out_new(void);	/* NULL if memory is short; home is the calling worker */
struct sip_out *sip_out_ref(struct sip_out *out);
void sip_out_unref(struct sip_out **out);

/**
 * Send, from any worker. Takes one count of *out; sets *out to NULL.
 *
 * UDP goes out from this worker's own socket at the end of its turn. A stream
 * goes to the owner of hop.flow; without a flow, to the connection that is
 * there for that remote address and transport (RFC 5923), or a new one.
 * A flow that is gone fails with -ENOTCONN; no other connection is tried,
 * since a client's ephemeral port cannot be dialled.
 */
void net_send(struct sip_out **out);
/** Write the bytes now if they are not yet (for retransmission); 0 or -ENOMEM. Whoever wants
 *  to read out->bytes of a stream message calls this before net_send(). */
int  sip_out_write(struct sip_out *out);

/** Is that connection alive? Any worker, a moment's truth. */
bool flow_is_alive(flow_id id);
/** The way over that connection, as its messages show it in msg->from; `local` only of one
 *  that the peer opened. Any worker; false if it is gone. */
bool flow_hop(flow_id id, struct sip_hop *out);
/** Ask the owner to close; harmless if gone. */
void flow_close(flow_id id, const char *reason);

/* Hooks of the flow room: told on the owner when a connection has ended. */
struct flow_watch { struct list node; void (*closed)(flow_id id, void *arg); void *arg; };
void flow_watch_register(struct flow_watch *w);	/* before workers_start() */

/*
 * Guards: who has agreed on a key with the peer of a connection sees what is about to be
 * written there, whoever made it and in the order of the wire. What comes is looked at by a
 * hook at STAGE_RECEIVED, which runs in the same place. A connection without a guard pays
 * nothing for those that have one.
 */
struct flow_guard { const struct flow_guard_ops *ops; };
struct flow_guard_ops {
	/* The message as it would go: write to `to` what shall go instead. On the owner, once for
	 * each time that it is sent. 0, -ENOENT (it goes as it is), -EINPROGRESS (the guard has a
	 * copy and will send it), other errors: it fails. */
	int  (*seal)(struct flow_guard *guard, struct slice message, struct buf *to);
	/* The connection has ended, or has another guard: the last call, on the owner. */
	void (*gone)(struct flow_guard *guard);
};
/** Owner of the flow: its guard, NULL if it has none or is gone. */
struct flow_guard *flow_guard(flow_id id);
/** Owner of the flow. Not if that is gone: -ENOTCONN, and nothing was done. */
int flow_set_guard(flow_id id, struct flow_guard *guard);
/** Run fn on the owner of a flow, gone or not, before anything that this worker sends there
 *  from now on; at once if this is the owner. 0 or -ENOMEM. */
int flow_run(flow_id id, void (*fn)(flow_id id, void *arg), void *arg);

/* Transport's answer about a flow for $tls_peer_name and friends, on any worker: text of the
 * verified peer, copied; empty if none. */
struct slice flow_peer_name(flow_id id, struct arena *arena);

struct flow_info {			/* for lcsctl connections */
	flow_id id; enum sip_transport transport; struct sock_addr remote, local;
	bool inbound; uint64_t messages_in, messages_out, bytes_in, bytes_out;
	msec_t age, idle; size_t queued_bytes; char tls[48];
	struct slice peer_name;		/* verified, borrowed for the call; empty: none */
	int64_t peer_expires;		/* its certificate, unix seconds; 0: it has shown none */
};
/** On a worker: visit its connections. */
void flow_each(void (*fn)(const struct flow_info *info, void *arg), void *arg);

#endif
