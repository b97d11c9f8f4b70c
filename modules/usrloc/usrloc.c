/*
 * usrloc - where users are: bindings in memory, journalled through the store.
 *
 * One record per address of record, owned by the worker of its hash, read by
 * all without locks. Names are compared without regard to case.
 */
#include "modules/usrloc/usrloc.h"

#include <errno.h>
#include <stdlib.h>

static const struct usrloc_aor *find(struct usrloc *ul, struct slice aor)
{
	const struct record *r = record_find(ul, aor, aor_key(aor));

	return r ? &r->pub : NULL;
}

static void expect(struct usrloc *ul, struct slice aor)
{
	rtab_expect(ul->table, aor_key(aor));
}

static void binding(const struct usrloc_aor *aor, unsigned i, struct usrloc_binding *out)
{
	binding_unpack(record_binding(container_of(aor, const struct record, pub), i), out);
}

static void count_record(const struct rtab_node *node, void *arg)
{
	*(size_t *)arg += ((const struct record *)(const void *)node)->pub.count;
}

static size_t count(struct usrloc *ul)
{
	size_t n = 0;

	rtab_each(ul->table, count_record, &n);
	return n;
}

static int watch(struct usrloc *ul, usrloc_watch_fn *fn, void *arg)
{
	if (ul->watch_count == USRLOC_WATCHES_MAX)
		return -ENOSPC;
	ul->watches[ul->watch_count].fn = fn;
	ul->watches[ul->watch_count++].arg = arg;
	return 0;
}

static int watch_dropped(struct usrloc *ul, usrloc_dropped_fn *fn, void *arg)
{
	if (ul->on_dropped.fn)
		return -ENOSPC;
	ul->on_dropped.fn = fn;
	ul->on_dropped.arg = arg;
	return 0;
}

struct visit { usrloc_each_fn *fn; void *arg; };

static void visit(const struct rtab_node *node, void *arg)
{
	const struct record *r = container_of(node, const struct record, node);
	const struct visit *v = arg;

	if ((int)aor_owner(record_aor(r)) == worker_self())
		v->fn(v->arg, record_aor(r), &r->pub);
}

static void each(struct usrloc *ul, unsigned part, usrloc_each_fn *fn, void *arg)
{
	struct visit v = { fn, arg };

	rtab_each_in(ul->table, part, visit, &v);
}

/* ---- life ---- */

static int load(struct lcs_mod *mod)
{
	struct usrloc *ul = lcs_shared(mod);

	ul->mod = mod;
	ul->table = rtab_new(4096);
	return ul->table ? 0 : -ENOMEM;
}

static struct slice setting_text(struct gen *gen, const char *name)
{
	const struct value *v = lcs_setting(gen, name);

	return v && v->type == VALUE_STRING ? v->s : SLICE_NULL;
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct usrloc *ul = lcs_shared(mod);
	struct usrloc_conf *c = conf;
	int n;

	c->node = setting_text(next, "server_name");
	c->before = slice_eq(c->journal, SLICE("before"));
	c->after = slice_eq(c->journal, SLICE("after"));
	if (ul->loaded || !store_is_on() || (!c->before && !c->after))
		return 0;
	n = journal_load(ul, c->node);
	if (n < 0)
		return n;
	ul->loaded = true;
	log_notice("usrloc", "bindings are back count=%d", n);
	return 0;
}

static void purge(struct timer *t)
{
	struct usrloc_local *local = container_of(t, struct usrloc_local, purge);
	const struct usrloc_conf *conf = lcs_conf(local->ul->mod, gen_peek());

	/* Each row goes when its binding runs out. A purge is for those that ran out while there
	 * was no server, or the store was in trouble: it reads them all. */
	if (!atomic_exchange(&local->ul->none_left_behind, true))
		journal_purge(local->ul, loop_wall(worker_loop()));
	timer_start(&local->purge, conf->purge_interval);
}

/* What prepare() read in runs out where it belongs. */
static void adopt(const struct rtab_node *node, void *arg)
{
	struct record *r = (struct record *)(uintptr_t)(const void *)node;
	struct usrloc_local *local = arg;

	if ((int)aor_owner(record_aor(r)) != worker_self())
		return;
	local->users++;
	local->bindings += r->pub.count;
	due_add(local, r);
}

