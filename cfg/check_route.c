/*
 * cfg/check_route.c - routes: their names, who calls whom, and under what they run.
 */
#include "cfg/check.h"
#include "cfg/guest.h"
#include "cfg/prep.h"

/* ---- names ---- */

static void say_double(struct load *ld, const struct route_decl *r,
    const struct route_decl *other)
{
	struct diag_item *item = load_error(ld, 203, r->name_at, "%.*s is defined twice",
	    SLICE_ARG(route_text(ld, r)));

	diag_beside(item, "the first one:");
	diag_see(item, other->name_at);
}

static void check_event(struct load *ld, const struct route_decl *r)
{
	struct slice module = slice_first(r->name, slice_find(r->name, ':'));
	struct loaded_module *m = dict_get(&ld->names->events, r->name);
	struct candidates all = { .ld = ld };
	struct diag_item *item;

	if (m) {
		m->is_used = true;
		return;
	}
	if (ld->is_guest) {
		guest_event(ld, r);
		return;
	}
	if (module.len < r->name.len && !names_module(ld, module) &&
	    names_was_asked_for(ld, mem_cstr(&ld->mem, module)))
		return;			/* its module could not be opened: was said */
	item = load_error(ld, 205, r->name_at, "there is no event \"%.*s\"", SLICE_ARG(r->name));
	if (!names_module(ld, module) && module.len < r->name.len &&
	    !slice_eq(module, SLICE("core"))) {
		diag_beside(item, "module \"%.*s\" is not loaded", SLICE_ARG(module));
		return;
	}
	candidates_add_dict(&all, &ld->names->events);
	candidates_say(&all, r->name, item, r->name_at, "\"", "\"");
}

static void check_interval(struct load *ld, struct route_decl *r)
{
	const struct name_at *n = r->more;
	struct diag_item *item;

	if (n && n->is_duration && n->num > 0) {
		r->interval = n->num;
		return;
	}
	item = load_error(ld, 304, n ? n->at : r->name_at,
	    "a timer_route needs the interval at which it runs");
	diag_beside(item, "write timer_route[%.*s, 30s]",
	    SLICE_ARG(r->name.len ? r->name : SLICE("NAME")));
}

static bool needs_name(enum route_kind kind)
{
	return kind == ROUTE_FAILURE || kind == ROUTE_BRANCH || kind == ROUTE_EVENT ||
	    kind == ROUTE_TIMER;
}

static bool takes_name(enum route_kind kind)
{
	return needs_name(kind) || kind == ROUTE_NAMED || kind == ROUTE_REPLY;
}

static void check_form(struct load *ld, struct route_decl *r)
{
	const struct name_at *surplus = r->kind == ROUTE_TIMER && r->more ? r->more->next : r->more;

	if (needs_name(r->kind) && r->name.len == 0)
		load_error(ld, 201, r->at, "a %s needs a name: %s[NAME]",
		    route_kind_text(r->kind), route_kind_text(r->kind));
	else if (!takes_name(r->kind) && r->name.len)
		load_error(ld, 203, r->name_at, "there is one %s, it has no name",
		    route_kind_text(r->kind));
	else if (r->kind == ROUTE_TIMER)
		check_interval(ld, r);
	else if (r->kind == ROUTE_EVENT)
		check_event(ld, r);
	if (surplus && (r->kind != ROUTE_TIMER || r->more->is_duration))
		load_error(ld, 203, surplus->at, "a route has one name");
}

static void check_params(struct load *ld, struct route_decl *r)
{
	bool optional = false;

	if (r->param_count && r->kind != ROUTE_NAMED)
		load_error(ld, 305, r->at, "only route[NAME] has parameters");
	for (struct decl *d = r->params; d; d = d->next) {
		for (const struct decl *o = r->params; o != d; o = o->next)
			if (slice_eq(o->name, d->name))
				load_error(ld, 203, d->at, "parameter \"%.*s\" stands here twice",
				    SLICE_ARG(d->name));
		if (optional && !d->preset)
			load_error(ld, 305, d->at, "\"%.*s\" stands behind one that may be left "
			    "out", SLICE_ARG(d->name));
		if (!d->preset)
			continue;
		optional = true;
		if (check_constant(ld, d->preset, "a default")) {
			struct check c = { .ld = ld };

			check_want(&c, d->preset, d->type, 303, mem_printf(&ld->mem, "\"%.*s\"",
			    SLICE_ARG(d->name)).p);
		}
	}
}

