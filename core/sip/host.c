/*
 * core/sip/host.c - the machine's host: functions, variables, lists.
 */
#include "core/sip/bag.h"
#include "core/sip/route.h"
#include "core/sip/tx.h"
#include "core/sip/vars.h"

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

enum fn_status host_call_as(struct lcs_ctx *ctx, const struct sym_func *f, lcs_fn *fn,
    const struct value *argv, unsigned argc, struct value *ret)
{
	struct lcs_call call;
	enum fn_status status;

	if (!may_wait(ctx, f))
		return FN_FAILED;
	worker_note()->module = f->module;
	plan_call(&call, ctx, ctx->gen, f->mod_index, ctx->owner);
	call.argv = argv;
	call.argc = argc;
	status = fn(&call);
	*ret = call.ret;
	if (status == FN_SUSPENDED)
		lcs_ctx_ref(ctx);
	return status;
}

enum fn_status host_call_now(struct lcs_ctx *ctx, const struct sym_func *f,
    const struct value *argv, unsigned argc, struct value *ret)
{
	const struct lcs_func *impl = f->impl;

	return host_call_as(ctx, f, impl->call, argv, argc, ret);
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
	struct lcs_ctx *ctx = arg;

	if (ctx->run.stale && (f->flags & FUNC_MAY_SUSPEND))
		return park(ctx, f, argv, argc);
	return host_call_now(ctx, f, argv, argc, ret);
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

const struct vm_host route_host = {
	.call = host_call, .get = host_get, .set = host_set, .push = host_push,
	.deadline_push = within_push, .deadline_pop = within_pop,
};
