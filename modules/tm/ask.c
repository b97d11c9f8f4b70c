/*
 * modules/tm/ask.c - what the script asks of its transaction and of its branches.
 */
#include "modules/tm/funcs.h"
#include "modules/tm/status.h"

#include <errno.h>

enum fn_status tm_fn_check_status(struct lcs_call *call)
{
	bool matches;
	int err = tm_status_matches(call->local, call->argv[0].s, tm_status_of(call->ctx), &matches);

	if (err == -ENOMEM)
		return FN_FAILED;
	return fn_bool(call, err == 0 && matches);
}

typedef bool branch_test_fn(const struct tm_branch *b, int64_t arg);

static bool any_branch(struct lcs_call *call, branch_test_fn *test, int64_t arg)
{
	struct tm_tx *tx = tm_tx_of(call);

	if (!tx || !tx->work)
		return false;
	for (const struct tm_branch *b = tx->work->first; b; b = b->next)
		if (test(b, arg))
			return true;
	return false;
}

static bool timed_out(const struct tm_branch *b, int64_t arg)
{
	(void)arg;
	return b->timed_out;
}

static bool replied(const struct tm_branch *b, int64_t arg)
{
	(void)arg;
	return b->provisional || b->response;
}

static bool ended_with(const struct tm_branch *b, int64_t status)
{
	return b->phase == TM_BRANCH_DONE && b->status == status;
}

enum fn_status tm_fn_any_timeout(struct lcs_call *call)
{
	return fn_bool(call, any_branch(call, timed_out, 0));
}

enum fn_status tm_fn_any_replied(struct lcs_call *call)
{
	return fn_bool(call, any_branch(call, replied, 0));
}

enum fn_status tm_fn_grep_status(struct lcs_call *call)
{
	return fn_bool(call, any_branch(call, ended_with, call->argv[0].i));
}

static enum fn_status of_branch(struct lcs_call *call, branch_test_fn *test)
{
	struct tm_at *at = tm_at_of(call->ctx);

	return fn_bool(call, at && at->branch && test(at->branch, 0));
}

enum fn_status tm_fn_branch_timeout(struct lcs_call *call) { return of_branch(call, timed_out); }
enum fn_status tm_fn_branch_replied(struct lcs_call *call) { return of_branch(call, replied); }

enum fn_status tm_fn_is_canceled(struct lcs_call *call)
{
	struct tm_tx *tx = tm_tx_of(call);

	return fn_bool(call, tx && tx->is_canceled);
}

enum fn_status tm_fn_get_status(struct lcs_call *call)
{
	uint16_t status = tm_status_of(call->ctx);

	call->ret = status ? value_int(status) : value_null();
	return FN_DONE;
}

enum fn_status tm_fn_is_request_route(struct lcs_call *call)
{
	return fn_bool(call, lcs_kind(call->ctx) == ROUTE_REQUEST);
}
enum fn_status tm_fn_is_failure_route(struct lcs_call *call)
{
	return fn_bool(call, lcs_kind(call->ctx) == ROUTE_FAILURE);
}
enum fn_status tm_fn_is_branch_route(struct lcs_call *call)
{
	return fn_bool(call, lcs_kind(call->ctx) == ROUTE_BRANCH);
}
enum fn_status tm_fn_is_reply_route(struct lcs_call *call)
{
	return fn_bool(call, lcs_kind(call->ctx) == ROUTE_REPLY);
}
