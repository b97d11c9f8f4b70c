/*
 * cfg/guest.c - names in files that were written for Kamailio: modules, settings,
 * functions, routes. What lcs does not have is named once, with what is nearest.
 */
#include "cfg/guest.h"
#include "cfg/guest_prep.h"

/* ---- modules, parameters, settings ---- */

static struct diag_item *say(struct load *ld, const struct guest_name *n, unsigned code,
    struct cfg_span at, const char *text)
{
	return diag_add(ld->diag, n && n->is_covered ? DIAG_NOTE : DIAG_ERROR, code, at, "%s", text);
}

/* "nothing: why" is said as what it means. */
static const char *why_nothing(const struct guest_name *n)
{
	static const char nothing[] = "nothing: ";

	return strncmp(n->lcs, nothing, sizeof(nothing) - 1) ? NULL : n->lcs + sizeof(nothing) - 1;
}

static void say_nearest(struct diag_item *item, const struct guest_name *n)
{
	const char *why = n ? why_nothing(n) : NULL;

	if (n && n->is_covered)
		diag_beside(item, "not needed: %s", why ? why : n->lcs);
	else if (n)
		diag_beside(item, why ? "no counterpart: %s" : "nearest: %s", why ? why : n->lcs);
}

static void say_instead(struct diag_item *item, const struct guest_name *n, const char *before)
{
	const char *why = why_nothing(n);

	diag_beside(item, "%s%s%s", before, why ? "not needed: " : "lcs has: ", why ? why : n->lcs);
}

/* NULL: none. */
static const char *const *our_modules(struct load *ld)
{
	const struct cfg_host *host = ld->host;
	const char *const *names = host->module_names ? host->module_names(host->arg) : NULL;

	return names && *names ? names : NULL;
}

static bool is_ours(struct load *ld, struct slice key)
{
	const char *const *names = our_modules(ld);

	for (; names && *names; names++)
		if (slice_eq(names_module_key(ld, slice_str(*names)), key))
			return true;
	return false;
}

/* An unknown module of Kamailio's; false lets the checker say what it always says. */
bool guest_module(struct load *ld, const struct module_item *item)
{
	struct slice key = names_module_key(ld, item->name);
	const struct guest_name *n = guest_find(GUEST_MODULE, key);
	struct diag_item *d;

	/* Where there are none at all the directory is wrong, which the checker says. */
	if (is_ours(ld, key) || (!n && !our_modules(ld)))
		return false;
	guest_fix_drop(ld, item->name_at);
	if (!guest_first(ld, 'm', key))
		return true;
	d = say(ld, n, 403, item->name_at, mem_printf(&ld->mem,
	    "lcs has no module \"%.*s\"", SLICE_ARG(key)).p);
	if (n)
		say_nearest(d, n);
	else
		diag_beside(d, "nearest: none is known; lcs module list shows what there is");
	return true;
}

static const struct guest_name *find_param(struct load *ld, const char *module,
    struct slice key)
{
	const struct guest_name *n = guest_find(GUEST_PARAM, mem_printf(&ld->mem, "%s.%.*s",
	    module, SLICE_ARG(key)));

	return n ? n : guest_find(GUEST_PARAM, key);
}

bool guest_hint(struct load *ld, struct diag_item *item, enum guest_what what,
    const char *module, struct slice name)
{
	const struct guest_name *n = module ? find_param(ld, module, name) :
	    guest_find(what, name);

	if (n && (what == GUEST_PARAM || what == GUEST_SETTING))
		say_instead(item, n, "");
	else if (n)
		say_nearest(item, n);
	return n;
}

static bool is_off(const struct expr *e)
{
	const struct value *v = &e->literal.value;

	return e->kind == EXPR_LITERAL && ((v->type == VALUE_INT && v->i == 0) ||
	    (v->type == VALUE_BOOL && !v->b));
}

