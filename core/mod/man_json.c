/*
 * core/mod/man_json.c - a module's declarations as JSON, for editors and programs.
 */
#include "cfg/cfg.h"
#include "core/mod/man_page.h"
#include "core/mod/symbols.h"

static json_t *where_json(unsigned where)
{
	json_t *list = json_array();

	for (size_t i = 0; man_kinds[i].word; i++)
		if (where & man_kinds[i].bit)
			json_array_append_new(list, json_string(man_kinds[i].word));
	return list;
}

static json_t *func_json(const struct sym_func *f)
{
	json_t *params = json_array();

	for (unsigned i = 0; i < f->param_count; i++)
		json_array_append_new(params, json_pack("{s:s, s:s, s:b, s:b}", "name",
		    f->params[i].name, "type",
		    f->params[i].is_fmt ? "fmt" : value_type_name(f->params[i].type),
		    "nullable", (int)f->params[i].nullable, "required", i < f->required));
	return json_pack("{s:s, s:s, s:o, s:s, s:b, s:o, s:b, s:b, s:b, s:b, s:s}", "name", f->name,
	    "signature", f->sig, "params", params, "result", value_type_name(f->ret),
	    "result_nullable", (int)f->ret_nullable, "where", where_json(f->where),
	    "suspends", (f->flags & FUNC_MAY_SUSPEND) != 0,
	    "may_fail", (f->flags & FUNC_MAY_FAIL) != 0,
	    "touches_world", (f->flags & FUNC_TOUCHES_WORLD) != 0,
	    "must_check", (f->flags & FUNC_MUST_CHECK) != 0, "text", f->doc);
}

static json_t *var_json(const struct sym_var *v)
{
	static const char *const args[] = { "none", "name", "optional", "keyed" };

	return json_pack("{s:s, s:s, s:b, s:s, s:b, s:o, s:o, s:s}", "name", v->name,
	    "type", value_type_name(v->type), "nullable", (int)v->nullable, "argument", args[v->arg],
	    "indexed", (int)v->indexable, "readable", where_json(v->read),
	    "writable", where_json(v->write), "text", v->doc);
}

static json_t *setting_json(const struct sym_setting *s)
{
	static const char *const whens[] = { "now", "reload", "restart" };

	return json_pack("{s:s, s:s, s:s?, s:I, s:I, s:s?, s:s?, s:s, s:b, s:s?, s:s}",
	    "name", s->name, "type", value_type_name(s->type), "default", s->preset,
	    "min", (json_int_t)s->min, "max", (json_int_t)s->max, "words", s->words,
	    "legacy_unit", s->legacy_unit, "when", whens[s->when], "secret", (int)s->secret,
	    "deprecated", s->deprecated, "text", s->doc);
}

static json_t *events_json(const struct sym_module *m)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < m->event_count; i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "name", m->events[i].name,
		    "text", m->events[i].doc));
	return list;
}

static json_t *stats_json(const struct lcs_stat *s)
{
	json_t *list = json_array();

	for (; s && s->name; s++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", s->name, "kind",
		    s->kind == STAT_GAUGE ? "gauge" : "counter", "text", s->doc));
	return list;
}

static json_t *rpcs_json(const struct lcs_rpc *r)
{
	json_t *list = json_array();

	for (; r && r->method; r++) {
		json_t *args = json_array();

		for (const struct lcs_rpc_arg *a = r->args; a && a->name; a++)
			json_array_append_new(args, json_pack("{s:s, s:s, s:b, s:s}", "name", a->name,
			    "type", value_type_name(a->type), "required", (int)a->required,
			    "text", a->doc));
		json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:s}", "method", r->method,
		    "right", r->right == RIGHT_ADMIN ? "admin" : "read", "params", args,
		    "text", r->doc));
	}
	return list;
}

static json_t *needs_json(const struct lcs_need *n)
{
	json_t *list = json_array();

	for (; n && n->name; n++)
		json_array_append_new(list, json_pack("{s:s, s:i, s:b}", "name", n->name,
		    "version", (int)n->version, "optional", (int)n->optional));
	return list;
}

static json_t *symbols_json(const struct sym_module *m, const char *name, const char *summary)
{
	json_t *funcs = json_array(), *vars = json_array(), *params = json_array();

	for (unsigned i = 0; i < m->func_count; i++)
		json_array_append_new(funcs, func_json(&m->funcs[i]));
	for (unsigned i = 0; i < m->var_count; i++)
		json_array_append_new(vars, var_json(&m->vars[i]));
	for (unsigned i = 0; i < m->param_count; i++)
		json_array_append_new(params, setting_json(&m->params[i]));
	return json_pack("{s:i, s:s, s:s, s:o, s:o, s:o, s:o}", "format", 1, "name", name,
	    "summary", summary, "functions", funcs, "variables", vars, "params", params,
	    "events", events_json(m));
}

/* What belongs to the language itself. */
static json_t *builtins_json(void)
{
	json_t *list = json_array();
	struct cfg_builtin b;

	for (unsigned i = 0; cfg_builtin(i, &b); i++)
		json_array_append_new(list, json_pack("{s:s, s:s?, s:s}", "signature", b.sig,
		    "transformation", b.trans, "doc", b.doc));
	return list;
}

static json_t *own_vars_json(void)
{
	json_t *list = json_array();
	struct cfg_own_var v;

	for (unsigned i = 0; cfg_own_var(i, &v); i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "form", v.form, "facts",
		    v.facts, "doc", v.doc));
	return list;
}

static json_t *core_json(const struct sym_module *sym)
{
	json_t *o = symbols_json(sym, "core", "settings, variables and functions that need no module");

	if (!o)
		return NULL;
	json_object_set_new(o, "builtins", builtins_json());
	json_object_set_new(o, "own_variables", own_vars_json());
	return o;
}

static json_t *module_json(const struct lcs_module *m, const struct sym_module *sym)
{
	json_t *o = symbols_json(sym, m->name, m->summary);

	if (!o)
		return NULL;
	json_object_set_new(o, "needs", needs_json(m->needs));
	json_object_set_new(o, "statistics", stats_json(m->stats));
	json_object_set_new(o, "control", rpcs_json(m->rpcs));
	if (m->manual)
		json_object_set_new(o, "manual", json_string(m->manual));
	return o;
}

json_t *man_json(const struct lcs_module *m)
{
	struct arena *arena = arena_new(0);
	const struct sym_module *sym = arena ? symbols_of_desc(m, arena) : NULL;
	json_t *o = NULL;

	if (sym && m)
		o = module_json(m, sym);
	else if (sym)
		o = core_json(sym);
	arena_free(&arena);
	return o;
}
