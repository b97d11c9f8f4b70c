/*
 * core/sup/ctl.h - the control socket: JSON-RPC 2.0, one object per line, many clients.
 *
 * Runs on the control thread, which methods may block; clients are served in
 * turn. Whoever may open the socket may administer.
 */
#ifndef CORE_SUP_CTL_H
#define CORE_SUP_CTL_H

#include "core/lcs.h"
#include "core/run/loop.h"

#define CTL_LINE_MAX    1048576u	/* bytes of a request */
#define CTL_CLIENTS_MAX 64u

struct ctl;

/** Serve a bound, listening socket; takes the descriptor only when ctl_close() is called.
 *  0, -EEXIST (method names), -ENOMEM or epoll's error. */
int  ctl_open(struct loop *loop, int fd, struct ctl **out);
void ctl_close(struct ctl **ctl);

struct ctl_peer { enum lcs_right right; unsigned uid; };	/* who asks */

/**
 * Answer one line (a request, or a batch of them). What administers is logged with the asker.
 *
 * @param line   without its newline
 * @return the response text with newline, to be freed; NULL if there is none to give (a
 *         notification) or memory is short
 */
char *ctl_answer(struct slice line, const struct ctl_peer *peer, size_t *len);

/** Methods that look at the process: rpc.describe, workers.list and such. 0, -EEXIST, -ENOMEM. */
int ctl_register_methods(void);

#endif
