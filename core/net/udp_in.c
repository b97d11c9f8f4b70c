/*
 * core/net/udp_in.c - datagrams that come, many per system call.
 */
#include "core/net/udp.h"

void udp_prepare_recv(struct udp_room *udp, unsigned i)
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

void udp_readable(struct watch *w, uint32_t events)
{
	struct udp_sock *sock = container_of(w, struct udp_sock, watch);
	struct udp_room *udp = sock->net->udp;
	int n;

	if (events & EPOLLERR)
		udp_take_reports(sock);
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
		udp_prepare_recv(udp, (unsigned)i);
	}
}
