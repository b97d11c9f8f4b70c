/*
 * core/sup/ctl.c - clients of the control socket.
 *
 * A client that does not read its answers is not read either.
 */
#include "core/sup/ctl.h"

#include "utils/list.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES    16384u
#define UNREAD_MAX    4194304u		/* bytes of answers waiting before reading pauses */
#define PAUSE_MS      500		/* when descriptors are short */

struct ctl {
	struct loop       *loop;
	struct watch       watch;
	struct timer       pause;
	struct list        clients;
	unsigned           count;
};

struct client {
	struct ctl     *ctl;
	struct watch    watch;
	struct list     node;
	struct ctl_peer peer;
	uint32_t        events;
	bool            ending;		/* close when all is written */
	char           *in;
	size_t          in_len, in_cap, looked_at;
	char           *out;
	size_t          out_at, out_len, out_cap;
};

static void client_free(struct client *c)
{
	loop_unwatch(c->ctl->loop, &c->watch);
	close(c->watch.fd);
	list_remove(&c->node);
	c->ctl->count--;
	free(c->in);
	free(c->out);
	free(c);
}

/* ---- writing ---- */

static int append(char **data, size_t *len, size_t *cap, const char *p, size_t n)
{
	size_t room = *cap;
	char *more;

	while (*len + n > room)
		room = room ? room * 2 : READ_BYTES;
	more = room > *cap ? realloc(*data, room) : *data;
	if (!more)
		return -ENOMEM;
	*data = more;
	*cap = room;
	memcpy(more + *len, p, n);
	*len += n;
	return 0;
}

static void send_waiting(struct client *c)
{
	while (c->out_at < c->out_len) {
		ssize_t n = send(c->watch.fd, c->out + c->out_at, c->out_len - c->out_at,
		    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			c->ending = true;
			break;
		}
		c->out_at += (size_t)n;
	}
	c->out_at = c->out_len = 0;
}

static void answer_text(struct client *c, const char *text, size_t len)
{
	if (append(&c->out, &c->out_len, &c->out_cap, text, len) != 0)
		c->ending = true;
}

static void answer_line(struct client *c, struct slice line)
{
	size_t len;
	char *text;

	if (slice_trim(line).len == 0)
		return;
	text = ctl_answer(line, &c->peer, &len);
	if (text)
		answer_text(c, text, len);
	free(text);
}

/* ---- reading ---- */

static void refuse_long_line(struct client *c)
{
	static const char text[] = "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,\"message\":"
	    "\"a request may have 1048576 bytes\"},\"id\":null}\n";

	answer_text(c, text, sizeof(text) - 1);
	c->ending = true;
}

static bool is_backed_up(const struct client *c)
{
	return c->out_len - c->out_at > UNREAD_MAX;
}

/* Bytes that were looked at without finding a newline are not looked at again. */
static void answer_lines(struct client *c)
{
	size_t begin = 0;

	while (!c->ending && !is_backed_up(c)) {
		struct slice rest = slice_of(c->in + begin, c->in_len - begin);
		size_t skip = begin ? 0 : c->looked_at;
		size_t at = skip + slice_find(slice_skip(rest, skip), '\n');

		c->looked_at = 0;
		if (at >= rest.len) {
			c->looked_at = rest.len;
			break;
		}
		/* However its bytes were cut on the way. */
		if (at > CTL_LINE_MAX) {
			refuse_long_line(c);
			return;
		}
		answer_line(c, slice_first(rest, at));
		begin += at + 1;
	}
	memmove(c->in, c->in + begin, c->in_len - begin);
	c->in_len -= begin;
	if (c->in_len > CTL_LINE_MAX && !is_backed_up(c))
		refuse_long_line(c);
}

static void read_more(struct client *c)
{
	char bytes[READ_BYTES];
	ssize_t n = recv(c->watch.fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || append(&c->in, &c->in_len, &c->in_cap, bytes, (size_t)n) != 0) {
		c->ending = true;
		return;
	}
	answer_lines(c);
}

static void want_events(struct client *c)
{
	uint32_t want = c->out_at < c->out_len ? EPOLLOUT : 0;

	if (!c->ending && !is_backed_up(c))
		want |= EPOLLIN;
	if (want != c->events)
		loop_rewatch(c->ctl->loop, &c->watch, want);
	c->events = want;
}

/* Lines that waited for room go first: there may be no more bytes to wake us. */
static void client_ready(struct watch *w, uint32_t events)
{
	struct client *c = container_of(w, struct client, watch);
	bool was_backed_up = is_backed_up(c);

	send_waiting(c);
	if (was_backed_up && !is_backed_up(c))
		answer_lines(c);
	else if ((events & EPOLLIN) && !c->ending && !is_backed_up(c))
		read_more(c);
	send_waiting(c);
	if ((c->ending && c->out_at == c->out_len) || (events & EPOLLERR)) {
		client_free(c);
		return;
	}
	want_events(c);
}

/* ---- clients come ---- */

static struct ctl_peer peer_of(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	/* Whom the socket's mode lets in may administer. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return (struct ctl_peer){ RIGHT_READ, (unsigned)-1 };
	return (struct ctl_peer){ RIGHT_ADMIN, cred.uid };
}

static void take_client(struct ctl *ctl, int fd)
{
	struct client *c = ctl->count < CTL_CLIENTS_MAX ? calloc(1, sizeof(*c)) : NULL;

	if (!c) {
		close(fd);
		return;
	}
	c->ctl = ctl;
	c->watch = (struct watch){ fd, client_ready };
	c->events = EPOLLIN;
	c->peer = peer_of(fd);
	list_push_back(&ctl->clients, &c->node);
	ctl->count++;
	if (loop_watch(ctl->loop, &c->watch, c->events) != 0)
		client_free(c);
}

static void pause_accepting(struct ctl *ctl)
{
	loop_unwatch(ctl->loop, &ctl->watch);
	wheel_start(loop_wheel(ctl->loop), &ctl->pause, loop_now(ctl->loop), PAUSE_MS);
}

static void pause_over(struct timer *t)
{
	struct ctl *ctl = container_of(t, struct ctl, pause);

	if (loop_watch(ctl->loop, &ctl->watch, EPOLLIN) != 0)
		wheel_start(loop_wheel(ctl->loop), t, loop_now(ctl->loop), PAUSE_MS);
}

static void clients_come(struct watch *w, uint32_t events)
{
	struct ctl *ctl = container_of(w, struct ctl, watch);
	int fd;

	(void)events;
	while ((fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		take_client(ctl, fd);
	if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
		pause_accepting(ctl);
}

/* ---- life ---- */

int ctl_open(struct loop *loop, int fd, struct ctl **out)
{
	struct ctl *ctl = calloc(1, sizeof(*ctl));
	int err;

	if (!ctl)
		return -ENOMEM;
	ctl->loop = loop;
	ctl->watch = (struct watch){ fd, clients_come };
	list_init(&ctl->clients);
	timer_init(&ctl->pause, pause_over);
	err = loop_watch(loop, &ctl->watch, EPOLLIN);
	if (err)
		free(ctl);
	else
		*out = ctl;
	return err;
}

void ctl_close(struct ctl **p)
{
	struct ctl *ctl = *p;

	*p = NULL;
	if (!ctl)
		return;
	list_for_each_safe(it, &ctl->clients)
		client_free(container_of(it, struct client, node));
	wheel_stop(loop_wheel(ctl->loop), &ctl->pause);
	loop_unwatch(ctl->loop, &ctl->watch);
	close(ctl->watch.fd);
	free(ctl);
}
