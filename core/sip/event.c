/*
 * core/sip/event.c - event_route[module:name].
 */
#include "core/sip/ctx.h"
#include "core/sip/counters.h"
#include "utils/list.h"

static void event_done(struct lcs_ctx *ctx, enum vm_status status, void *arg)
{
	(void)status;
	(void)arg;
	lcs_ctx_unref(&ctx);
}

/* -1 if the script has no route for it. */
static int event_route(const struct lcs_gen *gen, struct slice event)
{
	const struct cfg *cfg = gen->cfg;

	for (unsigned i = 0; i < cfg->route_count; i++)
		if (cfg->routes[i].kind == ROUTE_EVENT && slice_eq(cfg->routes[i].name, event))
			return (int)cfg->routes[i].id;
	return -1;
}

static struct lcs_ctx *event_ctx(struct sip_msg *msg, struct gen *gen)
{
	struct sip_msg *own = msg ? sip_msg_ref(msg) : ctx_empty_msg();
	struct lcs_ctx *ctx = own ? lcs_ctx_new(own, NULL, NULL, gen, ROUTE_EVENT) : NULL;

	sip_msg_unref(&own);
	return ctx;
}

static void run_here(struct lcs_ctx *ctx, int route)
{
	lcs_route_run(ctx, route, event_done, NULL);
}

/* From the control thread: the first worker runs it. */
static void run_item(struct inbox_item *item)
{
	struct lcs_ctx *ctx = container_of(item, struct lcs_ctx, item);

	run_here(ctx, ctx->event_route);
}

void lcs_event(struct lcs_mod *mod, const char *event, struct sip_msg *msg,
    void *(*make)(struct arena *arena, const void *arg), const void *arg)
{
	struct gen *gen = gen_take();
	int route = gen ? event_route(plan_of(gen), slice_str(event)) : -1;
	struct lcs_ctx *ctx = route >= 0 ? event_ctx(msg, gen) : NULL;

	(void)mod;
	gen_unref(&gen);
	if (worker_count() == 0)
		lcs_ctx_unref(&ctx);	/* nobody runs yet, or any more */
	if (!ctx) {
		if (route >= 0 && worker_count() > 0)
			SIP_COUNT(no_memory);
		return;
	}
	if (make)
		ctx->event_data = make(lcs_arena(ctx), arg);
	if (worker_self() >= 0) {
		run_here(ctx, route);
		return;
	}
	ctx->event_route = route;
	ctx->item.run = run_item;
	worker_post(ctx->owner, &ctx->item, INBOX_MUST);
}