static void declare(struct load *ld, struct route_decl *r)
{
	struct dict *d = &ld->names->routes[r->kind];
	const struct route_decl *other = dict_get(d, r->name);

	check_form(ld, r);
	check_params(ld, r);
	if (other)
		say_double(ld, r, other);
	else
		dict_put(d, r->name, r);
	r->is_used = r->kind != ROUTE_NAMED && r->kind != ROUTE_BRANCH &&
	    r->kind != ROUTE_FAILURE && (r->kind != ROUTE_REPLY || r->name.len == 0);
	r->is_used |= r->name.len == 0;
}

void check_routes(struct load *ld)
{
	unsigned id = 0;

	if (is_guest(ld))
		guest_routes(ld);
	for (struct route_decl *r = ld->ast->routes.first; r; r = r->next) {
		r->id = id++;
		declare(ld, r);
	}
	if (!dict_get(&ld->names->routes[ROUTE_REQUEST], SLICE("")) && !ld->syntax_errors)
		diag_beside(load_error(ld, 201, ld->ast->start, "there is no request_route"),
		    "it says what happens to a request");
}

/* ---- who calls whom ---- */

struct follower {
	struct load       *ld;
	struct route_decl *from;
	struct call_edge **last;
};

static void say_no_route(struct load *ld, const struct expr *e)
{
	struct candidates all = { .ld = ld };
	struct dict *routes = &ld->names->routes[ROUTE_NAMED];
	struct diag_item *item = load_error(ld, 201, e->route.name_at,
	    "route \"%.*s\" is not defined", SLICE_ARG(e->route.name));
	const struct route_decl *r;
	const char *near;

	candidates_add_dict(&all, routes);
	near = candidates_say(&all, e->route.name, item, e->route.name_at, "\"", "\"");
	r = near ? dict_get(routes, slice_str(near)) : NULL;
	if (r)
		diag_see(item, r->name_at);
}

/* A define of the route's name stands in its place, and that was said where the route begins: not
 * of a define that comes later. */
static bool is_shadowed(struct load *ld, const struct expr *e)
{
	struct slice written = guest_text_at(e->route.name_at);
	struct route_decl *r = dict_get(&ld->names->routes[ROUTE_NAMED], written);
	const struct macro *m = dict_get(&ld->macros, written);

	if (!r || !m || !m->is_in_the_way)
		return false;
	r->is_used = true;
	return true;
}

static void follow_call(struct walk *w, struct expr *e)
{
	struct follower *f = w->arg;
	struct call_edge *edge;
	struct route_decl *r;

	if (e->kind != EXPR_ROUTE)
		return;
	r = dict_get(&f->ld->names->routes[ROUTE_NAMED], e->route.name);
	if (!r) {
		if (!is_shadowed(f->ld, e))
			say_no_route(f->ld, e);
		return;
	}
	e->route.route = r;
	r->is_used = true;
	edge = MEM_NEW(&f->ld->mem, struct call_edge);
	edge->call = e;
	edge->to = r;
	*f->last = edge;
	f->last = &edge->next;
}

static void follow_all(struct load *ld)
{
	for (struct route_decl *r = ld->ast->routes.first; r; r = r->next) {
		struct follower f = { ld, r, &r->calls };
		struct walk w = { .expr = follow_call, .arg = &f };

		walk_stmts(&w, r->body);
	}
}

/* ---- circles ---- */

struct trail { const struct trail *outer; const struct route_decl *route; };

static struct slice circle_text(struct load *ld, const struct trail *t,
    const struct route_decl *to)
{
	struct slice text = mem_dup(&ld->mem, to->name);

	for (; t; t = t->outer) {
		text = mem_printf(&ld->mem, "%.*s -> %.*s", SLICE_ARG(t->route->name),
		    SLICE_ARG(text));
		if (t->route == to)
			break;
	}
	return text;
}

