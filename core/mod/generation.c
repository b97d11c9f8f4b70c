/*
 * core/mod/generation.c - see generation.h.
 */
#include "core/mod/generation.h"

#include "core/mod/former.h"
#include "core/mod/keys.h"
#include "core/mod/params.h"
#include "core/mod/settings.h"
#include "core/mod/sort.h"
#include "core/sip/flight.h"

#include <errno.h>
#include <stdlib.h>

struct generation {
	struct lcs_gen           pub;	/* first */
	struct loaded          **order;
	const struct cfg_module **cfg_modules;	/* in the same order */
	unsigned                 count;
	unsigned                 prepared;	/* so many of order have prepared */
	bool                     is_committed;
};

static uint64_t last_number;	/* control thread */

static struct generation *generation_of(struct lcs_gen *gen) { return (struct generation *)gen; }

/* ---- parameters ---- */

static int check_conf(struct generation *g, unsigned at, struct diag *diag)
{
	const struct loaded *m = g->order[at];
	int err;

	if (!m->desc->check)
		return 0;
	diag_set_cfg(diag, g->pub.cfg);
	diag_set_module(diag, g->cfg_modules[at]);
	err = m->desc->check(g->pub.confs[m->mod.index], diag);
	diag_set_module(diag, NULL);
	diag_set_cfg(diag, NULL);
	return err;
}

static int bind_all(struct generation *g, struct diag *diag)
{
	int err = 0;

	for (unsigned i = 0; i < g->count; i++) {
		struct loaded *m = g->order[i];
		void *conf = NULL;
		int one = params_bind(g->pub.cfg, g->cfg_modules[i], m->desc, &conf);

		g->pub.mods[m->mod.index] = &m->mod;
		g->pub.confs[m->mod.index] = conf;
		if (!one)
			one = check_conf(g, i, diag);
		err = err ? err : one;
	}
	return err;
}

/* ---- hooks ---- */

struct found_hook { struct plan_hook hook; int order; const struct cfg_module *from; };

static unsigned collect_hooks(const struct generation *g, enum lcs_stage stage,
    struct found_hook *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < g->count; i++) {
		const struct loaded *m = g->order[i];
		const struct lcs_hook *h = m->desc->hooks;

		for (; h && h->run; h++) {
			if (h->stage != stage)
				continue;
			if (out)
				out[n] = (struct found_hook){
					{ h->run, g->order[i] ? &g->order[i]->mod : NULL,
					  g->pub.confs[m->mod.index] },
					h->order, g->cfg_modules[i],
				};
			n++;
		}
	}
	return n;
}

