/*
 * cfg/check_call.c - calls of functions and routes: names, numbers, types, places.
 */
#include "cfg/check.h"
#include "cfg/guest.h"

/* ---- which function is meant ---- */

static bool by_prefix(const struct loaded_module *m, struct slice prefix)
{
	return slice_eq(m->prefix, prefix) || (m->prefix.len == 0 && slice_eq(m->key, prefix));
}

static const struct func_entry *with_prefix(const struct func_entry *f, struct slice prefix)
{
	for (; f; f = f->next)
		if (by_prefix(f->module, prefix))
			return f;
	return NULL;
}

static void say_ambiguous(struct check *c, const struct expr *e, const struct func_entry *f)
{
	struct diag_item *item = load_error(c->ld, 203, e->call.name_at,
	    "%.*s() is exported by more than one module", SLICE_ARG(e->call.name));
	struct slice list = SLICE("");

	for (; f; f = f->next)
		list = mem_printf(&c->ld->mem, "%.*s%s%.*s.%.*s()", SLICE_ARG(list),
		    list.len ? " or " : "", SLICE_ARG(f->module->prefix.len ? f->module->prefix :
		    f->module->key), SLICE_ARG(e->call.name));
	diag_beside(item, "write %.*s", SLICE_ARG(list));
}

static void say_unloaded(struct check *c, const struct expr *e, const char *module)
{
	struct diag_item *item = load_error(c->ld, 302, e->call.name_at,
	    "%.*s() is not available here", SLICE_ARG(e->call.name));

	diag_beside(item, "exported by module \"%s\", which is not loaded", module);
	diag_help(item, "add near the top: loadmodule \"%s\"", module);
}

/* Names that would be legal here: loaded, and allowed where this code runs. */
static void legal_names(struct check *c, struct candidates *all)
{
	const struct dict *d = &c->ld->names->funcs;

	for (size_t i = 0; i <= d->mask; i++)
		for (const struct dict_entry *x = d->slots[i]; x; x = x->next) {
			const struct func_entry *f = x->value;

			if (!(c->contexts & ~f->func->where))
				candidates_add(all, x->key);
		}
	candidates_add_dict(all, &c->ld->names->builtins);
}

static void say_unknown(struct check *c, const struct expr *e)
{
	const struct cfg_host *host = c->ld->host;
	struct candidates all = { .ld = c->ld };
	const char *module = host->who_exports ?
	    host->who_exports(host->arg, mem_cstr(&c->ld->mem, e->call.name), false) : NULL;
	struct diag_item *item;

	if (module) {
		if (!names_was_asked_for(c->ld, module))
			say_unloaded(c, e, module);
		return;
	}
	if (is_guest(c->ld) && guest_function(c, e))
		return;
	legal_names(c, &all);
	/* It may be of the module that is not there; one letter wrong is no coincidence. */
	if (c->ld->names->is_incomplete && !diag_misspelt(e->call.name, all.names, all.count))
		return;
	item = load_error(c->ld, 301, e->call.name_at, "there is no function %.*s()",
	    SLICE_ARG(e->call.name));
	if (dict_get(&c->ld->names->routes[ROUTE_NAMED], e->call.name)) {
		diag_beside(item, "to call the route: route(%.*s)", SLICE_ARG(e->call.name));
		return;
	}
	candidates_say(&all, e->call.name, item, e->call.name_at, "", "()");
}

const struct func_entry *check_find_func(struct check *c, const struct expr *e, bool say)
{
	const struct func_entry *f = dict_get(&c->ld->names->funcs, e->call.name);

	if (e->call.prefix.len) {
		const struct func_entry *own = with_prefix(f, e->call.prefix);

		if (!own && say)
			diag_beside(load_error(c->ld, 301, e->call.name_at,
			    "there is no function %.*s.%.*s()", SLICE_ARG(e->call.prefix),
			    SLICE_ARG(e->call.name)), "no loaded module \"%.*s\" exports it",
			    SLICE_ARG(e->call.prefix));
		return own;
	}
	if (f && f->next && say) {
		say_ambiguous(c, e, f);
		return NULL;
	}
	if (!f && say)
		say_unknown(c, e);
	return f;
}

