/*
 * modules/auth_db/rpc_user.h - whom a method of lcsctl users is about. Control thread.
 */
#ifndef MODULES_AUTH_DB_RPC_USER_H
#define MODULES_AUTH_DB_RPC_USER_H

#include "modules/auth_db/auth_db.h"

/* As written, without "sip:"; aor is name@domain. Texts of the call's parameters. */
struct rpc_user { struct slice aor, name, domain; };

/** Whom a parameter names. 0, or -EINVAL with an error. */
int rpc_user_read(struct lcs_rpc_call *call, const char *param, struct rpc_user *out);
/** The end of a call: what err of users.h means for this user. @return err */
int rpc_user_refuse(struct lcs_rpc_call *call, int err, struct slice aor);

/* ---- rpc_show.c: methods that change nothing ---- */
int rpc_users_show(struct lcs_rpc_call *call);
int rpc_users_list(struct lcs_rpc_call *call);
int rpc_users_whose(struct lcs_rpc_call *call);

static inline struct users *rpc_users(const struct lcs_rpc_call *call)
{
	return &((struct auth_db *)lcs_shared(call->mod))->users;
}

#endif
