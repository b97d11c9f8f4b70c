/*
 * core/net/conn.c - the life of a connection, but for reading and writing.
 */
#include "core/net/room.h"

#include "utils/err.h"
#include "utils/log.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#define SERIAL_MASK   (((flow_id)1 << 56) - 1)
#define LINGER_MS     2000	/* for the peer to read our last words */
#define READ_OVER_MS  32000	/* 64*T1: nobody answers later than that */
#define UNACKED_MS    32000u	/* a peer that does not even acknowledge is gone */

/* ---- beginning ---- */

static void set_options(int fd)
{
	int one = 1;
	unsigned unacked = UNACKED_MS;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked, sizeof(unacked));
}

static flow_id next_id(struct net_worker *net)
{
	return (flow_id)net->index << 56 | (++net->last_serial & SERIAL_MASK);
}

static void on_ready(struct watch *w, uint32_t events);
static void on_timer(struct timer *t);

static int set_dial_name(struct conn *c, const struct sip_hop *hop)
{
	if (!hop || hop->name.len == 0)
		return 0;
	c->dial_name = strndup(hop->name.p, hop->name.len);
	return c->dial_name ? 0 : -ENOMEM;
}

static struct conn *fill(struct conn *c, const struct conn_spec *spec)
{
	const struct net_limits *limits = net_limits();
	struct net_worker *net = net_mine();

	ref_init(&c->refs);
	c->watch = (struct watch){ spec->fd, on_ready };
	c->events = spec->inbound ? EPOLLIN : EPOLLOUT;
	c->read_want = EPOLLIN;
	c->state = CONN_DIALLING;
	c->transport = (uint8_t)spec->transport;
	c->inbound = spec->inbound;
	c->listener = spec->listener;
	c->id = next_id(net);
	c->remote = spec->remote;
	c->local = spec->local;
	c->born = c->last_io = loop_now(net->loop);
	c->wake.run = conn_woken;
	list_init(&c->dirty);
	list_init(&c->again);
	timer_init(&c->timer, on_timer);
	frame_init(&c->frame, limits->msg.max_bytes, limits->msg.max_bytes);
	list_push_back(&net->conns, &c->node);
	return c;
}

struct conn *conn_new(const struct conn_spec *spec)
{
	struct conn *c = calloc(1, sizeof(*c));
	int err = c ? set_dial_name(c, spec->dialled) : -ENOMEM;

	set_options(spec->fd);
	if (!err) {
		fill(c, spec);
		err = loop_watch(net_mine()->loop, &c->watch, c->events);
		if (err)
			list_remove(&c->node);
	}
	if (err) {
		close(spec->fd);
		if (c)
			free(c->dial_name);
		free(c);
		return NULL;
	}
	registry_add(c);
	conn_set_timer(c);
	NET_COUNT(connections_now, 1);
	return c;
}

struct sip_hop conn_hop(const struct conn *c)
{
	return (struct sip_hop){
		.transport = (enum sip_transport)c->transport,
		.listener = c->listener,
		.flow = c->id,
		.remote = c->remote,
		.local = c->local,
	};
}

static int note_peer_name(struct conn *c)
{
	struct slice name = c->ops->peer_name(c->layer);

	if (name.len == 0)
		return 0;
	c->peer_name = strndup(name.p, name.len);
	return c->peer_name ? 0 : -ENOMEM;
}

void conn_opened(struct conn *c)
{
	c->state = CONN_OPEN;
	c->last_io = loop_now(worker_loop());
	if (c->layer && note_peer_name(c) != 0) {
		conn_doom(c, -ENOMEM, "no memory");
		return;
	}
	conn_set_timer(c);
	conn_update_events(c);
	if (c->first)
		conn_mark_dirty(c);
	if (c->layer && c->ops->pending(c->layer))
		conn_read_later(c);
}

/* ---- readiness ---- */

static uint32_t wanted_events(const struct conn *c)
{
	switch (c->state) {
	case CONN_DIALLING:
		return EPOLLOUT;
	case CONN_HANDSHAKE:
		return c->ops->want(c->layer);
	case CONN_LINGERING:
		return EPOLLIN;
	default:
		return c->write_want | (c->read_over || c->paused ? 0 : c->read_want);
	}
}

void conn_update_events(struct conn *c)
{
	uint32_t want = wanted_events(c);

	if (want == c->events)
		return;
	c->events = want;
	loop_rewatch(worker_loop(), &c->watch, want);
}

