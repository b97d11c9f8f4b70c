/*
 * cfg/check_call.c - calls of functions and routes: what they arm, write and give back.
 */
#include "cfg/check.h"
#include "cfg/guest.h"

/* ---- arming routes ---- */

static void say_unarmable(struct check *c, const struct sym_func *f, const struct expr *arg)
{
	struct candidates all = { .ld = c->ld };
	struct slice name = arg->konst->s;
	struct diag_item *item = load_error(c->ld, 204, arg->at,
	    "%s[%.*s] is not defined", route_kind_text(f->arms_kind), SLICE_ARG(name));

	for (unsigned k = 0; k < ROUTE_KINDS; k++) {
		const struct route_decl *r = dict_get(&c->ld->names->routes[k], name);

		if (r && k != f->arms_kind) {
			diag_beside(item, "there is a %s of this name", route_kind_text(k));
			diag_see(item, r->name_at);
			return;
		}
	}
	candidates_add_dict(&all, &c->ld->names->routes[f->arms_kind]);
	if (!candidates_say(&all, name, item, arg->at, "\"", "\""))
		diag_beside(item, "no %s has this name", route_kind_text(f->arms_kind));
}

static void check_arming(struct check *c, const struct sym_func *f, struct expr *arg)
{
	struct route_decl *r;

	if (!(f->flags & FUNC_ARMS) || !arg || arg->type.is_bad)
		return;
	if (is_guest(c->ld) && (!arg->konst || arg->konst->type != VALUE_STRING) &&
	    guest_arming(c, f, arg))
		return;
	if (!arg->konst || arg->konst->type != VALUE_STRING) {
		diag_beside(load_error(c->ld, 204, arg->at,
		    "a route is armed by a literal name or a const"),
		    "this is not known before the script runs");
		return;
	}
	if (arg->konst->s.len == 0)
		return;			/* takes the arming back */
	r = dict_get(&c->ld->names->routes[f->arms_kind], arg->konst->s);
	if (r)
		r->is_used = true;
	else if (!is_guest(c->ld) || !guest_arming(c, f, arg))
		say_unarmable(c, f, arg);
}

/* ---- functions ---- */

static void check_host_call(struct check *c, struct expr *e, const struct func_entry *entry)
{
	const struct sym_func *f = entry->func;

	entry->module->is_used = true;
	e->call.func = f;
	e->type = (struct type){ f->ret, f->ret_nullable, false, VALUE_ANY };
	if (c->only_constant) {
		load_error(c->ld, 309, e->call.name_at,
		    "%s() cannot be called: %s is read before anything runs", f->name,
		    c->only_constant);
		e->type = type_bad();
		return;
	}
	if (!check_arrange(c, f, e->call.args, &e->call.argv, &e->call.argc, e->at)) {
		/* The result is what it would be; only the arguments are wrong. */
		e->call.func = NULL;
		return;
	}
	check_args(c, f, e->call.argv, e->call.argc);
	check_place(c, e, f);
	check_arming(c, f, e->call.argc ? e->call.argv[0] : NULL);
}

/* push($avp(x), v), incr($sht(t=>k)): the first argument is written, not read. */
static bool variable_arg(struct check *c, struct expr *e)
{
	struct expr *v = e->call.argv[0];

	if (v->kind != EXPR_PV) {
		diag_beside(load_error(c->ld, 303, v->at, "%.*s() changes a variable",
		    SLICE_ARG(e->call.name)), "a $variable belongs here");
		return false;
	}
	check_pv_assign(c, v);
	return !v->type.is_bad;
}

static struct type map_item(const struct expr *m)
{
	return type_maybe(m->name.map ? m->name.map->item_type.base : VALUE_ANY);
}