bool guest_param(struct load *ld, const struct loaded_module *m, const struct setting_item *item)
{
	struct candidates all = { .ld = ld };
	const struct guest_name *n = find_param(ld, m->sym->name, item->key);
	bool is_lost = n && !n->is_covered && !is_off(item->value);
	struct diag_item *d = diag_add(ld->diag, is_lost ? DIAG_WARNING : DIAG_NOTE, 402,
	    item->key_at, "module \"%s\" has no parameter \"%.*s\"", m->sym->name,
	    SLICE_ARG(item->key));

	guest_fix_drop(ld, item->key_at);
	if (n) {
		say_instead(d, n, "it is passed over; ");
		return true;
	}
	for (unsigned i = 0; i < m->sym->param_count; i++)
		candidates_add(&all, slice_str(m->sym->params[i].name));
	if (!candidates_say(&all, item->key, d, item->key_at, "\"", "\""))
		diag_beside(d, "it is passed over");
	return true;
}

bool guest_modparam(struct load *ld, const struct modparam_item *item, struct slice module)
{
	guest_fix_drop(ld, item->modules_at);
	diag_beside(load_note(ld, 404, item->modules_at, "module \"%.*s\" is not loaded",
	    SLICE_ARG(module)), "its parameter is passed over");
	return true;
}

/* What lcs does anyway is not lost. */
static bool is_5060(const struct expr *e)
{
	return e->kind == EXPR_LITERAL && e->literal.value.type == VALUE_INT &&
	    e->literal.value.i == 5060;
}

bool guest_setting(struct load *ld, const struct setting_item *item, struct slice key)
{
	const struct guest_name *n = guest_find(GUEST_SETTING, key);
	bool is_lost = n && !n->is_covered && !is_5060(item->value);
	struct diag_item *d;

	guest_fix_drop(ld, item->key_at);
	if (item->group.len)
		return true;		/* a setting of the script's own: $sel(cfg_get...) */
	if (!guest_first(ld, 's', key))
		return true;
	d = diag_add(ld->diag, is_lost ? DIAG_WARNING : DIAG_NOTE, 401, item->key_at, "the setting \"%.*s\" is not used", SLICE_ARG(key));
	if (n)
		say_instead(d, n, "");
	return true;
}

/* Kamailio writes the whole line: "Server: name". */
void guest_header(struct load *ld, struct slice key, struct expr *value)
{
	struct slice before = SLICE("Server:"), *text = &value->literal.value.s;

	if (!slice_eq(key, SLICE("server_header")) || value->kind != EXPR_LITERAL ||
	    value->literal.value.type != VALUE_STRING || !slice_starts_nocase(*text, before))
		return;
	*text = slice_trim(slice_skip(*text, before.len));
	guest_fix(ld, value->at, mem_printf(&ld->mem, "\"%.*s\"", SLICE_ARG(*text)).p);
}

void guest_listener(struct load *ld, struct listen_item *item)
{
	struct listen_item *tcp = MEM_NEW(&ld->mem, struct listen_item);
	struct slice address = item->address;

	diag_beside(load_note(ld, 407, item->address_at, "this is a listener by UDP and one by TCP"),
	    "natively they are two");
	guest_fix(ld, item->address_at, mem_printf(&ld->mem, "udp:%.*s\nlisten = tcp:%.*s",
	    SLICE_ARG(address), SLICE_ARG(address)).p);
	*tcp = *item;
	tcp->address = mem_printf(&ld->mem, "tcp:%.*s", SLICE_ARG(address));
	item->address = mem_printf(&ld->mem, "udp:%.*s", SLICE_ARG(address));
	item->next = tcp;
	ld->ast->listens.count++;
}

/* Directories of its own modules, where ours are not. */
bool guest_is_foreign(struct slice key)
{
	return slice_eq(key, SLICE("mpath")) || slice_eq(key, SLICE("loadpath"));
}

void guest_event(struct load *ld, const struct route_decl *r)
{
	const struct guest_name *n = guest_find(GUEST_EVENT, r->name);
	struct diag_item *d;

	guest_fix_drop(ld, r->name_at);
	d = say(ld, n, 205, r->name_at, mem_printf(&ld->mem, "lcs has no event \"%.*s\"",
	    SLICE_ARG(r->name)).p);
	if (n)
		say_nearest(d, n);
	else
		diag_beside(d, "nearest: none is known");
}