static int by_order(const void *a, const void *b)
{
	const struct found_hook *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

/* Which of two hooks sees a message first must never depend on the order of loadmodule. */
static int refuse_ties(const struct found_hook *found, unsigned n, struct diag *diag)
{
	int err = 0;

	for (unsigned i = 1; i < n; i++) {
		if (found[i].order != found[i - 1].order)
			continue;
		diag_see(diag_add(diag, DIAG_ERROR, 410, found[i].from->at,
		    "modules \"%s\" and \"%s\" both want to see messages at place %d",
		    found[i - 1].from->sym->name, found[i].from->sym->name, found[i].order),
		    found[i - 1].from->at);
		err = -EINVAL;
	}
	return err;
}

static int order_hooks(struct generation *g, enum lcs_stage stage, struct diag *diag)
{
	struct arena *arena = g->pub.cfg->arena;
	unsigned n = collect_hooks(g, stage, NULL);
	struct found_hook *found = arena_alloc(arena, n * sizeof(*found));
	struct plan_hook *items = arena_alloc(arena, n * sizeof(*items));

	if (!found || !items)
		return -ENOMEM;
	collect_hooks(g, stage, found);
	qsort(found, n, sizeof(*found), by_order);
	for (unsigned i = 0; i < n; i++)
		items[i] = found[i].hook;
	g->pub.hooks[stage] = (struct plan_hooks){ items, n };
	return refuse_ties(found, n, diag);
}

static int order_all_hooks(struct generation *g, struct diag *diag)
{
	int err = 0;

	for (unsigned stage = 0; stage < STAGE_COUNT; stage++) {
		int one = order_hooks(g, (enum lcs_stage)stage, diag);

		err = err ? err : one;
	}
	return err;
}

/* ---- what the message's way reads ---- */

static struct slice signature_of(const struct cfg *cfg)
{
	struct slice text = setting_text(cfg, "server_header");

	if (!setting_bool(cfg, "server_signature"))
		return SLICE_NULL;
	/* Kamailio's setting holds the whole line. */
	if (slice_starts_nocase(text, SLICE("Server:")))
		text = slice_trim(slice_skip(text, 7));
	return text;
}

static void read_cfg(struct lcs_gen *gen, const struct cfg *cfg)
{
	gen->program = cfg->program;
	gen->limits = (struct vm_limits){
		.max_steps = (uint32_t)setting_int(cfg, "script_max_steps"),
		.max_memory = (size_t)setting_int(cfg, "script_max_memory"),
	};
	gen->max_targets = (unsigned)setting_int(cfg, "max_branches");
	gen->signature = signature_of(cfg);
	gen->server_name = setting_text(cfg, "server_name");
	for (unsigned i = 0; i < ROUTE_KINDS; i++)
		gen->route[i] = i == ROUTE_NAMED ? -1 : cfg_route_id(cfg, i, SLICE_NULL);
}

/* ---- life ---- */

/* retire() in reverse order, of those that prepared. */
static void retire_modules(struct generation *g)
{
	while (g->prepared > 0) {
		struct loaded *m = g->order[--g->prepared];

		if (m->desc->retire)
			m->desc->retire(&m->mod, &g->pub.gen, (void *)g->pub.confs[m->mod.index]);
	}
}

static void generation_retire(struct gen *gen)
{
	struct generation *g = generation_of(plan_of(gen));
	struct cfg *cfg = g->pub.cfg;

	retire_modules(g);
	for (unsigned i = 0; i < g->count && g->is_committed; i++)
		g->order[i]->generations--;
	flight_forget_counts(&g->pub);
	/* The generation is in its arena. */
	if (g->is_committed && flight_is_on())
		former_keep(g->pub.gen.number, cfg);
	else
		cfg_free(&cfg);
}

static struct generation *generation_new(struct loader *l, struct cfg *cfg)
{
	struct generation *g = arena_zalloc(cfg->arena, sizeof(*g));
	unsigned slots = loader_count(l) + 1;

	if (!g)
		return NULL;
	ref_init(&g->pub.gen.refs);
	g->pub.gen.retire = generation_retire;
	g->pub.cfg = cfg;
	g->pub.mod_count = slots;
	g->pub.mods = arena_zalloc(cfg->arena, slots * sizeof(*g->pub.mods));
	g->pub.confs = arena_zalloc(cfg->arena, slots * sizeof(*g->pub.confs));
	g->count = cfg->module_count;
	g->order = arena_zalloc(cfg->arena, g->count * sizeof(*g->order));
	g->cfg_modules = arena_zalloc(cfg->arena, g->count * sizeof(*g->cfg_modules));
	return g->pub.mods && g->pub.confs && g->order && g->cfg_modules ? g : NULL;
}

int generation_build(struct loader *l, struct cfg *cfg, struct diag *diag, struct lcs_gen **out)
{
	struct generation *g = generation_new(l, cfg);
	int err, later;

	if (!g)
		return -ENOMEM;
	err = modules_sort(cfg, diag, g->cfg_modules);
	if (err)
		return err;
	for (unsigned i = 0; i < g->count; i++)
		g->order[i] = loaded_of(g->cfg_modules[i]);
	read_cfg(&g->pub, cfg);
	err = bind_all(g, diag);
	later = order_all_hooks(g, diag);
	err = err ? err : later;
	if (!err)
		err = keys_check(&g->pub, diag);
	if (!err)
		*out = &g->pub;
	return err;
}

int generation_prepare(struct lcs_gen *gen, const char **why)
{
	struct generation *g = generation_of(gen);
	int err = 0;

	for (unsigned i = 0; !err && i < g->count; i++) {
		struct loaded *m = g->order[i];

		*why = m->desc->name;
		if (m->desc->prepare)
			err = m->desc->prepare(&m->mod, &gen->gen,
			    (void *)gen->confs[m->mod.index]);
		if (!err)
			g->prepared = i + 1;
	}
	if (err)
		retire_modules(g);
	return err;
}

void generation_commit(struct lcs_gen **p)
{
	struct generation *g = generation_of(*p);

	*p = NULL;
	g->is_committed = true;
	g->pub.gen.number = ++last_number;
	for (unsigned i = 0; i < g->count; i++) {
		g->order[i]->generations++;
		if (g->order[i]->desc->commit)
			g->order[i]->desc->commit(&g->order[i]->mod, &g->pub.gen);
	}
	gen_commit(&g->pub.gen);
}

void generation_drop(struct lcs_gen **p)
{
	struct lcs_gen *gen = *p;

	*p = NULL;
	if (gen)
		generation_retire(&gen->gen);
}

unsigned generation_modules(const struct lcs_gen *gen, struct loaded *const **out)
{
	const struct generation *g = generation_of((struct lcs_gen *)gen);

	*out = g->order;
	return g->count;
}
