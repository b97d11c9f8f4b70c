/*
 * core/sip/sending.c - see sending.h.
 *
 * The message and its arena belong to the owner of the call, so what hooks add
 * lives in an arena of this worker. It is needed until the message is written,
 * which is when this returns, and freed when the next one is looked at.
 */
#include "core/sip/sending.h"

#include "core/sip/hook.h"

#include <errno.h>

#define SENDING_ARENA_BYTES 65536u

static struct arena *arenas[WORKERS_MAX];	/* each its worker's */

static struct arena *fresh_arena(void)
{
	struct arena **mine = &arenas[worker_self()];

	arena_free(mine);
	*mine = arena_new(SENDING_ARENA_BYTES);
	return *mine;
}

static int run_hooks(struct sip_out *out, struct lcs_gen *gen, struct arena *arena)
{
	struct lcs_ctx ctx = {
		.kind = ROUTE_ONSEND, .owner = (uint8_t)worker_self(), .msg = out->base,
		.arena = arena, .last = out->last, .gen = gen,
	};

	ref_init(&ctx.refs);
	ctx.target.hop = out->hop;
	ctx.target.has_hop = true;
	if (hooks_run(&ctx, STAGE_SENDING) != HOOK_PASS)
		return -ECANCELED;
	out->last = ctx.last;
	return 0;
}

int sending_hooks(struct sip_out *out)
{
	struct lcs_gen *gen = plan_of(gen_peek());
	struct arena *arena;

	if (!gen || gen->hooks[STAGE_SENDING].count == 0)
		return 0;
	arena = fresh_arena();
	return arena ? run_hooks(out, gen, arena) : -ENOMEM;
}

bool lcs_own_requests_are_seen(void)
{
	const struct lcs_gen *gen = plan_of(gen_peek());

	return !gen || gen->hooks[STAGE_SENDING].count > 0 || gen->route[ROUTE_LOCAL] >= 0 ||
	    gen->route[ROUTE_ONSEND] >= 0 || gen->route[ROUTE_REPLY] >= 0;
}

void sending_forget(void)
{
	for (unsigned i = 0; i < WORKERS_MAX; i++)
		arena_free(&arenas[i]);
}
