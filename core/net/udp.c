/*
 * core/net/udp.c - a worker's sockets for datagrams: opening and closing them.
 */
#include "core/net/udp.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

static void set_buffers(int fd)
{
	const struct net_limits *limits = net_limits();

	if (limits->udp_rcvbuf > 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &limits->udp_rcvbuf, sizeof(int));
	if (limits->udp_sndbuf > 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &limits->udp_sndbuf, sizeof(int));
}

static void flush_task(struct loop_task *t)
{
	udp_flush(container_of(t, struct udp_sock, flush));
}

int udp_open(struct net_worker *net, unsigned number)
{
	const struct net_listener *l = net_listener(number);
	struct udp_sock *sock;

	if (l->transport != TRANSPORT_UDP || net->index >= l->fd_count)
		return 0;
	sock = calloc(1, sizeof(*sock));
	if (!sock)
		return -ENOMEM;
	net->udp->socks[number - 1] = sock;
	sock->net = net;
	sock->listener = l;
	sock->number = number;
	sock->any = ip_is_any(&l->addr.ip);
	sock->watch = (struct watch){ l->fds[net->index], udp_readable };
	loop_task_init(&sock->flush, flush_task);
	sock->couples = train_is_possible(sock->watch.fd);
	set_buffers(sock->watch.fd);
	udp_ask_for_reports(sock->watch.fd, l->addr.ip.family);
	return loop_watch(net->loop, &sock->watch, 0);
}

void udp_serve(struct net_worker *net, unsigned number)
{
	struct udp_sock *sock = net->udp->socks[number - 1];

	if (sock)
		loop_rewatch(net->loop, &sock->watch, EPOLLIN);
}

void udp_renew(struct net_worker *net, unsigned number)
{
	if (net->udp->socks[number - 1])
		net->udp->socks[number - 1]->listener = net_listener(number);
}

int udp_start(struct net_worker *net)
{
	struct udp_room *udp = calloc(1, sizeof(*udp));
	int err = 0;

	if (!udp)
		return -ENOMEM;
	net->udp = udp;
	udp->datagrams = mmap(NULL, (size_t)RECV_BATCH * NEXT_DATAGRAM, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (udp->datagrams == MAP_FAILED) {
		udp->datagrams = NULL;
		return -ENOMEM;
	}
	for (unsigned i = 0; i < RECV_BATCH; i++)
		udp_prepare_recv(udp, i);
	for (unsigned n = 1; n <= net_listener_count() && !err; n++) {
		err = net_listener(n) ? udp_open(net, n) : 0;
		if (!err)
			udp_serve(net, n);
	}
	return err;
}

/* What waits to be sent is sent: it may be the last answer of a worker that ends. */
void udp_close(struct net_worker *net, unsigned number)
{
	struct udp_sock *sock = net->udp->socks[number - 1];

	if (!sock)
		return;
	net->udp->socks[number - 1] = NULL;
	loop_unwatch(net->loop, &sock->watch);
	list_remove(&sock->flush.node);
	udp_flush(sock);
	free(sock);
}

void udp_stop(struct net_worker *net)
{
	struct udp_room *udp = net->udp;

	if (!udp)
		return;
	for (unsigned n = 1; n <= LISTENERS_MAX; n++)
		udp_close(net, n);
	if (udp->datagrams)
		munmap(udp->datagrams, (size_t)RECV_BATCH * NEXT_DATAGRAM);
	free(udp);
	net->udp = NULL;
}
