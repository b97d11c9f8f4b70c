/*
 * core/net/conn_read.c - from a stream to messages, without memory for idle connections.
 *
 * Bytes are read into the worker's own buffer and framed there. Only what is
 * left over, part of a message or messages that must wait for their turn, is
 * copied to memory of the connection.
 */
#include "core/net/room.h"

#include "utils/err.h"

#include <errno.h>
#include <stdlib.h>

#define MESSAGES_PER_TURN 16u
#define IN_SMALL_BYTES    4096u

static ssize_t read_bytes(struct conn *c, char *into, size_t room)
{
	ssize_t n;

	if (c->layer)
		return c->ops->read(c->layer, into, room);
	n = recv(c->watch.fd, into, room, MSG_DONTWAIT);
	if (n >= 0)
		return n;
	return errno == EINTR ? -EAGAIN : -errno;
}

/* ---- messages under way ---- */

static uint32_t in_flight(const struct conn *c)
{
	return atomic_load(&c->in_flight);
}

/*
 * Reading goes on when half of the messages are done. The flag is raised before
 * the count is read again: either we see that it fell, or whoever lets it fall
 * sees the flag.
 */
static void pause_if_full(struct conn *c)
{
	if (in_flight(c) < net_limits()->in_flight_per_connection)
		return;
	atomic_store(&c->attention, true);
	c->paused = !conn_may_go_on(in_flight(c));
	if (!c->paused)
		atomic_store(&c->attention, false);
}

void conn_woken(struct inbox_item *item)
{
	struct conn *c = container_of(item, struct conn, wake);

	atomic_store(&c->wake_posted, false);
	if (c->state == CONN_OPEN && c->read_over) {
		conn_mark_dirty(c);
	} else if (c->state == CONN_OPEN && c->paused && conn_may_go_on(in_flight(c))) {
		c->paused = false;
		atomic_store(&c->attention, false);
		conn_read_on(c);
	}
	conn_unref(c);
}

/* ---- frames ---- */

static void deliver_message(struct conn *c, struct slice message)
{
	struct sip_hop from = conn_hop(c);

	c->messages_in++;
	atomic_fetch_add(&c->in_flight, 1);
	if (!deliver(message, &from))
		atomic_fetch_sub(&c->in_flight, 1);
	pause_if_full(c);
}

static void break_off(struct conn *c, struct slice head, int err, const struct sip_defect *why)
{
	struct sip_hop from = conn_hop(c);

	c->messages_in++;
	c->broken = true;
	atomic_fetch_add(&c->in_flight, 1);
	if (!deliver_broken(head, &from, err, why))
		atomic_fetch_sub(&c->in_flight, 1);
}

static void handle_frame(struct conn *c, enum frame_result result, struct slice message)
{
	static const struct sip_defect bad_length = { .status = 400,
		.reason = "Content-Length missing or no number" };
	static const struct sip_defect too_long = { .status = 513,
		.reason = "Message Too Large" };

	switch (result) {
	case FRAME_MESSAGE:
		deliver_message(c, message);
		break;
	case FRAME_PING:
		NET_COUNT(pings, 1);
		conn_queue_pong(c);
		break;
	case FRAME_BAD_LENGTH:
		break_off(c, message, -EBADMSG, &bad_length);
		break;
	case FRAME_TOO_LONG:
		NET_COUNT(too_long, 1);
		break_off(c, message, -EMSGSIZE, &too_long);
		break;
	case FRAME_PONG:
	case FRAME_MORE:
		break;
	}
}

static bool may_deliver(const struct conn *c)
{
	return !c->paused && !c->broken && !c->doom_why;
}

/* Returns what is left; c->more tells whether it may hold a whole message. */
static struct slice deliver_frames(struct conn *c, struct slice bytes)
{
	unsigned budget = MESSAGES_PER_TURN;
	enum frame_result result = FRAME_PONG;

	while (result != FRAME_MORE && budget-- > 0 && may_deliver(c)) {
		struct frame_out out = { .consumed = 0 };

		result = frame_next(&c->frame, bytes, &out);
		if (result != FRAME_MORE)
			c->half_since = 0;
		handle_frame(c, result, out.message);
		bytes = slice_skip(bytes, out.consumed);
	}
	c->more = result != FRAME_MORE && bytes.len > 0;
	return bytes;
}

