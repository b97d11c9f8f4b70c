/*
 * core/net/conn_write.c - what waits to be written, in one system call per turn.
 */
#include "core/net/room.h"

#include "utils/err.h"

#include <errno.h>
#include <sys/uio.h>

#define IOV_PER_WRITE 64

static struct buf *pong;		/* RFC 5626 4.4.1; the same bytes for all */

int conn_pong_init(void)
{
	if (!pong)
		pong = buf_new(2);
	if (!pong)
		return -ENOMEM;
	buf_clear(pong);
	buf_put(pong, SLICE("\r\n"));
	return pong->failed ? -ENOMEM : 0;
}

/* ---- the queue ---- */

/* What goes onto the wire; NULL until it is made. */
static const struct buf *wire_of(const struct sip_out *out)
{
	return out->sealed ? out->sealed : out->bytes;
}

static size_t size_of(const struct sip_out *out)
{
	const struct buf *wire = wire_of(out);

	return wire ? wire->len : out->base->raw.len;
}

static void append(struct conn *c, struct sip_out *out)
{
	out->next = NULL;
	if (c->first)
		c->last->next = out;
	else
		c->first = out;
	c->last = out;
	c->queued_bytes += size_of(out);
}

static struct sip_out *take_first(struct conn *c)
{
	struct sip_out *out = c->first;

	c->first = out->next;
	if (!c->first)
		c->last = NULL;
	c->queued_bytes -= size_of(out);
	c->first_sent = 0;
	if (out->bytes == pong)
		c->pong_waits = false;
	/* If it is sent again, it is sealed again. */
	buf_unref(&out->sealed);
	return out;
}

static bool is_response(const struct sip_out *out)
{
	if (out->base)
		return !out->base->is_request;
	return slice_starts(buf_slice(out->bytes), SLICE("SIP/2.0 "));
}

/* A peer that has shut its side takes answers, but never gives one. */
static bool accepts(const struct conn *c, const struct sip_out *out)
{
	if (c->doom_why || c->state > CONN_OPEN)
		return false;
	return !c->read_over || is_response(out);
}

static void will_tell(struct conn *c, struct sip_out *out)
{
	c->homes |= (uint64_t)1 << out->home;
	atomic_store_explicit(&out->went, c->id, memory_order_relaxed);
}

void conn_queue(struct conn *c, struct sip_out *out)
{
	if (!accepts(c, out)) {
		out_fail(out, -ENOTCONN);
		return;
	}
	append(c, out);
	if (out->failed)
		will_tell(c, out);
	if (c->queued_bytes > net_limits()->send_queue_bytes) {
		NET_COUNT(slow_closed, 1);
		conn_doom(c, -ENOBUFS, "the peer does not read");
	}
	conn_mark_dirty(c);
}

/* One that waits already says as much as ten would. */
void conn_queue_pong(struct conn *c)
{
	struct sip_out *out;

	if (c->pong_waits)
		return;
	out = sip_out_new();
	if (!out)
		return;
	out->bytes = buf_ref(pong);
	c->pong_waits = true;
	append(c, out);
	conn_mark_dirty(c);
}

/* Is it sure that the peer has seen nothing of it, and may another connection do? */
static bool may_redial(const struct conn *c, const struct sip_out *out, int err)
{
	return out->by_address && !out->redialled && !c->dial_failed && err != -ENOBUFS &&
	    err != -ENOMEM && !net_mine()->stopping && !(out == c->first && c->first_sent > 0);
}

void conn_fail_queue(struct conn *c, int err)
{
	while (c->first) {
		bool redial = may_redial(c, c->first, err);
		struct sip_out *out = take_first(c);

		if (redial) {
			out->redialled = true;
			atomic_store_explicit(&out->went, 0, memory_order_relaxed);
			stream_route(out);
		} else {
			out_fail(out, err);
		}
	}
}

/* ---- writing ---- */

static ssize_t write_bytes(struct conn *c, struct iovec *iov, int count)
{
	struct msghdr h = { .msg_iov = iov, .msg_iovlen = (size_t)count };
	ssize_t n;

	if (c->layer)
		return c->ops->write(c->layer, iov, count);
	/* The kernel has less to look at. */
	if (count == 1)
		n = send(c->watch.fd, iov->iov_base, iov->iov_len, MSG_DONTWAIT | MSG_NOSIGNAL);
	else
		n = sendmsg(c->watch.fd, &h, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n >= 0)
		return n;
	return errno == EINTR ? 0 : -errno;
}

#define ROOM_FOR_SEAL 512u

/* Not what is on the wire by half already. The bytes themselves stay: others may hold them. */
static int seal(struct conn *c, struct sip_out *out)
{
	struct buf *sealed;
	int err;

	if (out->sealed || out->bytes == pong || (out == c->first && c->first_sent))
		return 0;
	sealed = buf_new(out->bytes->len + ROOM_FOR_SEAL);
	if (!sealed)
		return -ENOMEM;
	err = c->guard->ops->seal(c->guard, buf_slice(out->bytes), sealed);
	if (!err && sealed->failed)
		err = -ENOMEM;
	if (err)
		buf_unref(&sealed);
	out->sealed = sealed;
	out->kept = err == -EINPROGRESS;
	return err == -ENOENT ? 0 : err;
}

