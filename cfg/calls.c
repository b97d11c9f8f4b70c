/*
 * cfg/calls.c - see calls.h.
 */
#include "cfg/calls.h"

#include "cfg/check.h"

/* ---- walking what a route does ---- */

typedef void edge_fn(void *arg, const struct route_decl *to, struct cfg_span at,
    const char *armed_by);

struct edges {
	const struct ast *ast;
	edge_fn          *found;
	void             *arg;
};

static const struct route_decl *armed_route(const struct ast *ast, const struct expr *call)
{
	const struct sym_func *f = call->call.func;
	const struct expr *name = call->call.argc ? call->call.argv[0] : NULL;

	if (!f || !(f->flags & FUNC_ARMS) || !name || !name->konst ||
	    name->konst->type != VALUE_STRING)
		return NULL;
	for (const struct route_decl *r = ast->routes.first; r; r = r->next)
		if (r->kind == f->arms_kind && slice_eq(r->name, name->konst->s))
			return r;
	return NULL;
}

static void visit_expr(struct walk *w, struct expr *e)
{
	const struct edges *x = w->arg;
	const struct route_decl *armed;

	if (e->kind == EXPR_ROUTE && e->route.route)
		x->found(x->arg, e->route.route, e->at, NULL);
	if (e->kind != EXPR_CALL)
		return;
	armed = armed_route(x->ast, e);
	if (armed)
		x->found(x->arg, armed, e->at, e->call.func->name);
}

static void each_edge(const struct cfg *cfg, const struct route_decl *r, edge_fn *found, void *arg)
{
	struct edges x = { cfg->ast, found, arg };
	struct walk w = { .expr = visit_expr, .arg = &x };

	walk_stmts(&w, r->body);
}

static void put_route(struct buf *out, const struct route_decl *r)
{
	buf_put(out, slice_str(route_kind_text(r->kind)));
	if (r->name.len)
		buf_printf(out, "[%.*s]", SLICE_ARG(r->name));
}

/* ---- as text ---- */

struct tree {
	const struct cfg        *cfg;
	struct buf              *out;
	const struct tree       *outer;
	const struct route_decl *route;
	unsigned                 depth;
};

/* A failure route may arm itself again: its branch of the tree ends there. */
static bool is_open(const struct tree *t, const struct route_decl *r)
{
	for (; t; t = t->outer)
		if (t->route == r)
			return true;
	return false;
}

static void put_place(struct buf *out, struct cfg_span at)
{
	if (at.source)
		buf_printf(out, "   %s:%u", at.source->name, at.line);
}

static void put_branch(void *arg, const struct route_decl *to, struct cfg_span at,
    const char *armed_by)
{
	const struct tree *t = arg;
	struct tree below = { t->cfg, t->out, t, to, t->depth + 1 };

	for (unsigned i = 0; i < below.depth; i++)
		buf_put(t->out, SLICE("    "));
	if (armed_by)
		buf_printf(t->out, "%s: ", armed_by);
	put_route(t->out, to);
	put_place(t->out, at);
	if (is_open(t, to)) {
		buf_put(t->out, SLICE("   (as above)\n"));
		return;
	}
	buf_put(t->out, SLICE("\n"));
	each_edge(t->cfg, to, put_branch, &below);
}

struct target { const struct route_decl *route; bool is_reached; };

static void note_target(void *arg, const struct route_decl *to, struct cfg_span at,
    const char *armed_by)
{
	struct target *t = arg;

	(void)at;
	(void)armed_by;
	t->is_reached |= to == t->route;
}

static bool is_called(const struct cfg *cfg, const struct route_decl *r)
{
	struct target t = { r, false };

	for (const struct route_decl *o = cfg->ast->routes.first; o; o = o->next)
		if (o != r)
			each_edge(cfg, o, note_target, &t);
	return t.is_reached;
}

void calls_text(const struct cfg *cfg, struct buf *out)
{
	for (const struct route_decl *r = cfg->ast->routes.first; r; r = r->next) {
		struct tree top = { cfg, out, NULL, r, 0 };

		if (is_called(cfg, r))
			continue;
		put_route(out, r);
		put_place(out, r->at);
		buf_put(out, SLICE("\n"));
		each_edge(cfg, r, put_branch, &top);
	}
}

/* ---- for Graphviz ---- */

struct dot { struct buf *out; const struct route_decl *from; };

static void put_arrow(void *arg, const struct route_decl *to, struct cfg_span at,
    const char *armed_by)
{
	const struct dot *d = arg;

	(void)at;
	buf_put(d->out, SLICE("    \""));
	put_route(d->out, d->from);
	buf_put(d->out, SLICE("\" -> \""));
	put_route(d->out, to);
	if (armed_by)
		buf_printf(d->out, "\" [style=dashed, label=\"%s\"];\n", armed_by);
	else
		buf_put(d->out, SLICE("\";\n"));
}

