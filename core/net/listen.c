/*
 * core/net/listen.c - binding, one SO_REUSEPORT socket per worker.
 */
#include "core/net/listen.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG    4096
#define PORT_TRIES 16

static int turn_on(int fd, int level, int option)
{
	int one = 1;

	return setsockopt(fd, level, option, &one, sizeof(one)) == 0 ? 0 : -errno;
}

static int family_of(const struct net_listener *l)
{
	return l->addr.ip.family == 6 ? AF_INET6 : AF_INET;
}

static int new_socket(const struct net_listener *l, int *out)
{
	int kind = transport_is_stream(l->transport) ? SOCK_STREAM : SOCK_DGRAM;
	int fd = socket(family_of(l), kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	/* "any" of IPv4 is a listener of its own. */
	if (l->addr.ip.family == 6)
		err = turn_on(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	/* Connections of an earlier server that linger must not keep us from binding. */
	if (!err && kind == SOCK_STREAM)
		err = turn_on(fd, SOL_SOCKET, SO_REUSEADDR);
	if (err)
		close(fd);
	else
		*out = fd;
	return err;
}

static int bind_to(int fd, const struct sock_addr *addr)
{
	struct sockaddr_storage ss;
	socklen_t len = sock_addr_to(addr, &ss);

	return bind(fd, (struct sockaddr *)&ss, len) == 0 ? 0 : -errno;
}

static int bound_port(int fd, uint16_t *port)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	struct sock_addr addr;

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		return -errno;
	sock_addr_from(&addr, &ss);
	*port = addr.port;
	return 0;
}

static int listen_on(const struct net_listener *l, int fd)
{
	if (!transport_is_stream(l->transport))
		return 0;
	return listen(fd, BACKLOG) == 0 ? 0 : -errno;
}

static int pktinfo(int fd, const struct net_listener *l)
{
	if (transport_is_stream(l->transport) || !ip_is_any(&l->addr.ip))
		return 0;
	if (l->addr.ip.family == 6)
		return turn_on(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO);
	return turn_on(fd, IPPROTO_IP, IP_PKTINFO);
}

static int share(int fd) { return turn_on(fd, SOL_SOCKET, SO_REUSEPORT); }

static int settle(const struct net_listener *l, int fd, bool is_first, const char **what)
{
	int err = pktinfo(fd, l);

	*what = "socket";
	if (!err && !is_first)
		err = share(fd);
	if (err)
		return err;
	*what = "bind";
	err = bind_to(fd, &l->addr);
	if (err)
		return err;
	*what = "listen";
	err = listen_on(l, fd);
	return !err && is_first ? share(fd) : err;
}

static int open_one(const struct net_listener *l, bool is_first, int *out, const char **what)
{
	int fd = -1, err = new_socket(l, &fd);

	*what = "socket";
	if (err)
		return err;
	err = settle(l, fd, is_first, what);
	if (err)
		close(fd);
	else
		*out = fd;
	return err;
}

/*
 * Sockets that share a port also share it with those of another server of the
 * same user, who would then get half of our traffic. So the first is bound as
 * one that shares nothing, which fails if anybody is there, also one who begins
 * at the same moment; only then it is opened to the others. It finds a free port
 * for 0.
 */
static int open_all(struct net_listener *l, unsigned workers, const char **what)
{
	int err = 0;

	for (l->fd_count = 0; l->fd_count < workers && !err;) {
		bool is_first = l->fd_count == 0;

		err = open_one(l, is_first, &l->fds[l->fd_count], what);
		if (!err)
			l->fd_count++;
		if (!err && is_first)
			err = bound_port(l->fds[0], &l->addr.port);
	}
	if (err)
		listener_close(l);
	return err;
}

int listener_open(struct net_listener *l, unsigned workers, const char **what)
{
	bool any_port = l->addr.port == 0;
	int err = -EADDRINUSE;

	/* Somebody may take a port that was found free before we have it. */
	for (int tries = any_port ? PORT_TRIES : 1; tries > 0 && err == -EADDRINUSE; tries--) {
		if (any_port)
			l->addr.port = 0;
		err = open_all(l, workers, what);
	}
	if (err && any_port)
		l->addr.port = 0;
	return err;
}

void listener_close(struct net_listener *l)
{
	for (unsigned i = 0; i < l->fd_count; i++)
		if (l->fds[i] >= 0)
			close(l->fds[i]);
	l->fd_count = 0;
}