/* The call that closes the circle is cut, so that later passes come to an end. */
static void find_circles(struct load *ld, struct route_decl *r, const struct trail *outer)
{
	struct trail here = { outer, r };

	r->visit = ROUTE_OPEN;
	for (struct call_edge **e = &r->calls; *e; ) {
		struct route_decl *to = (*e)->to;

		if (to->visit == ROUTE_OPEN) {
			struct diag_item *item = load_error(ld, 505, (*e)->call->at,
			    "routes call each other in a circle");

			diag_beside(item, "%.*s", SLICE_ARG(circle_text(ld, &here, to)));
			(*e)->call->route.route = NULL;
			*e = (*e)->next;
			continue;
		}
		if (to->visit == ROUTE_NEW)
			find_circles(ld, to, &here);
		e = &(*e)->next;
	}
	r->visit = ROUTE_DONE;
}

/* ---- contexts ---- */

static void spread(struct route_decl *r, enum route_kind kind)
{
	for (struct call_edge *e = r->calls; e; e = e->next) {
		if (e->to->contexts & 1u << kind)
			continue;
		e->to->contexts |= 1u << kind;
		e->to->via[kind] = (struct route_via){ r, e->call->at };
		spread(e->to, kind);
	}
}

void check_graph(struct load *ld)
{
	follow_all(ld);
	for (struct route_decl *r = ld->ast->routes.first; r; r = r->next)
		if (r->visit == ROUTE_NEW)
			find_circles(ld, r, NULL);
	for (struct route_decl *r = ld->ast->routes.first; r; r = r->next) {
		if (r->kind == ROUTE_NAMED)
			continue;
		r->contexts = 1u << r->kind;
		spread(r, r->kind);
	}
}

/* ---- bodies ---- */

static void check_one(struct load *ld, struct route_decl *r)
{
	struct check c = { .ld = ld, .route = r, .contexts = r->contexts };

	scope_open(&c);
	for (struct decl *d = r->params; d; d = d->next) {
		if (!scope_find(&c, d->name))
			scope_add(&c, d);
		else
			d->slot = c.slots++;	/* twice: was said */
	}
	check_body(&c, r->body);
	r->slots = c.slots;
	if (r->is_typed && !stmts_never_end(r->body))
		diag_beside(load_error(ld, 320, r->name_at, "route[%.*s] can end without a value",
		    SLICE_ARG(r->name)), "it says that it returns %s", type_text(r->ret));
}

void check_bodies(struct load *ld)
{
	for (struct route_decl *r = ld->ast->routes.first; r; r = r->next)
		check_one(ld, r);
}

/* ---- what nobody uses ---- */

static bool module_is_needed(struct load *ld, const struct loaded_module *m)
{
	for (const struct loaded_module *o = ld->names->first_module; o; o = o->next)
		for (const char *const *n = o->sym->needs; n && *n; n++)
			if (names_module(ld, slice_str(*n)) == m)
				return true;
	return false;
}

static bool is_for_nothing(struct load *ld, const struct loaded_module *m)
{
	const struct sym_module *s = m->sym;

	return !m->is_used && !s->is_passive && !ld->is_guest &&
	    s->func_count + s->var_count + s->event_count > 0 && !module_is_needed(ld, m);
}

/* Who brings a long list of modules along reads one message, not one for each. */
static void check_module_use(struct load *ld)
{
	const struct loaded_module *first = NULL;
	struct slice others = SLICE("");

	for (const struct loaded_module *m = ld->names->first_module; m; m = m->next) {
		if (!is_for_nothing(ld, m))
			continue;
		if (!first)
			first = m;
		else
			others = mem_printf(&ld->mem, "%.*s, \"%s\"", SLICE_ARG(others), m->sym->name);
	}
	if (!first)
		return;
	diag_beside(load_warning(ld, 411, first->item->name_at, others.len ?
	    "modules \"%s\"%.*s are loaded, and nothing of them is used" :
	    "module \"%s\"%.*s is loaded, and nothing of it is used", first->sym->name,
	    SLICE_ARG(others)), "no function, no variable and no event");
}

/* What arms a route may be of a module that could not be opened. */
static bool seems_unused(const struct load *ld, const struct route_decl *r)
{
	return !r->is_used && (r->kind == ROUTE_NAMED || !ld->names->is_incomplete);
}

void check_unused(struct load *ld)
{
	for (const struct route_decl *r = ld->ast->routes.first; r; r = r->next)
		if (seems_unused(ld, r))
			load_warning(ld, 202, r->name_at, "%.*s is never %s",
			    SLICE_ARG(route_text(ld, r)),
			    r->kind == ROUTE_NAMED ? "called" : "armed");
	check_module_use(ld);
}