void calls_dot(const struct cfg *cfg, struct buf *out)
{
	buf_put(out, SLICE("digraph routes {\n    node [shape=box];\n"));
	for (const struct route_decl *r = cfg->ast->routes.first; r; r = r->next) {
		struct dot d = { out, r };

		buf_put(out, SLICE("    \""));
		put_route(out, r);
		buf_put(out, SLICE("\";\n"));
		each_edge(cfg, r, put_arrow, &d);
	}
	buf_put(out, SLICE("}\n"));
}

/* ---- what a module is loaded for ---- */

#define USES_MAX 64u

struct uses {
	const struct sym_module *module;
	const char              *names[USES_MAX];
	unsigned                 count, more;
	bool                     is_var[USES_MAX];
};

static void add_use(struct uses *u, const char *name, bool is_var)
{
	for (unsigned i = 0; i < u->count; i++)
		if (u->is_var[i] == is_var && strcmp(u->names[i], name) == 0)
			return;
	if (u->count == USES_MAX) {
		u->more++;
		return;
	}
	u->is_var[u->count] = is_var;
	u->names[u->count++] = name;
}

static bool belongs(const struct uses *u, const char *module)
{
	return module && strcmp(module, u->module->name) == 0;
}

static void visit_use(struct walk *w, struct expr *e)
{
	struct uses *u = w->arg;

	if (e->kind == EXPR_CALL && e->call.func && belongs(u, e->call.func->module))
		add_use(u, e->call.func->name, false);
	if (e->kind == EXPR_PV && e->pv->sym && belongs(u, e->pv->sym->module))
		add_use(u, e->pv->sym->name, true);
	/* A text that is a format has been taken apart beside the tree. */
	for (unsigned i = 0; e->kind == EXPR_CALL && i < e->call.argc; i++)
		if (e->call.argv[i] && e->call.argv[i]->kind == EXPR_TEXT)
			walk_expr(w, e->call.argv[i]);
}

static void put_uses(struct buf *out, const struct uses *u)
{
	for (unsigned i = 0; i < u->count; i++)
		buf_printf(out, "%s%s%s%s", i ? ", " : "    used: ", u->is_var[i] ? "$" : "",
		    u->names[i], u->is_var[i] ? "" : "()");
	if (u->more)
		buf_printf(out, " and %u more", u->more);
	if (u->count)
		buf_put(out, SLICE("\n"));
}

static void put_events(const struct cfg *cfg, const struct sym_module *m, struct buf *out)
{
	for (unsigned i = 0; i < m->event_count; i++)
		for (const struct route_decl *r = cfg->ast->routes.first; r; r = r->next)
			if (r->kind == ROUTE_EVENT && slice_eq(r->name, slice_str(m->events[i].name)))
				buf_printf(out, "    event_route[%s]\n", m->events[i].name);
}

static void put_needed(const struct cfg *cfg, const struct sym_module *m, struct buf *out)
{
	for (unsigned i = 0; i < cfg->module_count; i++)
		for (const char *const *n = cfg->modules[i].sym->needs; n && *n; n++)
			if (strcmp(*n, m->name) == 0)
				buf_printf(out, "    needed by %s\n", cfg->modules[i].sym->name);
}

static void put_params(const struct cfg_module *m, struct buf *out)
{
	unsigned set = 0;

	for (unsigned i = 0; i < m->param_count; i++)
		if (!m->params[i].is_preset)
			buf_printf(out, "%s%s", set++ ? ", " : "    set: ", m->params[i].decl->name);
	if (set)
		buf_put(out, SLICE("\n"));
}

void modules_text(const struct cfg *cfg, struct buf *out)
{
	for (unsigned i = 0; i < cfg->module_count; i++) {
		const struct cfg_module *m = &cfg->modules[i];
		struct uses u = { .module = m->sym };
		struct walk w = { .expr = visit_use, .arg = &u };

		for (const struct route_decl *r = cfg->ast->routes.first; r; r = r->next)
			walk_stmts(&w, r->body);
		buf_put(out, slice_str(m->sym->name));
		if (m->prefix)
			buf_printf(out, " as %s", m->prefix);
		put_place(out, m->at);
		buf_put(out, SLICE("\n"));
		put_needed(cfg, m->sym, out);
		put_uses(out, &u);
		put_events(cfg, m->sym, out);
		put_params(m, out);
		if (m->sym->is_passive && u.count == 0)
			buf_put(out, SLICE("    works by being loaded\n"));
	}
}