/* ---- the number of arguments ---- */

static struct slice count_text(struct check *c, const struct sym_func *f)
{
	struct mem *m = &c->ld->mem;

	if (f->flags & FUNC_VARARGS)
		return mem_printf(m, "at least %u argument%s", f->required,
		    f->required == 1 ? "" : "s");
	if (f->required == f->param_count && f->required == 0)
		return SLICE("no arguments");
	if (f->required == f->param_count)
		return mem_printf(m, "%u argument%s", f->required, f->required == 1 ? "" : "s");
	return mem_printf(m, "%u to %u arguments", f->required, f->param_count);
}

static void help_signature(struct diag_item *item, const struct sym_func *f)
{
	if (f->module)
		diag_help(item, "%s            (module %s)", f->sig, f->module);
	else if (f->sig)
		diag_help(item, "%s", f->sig);
}

static void say_count(struct check *c, const struct sym_func *f, unsigned got,
    struct expr **argv, struct cfg_span at)
{
	struct diag_item *item;
	struct slice missing = SLICE("");

	if (is_guest(c->ld) && guest_arity(c, f, at))
		return;
	/* A module that could not be opened may have one of that name, too. */
	if (c->ld->names->is_incomplete && !f->module)
		return;
	item = load_error(c->ld, 305, at, "%s() needs %.*s, got %u", f->name,
	    SLICE_ARG(count_text(c, f)), got);
	for (unsigned i = 0; i < f->required; i++)
		if (!argv[i])
			missing = mem_printf(&c->ld->mem, "%.*s%s%s", SLICE_ARG(missing),
			    missing.len ? ", " : "", f->params[i].name);
	if (missing.len)
		diag_beside(item, "missing: %.*s", SLICE_ARG(missing));
	else
		diag_beside(item, "too many");
	help_signature(item, f);
}

static void say_label(struct check *c, const struct sym_func *f, const struct expr *arg,
    bool is_double)
{
	struct candidates all = { .ld = c->ld };
	struct diag_item *item;

	if (is_double) {
		load_error(c->ld, 306, arg->label_at, "\"%.*s\" is given twice",
		    SLICE_ARG(arg->label));
		return;
	}
	item = load_error(c->ld, 306, arg->label_at, "%s() has no argument \"%.*s\"", f->name,
	    SLICE_ARG(arg->label));
	for (unsigned i = 0; i < f->param_count; i++)
		candidates_add(&all, slice_str(f->params[i].name));
	candidates_say(&all, arg->label, item, arg->label_at, "\"", "\"");
	help_signature(item, f);
}

static unsigned param_by_name(const struct sym_func *f, struct slice name)
{
	unsigned i = 0;

	while (i < f->param_count && !slice_eq(slice_str(f->params[i].name), name))
		i++;
	return i;
}

static unsigned count_args(const struct expr *args)
{
	unsigned n = 0;

	for (; args; args = args->next)
		n++;
	return n;
}

/* A call is wrong in one way at a time: false after the first one. */
static bool place_args(struct check *c, const struct sym_func *f, struct expr *args,
    struct expr **argv, unsigned room, bool *too_many)
{
	unsigned next = 0;

	for (struct expr *a = args; a; a = a->next) {
		unsigned i = a->label.len ? param_by_name(f, a->label) : next++;

		if (a->label.len && (i == f->param_count || argv[i])) {
			say_label(c, f, a, i < f->param_count);
			return false;
		}
		if (i >= room) {
			*too_many = true;
			return true;
		}
		argv[i] = a;
	}
	return true;
}

static void fill_presets(struct check *c, const struct sym_func *f, struct expr **argv,
    struct cfg_span at)
{
	for (unsigned i = 0; i < f->param_count; i++) {
		if (argv[i] || !f->params[i].has_default)
			continue;
		argv[i] = expr_value(c->ld, at, f->params[i].preset);
		argv[i]->konst = &argv[i]->literal.value;
		argv[i]->type = type_of_value(f->params[i].preset);
		argv[i]->is_checked = true;
	}
}