/* Only now is the way known: signatures and Via are made in the order of the wire. */
static int make_bytes(struct conn *c, struct sip_out *out)
{
	size_t before = size_of(out);
	int err = 0;

	if (out->bytes && !c->guard)
		return 0;
	if (out->kept)
		return -EINPROGRESS;
	if (!out->bytes) {
		out->hop.listener = c->listener;
		out->hop.flow = c->id;
		out->hop.local = c->local;
		err = sip_out_write(out);
	}
	if (!err && c->guard)
		err = seal(c, out);
	if (!err)
		c->queued_bytes += size_of(out) - before;
	return err;
}

/* As good as written. */
static void forget(struct sip_out *out)
{
	out->kept = false;
	atomic_store(&out->under_way, false);
	sip_out_unref(&out);
}

static void drop_unwritable_first(struct conn *c)
{
	int err = 0;

	while (c->first && (err = make_bytes(c, c->first)) != 0)
		if (err == -EINPROGRESS)
			forget(take_first(c));
		else
			out_fail(take_first(c), err);
}

/* As many as fit, up to one that cannot be written or after which we close. */
static int gather(struct conn *c, struct iovec *iov, size_t *total)
{
	int n = 0;

	drop_unwritable_first(c);
	*total = 0;
	for (struct sip_out *out = c->first; out && n < IOV_PER_WRITE; out = out->next) {
		size_t skip = n == 0 ? c->first_sent : 0;
		const struct buf *wire;

		if (make_bytes(c, out) != 0)
			break;
		wire = wire_of(out);
		iov[n++] = (struct iovec){ wire->data + skip, wire->len - skip };
		*total += wire->len - skip;
		if (out->close_after)
			break;
	}
	return n;
}

/* Only what was gathered has bytes: more may wait than one call takes. */
static bool is_written(const struct conn *c, size_t n)
{
	const struct sip_out *out = c->first;

	return out && out->bytes && n >= wire_of(out)->len - c->first_sent;
}

/* true if the last one written wants the connection closed. */
static bool count_written(struct conn *c, size_t n)
{
	bool close_after = false;

	c->bytes_out += n;
	c->last_io = loop_now(worker_loop());
	NET_COUNT(bytes_out, n);
	while (is_written(c, n)) {
		struct sip_out *out;

		n -= wire_of(c->first)->len - c->first_sent;
		out = take_first(c);
		close_after = out->close_after;
		c->messages_out++;
		NET_COUNT(messages_out, 1);
		forget(out);
	}
	c->first_sent += n;
	return close_after;
}

/* One call's worth; true if it makes sense to go on at once. */
static bool write_some(struct conn *c)
{
	struct iovec iov[IOV_PER_WRITE];
	size_t total;
	int count = gather(c, iov, &total);
	ssize_t n;

	if (count == 0)
		return c->first != NULL;
	n = write_bytes(c, iov, count);
	if (n == -EAGAIN) {
		c->write_want = c->layer ? c->ops->want(c->layer) : (uint32_t)EPOLLOUT;
		return false;
	}
	if (n < 0) {
		NET_COUNT(send_errors, 1);
		conn_doom(c, (int)n, "write failed");
		return false;
	}
	if (count_written(c, (size_t)n)) {
		conn_linger(c);
		return false;
	}
	if ((size_t)n < total && !c->layer)
		c->write_want = EPOLLOUT;
	return !c->write_want;
}

void conn_write(struct conn *c)
{
	while (c->state == CONN_OPEN && c->first && !c->write_want && !c->doom_why)
		if (!write_some(c))
			break;
	if (c->state == CONN_OPEN)
		conn_update_events(c);
}

/* ---- the end of a turn ---- */

void conn_mark_dirty(struct conn *c)
{
	struct net_worker *net = net_mine();

	if (list_is_empty(&c->dirty))
		list_push_back(&net->dirty, &c->dirty);
	loop_at_end(net->loop, &net->flush);
}

static void finish_if_done(struct conn *c)
{
	if (c->state != CONN_OPEN || !c->read_over || c->first || atomic_load(&c->in_flight) > 0)
		return;
	if (c->broken)
		conn_linger(c);
	else
		conn_close(c, 0, "ended by the peer");
}

static void flush(struct loop_task *t)
{
	struct net_worker *net = container_of(t, struct net_worker, flush);
	struct list *node;

	while ((node = list_pop_front(&net->dirty))) {
		struct conn *c = container_of(node, struct conn, dirty);

		if (c->doom_why) {
			conn_close(c, c->doom, c->doom_why);
			continue;
		}
		conn_write(c);
		finish_if_done(c);
	}
}

void conn_flush_init(struct net_worker *net)
{
	list_init(&net->dirty);
	loop_task_init(&net->flush, flush);
}
