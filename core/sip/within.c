/*
 * core/sip/within.c - the deadlines of "within" blocks: a timer for each that is open.
 *
 * They are rare and few, so they live in the message's arena and in a list.
 */
#include "core/sip/route.h"
#include "utils/list.h"

#define USEC_PER_MSEC 1000

struct within {
	struct within  *next;		/* outer blocks behind inner ones */
	struct timer    timer;
	struct lcs_ctx *ctx;
	unsigned        level;
};

static void expired(struct timer *t)
{
	struct within *w = container_of(t, struct within, timer);

	route_expire(w->ctx, w->level);
}

/* Short of memory the block has no deadline; what it waits for has one of its own. */
void within_push(void *arg, usec_t after, unsigned level)
{
	struct lcs_ctx *ctx = arg;
	struct within *w = arena_zalloc(lcs_arena(ctx), sizeof(*w));

	if (!w)
		return;
	w->ctx = ctx;
	w->level = level;
	w->next = ctx->run.within;
	ctx->run.within = w;
	timer_init(&w->timer, expired);
	timer_start(&w->timer, (after + USEC_PER_MSEC - 1) / USEC_PER_MSEC);
}

void within_pop(void *arg, unsigned level)
{
	struct lcs_ctx *ctx = arg;

	while (ctx->run.within && ctx->run.within->level >= level) {
		timer_stop(&ctx->run.within->timer);
		ctx->run.within = ctx->run.within->next;
	}
}

void within_forget(struct lcs_ctx *ctx)
{
	within_pop(ctx, 0);
}
