/*
 * core/net/udp_report.c - what ICMP says of datagrams that went out (RFC 3261 18.4).
 */
#include "core/net/udp.h"

#include <errno.h>
#include <linux/errqueue.h>

#define REPORTS      16u		/* that are read in one turn */
#define QUOTED_BYTES 1024u		/* of a datagram, as quoted by ICMP (RFC 1812 4.3.2.3: 548) */

/* Without it the kernel forgets ICMP about a socket that is not connected. */
void udp_ask_for_reports(int fd, unsigned family)
{
	int one = 1;

	if (family == 4)
		setsockopt(fd, IPPROTO_IP, IP_RECVERR, &one, sizeof(one));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &one, sizeof(one));
}

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
void udp_take_reports(struct udp_sock *sock)
{
	int err = 0;
	socklen_t len = sizeof(err);
	unsigned n = 0;

	while (n < REPORTS && take_report(sock))
		n++;
	if (n == 0)
		getsockopt(sock->watch.fd, SOL_SOCKET, SO_ERROR, &err, &len);
}