bool guest_value(struct load *ld, struct slice subject, struct cfg_span at, struct slice range)
{
	struct diag_item *d = load_note(ld, 407, at, "%.*s has other values",
	    SLICE_ARG(subject));

	guest_fix_drop(ld, at);
	if (range.len)
		diag_beside(d, "%.*s", SLICE_ARG(range));
	else
		diag_beside(d, "this one is passed over");
	return false;
}

/* ---- functions and variables ---- */

bool guest_skips(struct check *c, struct expr *e)
{
	const struct guest_name *n = guest_find(GUEST_FUNCTION, e->call.name);

	if (!n || !n->is_covered)
		return false;
	fold_set(c->ld, e, value_bool(true));
	return true;
}

bool guest_place(struct check *c, struct expr *e, const struct sym_func *f, enum route_kind kind)
{
	if (guest_first(c->ld, 'p', slice_str(f->name)))
		diag_beside(load_note(c->ld, 310, e->call.name_at,
		    "lcs has no %s() in a %s", f->name, route_kind_text(kind)),
		    "the call is passed over and counts as true");
	fold_set(c->ld, e, value_bool(true));
	return true;
}

bool guest_function(struct check *c, const struct expr *e)
{
	struct load *ld = c->ld;
	const struct guest_name *n = guest_find(GUEST_FUNCTION, e->call.name);
	struct candidates all = { .ld = ld };
	struct diag_item *d;

	/* It may be of the module that was not found: the checker says what it says then. */
	if (!n && ld->names->is_incomplete)
		return false;
	if (!guest_first(ld, 'f', e->call.name))
		return true;
	d = say(ld, n, 301, e->call.name_at, mem_printf(&ld->mem, "lcs has no function %.*s()",
	    SLICE_ARG(e->call.name)).p);
	if (n) {
		say_nearest(d, n);
		return true;
	}
	candidates_add_dict(&all, &ld->names->funcs);
	candidates_add_dict(&all, &ld->names->builtins);
	if (!candidates_say(&all, e->call.name, d, e->call.name_at, "", "()"))
		diag_beside(d, "nearest: none is known");
	return true;
}

bool guest_arity(struct check *c, const struct sym_func *f, struct cfg_span at)
{
	struct diag_item *d;

	if (!guest_first(c->ld, 'a', slice_str(f->name)))
		return true;
	d = load_error(c->ld, 305, at, "lcs has no %s() with these arguments", f->name);
	diag_beside(d, "nearest: %s", f->sig);
	return true;
}

/* $sel(cfg_get.group.key): a setting of the script's own. */
static const struct setting_item *own_setting(struct load *ld, struct slice name)
{
	struct slice prefix = SLICE("cfg_get."), group;

	if (!slice_starts(name, prefix))
		return NULL;
	name = slice_skip(name, prefix.len);
	group = slice_split(&name, '.');
	for (const struct setting_item *i = ld->ast->settings.first; i; i = i->next)
		if (slice_eq(i->group, group) && slice_eq(i->key, name))
			return i;
	return NULL;
}

static bool select_variable(struct check *c, struct expr *e)
{
	const struct expr *arg = e->pv->arg;
	const struct setting_item *item;
	struct expr *v = NULL;
	struct slice name, text;

	if (!arg || arg->kind != EXPR_LITERAL || arg->literal.value.type != VALUE_STRING)
		return false;
	name = arg->literal.value.s;
	item = own_setting(c->ld, name);
	if (item) {
		v = item->value;
	} else if (guest_select(mem_printf(&c->ld->mem, "@%.*s", SLICE_ARG(name)), &text)) {
		struct token t = { .source = e->at.source, .at = e->at };

		guest_replace_token(c->ld, &t, 0, text);
		v = expr_pv(c->ld, &t);
	}
	if (!v)
		return false;
	check_expr(c, v);
	guest_fix(c->ld, e->at, mem_cstr(&c->ld->mem, item ? guest_text_at(v->at) : text));
	if (item && v->konst) {
		fold_set(c->ld, e, *v->konst);
		e->pv->what = PV_CONST;
	} else {
		v->next = e->next;
		*e = *v;
	}
	return true;
}

