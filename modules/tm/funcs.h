/*
 * modules/tm/funcs.h - script functions that stand in other files than their table, funcs.c.
 */
#ifndef MODULES_TM_FUNCS_H
#define MODULES_TM_FUNCS_H

#include "modules/tm/tm.h"

/** The transaction of the message; NULL if it has none. */
static inline struct tm_tx *tm_tx_of(struct lcs_call *call)
{
	struct tm_at *at = tm_at_of(call->ctx);

	return at ? at->tx : NULL;
}

/** Its work, if it has something to decide still; or NULL. */
static inline struct tm_work *tm_work_of(struct lcs_call *call)
{
	struct tm_tx *tx = tm_tx_of(call);

	return tx && !tm_is_answered(tx) ? tx->work : NULL;
}

/* ---- arm.c ---- */
enum fn_status tm_fn_on_failure(struct lcs_call *call);
enum fn_status tm_fn_on_branch(struct lcs_call *call);
enum fn_status tm_fn_on_reply(struct lcs_call *call);
enum fn_status tm_fn_is_set(struct lcs_call *call);
enum fn_status tm_fn_set_fr(struct lcs_call *call);
enum fn_status tm_fn_reset_fr(struct lcs_call *call);

/* ---- ask.c ---- */
enum fn_status tm_fn_check_status(struct lcs_call *call);
enum fn_status tm_fn_any_timeout(struct lcs_call *call);
enum fn_status tm_fn_any_replied(struct lcs_call *call);
enum fn_status tm_fn_grep_status(struct lcs_call *call);
enum fn_status tm_fn_branch_timeout(struct lcs_call *call);
enum fn_status tm_fn_branch_replied(struct lcs_call *call);
enum fn_status tm_fn_is_canceled(struct lcs_call *call);
enum fn_status tm_fn_get_status(struct lcs_call *call);
enum fn_status tm_fn_is_request_route(struct lcs_call *call);
enum fn_status tm_fn_is_failure_route(struct lcs_call *call);
enum fn_status tm_fn_is_branch_route(struct lcs_call *call);
enum fn_status tm_fn_is_reply_route(struct lcs_call *call);

/* ---- contacts.c ---- */
enum fn_status tm_fn_load_contacts(struct lcs_call *call);
enum fn_status tm_fn_next_contacts(struct lcs_call *call);

/* ---- callid.c ---- */
enum fn_status tm_fn_cancel_callid(struct lcs_call *call);

#endif
