/*
 * cfg/flow.c - what can have happened on the ways to a place: was the request
 * answered, was it relayed, which method can it be, which $var(x) are set.
 *
 * Each route is looked at twice: first alone, from the inner ones out, for what it
 * does to whoever calls it; then from its callers in, with what they bring along.
 */
#include "cfg/flow.h"

static void run_stmts(struct flow *f, struct flow_state *s, const struct stmt *first);

/* ---- statements ---- */

static void run_if(struct flow *f, struct flow_state *s, const struct stmt *st)
{
	struct flow_state yes, no;

	flow_branch(f, s, st->branch.cond, &yes, &no);
	run_stmts(f, &yes, st->branch.then);
	run_stmts(f, &no, st->branch.other);
	flow_join(f, &yes, &no);
	*s = yes;
}

static void open_place(struct flow *f, struct flow_place *p, bool is_loop)
{
	p->breaks = flow_nowhere(f);
	p->continues = flow_nowhere(f);
	p->outer = f->place;
	p->is_loop = is_loop;
	f->place = p;
}

static void assign_to(struct flow *f, struct flow_state *s, const struct expr *to)
{
	if (to->kind != EXPR_PV)
		return;
	if (to->pv->what == PV_VAR)
		flow_set_var(s, to->pv->slot);
	else if (to->pv->arg)
		flow_eval(f, s, to->pv->arg);
}

static void run_each(struct flow *f, struct flow_state *s, const struct stmt *st)
{
	struct flow_place p;
	struct flow_state body;

	flow_eval(f, s, st->each.in);
	body = flow_copy(f, s);
	if (st->each.pv)
		assign_to(f, &body, st->each.pv);
	open_place(f, &p, true);
	run_stmts(f, &body, st->each.body);
	f->place = p.outer;
	flow_join(f, s, &body);
	flow_join(f, s, &p.breaks);
	flow_join(f, s, &p.continues);
}

static void run_loop(struct flow *f, struct flow_state *s, const struct stmt *st)
{
	struct flow_place p;
	struct flow_state body;

	flow_eval(f, s, st->loop.cond);
	body = flow_copy(f, s);
	open_place(f, &p, true);
	run_stmts(f, &body, st->loop.body);
	f->place = p.outer;
	flow_join(f, s, &body);
	flow_join(f, s, &p.breaks);
}

static void run_switch(struct flow *f, struct flow_state *s, const struct stmt *st)
{
	bool by_method = flow_is_method(st->cases.value), has_default = false;
	bool by_status = flow_is_status(st->cases.value);
	struct flow_state end = flow_nowhere(f), rest;
	struct flow_place p;

	flow_eval(f, s, st->cases.value);
	rest = flow_copy(f, s);
	open_place(f, &p, false);
	for (const struct switch_case *k = st->cases.cases; k; k = k->next) {
		struct flow_state in;
		unsigned set = 0;

		if (k->value)
			flow_eval(f, s, k->value);
		if (k->value && k->value->konst && by_method)
			set = flow_methods_of(k->value->konst);
		has_default |= !k->value && !k->pattern;
		in = flow_copy(f, !k->value && !k->pattern ? &rest : s);
		if (set) {
			flow_only(&in, set);
			flow_only(&rest, (unsigned)M_ALL & ~(set & ~(unsigned)M_OTHER));
		}
		if (k->value && k->value->konst && by_status)
			in.responses &= flow_classes_of(k->value->konst);
		flow_join(f, &in, &end);	/* from the case above, if it runs on */
		run_stmts(f, &in, k->body);
		end = in;
	}
	f->place = p.outer;
	flow_join(f, &end, &p.breaks);
	if (!has_default)
		flow_join(f, &end, &rest);
	if (f->place)
		flow_join(f, &f->place->continues, &p.continues);
	*s = end;
}

static void run_within(struct flow *f, struct flow_state *s, const struct stmt *st)
{
	struct flow_state late = flow_copy(f, s);

	run_stmts(f, s, st->within.body);
	late.relayed |= s->relayed;
	run_stmts(f, &late, st->within.other);
	flow_join(f, s, &late);
}

static void run_break(struct flow *f, struct flow_state *s, const struct stmt *st)
{
	if (f->place)
		flow_join(f, st->kind == STMT_BREAK ? &f->place->breaks : &f->place->continues, s);
	flow_stop(f, s);
}

static void run_exit(struct flow *f, struct flow_state *s, const struct stmt *st)
{
	if (st->kind == STMT_DROP)
		flow_say_lost(f, s, st->word_at);
	if (st->kind == STMT_EXIT || (st->kind == STMT_RETURN && f->route->kind == ROUTE_REQUEST))
		flow_say_silence(f, s, st->word_at);
	if (st->kind == STMT_RETURN) {
		if (st->value)
			flow_eval(f, s, st->value);
		flow_join(f, &f->returns, s);
	}
	flow_stop(f, s);
}

