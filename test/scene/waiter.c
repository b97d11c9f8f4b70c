/*
 * test/scene/waiter.c - a module for scenes: functions that wait in every way there is.
 */
#include "core/lcs.h"
#include "core/run/timer.h"

#include <stdlib.h>

struct wait {				/* in the message's arena */
	struct timer    timer;
	struct lcs_ctx *ctx;
	struct slice    text;
};

static void wait_over(struct timer *t)
{
	struct wait *w = container_of(t, struct wait, timer);

	lcs_resume(w->ctx, value_string(w->text));
}

/* wait_ms(500, "text") gives the text half a second later */
static enum fn_status wait_ms(struct lcs_call *call)
{
	struct wait *w = arena_zalloc(lcs_arena(call->ctx), sizeof(*w));

	if (!w)
		return FN_FAILED;
	w->ctx = call->ctx;
	w->text = call->argv[1].s;
	timer_init(&w->timer, wait_over);
	timer_start(&w->timer, call->argv[0].i);
	return FN_SUSPENDED;
}

/* Resumes before it returns. */
static enum fn_status wait_not(struct lcs_call *call)
{
	lcs_resume(call->ctx, value_string(call->argv[0].s));
	return FN_SUSPENDED;
}

static void resume_from_afar(void *arg)
{
	struct lcs_ctx *ctx = arg;

	lcs_resume(ctx, value_int(worker_self()));
}

/* wait_worker(2) comes back from there, with its number */
static enum fn_status wait_worker(struct lcs_call *call)
{
	if (worker_post_fn((unsigned)call->argv[0].i, resume_from_afar, call->ctx) != 0)
		return FN_FAILED;
	return FN_SUSPENDED;
}

struct sum_job { struct lcs_job job; struct lcs_ctx *ctx; int64_t n, sum; };

static void sum_run(struct lcs_job *job)
{
	struct sum_job *s = (struct sum_job *)job;

	for (int64_t i = 1; i <= s->n; i++)
		s->sum += i;
}

static void sum_done(struct lcs_job *job, int err)
{
	struct sum_job *s = (struct sum_job *)job;

	if (err)
		lcs_set_err(s->ctx, "timeout");
	lcs_resume(s->ctx, err ? value_null() : value_int(s->sum));
}

/* wait_job(10) is 55, added up in a pool, within two seconds */
static enum fn_status wait_job(struct lcs_call *call)
{
	struct sum_job *s = arena_zalloc(lcs_arena(call->ctx), sizeof(*s));

	if (!s)
		return FN_FAILED;
	s->job = (struct lcs_job){ .run = sum_run, .done = sum_done };
	s->ctx = call->ctx;
	s->n = call->argv[0].i;
	return lcs_job_submit(call, "waiter", &s->job, 2000) == 0 ? FN_SUSPENDED : FN_FAILED;
}

/* The first waiting run of this worker is given up, as a transaction that dies does. */
struct waiter_local { struct lcs_ctx *victim; };

static enum fn_status may_be_cancelled(struct lcs_call *call)
{
	struct waiter_local *local = call->local;

	local->victim = call->ctx;
	return fn_bool(call, true);
}

static enum fn_status cancel_it(struct lcs_call *call)
{
	struct waiter_local *local = call->local;

	lcs_cancel(local->victim);
	return fn_bool(call, true);
}

static enum fn_status fail(struct lcs_call *call)
{
	(void)call;
	return FN_FAILED;
}

/* Signs what is sent; keeps back what must not leave. */
static enum hook_result see_sending(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	struct slice way = transport_uri_name(lcs_main_target(call->ctx)->hop.transport);
	struct hdr_ref h;

	if (view_hdr(&view, HDR_OTHER, SLICE("X-Secret"), 0, &h))
		return HOOK_DROP;
	if (edit_add(lcs_arena(call->ctx), lcs_edits(call->ctx), EDIT_AT_END, SLICE("X-Way"), way) != 0)
		return HOOK_DROP;
	return HOOK_PASS;
}

static const struct lcs_hook hooks[] = { { STAGE_SENDING, 10, see_sending }, { 0 } };

static int waiter_load(struct lcs_mod *mod)
{
	(void)mod;
	return job_pool_declare("waiter", 1, 10);
}

static const struct lcs_func funcs[] = {
	{ "wait_ms(time: int, text: str) -> str", wait_ms, IN_ANY, FUNC_MAY_SUSPEND, "waits" },
	{ "wait_not(text: str) -> str", wait_not, IN_ANY, FUNC_MAY_SUSPEND, "does not" },
	{ "wait_worker(n: int) -> int", wait_worker, IN_ANY, FUNC_MAY_SUSPEND, "asks afar" },
	{ "wait_job(n: int) -> int?", wait_job, IN_ANY, FUNC_MAY_SUSPEND | FUNC_MAY_FAIL, "adds up" },
	{ "may_be_cancelled() -> bool", may_be_cancelled, IN_ANY, 0, "remembers this run" },
	{ "cancel_it() -> bool", cancel_it, IN_ANY, 0, "cancels that run" },
	{ "fail() -> bool", fail, IN_ANY, 0, "fails" },
	{ 0 }
};

LCS_MODULE(waiter,
	.summary = "waits, for scenes",
	.local_size = sizeof(struct waiter_local),
	.funcs = funcs,
	.hooks = hooks,
	.load = waiter_load,
);
