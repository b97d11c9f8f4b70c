/*
 * statistics - reading the server's counters from the script, and counters of its own.
 *
 * Own counters are declared with the parameter "variable". Each worker counts
 * for itself; a reset remembers the sum as the new zero.
 */
#include "core/lcs.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#define NAMES_MAX 256u

struct statistics_conf { struct lcs_strings variable; };

struct statistics_local { _Atomic int64_t counts[NAMES_MAX]; };

/* A name keeps its place as long as the process lives, whatever later configurations say. */
struct statistics {
	const char *_Atomic names[NAMES_MAX];
	_Atomic int64_t     zeros[NAMES_MAX];
};

static unsigned place_of(const struct statistics *s, struct slice name)
{
	unsigned i = 0;

	while (i < NAMES_MAX && s->names[i] && !slice_eq(slice_str(s->names[i]), name))
		i++;
	return i;
}

static bool is_declared(const struct statistics_conf *conf, struct slice name)
{
	for (size_t i = 0; i < conf->variable.count; i++)
		if (slice_eq(conf->variable.items[i], name))
			return true;
	return false;
}

/* The same module state is read from every worker, so it is reached through the module. */
static int64_t sum_of(struct lcs_mod *mod, unsigned place)
{
	const struct statistics *s = lcs_shared(mod);
	int64_t sum = 0;

	for (unsigned w = 0; w < worker_count(); w++) {
		const struct statistics_local *local = lcs_local_of(mod, w);

		if (local)
			sum += atomic_load_explicit(&local->counts[place], memory_order_relaxed);
	}
	return sum - atomic_load_explicit(&s->zeros[place], memory_order_relaxed);
}

/* ---- functions ---- */

/* "+3", "-1", or "5": set to that */
static enum fn_status update_stat(struct lcs_call *call)
{
	struct statistics_local *local = call->local;
	struct slice name = call->argv[0].s, text = call->argv[1].s;
	unsigned place = place_of(call->shared, name);
	bool relative = text.len && (text.p[0] == '+' || text.p[0] == '-');
	int64_t n;

	if (!is_declared(call->conf, name) || place == NAMES_MAX || slice_to_i64(text, &n) != 0)
		return fn_bool(call, false);
	if (!relative)
		n -= sum_of(call->mod, place);
	atomic_store_explicit(&local->counts[place],
	    atomic_load_explicit(&local->counts[place], memory_order_relaxed) + n,
	    memory_order_relaxed);
	return fn_bool(call, true);
}

static enum fn_status reset_stat(struct lcs_call *call)
{
	struct statistics *s = call->shared;
	struct slice name = call->argv[0].s;
	unsigned place = place_of(s, name);

	if (!is_declared(call->conf, name) || place == NAMES_MAX)
		return fn_bool(call, false);
	atomic_fetch_add_explicit(&s->zeros[place], sum_of(call->mod, place), memory_order_relaxed);
	return fn_bool(call, true);
}

static enum fn_status get_stat(struct lcs_call *call)
{
	struct slice name = call->argv[0].s;
	uint64_t n;

	if (is_declared(call->conf, name))
		call->ret = value_int(sum_of(call->mod, place_of(call->shared, name)));
	else if (lcs_stat_value(name, &n))
		call->ret = value_int((int64_t)n);
	return FN_DONE;
}

/* ---- life ---- */

static int statistics_check(const void *conf, struct diag *diag)
{
	const struct statistics_conf *c = conf;

	if (c->variable.count > NAMES_MAX)
		return diag_error(diag, "variable", "more than %u of them", NAMES_MAX);
	return 0;
}

static int add_name(struct statistics *s, struct slice name)
{
	unsigned place = place_of(s, name);
	char *copy;

	if (place == NAMES_MAX)
		return -ENOSPC;
	if (s->names[place])
		return 0;
	copy = strndup(name.p, name.len);
	if (!copy)
		return -ENOMEM;
	s->names[place] = copy;
	return 0;
}

static int statistics_prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	const struct statistics_conf *c = conf;
	int err = 0;

	(void)next;
	for (size_t i = 0; !err && i < c->variable.count; i++)
		err = add_name(lcs_shared(mod), c->variable.items[i]);
	return err;
}

static void statistics_unload(struct lcs_mod *mod)
{
	struct statistics *s = lcs_shared(mod);

	for (unsigned i = 0; i < NAMES_MAX; i++)
		free((char *)(uintptr_t)s->names[i]);
}

/* lcsctl stats show: one that was set below 0 is shown as 0. */
static void statistics_show(struct lcs_mod *mod, lcs_show_stat_fn *show, void *arg)
{
	const struct statistics *s = lcs_shared(mod);

	for (unsigned i = 0; i < NAMES_MAX && s->names[i]; i++) {
		int64_t n = sum_of(mod, i);

		show(arg, s->names[i], n > 0 ? (uint64_t)n : 0, "a counter of the script");
	}
}

/* ---- tables ---- */

static const struct lcs_param params[] = {
	PARAM_STRINGS(struct statistics_conf, variable, "name of a counter of the script"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "update_stat(name: str, change: str) -> bool", update_stat, IN_ANY, 0,
	  "\"+1\" or \"-1\" changes a counter of the script, \"5\" sets it; false if it is not "
	  "declared" },
	{ "reset_stat(name: str) -> bool", reset_stat, IN_ANY, 0,
	  "a counter of the script begins at 0 again" },
	{ 0 }
};

static const struct lcs_var vars[] = {
	{ "stat", VALUE_INT, true, VAR_ARG_NAME, false, IN_ANY, 0, get_stat, NULL,
	  "a counter of the script, or one of the server by its full name as in "
	  "$stat(core.requests); null if there is none" },
	{ 0 }
};

LCS_MODULE(statistics,
	.summary = "counters in the script",
	.conf_size = sizeof(struct statistics_conf),
	.local_size = sizeof(struct statistics_local),
	.shared_size = sizeof(struct statistics),
	.params = params,
	.funcs = funcs,
	.vars = vars,
	.check = statistics_check,
	.prepare = statistics_prepare,
	.unload = statistics_unload,
	.named_stats = statistics_show,
);