static int worker_start(struct lcs_mod *mod, void *arg)
{
	struct usrloc_local *local = arg;

	local->ul = lcs_shared(mod);
	timer_init(&local->purge, purge);
	due_start(local, usrloc_expire);
	if (htab_init(&local->busy, 64) != 0)
		return -ENOMEM;
	rtab_each(local->ul->table, adopt, local);
	if (worker_self() == 0)
		timer_start(&local->purge, 60000);
	return 0;
}

static void worker_stop(struct lcs_mod *mod, void *arg)
{
	struct usrloc_local *local = arg;

	(void)mod;
	timer_stop(&local->purge);
	due_stop(local);
	htab_fini(&local->busy);
}

static void free_record(const struct rtab_node *node, void *arg)
{
	(void)arg;
	record_discard((struct record *)(uintptr_t)(const void *)node);
}

static void unload(struct lcs_mod *mod)
{
	struct usrloc *ul = lcs_shared(mod);

	if (!ul->table)
		return;
	rtab_each(ul->table, free_record, NULL);
	rtab_free(&ul->table);
	pool_fini(&ul->loaded_pool);
	for (unsigned i = 0; i < WORKERS_MAX; i++)
		pool_fini(&ul->pools[i].pool);
}

/* ---- tables ---- */

static const struct usrloc_api api = { find, expect, binding, usrloc_change, usrloc_remove, count,
	watch, watch_dropped, each };
static const struct lcs_iface ifaces[] = { { "usrloc", 1, &api }, { 0 } };

static const struct lcs_param params[] = {
	PARAM_WORD(struct usrloc_conf, journal, "before", "before|after|off",
	    "when a binding is written to the store: before the 200 is sent, behind it, or never"),
	PARAM_DURATION(struct usrloc_conf, purge_interval, "60s", 1000, 86400000, "s",
	    "how often is looked for expired bindings that are still in the store, if there may be any"),
	{ 0 }
};

static const struct lcs_event_decl events[] = {
	{ "usrloc:contact-expired", "a binding ran out; $ulc(...) tells which" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct usrloc_local, users, STAT_GAUGE, "users with a binding"),
	LCS_STAT(struct usrloc_local, bindings, STAT_GAUGE, "bindings"),
	LCS_STAT(struct usrloc_local, changes, STAT_COUNTER, "changes carried out"),
	LCS_STAT(struct usrloc_local, expired, STAT_COUNTER, "bindings that ran out"),
	LCS_STAT(struct usrloc_local, out_of_order, STAT_COUNTER,
	    "changes refused because a later one was there (RFC 3261 10.3 step 7)"),
	LCS_STAT(struct usrloc_local, too_many, STAT_COUNTER, "changes above max_contacts"),
	LCS_STAT(struct usrloc_local, store_failures, STAT_COUNTER,
	    "changes refused because the store could not take them"),
	{ 0 }
};

/* A REGISTER changes bindings at the end of its way, if it comes so far. */
static enum hook_result foresee(struct lcs_call *call)
{
	struct usrloc *ul = call->shared;
	struct slice aor;

	if (lcs_method(call->ctx) != METHOD_REGISTER)
		return HOOK_PASS;
	aor = msg_to_aor(lcs_msg(call->ctx));
	if (aor.p)
		rtab_foresee(ul->table, aor_key(aor));
	return HOOK_PASS;
}

static const struct lcs_hook hooks[] = { { STAGE_REQUEST, 300, foresee }, { 0 } };

LCS_MODULE(usrloc,
	.summary = "where users are",
	.conf_size = sizeof(struct usrloc_conf),
	.local_size = sizeof(struct usrloc_local),
	.shared_size = sizeof(struct usrloc),
	.params = params,
	.vars = usrloc_vars,
	.hooks = hooks,
	.ifaces = ifaces,
	.events = events,
	.stats = stats,
	.rpcs = usrloc_rpcs,
	.schema = &usrloc_schema,
	.load = load,
	.prepare = prepare,
	.worker_start = worker_start,
	.worker_stop = worker_stop,
	.unload = unload,
	.manual =
	    "With a store configured, `journal = \"before\"` makes every answered REGISTER survive the\n"
	    "end of the process; if the store cannot take it the client gets 503 and nothing has\n"
	    "changed. Without a store (`store = \"none\"`) bindings live in memory only.\n",
);
