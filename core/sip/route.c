/*
 * core/sip/route.c - running routes: beginning, waiting, going on, giving up.
 *
 * A run belongs to the owner of its ctx. While a function waits, the wait holds
 * one count of the ctx, which its resume gives back; so a resume that comes
 * after a cancel or a deadline finds the ctx alive, and is thrown away.
 */
#include "core/sip/route.h"

#include "cfg/source.h"
#include "core/sip/counters.h"
#include "core/sip/flight.h"
#include "utils/err.h"
#include "utils/list.h"
#include "utils/log.h"

#include <errno.h>

/* ---- a run from begin to end ---- */

static void report_failure(struct lcs_ctx *ctx)
{
	const struct vm_error *e = vm_error(ctx->run.fiber);
	struct slice call_id = ctx_call_id(ctx);

	SIP_COUNT(scripts_failed);
	log_error("script", "run-time error: %s at=%s:%u route=%.*s call_id=%.*s", e->what,
	    e->at.source ? e->at.source->name : "?", e->at.line, SLICE_ARG(e->route),
	    SLICE_ARG(call_id));
}

static void run_end(struct lcs_ctx *ctx, enum vm_status status)
{
	lcs_route_done_fn *done = ctx->run.done;

	if (status == VM_FAILED)
		report_failure(ctx);
	if (ctx->run.within)
		within_forget(ctx);
	flight_end(ctx, status);
	ctx->run.state = RUN_NONE;
	ctx->run.done = NULL;
	done(ctx, status, ctx->run.arg);
}

/* The run that is on this thread's stack; onsend_route runs inside another. */
static _Thread_local const struct lcs_ctx *running;

void route_note_place(void)
{
	struct worker_note *note = worker_note();
	struct slice route, line;
	struct cfg_span at;

	if (!running)
		return;
	at = vm_where(running->run.fiber);
	route = vm_route_name(running->run.fiber);
	line = running->msg->first_line;
	note->file = at.source ? at.source->name : NULL;
	note->line = at.line;
	note->route = route.p;
	note->route_len = route.len;
	note->message = line.p;
	note->message_len = slice_find(line, '\r');
}

static const struct vm_host *host_now = &route_host;

void route_set_host(const struct vm_host *host) { host_now = host ? host : &route_host; }

static enum vm_status run_turn(struct lcs_ctx *ctx)
{
	const struct lcs_ctx *outer = running;
	enum vm_status status;

	ctx->run.state = RUN_ACTIVE;
	running = ctx;
	status = vm_run(ctx->run.fiber, host_now, ctx);
	running = outer;
	return status;
}

static void give_back_count(struct lcs_ctx *ctx)
{
	lcs_ctx_unref(&ctx);
}

/* Until it ends or waits for something that has not come yet. */
static void run_on(struct lcs_ctx *ctx)
{
	enum vm_status status;

	while ((status = run_turn(ctx)) == VM_SUSPENDED) {
		SIP_COUNT(scripts_suspended);
		ctx->run.state = RUN_WAITING;
		if (!ctx->run.early)
			return;
		ctx->run.early = false;
		vm_resume(ctx->run.fiber, ctx->run.value);
		give_back_count(ctx);
	}
	run_end(ctx, status);
}

void lcs_route_run(struct lcs_ctx *ctx, int route, lcs_route_done_fn *done, void *arg)
{
	struct run *run = &ctx->run;

	lcs_assert(run->state == RUN_NONE && !run->stale);
	if (route < 0) {
		done(ctx, VM_DONE, arg);
		return;
	}
	run->done = done;
	run->arg = arg;
	run->fiber = vm_start(ctx->gen->program, (unsigned)route, NULL, 0, lcs_arena(ctx),
	    &ctx->gen->limits);
	if (!run->fiber) {
		SIP_COUNT(no_memory);
		done(ctx, VM_FAILED, arg);
		return;
	}
	vm_set_method(run->fiber, ctx->msg->method);
	flight_begin(ctx, route);
	run_on(ctx);
}

int lcs_route_id(struct lcs_ctx *ctx, enum route_kind kind, struct slice name)
{
	if (slice_is_empty(name))
		return ctx->gen->route[kind];
	return cfg_route_id(ctx->gen->cfg, kind, name);
}

/* ---- waiting ---- */

