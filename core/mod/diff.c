/*
 * core/mod/diff.c - what would change between the running configuration and another one.
 *
 * Both are compared by what the checker understood (cfg/compare.h), as lcs -c --diff does. What
 * needs a restart has kept the running value in the new one (keep.h), and is told from there.
 */
#include "cfg/compare.h"
#include "core/mod/keep.h"
#include "core/mod/reload.h"
#include "core/sip/plan.h"

struct rows { struct arena *arena; json_t *list; };

static const char *when_word(enum param_when when)
{
	return when == PARAM_RESTART ? "restart" : when == PARAM_NOW ? "now" : "reload";
}

/* What stands nowhere, like an alias, is there or it is not. */
static struct slice side(const struct rows *r, const struct cfg_change *c, bool is_new)
{
	const struct cfg_value_at *v = is_new ? c->new_value : c->old_value;
	struct slice where = is_new ? c->to : c->from;

	if (v)
		return keep_text(v, r->arena);
	return where.len || c->mark == (is_new ? '-' : '+') ? where : SLICE("there");
}

static void add_row(void *arg, const struct cfg_change *c)
{
	struct rows *r = arg;
	/* Modules that have to stay are in the new one, too. */
	const char *when = c->mark == '-' ? "reload" : when_word(c->when);

	json_array_append_new(r->list, change_row(c->what, c->name, side(r, c, false),
	    side(r, c, true), when));
}

json_t *reload_diff(const struct reload *r)
{
	struct rows rows = { arena_new(0), json_copy((json_t *)(uintptr_t)reload_restart(r)) };

	if (!rows.arena || !rows.list || cfg_changes(plan_of(gen_peek())->cfg, reload_cfg(r),
	    add_row, &rows) != 0) {
		json_decref(rows.list);
		rows.list = NULL;
	}
	arena_free(&rows.arena);
	return rows.list;
}
