/*
 * core/net/udp.c - datagrams, many per system call in both directions.
 */
#include "core/net/room.h"

#include "core/net/train.h"
#include "utils/err.h"
#include "utils/log.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <sys/mman.h>

#define RECV_BATCH   64u
#define SEND_BATCH   TRAIN_OUTS
#define MAX_DATAGRAM 65536u
#define NEXT_DATAGRAM (MAX_DATAGRAM + 2112u)	/* powers of two would share cache sets */
#define REPORTS      16u		/* of ICMP that are read in one turn */
#define QUOTED_BYTES 1024u		/* of a datagram, as quoted by ICMP (RFC 1812 4.3.2.3: 548) */
#define SEND_TRIES   3u

/* IP_PKTINFO or IPV6_PKTINFO and UDP_SEGMENT, aligned as control messages want it. */
struct control {
	_Alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
	    CMSG_SPACE(sizeof(uint16_t))];
};

struct udp_sock {
	struct watch               watch;
	struct loop_task           flush;
	struct net_worker         *net;
	const struct net_listener *listener;
	unsigned                   number;
	bool                       any;	/* bound to any: the datagram says where it came */
	bool                       couples;	/* see train.h */
	unsigned                   queued;
	struct sip_out            *outs[SEND_BATCH];
};

struct udp_room {			/* of one worker */
	char                   *datagrams;	/* RECV_BATCH of them; pages come when used */
	struct mmsghdr          recv[RECV_BATCH];
	struct iovec            recv_iov[RECV_BATCH];
	struct sockaddr_storage recv_from[RECV_BATCH];
	struct control          recv_control[RECV_BATCH];
	struct mmsghdr          send[SEND_BATCH];
	struct iovec            send_iov[SEND_BATCH];
	struct sockaddr_storage send_to[SEND_BATCH];
	struct control          send_control[SEND_BATCH];
	struct train            trains[SEND_BATCH];
	struct udp_sock        *socks[LISTENERS_MAX];	/* by listener number - 1; or NULL */
};

/* ---- in ---- */

static void prepare_recv(struct udp_room *udp, unsigned i)
{
	struct msghdr *h = &udp->recv[i].msg_hdr;

	udp->recv_iov[i] = (struct iovec){ udp->datagrams + i * NEXT_DATAGRAM, MAX_DATAGRAM };
	*h = (struct msghdr){
		.msg_name = &udp->recv_from[i],
		.msg_namelen = sizeof(udp->recv_from[i]),
		.msg_iov = &udp->recv_iov[i],
		.msg_iovlen = 1,
		.msg_control = &udp->recv_control[i],
		.msg_controllen = sizeof(udp->recv_control[i]),
	};
}

static void local_from_v4(const struct cmsghdr *c, struct ip_addr *ip)
{
	struct in_pktinfo info;

	memcpy(&info, CMSG_DATA(c), sizeof(info));
	*ip = (struct ip_addr){ .family = 4 };
	memcpy(ip->bytes, &info.ipi_addr, 4);
}

static void local_from_v6(const struct cmsghdr *c, struct ip_addr *ip)
{
	struct in6_pktinfo info;

	memcpy(&info, CMSG_DATA(c), sizeof(info));
	*ip = (struct ip_addr){ .family = 6 };
	memcpy(ip->bytes, &info.ipi6_addr, 16);
}

/* Where it was sent to, when the socket alone does not tell. */
static void local_from_control(struct msghdr *h, struct ip_addr *ip)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			local_from_v4(c, ip);
		else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
			local_from_v6(c, ip);
	}
}

/* Clients keep their NAT open with CRLF, zero bytes or blanks; there is nothing to answer. */
static bool is_keep_alive(struct slice s)
{
	if (s.len > 0 && s.p[0] >= 'A')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_lws(s.p[i]) && s.p[i] != '\0')
			return false;
	return true;
}

