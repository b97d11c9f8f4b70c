/*
 * modules/auth_lcs/guard.h - the associations of one connection. All of it is the connection's
 * owner's, because the running numbers are those of the wire.
 */
#ifndef MODULES_AUTH_LCS_GUARD_H
#define MODULES_AUTH_LCS_GUARD_H

#include "modules/auth_lcs/auth_lcs.h"

struct guard {
	struct flow_guard guard;	/* first */
	struct list       node;		/* auth_lcs_local.guards */
	struct list       sas;		/* the latest first */
	unsigned          count;
	flow_id           flow;
	struct auth_lcs  *lcs;
	uint64_t          stamp;	/* of the latest challenge that was answered */
	bool              renewing;	/* the client has begun to sign in anew */
	bool              closing;
	struct buf       *text;		/* scratch */
};

/* ---- guard.c ---- */
/** NULL: the connection has no associations, and had none. */
struct guard *guard_of(flow_id flow);
/** Close a connection, once; g NULL: it has no associations. */
void guard_close(struct guard *g, flow_id flow, struct auth_lcs *lcs, const char *why);

/* ---- seal.c ---- */
/** flow_guard_ops: sign a message on its way out. */
int guard_seal(struct flow_guard *guard, struct slice message, struct buf *to);

#endif
