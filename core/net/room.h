/*
 * core/net/room.h - what the files of this room share: a worker's flows, and a connection.
 */
#ifndef CORE_NET_ROOM_H
#define CORE_NET_ROOM_H

#include "core/net/flow.h"
#include "core/net/limit.h"
#include "core/net/listen.h"
#include "core/net/stream.h"
#include "core/run/timer.h"
#include "parser/frame.h"
#include "utils/count.h"
#include "utils/rtab.h"

#define SCRATCH_BYTES 65536u

struct net_worker {			/* one per worker, touched by it alone */
	unsigned          index;
	struct loop      *loop;
	struct udp_room  *udp;
	struct acceptor  *acceptors;	/* LISTENERS_MAX, by number - 1; fd -1 if unused */
	uint64_t          last_serial;
	struct list       conns;
	struct list       dirty;	/* connections with something to write or to end */
	struct loop_task  flush;
	struct list       again;	/* connections with messages read and not delivered */
	struct inbox_item resume;
	bool              resume_posted;
	bool              stopping;
	char             *scratch;	/* what is read before it is known to be incomplete */
};
struct net_worker *net_mine(void);	/* of this worker: room.c */

#define NET_COUNT(field, n) count_by(&net_counters_mine()->field, (n))

/* ---- local.c ---- */
/** Control thread, before the workers: what the first numbers mean; the others mean nothing. */
void local_set(const struct net_listener *list, unsigned count);
/** Control thread: what a number means from now on; NULL: nothing any more. */
void local_put(unsigned number, const struct net_listener *l);

/* ---- on a worker: its own socket of a listener ---- */
/** Take over this worker's descriptor, not read yet. 0, also if it has none there, or -errno. */
int  udp_open(struct net_worker *net, unsigned number);
int  accept_open(struct net_worker *net, unsigned number);
/** Read from it from now on; it was opened. */
void udp_serve(struct net_worker *net, unsigned number);
void accept_serve(struct net_worker *net, unsigned number);
/** Harmless if it is not open. */
void udp_close(struct net_worker *net, unsigned number);
void accept_close(struct net_worker *net, unsigned number);
/** The listener of that number is another object now. */
void udp_renew(struct net_worker *net, unsigned number);
void accept_renew(struct net_worker *net, unsigned number);

/* ---- out.c ---- */
/** Takes out: its bytes did not go. failed() is told on its home, never from here. */
void out_fail(struct sip_out *out, int err);

/* ---- udp.c ---- */
/** Memory for batches, and all listeners there are, which are read. 0 or -errno. */
int  udp_start(struct net_worker *net);
void udp_stop(struct net_worker *net);
/** udp_out.c; takes it: it goes at the end of the turn. */
void udp_send(struct sip_out *out);

/* ---- deliver.c ---- */
/** Parse and hand on, or let it be taken; true if a message was given away, for which
 *  net_message_done() is due. */
bool deliver(struct slice bytes, const struct sip_hop *from);
/** A datagram of ours did not arrive. */
void undelivered(struct slice sent, const struct sock_addr *to, int err);
/** The head of a message after which a stream cannot be read on. */
bool deliver_broken(struct slice head, const struct sip_hop *from, int err,
    const struct sip_defect *defect);

/* ---- ended.c ---- */
/** Say on those workers, a bit for each, that the connection has ended. */
void ended_tell(uint64_t homes, flow_id flow, const struct sock_addr *remote);

/* ---- accept.c ---- */
int  accept_start(struct net_worker *net);
void accept_stop(struct net_worker *net);
/** No more connections; what is there goes on. */
void accept_pause(struct net_worker *net);

/* ---- address_count.c: accepted connections by remote address, over all workers ---- */
/** 0, -EMFILE (too many altogether), -EDQUOT (too many from there), -ENOMEM. */
int  address_enter(const struct ip_addr *ip);
void address_leave(const struct ip_addr *ip);

/* ---- layer.c ---- */
struct layer { const struct stream_ops *ops; void *arg; };
/** ops NULL if nobody brought one. */
struct layer layer_of(enum sip_transport t);
/** Can connections of that transport be had? TCP always, TLS with its layer. */
bool layer_is_there(enum sip_transport t);

/* ---- conn.c and its companions ---- */
enum conn_state {
	CONN_DIALLING,
	CONN_HANDSHAKE,
	CONN_OPEN,
	CONN_LINGERING,			/* written and shut; waits for the peer to read */
	CONN_CLOSED
};