/* ---- what is left over ---- */

static void forget_rest(struct conn *c)
{
	free(c->in);
	c->in = NULL;
	c->in_len = c->in_cap = 0;
}

/* What is small is held exactly; what grows, by doubling. */
static int make_room(struct conn *c, size_t bytes)
{
	size_t cap = bytes < IN_SMALL_BYTES ? bytes : bytes * 2;
	char *in;

	if (c->in_cap >= bytes)
		return 0;
	in = realloc(c->in, cap);
	if (!in)
		return -ENOMEM;
	c->in = in;
	c->in_cap = cap;
	return 0;
}

static int append(struct conn *c, struct slice bytes)
{
	int err = make_room(c, c->in_len + bytes.len);

	if (err)
		return err;
	memcpy(c->in + c->in_len, bytes.p, bytes.len);
	c->in_len += bytes.len;
	return 0;
}

static int keep_rest(struct conn *c, struct slice rest)
{
	if (rest.len == 0) {
		forget_rest(c);
		return 0;
	}
	if (!c->in)
		return append(c, rest);
	memmove(c->in, rest.p, rest.len);
	c->in_len = rest.len;
	return 0;
}

/* From the first byte of a message to its last: a trickle does not prolong it. */
static void watch_half_message(struct conn *c)
{
	if (!frame_is_inside(&c->frame) || c->half_since > 0)
		return;
	c->half_since = loop_now(worker_loop());
	conn_set_timer(c);
}

static void digest_bytes(struct conn *c, struct slice bytes)
{
	struct slice rest = deliver_frames(c, bytes);

	if (c->broken) {
		conn_read_over(c);
		return;
	}
	if (keep_rest(c, rest) != 0) {
		conn_doom(c, -ENOMEM, "no memory");
		return;
	}
	watch_half_message(c);
	if (!c->paused && (c->more || (c->layer && c->ops->pending(c->layer))))
		conn_read_later(c);
}

/* ---- reading ---- */

static void note_bytes(struct conn *c, size_t n)
{
	c->bytes_in += n;
	c->last_io = loop_now(worker_loop());
	NET_COUNT(bytes_in, n);
}

static void handle_end(struct conn *c, ssize_t n)
{
	if (n == -EAGAIN)
		c->read_want = c->layer ? c->ops->want(c->layer) : (uint32_t)EPOLLIN;
	else if (n == 0)
		conn_read_over(c);
	else
		conn_doom(c, (int)n, "read failed");
}

void conn_read(struct conn *c)
{
	struct slice bytes = { net_mine()->scratch, 0 };
	ssize_t n;

	if (c->read_over || c->paused || c->more || c->doom_why)
		return;
	c->read_want = EPOLLIN;
	n = read_bytes(c, net_mine()->scratch, SCRATCH_BYTES);
	if (n <= 0) {
		handle_end(c, n);
		return;
	}
	note_bytes(c, (size_t)n);
	bytes.len = (size_t)n;
	if (c->in_len == 0)
		digest_bytes(c, bytes);
	else if (append(c, bytes) == 0)
		digest_bytes(c, slice_of(c->in, c->in_len));
	else
		conn_doom(c, -ENOMEM, "no memory");
}

void conn_read_on(struct conn *c)
{
	if (c->read_over || c->paused || c->doom_why)
		return;
	if (c->more)
		digest_bytes(c, slice_of(c->in, c->in_len));
	else if (c->layer && c->ops->pending(c->layer))
		conn_read(c);
	conn_update_events(c);
}

/* ---- in the next turn ---- */

static void read_on(struct inbox_item *item)
{
	struct net_worker *net = container_of(item, struct net_worker, resume);
	struct list now, *node;

	net->resume_posted = false;
	list_init(&now);
	while ((node = list_pop_front(&net->again)))
		list_push_back(&now, node);
	while ((node = list_pop_front(&now)))
		conn_read_on(container_of(node, struct conn, again));
}

void conn_read_later_init(struct net_worker *net)
{
	list_init(&net->again);
	net->resume.run = read_on;
}

void conn_read_later(struct conn *c)
{
	struct net_worker *net = net_mine();

	if (list_is_empty(&c->again))
		list_push_back(&net->again, &c->again);
	if (net->resume_posted)
		return;
	net->resume_posted = true;
	worker_post(net->index, &net->resume, INBOX_MUST);
}