bool check_arrange(struct check *c, const struct sym_func *f, struct expr *args,
    struct expr ***argv, unsigned *argc, struct cfg_span at, struct cfg_span name_at)
{
	unsigned n = count_args(args), room = f->param_count;
	bool repeats = f->flags & FUNC_VARARGS, too_many = false;

	(void)name_at;
	if (repeats && n > room)
		room = n;
	*argv = MEM_ARRAY(&c->ld->mem, struct expr *, room + 1);
	if (!place_args(c, f, args, *argv, room, &too_many))
		return false;
	for (unsigned i = 0; i < f->required; i++)
		too_many |= !(*argv)[i];
	if (too_many) {
		say_count(c, f, n, *argv, at);
		return false;
	}
	fill_presets(c, f, *argv, at);
	*argc = repeats ? (n > f->required ? n : f->required) : f->param_count;
	return true;
}

/* ---- types and ranges ---- */

static void format_arg(struct check *c, struct expr **arg)
{
	struct expr *a = *arg, *pieces;

	if (a->kind != EXPR_LITERAL || !a->literal.parts)
		return;
	pieces = text_pieces(c->ld, a->literal.parts, a->at);
	pieces->label = a->label;
	pieces->label_at = a->label_at;
	*arg = pieces;
}

/* A const with variables in its text is a format too where one is wanted. */
static void format_const(struct check *c, struct expr **arg)
{
	struct expr *a = *arg, *pieces;
	const struct const_decl *d = a->kind == EXPR_NAME ? a->name.constant : NULL;

	if (!d || d->value->kind != EXPR_LITERAL || !d->value->literal.parts || a->is_tainted)
		return;
	pieces = text_pieces(c->ld, d->value->literal.parts, a->at);
	if (pieces->kind != EXPR_TEXT)
		return;
	check_expr(c, pieces);
	*arg = pieces;
}

static void check_range(struct check *c, const struct sym_func *f,
    const struct sym_param_decl *p, struct expr *arg)
{
	struct diag_item *item;

	if (!p->has_range || !arg->konst || arg->konst->type != VALUE_INT)
		return;
	if (arg->konst->i >= p->min && arg->konst->i <= p->max)
		return;
	item = load_error(c->ld, 304, arg->label.len ? arg->label_at : arg->at,
	    "\"%s\" of %s() is %lld..%lld, not %lld", p->name, f->name, (long long)p->min,
	    (long long)p->max, (long long)arg->konst->i);
	diag_beside(item, "outside the range");
	help_signature(item, f);
}

/* "404" where a number belongs: Kamailio's way to write all arguments. */
static void unquote_number(struct check *c, struct expr *arg, const struct sym_param_decl *p)
{
	struct diag_item *item;
	struct slice text;
	int64_t n;

	if (p->type != VALUE_INT || arg->kind != EXPR_LITERAL || !arg->literal.parts)
		return;
	text = arg->literal.value.s;
	if (!text.len || !is_digit(text.p[0]) || slice_to_i64(text, &n) != 0)
		return;
	if (is_guest(c->ld)) {
		if (guest_is_written(arg->at, SLICE("\"")))
			guest_fix(c->ld, arg->at, mem_cstr(&c->ld->mem, text));
	} else {
		item = load_note(c->ld, 303, arg->at, "read as the number %lld", (long long)n);
		diag_beside(item, "write it without quotes");
		diag_fix(item, arg->at, mem_cstr(&c->ld->mem, text));
	}
	fold_set(c->ld, arg, value_int(n));
}

