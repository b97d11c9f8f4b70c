/*
 * core/sup/link.h - the words between the server process and its supervisor.
 *
 * The server speaks; the supervisor answers LINK_OPEN alone. One datagram each,
 * with descriptors where there are some.
 */
#ifndef CORE_SUP_LINK_H
#define CORE_SUP_LINK_H

#include "core/net/listen.h"
#include "core/mod/snapshot.h"

enum link_kind {
	LINK_READY,			/* traffic is served */
	LINK_STOP,			/* somebody asked for the end */
	LINK_NOTIFY,			/* text: for the service manager */
	LINK_OPEN,			/* listener: bind it. The answer: err and text, or its sockets */
	LINK_GONE,			/* listener: not needed any more */
	LINK_KEEP			/* one descriptor with a snapshot: what to restart with */
};

struct link_msg {
	enum link_kind      kind;
	int                 err;
	char                text[512];
	struct net_listener listener;
	unsigned            fd_count;	/* received or to be sent with it */
	int                 fds[64];
};

/** 0 or -errno; the descriptors stay the caller's. */
int link_send(int fd, const struct link_msg *m);
/**
 * @param wait  milliseconds, 0: only what is there
 * @return 0, -EAGAIN, -ETIMEDOUT, -EPIPE (the other end is gone), -EBADMSG, -errno; on 0 the
 *         descriptors are the caller's
 */
int link_receive(int fd, struct link_msg *m, int wait);

/* ---- the server's side ---- */
/** One message without descriptors. 0 or -errno. */
int link_say(int fd, enum link_kind kind, const char *text);
/** Ask for sockets: on 0 l has them. -errno with text: what the supervisor says. */
int link_open_listener(int fd, struct net_listener *l, char text[512]);
int link_forget_listener(int fd, const struct net_listener *l);
int link_keep(int fd, const struct snapshot *texts);

/* ---- the supervisor's side ---- */
/** The snapshot of LINK_KEEP; closes the descriptor. NULL if it cannot be read. */
struct snapshot *link_read_kept(struct link_msg *m);

#endif
