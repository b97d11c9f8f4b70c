/*
 * core/sip/hook.c - see hook.h.
 */
#include "core/sip/hook.h"

static enum hook_result hook_run(struct lcs_ctx *ctx, const struct plan_hook *hook)
{
	struct lcs_call call;

	plan_call(&call, ctx, ctx->gen, hook->mod->index, (unsigned)worker_self());
	worker_note()->module = hook->mod->name;
	return hook->run(&call);
}

enum hook_result hooks_run(struct lcs_ctx *ctx, enum lcs_stage stage)
{
	const struct plan_hooks *hooks = &ctx->gen->hooks[stage];

	for (unsigned i = 0; i < hooks->count; i++) {
		enum hook_result result = hook_run(ctx, &hooks->items[i]);

		if (result != HOOK_PASS)
			return result;
	}
	return HOOK_PASS;
}