void check_param(struct check *c, const struct sym_func *f, unsigned i, struct expr **arg)
{
	const struct sym_param_decl *p = &f->params[i < f->param_count ? i : f->param_count - 1];
	struct type want = { p->type, p->nullable, false, VALUE_ANY };
	const char *what;

	if (p->is_fmt)
		format_arg(c, arg);
	else if (is_guest(c->ld))
		guest_format(c, arg, p);
	check_expr(c, *arg);
	unquote_number(c, *arg, p);
	if (p->is_fmt)
		format_const(c, arg);
	if ((*arg)->type.is_bad)
		return;
	what = mem_printf(&c->ld->mem, "\"%s\" of %s()", p->name, f->name).p;
	if (check_want(c, *arg, want, 303, what))
		check_range(c, f, p, *arg);
}

static void check_args(struct check *c, const struct sym_func *f, struct expr **argv,
    unsigned argc)
{
	for (unsigned i = 0; i < argc; i++)
		if (argv[i])
			check_param(c, f, i, &argv[i]);
}

/* ---- where a function may stand ---- */

static enum route_kind first_kind(unsigned mask)
{
	enum route_kind k = 0;

	while (!(mask & 1u << k))
		k++;
	return k;
}

void check_say_via(struct check *c, struct diag_item *item, enum route_kind kind,
    const char *otherwise)
{
	const struct route_via *via = c->route ? &c->route->via[kind] : NULL;

	if (!via || !via->caller) {
		diag_beside(item, "%s", otherwise);
		return;
	}
	diag_beside(item, "%.*s is called from %.*s", SLICE_ARG(route_text(c->ld, c->route)),
	    SLICE_ARG(route_text(c->ld, via->caller)));
	diag_see(item, via->at);
}

static struct slice where_text(struct check *c, unsigned where)
{
	struct slice list = SLICE("");

	for (unsigned k = 0; k < ROUTE_KINDS; k++)
		if (k != ROUTE_NAMED && (where & 1u << k))
			list = mem_printf(&c->ld->mem, "%.*s%s%s", SLICE_ARG(list),
			    list.len ? ", " : "", route_kind_text(k));
	return list;
}

#define CANNOT_WAIT (IN_ONSEND | IN_RESPONSE)

static void check_place(struct check *c, struct expr *e, const struct sym_func *f)
{
	unsigned wrong = c->contexts & ~f->where, waits = 0;
	struct diag_item *item;

	if (wrong && is_guest(c->ld) && guest_place(c, e, f, first_kind(wrong)))
		return;
	if (f->flags & FUNC_MAY_SUSPEND)
		waits = c->contexts & CANNOT_WAIT;
	if (wrong) {
		item = load_error(c->ld, 310, e->call.name_at, "%s() cannot be used in %s",
		    f->name, route_kind_text(first_kind(wrong)));
		check_say_via(c, item, first_kind(wrong), "not in this kind of route");
		diag_help(item, "it can be used in: %.*s", SLICE_ARG(where_text(c, f->where)));
	} else if (waits) {
		item = load_error(c->ld, 311, e->call.name_at,
		    "%s() may wait, and nothing can wait in %s", f->name,
		    route_kind_text(first_kind(waits)));
		check_say_via(c, item, first_kind(waits), "the message passes through at once");
	} else if ((f->flags & FUNC_MAY_SUSPEND) && c->in_defer) {
		item = load_error(c->ld, 311, e->call.name_at,
		    "%s() may wait, and nothing can wait in a defer block", f->name);
		diag_beside(item, "it also runs when the script is cancelled");
	}
}

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
	if (!check_arrange(c, f, e->call.args, &e->call.argv, &e->call.argc, e->at,
	    e->call.name_at)) {
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
	if (!check_arrange(c, &b->func, e->call.args, &e->call.argv, &e->call.argc, e->at,
	    e->call.name_at))
		return;
	if (from && !variable_arg(c, e))
		return;
	for (unsigned i = from; i < e->call.argc; i++) {
		check_param(c, &b->func, i, &e->call.argv[i]);
		if (e->call.argv[i]->type.is_bad)
			return;
	}
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
	if (check_arrange(c, f, e->route.args, &e->route.argv, &e->route.argc, e->at,
	    e->route.name_at))
		check_args(c, f, e->route.argv, e->route.argc);
	else
		e->route.route = NULL;
}