/* What stood in line behind an abandoned wait is called now. */
static void call_parked(struct lcs_ctx *ctx)
{
	const struct sym_func *f = ctx->run.parked;
	struct value ret = value_null();
	enum fn_status status;

	ctx->run.parked = NULL;
	ctx->run.state = RUN_ACTIVE;
	status = host_call_now(ctx, f, ctx->run.parked_argv, ctx->run.parked_argc, &ret);
	ctx->run.state = RUN_WAITING;
	if (status == FN_SUSPENDED && !ctx->run.early)
		return;
	if (status == FN_SUSPENDED) {
		ctx->run.early = false;
		ret = ctx->run.value;
		give_back_count(ctx);
	} else if (status == FN_FAILED) {
		vm_set_err(ctx->run.fiber, "unavailable");
		ret = f->ret == VALUE_BOOL ? value_bool(false) : value_null();
	}
	vm_resume(ctx->run.fiber, ret);
	run_on(ctx);
}

/* On the owner, with the wait's count. */
static void resume_here(struct lcs_ctx *ctx, struct value value)
{
	if (ctx->run.state == RUN_WAITING)
		ctx_note(ctx);
	if (ctx->run.stale) {
		ctx->run.stale = false;
		if (ctx->run.parked)
			call_parked(ctx);
	} else if (ctx->run.state == RUN_ACTIVE) {
		ctx->run.early = true;	/* its function has not returned yet: run_on() sees it */
		ctx->run.value = value;
		return;
	} else {
		lcs_assert(ctx->run.state == RUN_WAITING);
		vm_resume(ctx->run.fiber, value);
		run_on(ctx);
	}
	give_back_count(ctx);
}

static void resume_item(struct inbox_item *item)
{
	struct lcs_ctx *ctx = container_of(item, struct lcs_ctx, run.item);

	resume_here(ctx, ctx->run.posted);
}

void lcs_resume(struct lcs_ctx *ctx, struct value ret)
{
	if (worker_self() == ctx->owner) {
		resume_here(ctx, ret);
		return;
	}
	ctx->run.posted = ret;
	ctx->run.item.run = resume_item;
	worker_post(ctx->owner, &ctx->run.item, INBOX_MUST);
}

/* Nobody wants any more what the run waits for. */
static void abandon_wait(struct lcs_ctx *ctx)
{
	if (ctx->run.parked)
		ctx->run.parked = NULL;	/* never called; the one before it is stale already */
	else
		ctx->run.stale = true;
}

/*
 * Only a waiting run can be cancelled: one that is on the C stack is about to
 * end or to wait, and whoever cancels is called by it.
 */
void lcs_cancel(struct lcs_ctx *ctx)
{
	enum vm_status status;

	if (ctx->run.state != RUN_WAITING)
		return;
	SIP_COUNT(scripts_cancelled);
	abandon_wait(ctx);
	within_forget(ctx);
	ctx->run.state = RUN_ACTIVE;
	status = vm_cancel(ctx->run.fiber, host_now, ctx);
	run_end(ctx, status);
}

void route_expire(struct lcs_ctx *ctx, unsigned level)
{
	lcs_assert(ctx->run.state == RUN_WAITING);
	ctx_note(ctx);
	abandon_wait(ctx);
	within_pop(ctx, level);
	vm_set_err(ctx->run.fiber, "timeout");
	vm_expire(ctx->run.fiber, level);
	run_on(ctx);
}

/* ---- what functions ask about their run ---- */

struct slice lcs_where(struct lcs_ctx *ctx)
{
	struct cfg_span at;

	if (!ctx->run.fiber)
		return SLICE_NULL;
	at = vm_where(ctx->run.fiber);
	return arena_printf(lcs_arena(ctx), "%s:%u", at.source ? at.source->name : "?", at.line);
}

void lcs_set_err(struct lcs_ctx *ctx, const char *word)
{
	if (ctx->run.fiber)
		vm_set_err(ctx->run.fiber, word);
}

/* ---- onsend_route ---- */

static void onsend_done(struct lcs_ctx *ctx, enum vm_status status, void *arg)
{
	bool *pass = arg;

	(void)ctx;
	*pass = status != VM_DROP;
}

/* The way out is shown as the ctx's hop; the checker keeps functions that wait away. */
bool lcs_may_send(struct lcs_ctx *ctx, const struct sip_edit *last, const struct sip_hop *hop)
{
	struct lcs_ctx *look;
	bool pass = true;

	if (!route_exists(ctx, ROUTE_ONSEND))
		return true;
	look = lcs_ctx_new(ctx->msg, last, ctx->bag, &ctx->gen->gen, ROUTE_ONSEND);
	if (!look)
		return true;
	look->target.hop = *hop;
	look->target.has_hop = true;
	lcs_route_run(look, ctx->gen->route[ROUTE_ONSEND], onsend_done, &pass);
	lcs_ctx_unref(&look);
	return pass;
}
