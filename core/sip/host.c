/*
 * core/sip/host.c - the machine's host: functions, variables, lists.
 */
#include "core/sip/bag.h"
#include "core/sip/route.h"
#include "core/sip/tx.h"
#include "core/sip/vars.h"

/* Who waits needs a transaction that absorbs retransmissions meanwhile. */
static bool needs_tx(const struct lcs_ctx *ctx, const struct sym_func *f)
{
	enum sip_method method = ctx->msg->method;

	/* RFC 3261 17: an ACK has no transaction of its own. */
	if (ctx->tx || !tx_ops() || ctx->kind != ROUTE_REQUEST || method == METHOD_ACK)
		return false;
	/* An INVITE can be cancelled, and wants a 100, whoever it waits for. */
	return method == METHOD_INVITE || !(f->flags & FUNC_BEARS_COPIES);
}

/* Its function waits already, and will resume; that is to be thrown away. */
static enum fn_status cannot_wait(struct lcs_ctx *ctx)
{
	if (ctx->run.early) {
		ctx->run.early = false;
		lcs_ctx_unref(&ctx);
	} else {
		ctx->run.stale = true;
	}
	return FN_FAILED;
}

/* The transaction comes only now: most who may wait find what they want at once. Nobody
 * else has run on this worker meanwhile, so no copy has been missed. */
static enum fn_status wait_begins(struct lcs_ctx *ctx, const struct sym_func *f)
{
	lcs_ctx_ref(ctx);
	if (needs_tx(ctx, f) && tx_ops()->ensure(ctx) != 0)
		return cannot_wait(ctx);
	return FN_SUSPENDED;
}

static inline enum fn_status call_as(struct lcs_ctx *ctx, const struct sym_func *f, lcs_fn *fn,
    const struct value *argv, unsigned argc, struct value *ret)
{
	struct lcs_call call;
	enum fn_status status;

	worker_note()->module = f->module;
	plan_call(&call, ctx, ctx->gen, f->mod_index, ctx->owner);
	call.argv = argv;
	call.argc = argc;
	status = fn(&call);
	/* Nearly all say yes or no, and that was stored just now: see value.h. */
	if (call.ret.type == VALUE_BOOL)
		*ret = value_bool(call.ret.b);
	else
		*ret = call.ret;
	return status == FN_SUSPENDED ? wait_begins(ctx, f) : status;
}

enum fn_status host_call_as(struct lcs_ctx *ctx, const struct sym_func *f, lcs_fn *fn,
    const struct value *argv, unsigned argc, struct value *ret)
{
	return call_as(ctx, f, fn, argv, argc, ret);
}

enum fn_status host_call_now(struct lcs_ctx *ctx, const struct sym_func *f,
    const struct value *argv, unsigned argc, struct value *ret)
{
	const struct lcs_func *impl = f->impl;

	return call_as(ctx, f, impl->call, argv, argc, ret);
}

/* One wait at a time: while an abandoned one has not come back, whoever may wait stands in
 * line, for its resume could not be told from the other's. */
static enum fn_status park(struct lcs_ctx *ctx, const struct sym_func *f,
    const struct value *argv, unsigned argc)
{
	struct value *copy = arena_alloc(lcs_arena(ctx), argc * sizeof(*copy));

	if (!copy)
		return FN_FAILED;
	for (unsigned i = 0; i < argc; i++)
		copy[i] = argv[i];
	ctx->run.parked = f;
	ctx->run.parked_argv = copy;
	ctx->run.parked_argc = argc;
	return FN_SUSPENDED;
}

static enum fn_status host_call(void *arg, const struct sym_func *f, const struct value *argv,
    unsigned argc, struct value *ret)
{
	const struct lcs_func *impl = f->impl;
	struct lcs_ctx *ctx = arg;

	if (ctx->run.stale && (f->flags & FUNC_MAY_SUSPEND))
		return park(ctx, f, argv, argc);
	return call_as(ctx, f, impl->call, argv, argc, ret);
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

static enum fn_status write_var(struct lcs_ctx *ctx, const struct sym_var *v, lcs_fn *how,
    struct value key, struct value index, struct value value)
{
	const struct value argv[3] = { key, index, value };
	struct lcs_call call;

	plan_call(&call, ctx, ctx->gen, v->mod_index, ctx->owner);
	call.argv = argv;
	call.argc = 3;
	return how(&call);
}

static enum fn_status host_set(void *arg, const struct sym_var *v, struct value key,
    struct value index, struct value value)
{
	const struct lcs_var *impl = v->impl;

	return write_var(arg, v, impl->set, key, index, value);
}

static enum fn_status host_push(void *arg, const struct sym_var *v, struct value key,
    struct value value)
{
	const struct lcs_var *impl = v->impl;
	lcs_fn *push = var_push(impl);

	return write_var(arg, v, push ? push : impl->set, key, value_null(), value);
}

/* The fourth argument says that the third is to be added. */
static enum fn_status host_incr(void *arg, const struct sym_var *v, struct value key,
    struct value index, int64_t by, struct value *out)
{
	struct lcs_ctx *ctx = arg;
	const struct lcs_var *impl = v->impl;
	const struct value argv[4] = { key, index, value_int(by), value_bool(true) };
	struct lcs_call call;
	enum fn_status status;

	plan_call(&call, ctx, ctx->gen, v->mod_index, ctx->owner);
	call.argv = argv;
	call.argc = 4;
	status = impl->set(&call);
	*out = call.ret;
	return status;
}

const struct vm_host route_host = {
	.call = host_call, .get = host_get, .set = host_set, .push = host_push, .incr = host_incr,
	.deadline_push = within_push, .deadline_pop = within_pop,
};