static void take_datagram(struct udp_sock *sock, struct mmsghdr *m)
{
	struct sip_hop hop = {
		.transport = TRANSPORT_UDP,
		.listener = (uint16_t)sock->number,
		.local = sock->listener->addr,
	};
	struct slice bytes = { m->msg_hdr.msg_iov->iov_base, m->msg_len };

	NET_COUNT(bytes_in, bytes.len);
	if (is_keep_alive(bytes)) {
		NET_COUNT(pings, 1);
		return;
	}
	sock_addr_from(&hop.remote, m->msg_hdr.msg_name);
	/* Port 0 cannot be answered; it is only ever forged. */
	if (hop.remote.port == 0)
		return;
	if (sock->any)
		local_from_control(&m->msg_hdr, &hop.local.ip);
	deliver(bytes, &hop);
}

/* ---- what ICMP says of what went out (RFC 3261 18.4) ---- */

static bool is_icmp(const struct cmsghdr *c)
{
	return (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
	    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
}

/* Host, network, port or protocol unreachable, and what filters say. A message that is too
 * large for somebody is not lost: it is sent again in fragments. 0: nothing to tell. */
static int reported_error(struct msghdr *h)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		struct sock_extended_err e;

		if (!is_icmp(c))
			continue;
		memcpy(&e, CMSG_DATA(c), sizeof(e));
		if (e.ee_origin != SO_EE_ORIGIN_ICMP && e.ee_origin != SO_EE_ORIGIN_ICMP6)
			return 0;
		return e.ee_errno == EMSGSIZE || e.ee_errno == EPROTO ? 0 : -(int)e.ee_errno;
	}
	return 0;
}

static bool take_report(struct udp_sock *sock)
{
	char quoted[QUOTED_BYTES];
	_Alignas(struct cmsghdr) char control[512];
	struct sockaddr_storage to;
	struct sock_addr remote;
	struct iovec iov = { quoted, sizeof(quoted) };
	struct msghdr h = { .msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov,
			    .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(sock->watch.fd, &h, MSG_ERRQUEUE | MSG_DONTWAIT);
	int err;

	if (n < 0)
		return false;
	err = reported_error(&h);
	if (err == 0 || h.msg_namelen == 0)
		return true;
	sock_addr_from(&remote, &to);
	undelivered(slice_of(quoted, (size_t)n), &remote, err);
	return true;
}

/* Where a report was too much for the buffer, the error alone stays, and has to be asked for. */
static void take_reports(struct udp_sock *sock)
{
	int err = 0;
	socklen_t len = sizeof(err);
	unsigned n = 0;

	while (n < REPORTS && take_report(sock))
		n++;
	if (n == 0)
		getsockopt(sock->watch.fd, SOL_SOCKET, SO_ERROR, &err, &len);
}

/* One batch; if there is more, epoll says so again after others had their turn. */
static void readable(struct watch *w, uint32_t events)
{
	struct udp_sock *sock = container_of(w, struct udp_sock, watch);
	struct udp_room *udp = sock->net->udp;
	int n;

	if (events & EPOLLERR)
		take_reports(sock);
	if (!(events & EPOLLIN))
		return;
	n = recvmmsg(w->fd, udp->recv, RECV_BATCH, MSG_DONTWAIT, NULL);
	if (n <= 0)
		return;
	worker_note()->room = "net";
	loop_came(sock->net->loop, (unsigned)n - 1);
	NET_COUNT(datagrams_in, (uint64_t)n);
	for (int i = 0; i < n; i++) {
		take_datagram(sock, &udp->recv[i]);
		prepare_recv(udp, (unsigned)i);
	}
}

/* ---- out ---- */

static size_t control_v4(struct cmsghdr *c, const struct ip_addr *ip)
{
	struct in_pktinfo info = { 0 };

	memcpy(&info.ipi_spec_dst, ip->bytes, 4);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
	return CMSG_SPACE(sizeof(info));
}

static size_t control_v6(struct cmsghdr *c, const struct sock_addr *local)
{
	struct in6_pktinfo info = { .ipi6_ifindex = local->scope };

	memcpy(&info.ipi6_addr, local->ip.bytes, 16);
	c->cmsg_level = IPPROTO_IPV6;
	c->cmsg_type = IPV6_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
	return CMSG_SPACE(sizeof(info));
}

/* A response leaves from the address its request was sent to (RFC 3581 4). */
static size_t put_source(struct cmsghdr *c, const struct sock_addr *local)
{
	if (local->ip.family == 0 || ip_is_any(&local->ip))
		return 0;
	return local->ip.family == 4 ? control_v4(c, &local->ip) : control_v6(c, local);
}

static size_t put_segment(struct cmsghdr *c, size_t len)
{
	uint16_t size = (uint16_t)len;

	c->cmsg_level = IPPROTO_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(size));
	memcpy(CMSG_DATA(c), &size, sizeof(size));
	return CMSG_SPACE(sizeof(size));
}