bool guest_variable(struct check *c, struct expr *e)
{
	const struct guest_name *n = guest_find(GUEST_VARIABLE, e->pv->name);
	struct diag_item *d;

	if (slice_eq(e->pv->name, SLICE("sel")) && select_variable(c, e))
		return true;
	if (!n && c->ld->names->is_incomplete)
		return false;
	e->type = type_bad();
	if (!guest_first(c->ld, 'v', e->pv->name))
		return true;
	d = load_error(c->ld, 205, e->at, "lcs has no variable $%.*s", SLICE_ARG(e->pv->name));
	if (n)
		say_nearest(d, n);
	else
		diag_beside(d, "nearest: none is known");
	return true;
}

/* ---- arming ---- */

/* The name is found when the script runs: every route of the kind may be meant. */
bool guest_arming(struct check *c, const struct sym_func *f, const struct expr *arg)
{
	struct dict *routes = &c->ld->names->routes[f->arms_kind];

	if (arg->konst && arg->konst->type == VALUE_STRING) {
		diag_beside(load_note(c->ld, 204, arg->at, "%s[%.*s] is not defined",
		    route_kind_text(f->arms_kind), SLICE_ARG(arg->konst->s)),
		    "nothing is armed here");
		return true;
	}
	for (size_t i = 0; i <= routes->mask; i++)
		for (const struct dict_entry *x = routes->slots[i]; x; x = x->next)
			((struct route_decl *)x->value)->is_used = true;
	return true;
}

/* ---- modules that nobody named ---- */

static void load_module(struct load *ld, const char *name, struct cfg_span at)
{
	struct slice key = names_module_key(ld, slice_str(name));
	struct module_item *item;
	const struct sym_module *sym;
	const char *why;

	if (names_module(ld, key))
		return;
	sym = ld->host->open_module(ld->host->arg, mem_cstr(&ld->mem, key), &why);
	if (!sym)
		return;
	item = MEM_NEW(&ld->mem, struct module_item);
	item->name = key;
	item->at = item->name_at = at;
	item->is_implied = true;
	names_add_module(ld, sym, item, key);
	guest_first(ld, 'l', key);
	for (const char *const *n = sym->needs; n && *n; n++)
		load_module(ld, *n, at);
}

static void need_function(struct load *ld, struct slice name, struct cfg_span at)
{
	const struct cfg_host *host = ld->host;
	const char *module;

	if (!host->who_exports || dict_get(&ld->names->funcs, name) ||
	    dict_get(&ld->names->builtins, name))
		return;
	module = host->who_exports(host->arg, mem_cstr(&ld->mem, name), false);
	if (module)
		load_module(ld, module, at);
}

static void need_variable(struct load *ld, struct slice name, struct cfg_span at)
{
	const struct cfg_host *host = ld->host;
	const char *module;

	if (!host->who_exports || dict_get(&ld->names->vars, name))
		return;
	module = host->who_exports(host->arg, mem_cstr(&ld->mem, name), true);
	if (module)
		load_module(ld, module, at);
}

static void need(struct walk *w, struct expr *e)
{
	struct load *ld = w->arg;

	if (e->kind == EXPR_CALL)
		need_function(ld, e->call.name, e->at);
	else if (e->kind == EXPR_PV)
		need_variable(ld, e->pv->name, e->at);
	else if (e->kind == EXPR_NAME && slice_eq(e->name.name, SLICE("myself")))
		need_function(ld, SLICE("is_myself"), e->at);
}

/* ---- async_task_route("X"): X after everything else ---- */

struct async { struct load *ld; struct name_at *names; };

static struct expr *flag_of(struct load *ld, struct slice route, struct cfg_span at)
{
	struct token t = { .source = at.source, .at = at };

	guest_replace_token(ld, &t, 0, mem_printf(&ld->mem, "$var(async_%.*s)",
	    SLICE_ARG(route)));
	return expr_pv(ld, &t);
}

static struct stmt *set_flag(struct load *ld, struct stmt *s, struct slice route,
    struct value value)
{
	s->kind = STMT_ASSIGN;
	s->assign.to = flag_of(ld, route, s->at);
	s->assign.value = expr_value(ld, s->at, value);
	s->assign.is_add = false;
	return s;
}

