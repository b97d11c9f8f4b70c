/*
 * core/net/accept.c - connections that come in.
 */
#include "core/net/room.h"

#include "utils/err.h"
#include "utils/log.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define ACCEPTS_PER_TURN 64
#define PAUSE_MS         200	/* when descriptors or memory are short */

struct acceptor {
	struct watch               watch;
	const struct net_listener *listener;
	unsigned                   number;
	struct timer               pause;
	bool                       complained, serves;
};

static void note_local(int fd, const struct acceptor *a, struct sock_addr *local)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	*local = a->listener->addr;
	if (ip_is_any(&a->listener->addr.ip) &&
	    getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
		sock_addr_from(local, &ss);
}

static void refuse(int fd, const struct sock_addr *remote, int err)
{
	char text[ADDR_TEXT_BYTES];

	sock_addr_format(remote, text);
	log_debug("net", "connection refused remote=%s why=\"%s\"", text,
	    err == -EDQUOT ? "too many from this address" :
	    err == -EMFILE ? "too many altogether" : err_text(err));
	if (err == -EDQUOT)
		NET_COUNT(refused_per_address, 1);
	else
		NET_COUNT(refused_limit, 1);
	close(fd);
}

static void take_in(struct acceptor *a, int fd, const struct sockaddr_storage *ss)
{
	struct conn_spec spec = { .fd = fd, .transport = a->listener->transport,
				  .inbound = true, .listener = (uint16_t)a->number };
	struct conn *c;
	int err;

	sock_addr_from(&spec.remote, ss);
	err = address_enter(&spec.remote.ip);
	if (err) {
		refuse(fd, &spec.remote, err);
		return;
	}
	note_local(fd, a, &spec.local);
	c = conn_new(&spec);
	if (!c) {
		address_leave(&spec.remote.ip);
		NET_COUNT(refused_limit, 1);
		return;
	}
	NET_COUNT(connections_accepted, 1);
	conn_begin_layer(c, NULL);
}

/* ---- when there is nothing left to accept with ---- */

static bool is_shortage(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM;
}

/* The listener stays readable, so looking at it again at once would only burn time. */
static void pause_accepting(struct acceptor *a, int err)
{
	if (!a->complained)
		log_error("net", "cannot accept connections error=\"%s\": raise open_files, or "
		    "lower the limit of connections", err_text(-err));
	a->complained = true;
	loop_unwatch(worker_loop(), &a->watch);
	timer_start(&a->pause, PAUSE_MS);
}

static void pause_over(struct timer *t)
{
	struct acceptor *a = container_of(t, struct acceptor, pause);

	if (loop_watch(worker_loop(), &a->watch, a->serves ? EPOLLIN : 0) != 0)
		timer_start(&a->pause, PAUSE_MS);
}

static void acceptable(struct watch *w, uint32_t events)
{
	struct acceptor *a = container_of(w, struct acceptor, watch);

	if (!(events & EPOLLIN))
		return;
	worker_note()->room = "net";
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		struct sockaddr_storage ss;
		socklen_t len = sizeof(ss);
		int fd = accept4(w->fd, (struct sockaddr *)&ss, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0) {
			if (is_shortage(errno))
				pause_accepting(a, errno);
			return;
		}
		a->complained = false;
		take_in(a, fd, &ss);
	}
}

/* ---- life ---- */

int accept_open(struct net_worker *net, unsigned number)
{
	const struct net_listener *l = net_listener(number);
	struct acceptor *a = &net->acceptors[number - 1];

	*a = (struct acceptor){ .listener = l, .number = number };
	a->watch = (struct watch){ -1, acceptable };
	timer_init(&a->pause, pause_over);
	if (!transport_is_stream(l->transport) || net->index >= l->fd_count)
		return 0;
	if (!layer_is_there(l->transport)) {
		log_error("net", "nobody brings transport %.*s for a listener: load its module",
		    SLICE_ARG(transport_via_name(l->transport)));
		return -EPROTONOSUPPORT;
	}
	a->watch.fd = l->fds[net->index];
	return loop_watch(net->loop, &a->watch, 0);
}

void accept_serve(struct net_worker *net, unsigned number)
{
	struct acceptor *a = &net->acceptors[number - 1];

	if (a->watch.fd < 0)
		return;
	a->serves = true;
	loop_rewatch(net->loop, &a->watch, EPOLLIN);
}

void accept_renew(struct net_worker *net, unsigned number)
{
	if (net->acceptors[number - 1].watch.fd >= 0)
		net->acceptors[number - 1].listener = net_listener(number);
}

void accept_close(struct net_worker *net, unsigned number)
{
	struct acceptor *a = &net->acceptors[number - 1];

	if (a->watch.fd < 0)
		return;
	timer_stop(&a->pause);
	loop_unwatch(net->loop, &a->watch);
	a->watch.fd = -1;
}

int accept_start(struct net_worker *net)
{
	int err = 0;

	net->acceptors = calloc(LISTENERS_MAX, sizeof(*net->acceptors));
	if (!net->acceptors)
		return -ENOMEM;
	for (unsigned n = 0; n < LISTENERS_MAX; n++)
		net->acceptors[n].watch.fd = -1;
	for (unsigned n = 1; n <= net_listener_count() && !err; n++) {
		err = net_listener(n) ? accept_open(net, n) : 0;
		if (!err)
			accept_serve(net, n);
	}
	return err;
}

void accept_pause(struct net_worker *net)
{
	for (unsigned n = 1; n <= LISTENERS_MAX; n++)
		accept_close(net, n);
}

void accept_stop(struct net_worker *net)
{
	if (net->acceptors)
		accept_pause(net);
	free(net->acceptors);
	net->acceptors = NULL;
}