static void run_defer(struct flow *f, const struct flow_state *s, const struct stmt *st)
{
	struct flow_state body = flow_copy(f, s);
	struct flow_place *outer = f->place;

	f->place = NULL;
	run_stmts(f, &body, st->defer.body);
	f->place = outer;
}

static bool is_log(const struct sym_func *func)
{
	static const char *const names[] = { "xlog", "xlogl", "xlogm", "xdbg", "xinfo",
		"xnotice", "xwarn", "xerr", "xcrit", "xalert", "xbug", "log" };

	if (func->flags & FUNC_LOGS)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(func->name, names[i]) == 0)
			return true;
	return false;
}

static bool is_log_stmt(const struct stmt *st)
{
	return st->kind == STMT_CALL && st->call->kind == EXPR_CALL && st->call->call.func &&
	    is_log(st->call->call.func);
}

static void run_stmt(struct flow *f, struct flow_state *s, const struct stmt *st)
{
	switch (st->kind) {
	case STMT_BLOCK:   run_stmts(f, s, st->block); break;
	case STMT_IF:      run_if(f, s, st); break;
	case STMT_WHILE:   run_loop(f, s, st); break;
	case STMT_FOREACH: run_each(f, s, st); break;
	case STMT_SWITCH:  run_switch(f, s, st); break;
	case STMT_WITHIN:  run_within(f, s, st); break;
	case STMT_DEFER:   run_defer(f, s, st); break;
	case STMT_VAR:     flow_eval(f, s, st->var.value); break;
	case STMT_ASSIGN:
		flow_eval(f, s, st->assign.value);
		assign_to(f, s, st->assign.to);
		break;
	case STMT_CALL:    flow_eval(f, s, st->call); break;
	case STMT_EXIT:
	case STMT_RETURN:
	case STMT_DROP:    run_exit(f, s, st); break;
	case STMT_BREAK:
	case STMT_CONTINUE: run_break(f, s, st); break;
	case STMT_FALLTHROUGH:
	case STMT_EMPTY:   break;
	}
	if (st->kind != STMT_BLOCK && st->kind != STMT_IF)
		s->logged = is_log_stmt(st);
}

static void run_stmts(struct flow *f, struct flow_state *s, const struct stmt *first)
{
	for (; first; first = first->next)
		run_stmt(f, s, first);
}

/* ---- routes ---- */

static void run_route(struct flow *f, const struct route_decl *r, struct flow_state *s)
{
	f->route = r;
	f->place = NULL;
	f->null_is_asked = false;
	f->returns = flow_nowhere(f);
	run_stmts(f, s, r->body);
	if (r->kind == ROUTE_REQUEST)
		flow_say_silence(f, s, r->name_at);
	flow_join(f, s, &f->returns);
}

static struct flow_state begin(struct flow *f, bool all_set)
{
	struct flow_state s = flow_nowhere(f);

	s.methods = M_ALL;
	s.to_tag = false;
	if (!all_set)
		s.called = 0;
	if (!all_set)
		memset(s.set, 0, f->words * sizeof(*s.set));
	return s;
}

static void sum(struct flow *f, struct route_decl *r)
{
	struct flow_state s = begin(f, false);

	s.open = M_ALL;
	s.responses = R_ALL;
	run_route(f, r, &s);
	r->flow->exit = s;
}

static void report(struct flow *f, struct route_decl *r)
{
	struct flow_state s;

	if (r->flow->has_entry) {
		s = flow_copy(f, &r->flow->entry);
	} else {
		/* A route that nobody calls is not blamed for what its callers did not do. */
		s = begin(f, r->kind == ROUTE_NAMED);
		s.open = r->kind == ROUTE_REQUEST ? M_ALL : 0;
		s.responses = r->kind == ROUTE_REPLY ? R_ALL : 0;
		if (r->kind != ROUTE_REQUEST)
			s.called = ~0u;		/* the request has gone out once */
	}
	s.logged = false;
	run_route(f, r, &s);
}

/* Callers come before those they call. */
static void order(struct route_decl *r, struct route_decl **list, unsigned *n)
{
	if (r->visit == ROUTE_ORDERED)
		return;
	r->visit = ROUTE_ORDERED;
	for (const struct call_edge *e = r->calls; e; e = e->next)
		order(e->to, list, n);
	list[--*n] = r;
}

void check_flow(struct load *ld)
{
	struct flow f = { .ld = ld, .words = ld->names->slot_count / 64 + 1 };
	unsigned count = ld->ast->routes.count, n = count;
	struct route_decl **list = MEM_ARRAY(&ld->mem, struct route_decl *, count + 1);

	for (struct route_decl *r = ld->ast->routes.first; r; r = r->next)
		r->flow = MEM_NEW(&ld->mem, struct flow_sum);
	for (struct route_decl *r = ld->ast->routes.first; r; r = r->next)
		order(r, list, &n);
	for (unsigned i = count; i > 0; i--)
		sum(&f, list[i - 1]);
	f.reports = true;
	for (unsigned i = 0; i < count; i++)
		report(&f, list[i]);
}
