/*
 * test/load/link.c - a user's socket: connect, cut what comes into messages, write.
 */
#include "test/load/crowd.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PER_ADDRESS 500u
#define READ_BYTES  65536u
#define RETRY_US    200000

/* Many sources, as a server limits what comes from one. */
static in_addr_t source_of(unsigned index)
{
	unsigned n = index / PER_ADDRESS + 1;

	return htonl(0x7f020001u + ((n / 250) << 8) + n % 250);
}

static void watch(struct user *u, int op, unsigned events)
{
	struct epoll_event ev = { .events = events, .data.ptr = u };

	epoll_ctl(u->c->epoll, op, u->fd, &ev);
}

static int open_socket(struct user *u)
{
	int type = u->kind == KIND_UDP ? SOCK_DGRAM : SOCK_STREAM;
	struct sockaddr_in from = { .sin_family = AF_INET,
	    .sin_addr.s_addr = source_of(u->index) };
	socklen_t len = sizeof(u->local);
	int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (bind(fd, (const struct sockaddr *)&from, sizeof(from)) == 0 &&
	    (connect(fd, (const struct sockaddr *)&u->c->server[u->kind],
	    sizeof(u->c->server[0])) == 0 ||
	    errno == EINPROGRESS) &&
	    getsockname(fd, (struct sockaddr *)&u->local, &len) == 0)
		return fd;
	close(fd);
	return -1;
}

void link_open(struct user *u)
{
	u->fd = open_socket(u);
	if (u->fd < 0) {
		u->retry = u->c->now + RETRY_US;
		return;
	}
	u->is_up = u->kind == KIND_UDP;
	u->wants_out = false;
	watch(u, EPOLL_CTL_ADD, u->is_up ? EPOLLIN : EPOLLOUT);
	if (u->is_up)
		user_connected(u);
}

/* The socket is connected, or the other side of TLS has said something. */
static void come_up(struct user *u)
{
	int err = 0, why = 0;
	socklen_t len = sizeof(why);

	if (getsockopt(u->fd, SOL_SOCKET, SO_ERROR, &why, &len) != 0 || why)
		err = -ECONNREFUSED;
	if (!err)
		err = secure_shake(u);
	if (err && err != -EAGAIN) {
		user_lost(u);
		return;
	}
	watch(u, EPOLL_CTL_MOD, EPOLLIN);
	if (err)
		return;
	u->is_up = true;
	user_connected(u);
}

void link_close(struct user *u)
{
	secure_free(u);
	if (u->fd >= 0)
		close(u->fd);
	u->fd = -1;
	buf_unref(&u->in);
	buf_unref(&u->out);
	/* not all at the same moment */
	u->retry = u->c->now + RETRY_US + random_below(RETRY_US);
}

/* ---- writing ---- */

static void flush(struct user *u)
{
	struct slice rest = buf_slice(u->out);
	struct buf *left = NULL;
	ssize_t n = secure_write(u, rest);

	if (n < 0 && errno != EAGAIN)
		return;			/* reading will tell */
	rest = slice_skip(rest, n > 0 ? (size_t)n : 0);
	if (rest.len) {
		left = buf_new(rest.len);
		buf_put(left, rest);
	}
	buf_unref(&u->out);
	u->out = left;
	if (u->wants_out != (left != NULL)) {
		u->wants_out = left != NULL;
		watch(u, EPOLL_CTL_MOD, left ? EPOLLIN | EPOLLOUT : EPOLLIN);
	}
}

void link_send(struct user *u, struct slice bytes)
{
	if (u->fd < 0)
		return;
	if (u->kind == KIND_UDP) {
		/* lost, like any datagram, if it fails */
		(void)!send(u->fd, bytes.p, bytes.len, MSG_NOSIGNAL);
		return;
	}
	if (!u->out)
		u->out = buf_new(bytes.len);
	if (u->out)
		buf_put(u->out, bytes);
	if (u->out && !u->wants_out)
		flush(u);
}

/* ---- reading ---- */

static void deliver(struct user *u, struct slice head, struct slice body)
{
	if (text_status(head))
		ask_answered(u, head, body);
	else
		user_message(u, head, body);
}

/* The first message in what came, taken off; false: not whole yet. */
static bool next_message(struct slice *rest, struct slice *head, struct slice *body)
{
	size_t end, len;

	while (rest->len && (rest->p[0] == '\r' || rest->p[0] == '\n'))
		*rest = slice_skip(*rest, 1);
	end = slice_search(*rest, SLICE("\r\n\r\n"));
	if (end == rest->len)
		return false;
	*head = slice_first(*rest, end + 2);
	len = text_number(text_header(*head, "Content-Length"));
	if (rest->len < end + 4 + len)
		return false;
	*body = slice_first(slice_skip(*rest, end + 4), len);
	*rest = slice_skip(*rest, end + 4 + len);
	return true;
}

/* What is not whole waits. The connection may end while its messages are dealt with. */
static void take(struct user *u, struct slice bytes)
{
	struct buf *all = u->in;
	struct slice rest = bytes, head, body;

	u->in = NULL;
	if (all) {
		buf_put(all, bytes);
		rest = buf_slice(all);
	}
	while (u->fd >= 0 && next_message(&rest, &head, &body))
		deliver(u, head, body);
	if (u->fd >= 0 && rest.len) {
		u->in = buf_new(rest.len);
		buf_put(u->in, rest);
	}
	buf_unref(&all);
}

static void read_some(struct user *u)
{
	static char bytes[READ_BYTES];
	ssize_t n = secure_read(u, bytes, sizeof(bytes));

	if (n > 0)
		take(u, slice_of(bytes, (size_t)n));
	else if (u->kind != KIND_UDP && (n == 0 || errno != EAGAIN))
		user_lost(u);
}

void link_ready(struct user *u, unsigned events)
{
	if (u->fd >= 0 && !u->is_up) {
		come_up(u);
		return;
	}
	if (u->fd >= 0 && events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		read_some(u);
	if (u->fd >= 0 && events & EPOLLOUT && u->out)
		flush(u);
}
