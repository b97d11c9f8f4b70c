/*
 * core/net/udp.h - what the files about datagrams share. All of it is one worker's.
 */
#ifndef CORE_NET_UDP_H
#define CORE_NET_UDP_H

#include "core/net/room.h"
#include "core/net/train.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define RECV_BATCH   64u
#define SEND_BATCH   TRAIN_OUTS
#define MAX_DATAGRAM 65536u
#define NEXT_DATAGRAM (MAX_DATAGRAM + 2112u)	/* powers of two would share cache sets */

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

/* ---- udp_in.c ---- */
/** Room for the ith datagram of a batch, at first and after each. */
void udp_prepare_recv(struct udp_room *udp, unsigned i);
/** For the loop: one batch; if there is more, epoll says so again after others had their turn. */
void udp_readable(struct watch *w, uint32_t events);

/* ---- udp_report.c: what ICMP says of what went out (RFC 3261 18.4) ---- */
/** Have the kernel keep them for this socket (IP_RECVERR). family: 4 or 6. */
void udp_ask_for_reports(int fd, unsigned family);
/** All that wait, some at a time. */
void udp_take_reports(struct udp_sock *sock);

/* ---- udp_out.c ---- */
/** Send what is queued, as many per system call as can be. */
void udp_flush(struct udp_sock *sock);

#endif
