/*
 * core/mod/symbols.c - see symbols.h.
 */
#include "core/mod/symbols.h"

#include "core/mod/settings.h"
#include "core/sip/vars.h"

#include <errno.h>

#define USEC_PER_MSEC 1000

/* ---- functions ---- */

static unsigned count_funcs(const struct lcs_func *f)
{
	unsigned n = 0;

	while (f && f[n].sig)
		n++;
	return n;
}

static int func_symbol(struct arena *arena, const struct lcs_func *f, const char *module,
    unsigned index, struct sym_func *out)
{
	int err = sym_func_parse(arena, f->sig, out);

	if (err)
		return err;
	out->module = module;
	out->where = f->where;
	out->flags |= f->flags & 0xffff;	/* FUNC_VARARGS comes from the signature */
	out->arms_kind = f->flags & FUNC_ARMS ? FUNC_ARMED_KIND(f->flags) : 0;
	out->doc = f->doc;
	out->impl = f;
	out->mod_index = index;
	return 0;
}

static int func_symbols(struct arena *arena, const struct lcs_func *table, const char *module,
    unsigned index, struct sym_module *out, const char **why)
{
	unsigned n = count_funcs(table);
	struct sym_func *funcs = arena_zalloc(arena, n * sizeof(*funcs));

	if (!funcs)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		int err = func_symbol(arena, &table[i], module, index, &funcs[i]);

		if (err) {
			*why = arena_printf(arena, "its signature \"%s\" is wrong", table[i].sig).p;
			return err;
		}
	}
	out->funcs = funcs;
	out->func_count = n;
	return 0;
}

/* ---- variables ---- */

static unsigned count_vars(const struct lcs_var *v)
{
	unsigned n = 0;

	while (v && v[n].name)
		n++;
	return n;
}

static int var_symbols(struct arena *arena, const struct lcs_var *table, const char *module,
    unsigned index, struct sym_module *out)
{
	unsigned n = count_vars(table);
	struct sym_var *vars = arena_zalloc(arena, n * sizeof(*vars));

	if (!vars)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		const struct lcs_var *v = &table[i];

		vars[i] = (struct sym_var){
			.name = v->name, .module = module, .type = v->type,
			.nullable = v->nullable, .arg = v->arg, .indexable = (v->form & VAR_INDEXED) != 0,
			.counts = (v->form & VAR_COUNTS) != 0,
			.read = v->read, .write = v->set ? v->write : 0, .doc = v->doc,
			.impl = v, .mod_index = index,
		};
	}
	out->vars = vars;
	out->var_count = n;
	return 0;
}

/* ---- parameters ---- */

static unsigned count_params(const struct lcs_param *p)
{
	unsigned n = 0;

	while (p && p[n].name)
		n++;
	return n;
}

static struct sym_setting param_symbol(const struct lcs_param *p)
{
	bool is_duration = p->type == VALUE_DURATION;

	return (struct sym_setting){
		.name = p->name, .type = p->type, .preset = p->preset,
		.min = is_duration ? p->min * USEC_PER_MSEC : p->min,
		.max = is_duration ? p->max * USEC_PER_MSEC : p->max,
		.legacy_unit = p->legacy_unit,
		.when = p->flags & PARAM_NEEDS_RESTART ? PARAM_RESTART : PARAM_RELOAD,
		.secret = (p->flags & PARAM_SECRET) != 0,
		.words = p->words, .doc = p->doc, .offset = p->offset,
		.is_file = (p->flags & PARAM_FILE) != 0,
	};
}

static int param_symbols(struct arena *arena, const struct lcs_param *table,
    struct sym_module *out)
{
	unsigned n = count_params(table);
	struct sym_setting *params = arena_zalloc(arena, n * sizeof(*params));

	if (!params)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++)
		params[i] = param_symbol(&table[i]);
	out->params = params;
	out->param_count = n;
	return 0;
}

/* ---- events and needs ---- */

static int event_symbols(struct arena *arena, const struct lcs_event_decl *table,
    const char *module, struct sym_module *out)
{
	struct sym_event *events;
	unsigned n = 0;

	while (table && table[n].name)
		n++;
	events = arena_zalloc(arena, n * sizeof(*events));
	if (!events)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++)
		events[i] = (struct sym_event){ table[i].name, module, table[i].doc };
	out->events = events;
	out->event_count = n;
	return 0;
}

/* An interface is named after the module that exports it, so that what is missing can be
 * told by the name that loadmodule takes. */
static int need_symbols(struct arena *arena, const struct lcs_need *needs, struct sym_module *out)
{
	const char **names;
	unsigned n = 0, hard = 0;

	while (needs && needs[n].name)
		n++;
	names = arena_zalloc(arena, (n + 1) * sizeof(*names));
	if (!names)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++)
		if (!needs[i].optional)
			names[hard++] = needs[i].name;
	out->needs = hard ? names : NULL;
	return 0;
}

int symbols_of_module(struct arena *arena, struct loaded *m, const char **why)
{
	const struct lcs_module *d = m->desc;
	unsigned index = m->mod.index;
	int err;

	/* With hooks or an interface it serves though the script never names it. */
	m->sym = (struct sym_module){ .name = d->name, .impl = m, .index = index,
	    .conflicts = d->conflicts, .is_passive = d->hooks || d->ifaces ||
	    (!d->funcs && (!d->vars || d->rpcs)) };
	err = func_symbols(arena, d->funcs, d->name, index, &m->sym, why);
	if (!err)
		err = var_symbols(arena, d->vars, d->name, index, &m->sym);
	if (!err)
		err = param_symbols(arena, d->params, &m->sym);
	if (!err)
		err = event_symbols(arena, d->events, d->name, &m->sym);
	if (!err)
		err = need_symbols(arena, d->needs, &m->sym);
	return err;
}

const struct sym_module *symbols_of_core(struct arena *arena)
{
	struct sym_module *core = arena_zalloc(arena, sizeof(*core));
	const struct lcs_var *vars = core_vars(arena);
	const char *why;

	if (!core || !vars || func_symbols(arena, core_funcs, NULL, 0, core, &why) != 0 ||
	    var_symbols(arena, vars, NULL, 0, core) != 0)
		return NULL;
	core->params = settings_table(&core->param_count);
	return core;
}

const struct sym_module *symbols_of_desc(const struct lcs_module *m, struct arena *arena)
{
	struct loaded *l = arena_zalloc(arena, sizeof(*l));
	const char *why;

	if (!m)
		return symbols_of_core(arena);
	if (!l)
		return NULL;
	l->desc = m;
	return symbols_of_module(arena, l, &why) == 0 ? &l->sym : NULL;
}