static void set_control(struct msghdr *h, struct control *control, const struct sock_addr *from)
{
	size_t len = 0;

	memset(control, 0, sizeof(*control));
	if (from)
		len = put_source((void *)control, from);
	if (h->msg_iovlen > 1)
		len += put_segment((void *)(control->bytes + len), h->msg_iov->iov_len);
	if (len > 0) {
		h->msg_control = control;
		h->msg_controllen = len;
	}
}

static void prepare_send(struct udp_sock *sock, unsigned i, const struct train *t)
{
	struct udp_room *udp = sock->net->udp;
	struct msghdr *h = &udp->send[i].msg_hdr;
	const struct sip_hop *hop = &sock->outs[t->first]->hop;

	for (unsigned n = t->first; n < t->first + t->count; n++) {
		const struct buf *bytes = sock->outs[n]->bytes;

		udp->send_iov[n] = (struct iovec){ bytes->data, bytes->len };
	}
	*h = (struct msghdr){ .msg_name = &udp->send_to[i],
			      .msg_iov = &udp->send_iov[t->first], .msg_iovlen = t->count };
	h->msg_namelen = sock_addr_to(&hop->remote, &udp->send_to[i]);
	if (sock->any || t->count > 1)
		set_control(h, &udp->send_control[i], sock->any ? &hop->local : NULL);
}

static void sent(struct udp_sock *sock, const struct train *t, unsigned trains)
{
	unsigned from = t->first, n = t[trains - 1].first + t[trains - 1].count - from;

	for (unsigned i = from; i < from + n; i++) {
		NET_COUNT(bytes_out, sock->outs[i]->bytes->len);
		sip_out_unref(&sock->outs[i]);
	}
	NET_COUNT(datagrams_out, n);
	NET_COUNT(messages_out, n);
	NET_COUNT(datagrams_coupled, n - trains);
}

/*
 * A full socket buffer is a loss like any on the wire: the sender repeats. What
 * the kernel says about an address is an error of the transport (RFC 3261 18.4).
 */
static bool is_short(int err)
{
	return err == -EAGAIN || err == -ENOBUFS || err == -ENOMEM;
}

static void not_sent(struct udp_sock *sock, const struct train *t, int err)
{
	NET_COUNT(udp_send_errors, t->count);
	for (unsigned i = t->first; i < t->first + t->count; i++) {
		if (is_short(err))
			sip_out_unref(&sock->outs[i]);
		else
			out_fail(sock->outs[i], err);
	}
}

/*
 * A report about what went out before makes the next call on the socket fail once. So the
 * same datagram is tried again; what the kernel says of itself it says each time.
 */
