/*
 * modules/tm/arm.c - what the script arms for later: routes and timers of its transaction.
 */
#include "modules/tm/funcs.h"

/* ---- routes ---- */

/* Before there is a transaction the worker remembers it for the script that runs. */
static struct tm_armed *armed(struct lcs_call *call)
{
	struct tm_local *local = call->local;
	struct tm_work *work = tm_work_of(call);

	if (work)
		return &work->armed;
	if (tm_tx_of(call))
		return NULL;		/* it is answered: nothing can happen any more */
	if (local->arming != call->ctx) {
		local->arming = call->ctx;
		local->armed = (struct tm_armed){ -1, -1, -1, 0, 0 };
	}
	return &local->armed;
}

/* The checker has seen that the route is there; an empty name takes the arming back. */
static int route_id(struct lcs_call *call, enum route_kind kind)
{
	struct slice name = call->argv[0].s;

	return name.len ? lcs_route_id(call->ctx, kind, name) : -1;
}

enum fn_status tm_fn_on_failure(struct lcs_call *call)
{
	struct tm_armed *a = armed(call);

	if (a)
		a->failure = route_id(call, ROUTE_FAILURE);
	return fn_bool(call, a != NULL);
}

enum fn_status tm_fn_on_branch(struct lcs_call *call)
{
	struct tm_armed *a = armed(call);

	if (a)
		a->branch = route_id(call, ROUTE_BRANCH);
	return fn_bool(call, a != NULL);
}

enum fn_status tm_fn_on_reply(struct lcs_call *call)
{
	struct tm_armed *a = armed(call);
	struct tm_work *work = tm_work_of(call);

	if (a)
		a->reply = route_id(call, ROUTE_REPLY);
	if (work)
		work->routes.reply_armed = work->armed.reply;
	return fn_bool(call, a != NULL);
}

enum fn_status tm_fn_is_set(struct lcs_call *call)
{
	const struct tm_armed *a = armed(call);
	struct slice what = call->argv[0].s;
	int id = -1;

	if (a && slice_eq(what, SLICE("failure_route")))
		id = a->failure;
	else if (a && slice_eq(what, SLICE("branch_route")))
		id = a->branch;
	else if (a && slice_eq(what, SLICE("onreply_route")))
		id = a->reply;
	return fn_bool(call, id >= 0);
}

/* ---- timers ---- */

/* A duration, or a number of milliseconds as in Kamailio; 0: as configured. */
static bool to_ms(const struct value *v, msec_t *out)
{
	if (v->type == VALUE_DURATION)
		*out = v->dur / 1000;
	else if (v->type == VALUE_INT)
		*out = v->i;
	else
		return false;
	return *out >= 0;
}

enum fn_status tm_fn_set_fr(struct lcs_call *call)
{
	struct tm_armed *a = armed(call);
	msec_t ring, answer = 0;

	if (!a || call->argc < 1 || call->argc > 2 || !to_ms(&call->argv[0], &ring) ||
	    (call->argc == 2 && !to_ms(&call->argv[1], &answer)))
		return fn_bool(call, false);
	a->fr_inv = ring ? ring : a->fr_inv;
	a->fr = answer ? answer : a->fr;
	return fn_bool(call, true);
}

enum fn_status tm_fn_reset_fr(struct lcs_call *call)
{
	struct tm_armed *a = armed(call);

	if (a)
		a->fr = a->fr_inv = 0;
	return fn_bool(call, a != NULL);
}