static int socket_error(const struct conn *c)
{
	int err = 0;
	socklen_t len = sizeof(err);

	if (getsockopt(c->watch.fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0)
		return -errno;
	return err ? -err : -ECONNRESET;
}

static void lingering_ready(struct conn *c)
{
	ssize_t n = recv(c->watch.fd, net_mine()->scratch, SCRATCH_BYTES, MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		conn_close(c, 0, "ended by us");
}

static void open_ready(struct conn *c, uint32_t events)
{
	bool hung_up = events & (EPOLLERR | EPOLLHUP);

	if (hung_up && (c->read_over || c->paused)) {
		conn_close(c, socket_error(c), "reset by the peer");
		return;
	}
	if (c->write_want) {
		c->write_want = 0;
		conn_mark_dirty(c);
	}
	conn_read(c);
	conn_update_events(c);
}

static void on_ready(struct watch *w, uint32_t events)
{
	struct conn *c = container_of(w, struct conn, watch);

	worker_note()->room = "net";
	switch (c->state) {
	case CONN_DIALLING:
		conn_dial_ready(c);
		break;
	case CONN_HANDSHAKE:
		conn_handshake(c);
		break;
	case CONN_OPEN:
		open_ready(c, events);
		break;
	case CONN_LINGERING:
		lingering_ready(c);
		break;
	default:
		break;
	}
}

/* ---- time ---- */

static msec_t earlier(msec_t a, msec_t b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

static msec_t after(msec_t since, msec_t how_long)
{
	return how_long > 0 ? since + how_long : -1;
}

/* When something is due that has not happened by then; -1: never. */
static msec_t due(const struct conn *c)
{
	const struct net_limits *limits = net_limits();
	msec_t at;

	if (c->state == CONN_LINGERING)
		return after(c->over_since, LINGER_MS);
	if (c->state != CONN_OPEN)
		return after(c->born, limits->connect_timeout);
	at = after(c->last_io, limits->idle_timeout);
	if (c->half_since > 0)
		at = earlier(at, after(c->half_since, limits->half_message_timeout));
	if (c->read_over)
		at = earlier(at, after(c->over_since, READ_OVER_MS));
	return at;
}

void conn_set_timer(struct conn *c)
{
	msec_t now = loop_now(worker_loop()), at = due(c);

	if (at < 0)
		timer_stop(&c->timer);
	else
		timer_start(&c->timer, at > now ? at - now : 0);
}

static void too_late_to_open(struct conn *c)
{
	if (c->state == CONN_HANDSHAKE)
		NET_COUNT(handshake_errors, 1);
	conn_close(c, -ETIMEDOUT, "not open in time");
}

/* The timer is not restarted for every byte: it looks here what has happened since. */
static void on_timer(struct timer *t)
{
	struct conn *c = container_of(t, struct conn, timer);
	msec_t now = loop_now(worker_loop()), at = due(c);

	if (at < 0 || at > now) {
		conn_set_timer(c);
		return;
	}
	if (c->state == CONN_LINGERING) {
		conn_close(c, 0, "ended by us");
	} else if (c->state != CONN_OPEN) {
		too_late_to_open(c);
	} else if (c->read_over) {
		conn_close(c, -ECONNRESET, "ended by the peer");
	} else if (c->half_since > 0 && at < after(c->last_io, net_limits()->idle_timeout)) {
		NET_COUNT(half_closed, 1);
		conn_close(c, -ETIMEDOUT, "half a message and no more");
	} else {
		NET_COUNT(idle_closed, 1);
		conn_close(c, -ETIMEDOUT, "idle");
	}
}

/* ---- end ---- */

void conn_doom(struct conn *c, int err, const char *why)
{
	if (!c->doom_why) {
		c->doom = err;
		c->doom_why = why;
	}
	conn_mark_dirty(c);
}

static void tell_ended(struct conn *c)
{
	uint64_t homes = c->homes;

	c->homes = 0;
	if (!net_mine()->stopping)
		ended_tell(homes, c->id, &c->remote);
}

void conn_read_over(struct conn *c)
{
	if (c->read_over)
		return;
	c->read_over = true;
	c->half_since = 0;
	c->over_since = loop_now(worker_loop());
	free(c->in);
	c->in = NULL;
	c->in_len = c->in_cap = 0;
	list_remove(&c->again);
	atomic_store(&c->attention, true);
	tell_ended(c);			/* no answer comes any more */
	conn_set_timer(c);
	conn_update_events(c);
	conn_mark_dirty(c);
}

static void close_layer(struct conn *c)
{
	if (c->layer)
		c->ops->close(c->layer);
	c->layer = NULL;
}

/* From here on nobody finds it. */
static void leave_room(struct conn *c)
{
	char remote[ADDR_TEXT_BYTES];

	sock_addr_format(&c->remote, remote);
	log_debug("net", "connection closed flow=%llx remote=%s why=\"%s\" messages_in=%llu "
	    "messages_out=%llu", (unsigned long long)c->id, remote, c->doom_why,
	    (unsigned long long)c->messages_in, (unsigned long long)c->messages_out);
	registry_remove(c);
	list_remove(&c->node);
	list_remove(&c->dirty);
	list_remove(&c->again);
	if (c->inbound)
		address_leave(&c->remote.ip);
	NET_COUNT(connections_closed, 1);
	NET_COUNT(connections_now, (uint64_t)-1);
}

static void drop(struct epoch_item *item)
{
	conn_unref(container_of(item, struct conn, grave));
}

void conn_unref(struct conn *c)
{
	if (!ref_put(&c->refs))
		return;
	free(c->in);
	free(c->dial_name);
	free(c->peer_name);
	free(c);
}

static void close_now(struct conn *c)
{
	c->state = CONN_CLOSED;
	list_remove(&c->node);
	timer_stop(&c->timer);
	loop_unwatch(worker_loop(), &c->watch);
	close_layer(c);
	close(c->watch.fd);
	epoch_defer(&c->grave, drop);
}

static void end_messages(struct conn *c, int err)
{
	flow_id id = c->id;

	c->dial_failed = c->state == CONN_DIALLING || c->state == CONN_HANDSHAKE;
	leave_room(c);
	conn_drop_guard(c);
	conn_fail_queue(c, err ? err : -ECONNRESET);
	tell_ended(c);
	flow_tell_closed(id);
}

void conn_close(struct conn *c, int err, const char *why)
{
	if (c->state != CONN_LINGERING) {
		c->doom_why = why;
		end_messages(c, err);
	}
	close_now(c);
}

/*
 * close() while bytes of the peer are unread would reset the connection, and
 * the peer might never see what we said last.
 */
void conn_linger(struct conn *c)
{
	c->doom_why = "ended by us";
	end_messages(c, 0);
	c->state = CONN_LINGERING;
	c->over_since = loop_now(worker_loop());
	free(c->in);
	c->in = NULL;
	c->in_len = 0;
	close_layer(c);
	shutdown(c->watch.fd, SHUT_WR);
	list_push_back(&net_mine()->conns, &c->node);
	conn_set_timer(c);
	conn_update_events(c);
}