static bool is_another_ones(int err, unsigned tries)
{
	return tries < SEND_TRIES && (err == ECONNREFUSED || err == EHOSTUNREACH ||
	    err == ENETUNREACH || err == EHOSTDOWN || err == ENOPROTOOPT || err == EACCES ||
	    err == EPROTO || err == EMSGSIZE || err == EOPNOTSUPP);
}

static unsigned couple(struct udp_sock *sock, unsigned from, unsigned count)
{
	struct train *trains = sock->net->udp->trains;
	unsigned n = count - from;

	if (sock->couples && n > 1)
		n = train_couple(sock->outs + from, n, trains);
	else
		for (unsigned i = 0; i < n; i++)
			trains[i] = (struct train){ i, 1 };
	for (unsigned i = 0; i < n; i++) {
		trains[i].first += from;
		prepare_send(sock, i, &trains[i]);
	}
	return n;
}

/* All of outs[from..count) or, if the kernel will not cut datagrams, those before the first
 * that it was to cut; how far it came. */
static unsigned send_from(struct udp_sock *sock, unsigned from, unsigned count)
{
	struct udp_room *udp = sock->net->udp;
	const struct train *t = udp->trains;
	unsigned left = couple(sock, from, count), tries = 0;

	while (left > 0) {
		int n = sendmmsg(sock->watch.fd, &udp->send[t - udp->trains], left,
		    MSG_DONTWAIT);

		if (n > 0) {
			sent(sock, t, (unsigned)n);
		} else if (errno == EINTR || is_another_ones(errno, ++tries)) {
			continue;
		} else if (t->count > 1 && !is_short(-errno)) {
			sock->couples = false;
			return t->first;
		} else {
			not_sent(sock, t, -errno);
			n = 1;
		}
		t += n;
		left -= (unsigned)n;
		tries = 0;
	}
	return count;
}

static void flush(struct udp_sock *sock)
{
	unsigned count = sock->queued, at = 0;

	sock->queued = 0;
	while (at < count)
		at = send_from(sock, at, count);
}

static void flush_task(struct loop_task *t)
{
	flush(container_of(t, struct udp_sock, flush));
}

static struct udp_sock *sock_for(struct udp_room *udp, struct sip_hop *hop)
{
	unsigned n = hop->listener;

	if (n == 0 || n > LISTENERS_MAX || !udp->socks[n - 1])
		n = net_listener_for(TRANSPORT_UDP, &hop->remote, 0);
	if (n == 0)
		return NULL;
	hop->listener = (uint16_t)n;
	return udp->socks[n - 1];
}

void udp_send(struct sip_out *out)
{
	struct net_worker *net = net_mine();
	struct udp_sock *sock = net->udp ? sock_for(net->udp, &out->hop) : NULL;
	int err = sock ? sip_out_write(out) : -EPROTONOSUPPORT;

	if (err) {
		out_fail(out, err);
		return;
	}
	if (sock->queued == SEND_BATCH)
		flush(sock);
	sock->outs[sock->queued++] = out;
	loop_at_end(net->loop, &sock->flush);
}

/* ---- life ---- */

static void set_buffers(int fd)
{
	const struct net_limits *limits = net_limits();

	if (limits->udp_rcvbuf > 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &limits->udp_rcvbuf, sizeof(int));
	if (limits->udp_sndbuf > 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &limits->udp_sndbuf, sizeof(int));
}

/* Without it the kernel forgets ICMP about a socket that is not connected. */
static void ask_for_reports(int fd, unsigned family)
{
	int one = 1;

	if (family == 4)
		setsockopt(fd, IPPROTO_IP, IP_RECVERR, &one, sizeof(one));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &one, sizeof(one));
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
	sock->watch = (struct watch){ l->fds[net->index], readable };
	loop_task_init(&sock->flush, flush_task);
	sock->couples = train_is_possible(sock->watch.fd);
	set_buffers(sock->watch.fd);
	ask_for_reports(sock->watch.fd, l->addr.ip.family);
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
		prepare_recv(udp, i);
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
	flush(sock);
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