struct conn {
	struct ref             refs;	/* the tables; an item under way to the owner */
	struct watch           watch;
	uint32_t               events;	/* what epoll was asked for */
	uint32_t               read_want, write_want;	/* what it waits for; 0: nothing */
	uint8_t                state;	/* enum conn_state */
	uint8_t                transport;
	bool                   inbound;
	bool                   read_over;	/* end of stream, or it cannot be framed */
	bool                   paused;	/* too many messages under way */
	bool                   more;	/* not all of `in` has been looked at */
	bool                   broken;	/* it cannot be framed any more */
	bool                   pong_waits;
	bool                   dial_failed;	/* never was open */
	uint16_t               listener;
	int                    doom;	/* to be closed with this error at the end of the turn */
	const char            *doom_why;
	flow_id                id;
	struct sock_addr       remote, local;
	struct rtab_node       by_id, by_address;
	struct epoch_item      grave;
	struct list            node, dirty, again;
	struct timer           timer;
	msec_t                 born, last_io, half_since, over_since;
	const struct stream_ops *ops;	/* NULL: plain */
	void                  *layer;
	char                  *dial_name;	/* name to verify, as dialled; NULL if accepted */
	char                  *peer_name;	/* verified; set before the first message */
	struct flow_guard     *guard;	/* see flow.h; NULL: none */

	struct frame           frame;
	char                  *in;	/* part of a message; NULL while idle */
	size_t                 in_len, in_cap;

	uint64_t               homes;	/* workers to tell of the end, a bit for each */
	struct sip_out        *first, *last;	/* to be written */
	size_t                 first_sent;	/* bytes of the first that are gone */
	size_t                 queued_bytes;

	/* Any worker: net_message_done(). */
	_Atomic uint32_t       in_flight;
	_Atomic bool           attention;	/* tell the owner when in_flight falls */
	_Atomic bool           wake_posted;
	struct inbox_item      wake;

	uint64_t               messages_in, messages_out, bytes_in, bytes_out;
};

/** May its owner read on when so many of its messages are under way? */
static inline bool conn_may_go_on(uint32_t in_flight)
{
	return in_flight <= net_limits()->in_flight_per_connection / 2;
}

struct conn_spec {
	int                fd;
	enum sip_transport transport;
	bool               inbound;
	uint16_t           listener;
	struct sock_addr   remote, local;
	const struct sip_hop *dialled;	/* NULL if accepted */
};
/** Takes the descriptor, also when it fails. NULL if memory is short or epoll refuses. */
struct conn *conn_new(const struct conn_spec *spec);
/** From the loop's callbacks only: elsewhere something may be in the middle of it. */
void conn_close(struct conn *c, int err, const char *why);
/** Close it at the end of this turn; the first reason counts. */
void conn_doom(struct conn *c, int err, const char *why);
void conn_unref(struct conn *c);
/** The last bytes are written: shut, and let the peer read them before the end. */
void conn_linger(struct conn *c);
/** The connection is ready for messages (after TCP, and TLS if there is). */
void conn_opened(struct conn *c);
/** (Re)start the timer for whatever is due first now. */
void conn_set_timer(struct conn *c);
/** Ask epoll for what is wanted now. */
void conn_update_events(struct conn *c);
/** No more is read; closed when all is dealt with and written. */
void conn_read_over(struct conn *c);
struct sip_hop conn_hop(const struct conn *c);

void conn_read(struct conn *c);			/* conn_read.c */
/** Deliver what was read and could not be delivered at once. */
void conn_read_on(struct conn *c);
/** net_message_done() found the owner waiting. */
void conn_woken(struct inbox_item *item);
/** Look at it again in the next turn. */
void conn_read_later(struct conn *c);
void conn_read_later_init(struct net_worker *net);

void conn_queue(struct conn *c, struct sip_out *out);	/* conn_write.c; takes out */
void conn_queue_pong(struct conn *c);
int  conn_pong_init(void);
void conn_write(struct conn *c);
void conn_mark_dirty(struct conn *c);
void conn_flush_init(struct net_worker *net);
void conn_fail_queue(struct conn *c, int err);

/** Takes out; opens a connection for it. */
void conn_dial(struct sip_out *out);		/* dial.c */
void conn_dial_ready(struct conn *c);
/** TCP is there: put the layer on it, if the transport has one. */
void conn_begin_layer(struct conn *c, const struct sip_hop *dialled);
void conn_handshake(struct conn *c);

/* ---- registry.c: connections by number and by address, read by all workers ---- */
/** Control thread, before and after the workers. 0 or -ENOMEM. */
int  registry_start(void);
void registry_stop(void);
/** Owner of the connection. */
void registry_add(struct conn *c);
void registry_remove(struct conn *c);
/** Both until the next quiet point. Fields other than the immutable ones are the owner's. */
struct conn *registry_by_id(flow_id id);
struct conn *registry_by_hop(const struct sip_hop *hop);
/** The worker that opens connections to there. */
unsigned registry_dialler(const struct sip_hop *hop);

/* ---- send.c ---- */
/** To the owner of the connection that it goes to; takes it. */
void stream_route(struct sip_out *out);

/* ---- guard.c ---- */
/** Tell its guard that this is the end. */
void conn_drop_guard(struct conn *c);
/** Tell those who watch. */
void flow_tell_closed(flow_id id);

#endif