static void builtin_type(struct expr *e, const struct builtin_entry *b)
{
	e->type = (struct type){ b->func.ret, b->func.ret_nullable, false, VALUE_ANY };
	if (b->def->flags & BUILTIN_MAP_ITEM)
		e->type = map_item(e->call.argv[0]);
	if ((b->def->flags & BUILTIN_CONVERTS) && e->call.argv[0]->type.nullable)
		e->type.nullable = true;
	if (slice_eq(e->call.name, SLICE("range")))
		e->type.item = VALUE_INT;
}

static void check_builtin_call(struct check *c, struct expr *e, const struct builtin_entry *b)
{
	unsigned from = b->def->flags & BUILTIN_VARIABLE ? 1 : 0;

	e->type = type_bad();
	if (!check_arrange(c, &b->func, e->call.args, &e->call.argv, &e->call.argc, e->at))
		return;
	if (from && !variable_arg(c, e))
		return;
	for (unsigned i = from; i < e->call.argc; i++) {
		check_param(c, &b->func, i, &e->call.argv[i]);
		if (e->call.argv[i]->type.is_bad)
			return;
	}
	if (from)
		fact_add(c, fact_key(c, e->call.argv[0]));	/* it has a value now */
	e->call.builtin = b->def;
	builtin_type(e, b);
}

/* Arguments of an unknown function may still be wrong by themselves. */
static void check_unknown_call(struct check *c, struct expr *e)
{
	bool outer = c->may_be_format;

	c->may_be_format = true;
	for (struct expr *a = e->call.args; a; a = a->next)
		check_expr(c, a);
	c->may_be_format = outer;
	e->type = type_bad();
	if (is_guest(c->ld))
		guest_skips(c, e);
}

void check_call(struct check *c, struct expr *e)
{
	const struct builtin_entry *b = dict_get(&c->ld->names->builtins, e->call.name);
	const struct func_entry *f;

	if (check_test_call(c, e))
		return;
	f = check_find_func(c, e, !b || e->call.prefix.len);
	if (f)
		check_host_call(c, e, f);
	else if (b && !e->call.prefix.len)
		check_builtin_call(c, e, b);
	else
		check_unknown_call(c, e);
}

/* ---- routes ---- */

static struct sym_func *as_func(struct check *c, const struct route_decl *r)
{
	struct sym_func *f = MEM_NEW(&c->ld->mem, struct sym_func);
	unsigned i = 0;

	f->name = mem_cstr(&c->ld->mem, r->name);
	f->param_count = r->param_count;
	f->params = MEM_ARRAY(&c->ld->mem, struct sym_param_decl, r->param_count + 1);
	for (const struct decl *d = r->params; d; d = d->next, i++) {
		f->params[i].name = mem_cstr(&c->ld->mem, d->name);
		f->params[i].type = d->type.base;
		f->params[i].nullable = d->type.nullable;
		if (d->preset && d->preset->type.is_bad) {
			/* Said where it stands, not where it is left out. */
			f->params[i].type = VALUE_ANY;
			f->params[i].nullable = true;
		}
		f->params[i].has_default = d->preset && d->preset->konst;
		if (f->params[i].has_default)
			f->params[i].preset = *d->preset->konst;
		else
			f->required = i + 1;
	}
	return f;
}

void check_route_call(struct check *c, struct expr *e)
{
	const struct route_decl *r = e->route.route;
	struct sym_func *f;

	e->type = type_bad();
	if (c->only_constant) {
		load_error(c->ld, 309, e->at, "a route cannot be called here: %s is read "
		    "before anything runs", c->only_constant);
		return;
	}
	if (c->in_defer && !is_guest(c->ld))
		load_error(c->ld, 311, e->at, "a defer block calls no routes");
	if (!r)
		return;			/* said when the calls were followed */
	e->type = r->ret;
	f = as_func(c, r);
	if (check_arrange(c, f, e->route.args, &e->route.argv, &e->route.argc, e->at))
		check_args(c, f, e->route.argv, e->route.argc);
	else
		e->route.route = NULL;
}
