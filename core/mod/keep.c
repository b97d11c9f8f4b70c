/*
 * core/mod/keep.c - see keep.h.
 */
#include "core/mod/keep.h"

#include "core/mod/sort.h"
#include "utils/json.h"

#include <errno.h>

bool keep_same(struct value a, struct value b)
{
	size_t na = a.type == VALUE_LIST ? a.list->count : 0;
	size_t nb = b.type == VALUE_LIST ? b.list->count : 0;

	/* A list that nobody set is null. */
	if (a.type != VALUE_LIST && b.type != VALUE_LIST)
		return value_eq(a, b) || (value_is_null(a) && value_is_null(b));
	if (na != nb)
		return false;
	for (size_t i = 0; i < na; i++)
		if (!value_eq(a.list->items[i], b.list->items[i]))
			return false;
	return true;
}

static struct slice list_text(const struct value_list *list, struct arena *arena)
{
	struct slice all = SLICE("");

	for (size_t i = 0; i < list->count; i++) {
		struct slice one = value_text(arena, list->items[i]);

		all = arena_printf(arena, "%.*s%s%.*s", SLICE_ARG(all), i ? ", " : "",
		    SLICE_ARG(one));
	}
	return all;
}

struct slice keep_text(const struct cfg_value_at *v, struct arena *arena)
{
	if (v->is_secret)
		return SLICE("(secret)");
	if (v->value.type == VALUE_LIST)
		return list_text(v->value.list, arena);
	return value_text(arena, v->value);
}

const struct cfg_module *keep_module(const struct cfg *cfg, const char *name)
{
	for (unsigned i = 0; i < cfg->module_count; i++)
		if (slice_eq(slice_str(cfg->modules[i].sym->name), slice_str(name)))
			return &cfg->modules[i];
	return NULL;
}

json_t *change_row(const char *what, struct slice name, struct slice from, struct slice to,
    const char *when)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:s}", "what", what, "name", json_slice(name),
	    "from", json_slice(from), "to", json_slice(to), "when", when);
}

/* ---- values ---- */

struct keeping { struct cfg *next; struct diag *diag; json_t *restart; };

static int keep_value(const struct keeping *k, struct cfg_value_at *v,
    const struct cfg_value_at *old, const char *module)
{
	struct arena *arena = k->next->arena;
	struct slice stays;

	if (v->decl->when != PARAM_RESTART || keep_same(v->value, old->value))
		return 0;
	stays = keep_text(old, arena);
	json_array_append_new(k->restart, change_row(module ? "parameter" : "setting",
	    arena_printf(arena, "%s%s%s", module ? module : "", module ? "." : "", v->decl->name),
	    stays, keep_text(v, arena), "restart"));
	diag_beside(diag_add(k->diag, DIAG_WARNING, 420, v->at,
	    "%s%s%s takes effect when lcs is restarted", module ? module : "", module ? ": " : "",
	    v->decl->name), "until then it stays \"%.*s\"", SLICE_ARG(stays));
	v->value = value_copy(arena, old->value);
	return value_is_null(v->value) && !value_is_null(old->value) ? -ENOMEM : 0;
}

/* Both come one per declaration, in the order of the table. The arrays are of next's own
 * arena, and nobody has read them yet. */
static int keep_values(const struct keeping *k, const struct cfg_value_at *values,
    const struct cfg_value_at *old, unsigned count, const char *module)
{
	int err = 0;

	for (unsigned i = 0; i < count && !err; i++)
		err = keep_value(k, (struct cfg_value_at *)(uintptr_t)&values[i], &old[i], module);
	return err;
}

/* ---- modules ---- */

static unsigned flags_of(const struct cfg_module *m) { return loaded_of(m)->desc->flags; }

static int refuse_late(const struct cfg_module *m, struct diag *diag)
{
	const struct loaded *l = loaded_of(m);
	struct diag_item *item;

	if (l->is_loaded || !(l->desc->schema || (l->desc->flags & MODULE_AT_START)))
		return 0;
	item = diag_add(diag, DIAG_ERROR, 421, m->at,
	    "module \"%s\" cannot join a running server", m->sym->name);
	diag_help(item, "restart lcs to load it");
	return -EINVAL;
}

static const struct cfg_value_at *copy_params(struct cfg *next, const struct cfg_module *m)
{
	struct cfg_value_at *v = arena_alloc(next->arena, (m->param_count + 1) * sizeof(*v));

	for (unsigned i = 0; v && i < m->param_count; i++) {
		v[i] = m->params[i];
		v[i].at = (struct cfg_span){ 0 };
		v[i].value = value_copy(next->arena, m->params[i].value);
		if (value_is_null(v[i].value) && !value_is_null(m->params[i].value))
			return NULL;
	}
	return v;
}

static int append(struct cfg *next, const struct cfg_module *m)
{
	struct cfg_module *more = arena_alloc(next->arena, (next->module_count + 1) *
	    sizeof(*more));
	struct cfg_module *new_one;

	if (!more)
		return -ENOMEM;
	if (next->module_count)
		memcpy(more, next->modules, next->module_count * sizeof(*more));
	new_one = &more[next->module_count];
	*new_one = (struct cfg_module){ .sym = m->sym, .params = copy_params(next, m),
					.param_count = m->param_count };
	if (!new_one->params)
		return -ENOMEM;
	next->modules = more;
	next->module_count++;
	return 0;
}

static int keep_lost(const struct keeping *k, const struct cfg *now)
{
	int err = 0;

	for (unsigned i = 0; i < now->module_count && !err; i++) {
		const struct cfg_module *m = &now->modules[i];

		if (keep_module(k->next, m->sym->name) || (flags_of(m) & MODULE_MAY_LEAVE))
			continue;
		diag_beside(diag_add(k->diag, DIAG_WARNING, 422, (struct cfg_span){ 0 },
		    "module \"%s\" leaves when lcs is restarted", m->sym->name),
		    "until then it stays as it is");
		json_array_append_new(k->restart, change_row("module", slice_str(m->sym->name),
		    SLICE("loaded"), SLICE(""), "restart"));
		err = append(k->next, m);
	}
	return err;
}

static int keep_modules(const struct keeping *k, const struct cfg *now)
{
	int err = 0;

	for (unsigned i = 0; i < k->next->module_count && err != -ENOMEM; i++) {
		const struct cfg_module *m = &k->next->modules[i];
		const struct cfg_module *old = keep_module(now, m->sym->name);
		int one = old ? keep_values(k, m->params, old->params, m->param_count,
		    m->sym->name) : refuse_late(m, k->diag);

		err = one ? one : err;
	}
	return err ? err : keep_lost(k, now);
}

int keep_running(struct cfg *next, const struct cfg *now, struct diag *diag, json_t *restart)
{
	const struct keeping k = { next, diag, restart };
	int err = keep_values(&k, next->settings, now->settings, next->setting_count, NULL);

	return err ? err : keep_modules(&k, now);
}
