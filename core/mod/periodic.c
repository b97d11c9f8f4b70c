/*
 * core/mod/periodic.c - see periodic.h.
 *
 * A timer_route runs on one worker, chosen by its number, so that several of
 * them spread. A run that still waits when its time comes again is not doubled.
 */
#include "core/mod/periodic.h"

#include "core/run/timer.h"
#include "core/sip/ctx.h"
#include "utils/list.h"
#include "utils/log.h"

#include <stdlib.h>

#define USEC_PER_MSEC 1000

struct periodic {
	struct periodic *next;
	struct timer     timer;
	uint64_t         generation;	/* whose route it is */
	unsigned         number;	/* among its routes */
	msec_t           interval;
	bool             busy;		/* a run waits */
	bool             gone;		/* renewed meanwhile: free it when the run ends */
};

static _Thread_local struct periodic *mine;

static void free_unless_busy(struct periodic *p)
{
	p->gone = true;
	if (!p->busy)
		free(p);
}

static void run_done(struct lcs_ctx *ctx, enum vm_status status, void *arg)
{
	struct periodic *p = arg;

	(void)status;
	lcs_ctx_unref(&ctx);
	if (!p)
		return;
	p->busy = false;
	if (p->gone)
		free(p);
}

/* Runs a route without a message on this worker. */
static void run_route(const struct cfg_route *r, struct gen *gen, struct periodic *p)
{
	struct sip_msg *msg = ctx_empty_msg();
	struct lcs_ctx *ctx = msg ? lcs_ctx_new(msg, NULL, NULL, gen, r->kind) : NULL;

	sip_msg_unref(&msg);
	if (!ctx) {
		log_error("script", "no memory to run a route name=%.*s", SLICE_ARG(r->name));
		return;
	}
	if (p)
		p->busy = true;
	lcs_route_run(ctx, (int)r->id, run_done, p);
}

static void fire(struct timer *t)
{
	struct periodic *p = container_of(t, struct periodic, timer);
	struct gen *gen = gen_peek();

	/* Between a new generation and periodic_renew() the number means another route. */
	if (gen->number != p->generation)
		return;
	timer_start(&p->timer, p->interval);
	if (!p->busy)
		run_route(&plan_of(gen)->cfg->routes[p->number], gen, p);
}

static void stop_mine(void)
{
	while (mine) {
		struct periodic *p = mine;

		mine = p->next;
		timer_stop(&p->timer);
		free_unless_busy(p);
	}
}

static void start_one(unsigned number, msec_t interval, uint64_t generation)
{
	struct periodic *p = calloc(1, sizeof(*p));

	if (!p) {
		log_error("script", "no memory for a timer_route");
		return;
	}
	p->number = number;
	p->generation = generation;
	p->interval = interval > 0 ? interval : 1;
	p->next = mine;
	mine = p;
	timer_init(&p->timer, fire);
	timer_start(&p->timer, p->interval);
}

static void start_mine(unsigned worker)
{
	const struct lcs_gen *gen = plan_of(gen_peek());

	for (unsigned i = 0; gen && i < gen->cfg->route_count; i++) {
		const struct cfg_route *r = &gen->cfg->routes[i];

		if (r->kind == ROUTE_TIMER && i % worker_count() == worker)
			start_one(i, r->interval / USEC_PER_MSEC, gen->gen.number);
	}
}

static int part_start(unsigned index, void *arg)
{
	(void)arg;
	start_mine(index);
	return 0;
}

static void part_stop(unsigned index, void *arg)
{
	(void)index;
	(void)arg;
	stop_mine();
}

void periodic_register(void)
{
	const struct worker_part part = {
		.name = "timer routes", .start = part_start, .stop = part_stop,
	};

	worker_register(&part);
}

static void renew(unsigned index, void *arg)
{
	(void)arg;
	stop_mine();
	start_mine(index);
}

void periodic_renew(void)
{
	worker_on_each(renew, NULL);
}

static void startup(void *arg)
{
	struct gen *gen = gen_peek();
	const struct cfg *cfg = plan_of(gen)->cfg;

	(void)arg;
	for (unsigned i = 0; i < cfg->route_count; i++)
		if (cfg->routes[i].kind == ROUTE_STARTUP)
			run_route(&cfg->routes[i], gen, NULL);
}

void periodic_startup(void)
{
	if (worker_post_fn(0, startup, NULL) != 0)
		log_error("script", "no memory to run startup_route");
}
