/*
 * core/sip/route.c - running routes: the machine's host, waiting, going on, giving up.
 *
 * A run belongs to the owner of its ctx. While a function waits the run holds
 * one count of the ctx, which the way back (lcs_resume) gives up; so a resume
 * that comes after a cancel finds the ctx alive and does nothing.
 */
#include "core/sip/route.h"

#include "cfg/source.h"
#include "core/sip/counters.h"
#include "core/sip/tx.h"
#include "utils/err.h"
#include "utils/list.h"
#include "utils/log.h"

#include <errno.h>

/* ---- what the machine asks of us ---- */

/* Who waits needs a transaction that absorbs retransmissions meanwhile. */
static bool may_wait(struct lcs_ctx *ctx, const struct sym_func *f)
{
	const struct lcs_tx_ops *ops = tx_ops();

	if (!(f->flags & FUNC_MAY_SUSPEND) || ctx->tx || !ops || ctx->kind != ROUTE_REQUEST)
		return true;
	if (ctx->msg->method == METHOD_ACK)
		return true;		/* RFC 3261 17: an ACK has no transaction of its own */
	return ops->ensure(ctx) == 0;
}

static enum fn_status host_call(void *arg, const struct sym_func *f, const struct value *argv,
    unsigned argc, struct value *ret)
{
	struct lcs_ctx *ctx = arg;
	const struct lcs_func *impl = f->impl;
	struct lcs_call call;
	enum fn_status status;

	if (!may_wait(ctx, f))
		return FN_FAILED;
	plan_call(&call, ctx, ctx->gen, f->mod_index, ctx->owner);
	call.argv = argv;
	call.argc = argc;
	status = impl->call(&call);
	*ret = call.ret;
	if (status == FN_SUSPENDED)
		lcs_ctx_ref(ctx);
	return status;
}

static enum fn_status host_get(void *arg, const struct sym_var *v, struct value key,
    struct value index, struct value *out)
{
	struct lcs_ctx *ctx = arg;
	const struct lcs_var *impl = v->impl;
	const struct value argv[2] = { key, index };
	struct lcs_call call;
	enum fn_status status;

	plan_call(&call, ctx, ctx->gen, v->mod_index, ctx->owner);
	call.argv = argv;
	call.argc = 2;
	status = impl->get(&call);
	*out = call.ret;
	return status;
}

static enum fn_status host_set(void *arg, const struct sym_var *v, struct value key,
    struct value index, struct value value)
{
	struct lcs_ctx *ctx = arg;
	const struct lcs_var *impl = v->impl;
	const struct value argv[3] = { key, index, value };
	struct lcs_call call;

	plan_call(&call, ctx, ctx->gen, v->mod_index, ctx->owner);
	call.argv = argv;
	call.argc = 3;
	return impl->set(&call);
}

static const struct vm_host host = { .call = host_call, .get = host_get, .set = host_set };

/* ---- a run from begin to end ---- */

void route_report_failure(struct lcs_ctx *ctx)
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
		route_report_failure(ctx);
	ctx->run.state = RUN_NONE;
	ctx->run.done = NULL;
	done(ctx, status, ctx->run.arg);
}

static enum vm_status run_turn(struct lcs_ctx *ctx)
{
	ctx->run.state = RUN_ACTIVE;
	return vm_run(ctx->run.fiber, &host, ctx);
}

/* The wait is over, one way or the other: its count of the ctx goes back. */
static void wait_over(struct lcs_ctx *ctx)
{
	ctx->run.early = false;
	lcs_ctx_unref(&(struct lcs_ctx *){ ctx });
}

static void run_on(struct lcs_ctx *ctx)
{
	enum vm_status status;

	while ((status = run_turn(ctx)) == VM_SUSPENDED) {
		SIP_COUNT(scripts_suspended);
		ctx->run.state = RUN_WAITING;
		if (!ctx->run.early)
			return;
		vm_resume(ctx->run.fiber, ctx->run.value);
		wait_over(ctx);
	}
	run_end(ctx, status);
}

void lcs_route_run(struct lcs_ctx *ctx, int route, lcs_route_done_fn *done, void *arg)
{
	struct run *run = &ctx->run;

	lcs_assert(run->state == RUN_NONE && !run->cancelled);
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
	run_on(ctx);
}

int lcs_route_id(struct lcs_ctx *ctx, enum route_kind kind, struct slice name)
{
	if (slice_is_empty(name))
		return ctx->gen->route[kind];
	return cfg_route_id(ctx->gen->cfg, kind, name);
}

/* ---- waiting ---- */

/* On the owner, with the wait's count. */
static void resume_here(struct lcs_ctx *ctx)
{
	if (ctx->run.cancelled) {
		ctx->run.cancelled = false;
		wait_over(ctx);
		return;
	}
	if (ctx->run.state == RUN_ACTIVE) {
		ctx->run.early = true;	/* its function has not returned yet: run_on() sees it */
		return;
	}
	lcs_assert(ctx->run.state == RUN_WAITING);
	vm_resume(ctx->run.fiber, ctx->run.value);
	run_on(ctx);
	wait_over(ctx);
}

static void resume_item(struct inbox_item *item)
{
	resume_here(container_of(item, struct lcs_ctx, run.item));
}

void lcs_resume(struct lcs_ctx *ctx, struct value ret)
{
	ctx->run.value = ret;
	if (worker_self() == ctx->owner) {
		resume_here(ctx);
		return;
	}
	ctx->run.item.run = resume_item;
	worker_post(ctx->owner, &ctx->run.item, INBOX_MUST);
}

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
	ctx->run.cancelled = true;
	ctx->run.state = RUN_ACTIVE;
	status = vm_cancel(ctx->run.fiber, &host, ctx);
	run_end(ctx, status);
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
