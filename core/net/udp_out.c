/*
 * core/net/udp_out.c - datagrams that go, many per system call.
 */
#include "core/net/udp.h"

#include <errno.h>
#include <netinet/udp.h>

#define SEND_TRIES 3u

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

void udp_flush(struct udp_sock *sock)
{
	unsigned count = sock->queued, at = 0;

	sock->queued = 0;
	while (at < count)
		at = send_from(sock, at, count);
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
		udp_flush(sock);
	sock->outs[sock->queued++] = out;
	loop_at_end(net->loop, &sock->flush);
}