static bool is_task(const struct stmt *s, struct slice *route)
{
	const struct expr *e = s->kind == STMT_CALL ? s->call : NULL;

	if (!e || e->kind != EXPR_CALL || !slice_eq(e->call.name, SLICE("async_task_route")) ||
	    !e->call.args || e->call.args->kind != EXPR_LITERAL ||
	    e->call.args->literal.value.type != VALUE_STRING)
		return false;
	*route = e->call.args->literal.value.s;
	return true;
}

static void find_task(struct walk *w, struct stmt *s)
{
	struct async *a = w->arg;
	struct name_at *n;
	struct slice route;

	if (!is_task(s, &route))
		return;
	guest_fix(a->ld, s->at, mem_printf(&a->ld->mem, "route(%.*s);", SLICE_ARG(route)).p);
	set_flag(a->ld, s, route, value_bool(true));
	for (n = a->names; n; n = n->next)
		if (slice_eq(n->name, route))
			return;
	n = MEM_NEW(&a->ld->mem, struct name_at);
	n->name = route;
	n->at = s->at;
	n->next = a->names;
	a->names = n;
}

/* defer { if ($var(async_X) != null) { $var(async_X) = null; route(X); } } */
static struct stmt *task_at_end(struct load *ld, const struct name_at *n, struct cfg_span at)
{
	struct stmt *defer = stmt_new(ld, STMT_DEFER, at, at);
	struct stmt *body = stmt_new(ld, STMT_BLOCK, at, at);
	struct stmt *test = stmt_new(ld, STMT_IF, at, at);
	struct stmt *then = stmt_new(ld, STMT_BLOCK, at, at);
	struct stmt *call = stmt_new(ld, STMT_CALL, n->at, n->at);

	call->call = expr_new(ld, EXPR_ROUTE, n->at);
	call->call->route.name = n->name;
	call->call->route.name_at = n->at;
	then->block = set_flag(ld, stmt_new(ld, STMT_ASSIGN, at, at), n->name, value_null());
	then->block->next = call;
	test->branch.cond = expr_binary(ld, OP_NE, at, flag_of(ld, n->name, at),
	    expr_value(ld, at, value_null()));
	test->branch.then = then;
	body->block = test;
	defer->defer.body = body;
	return defer;
}

static void place_tasks(struct load *ld)
{
	struct async a = { .ld = ld };
	struct walk w = { .stmt = find_task, .arg = &a };

	for (struct route_decl *r = ld->ast->routes.first; r; r = r->next)
		walk_stmts(&w, r->body);
	for (struct route_decl *r = ld->ast->routes.first; r; r = r->next)
		for (const struct name_at *n = r->kind == ROUTE_NAMED ? NULL : a.names; n;
		    n = n->next) {
			struct stmt *defer = task_at_end(ld, n, r->at);

			defer->next = r->body->block;
			r->body->block = defer;
		}
}

void guest_prepare(struct load *ld)
{
	struct walk w = { .expr = need, .arg = ld };

	place_tasks(ld);
	for (struct route_decl *r = ld->ast->routes.first; r; r = r->next)
		walk_stmts(&w, r->body);
	for (struct loaded_module *m = ld->names->first_module; m; m = m->next)
		for (const char *const *n = m->sym->needs; n && *n; n++)
			load_module(ld, *n, m->item->name_at);
}

/* ---- routes ---- */

static struct stmt *last_of(struct stmt *s)
{
	while (s && s->next)
		s = s->next;
	return s;
}

/* Routes give a number: of return, or of what was called last. */
void guest_routes(struct load *ld)
{
	for (struct route_decl *r = ld->ast->routes.first; r; r = r->next) {
		if (r->is_typed)
			continue;
		r->ret = type_of_base(VALUE_INT);
		r->gives_code = true;
		if (r->kind == ROUTE_NAMED && r->body->block &&
		    !stmt_never_ends(last_of(r->body->block)))
			diag_beside(load_note(ld, 320, r->name_at,
			    "route[%.*s] gives the result of its last function",
			    SLICE_ARG(r->name)), "natively it gives true");
	}
}
