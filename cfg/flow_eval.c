/*
 * cfg/flow_eval.c - expressions and calls, in the order in which they run.
 */
#include "cfg/flow.h"

/* ---- calls ---- */

static void call_func(struct flow *f, struct flow_state *s, const struct expr *e)
{
	const struct sym_func *func = e->call.func;

	if (flow_may_say(f, s)) {
		if (func->flags & FUNC_REPLIES)
			flow_say_reply(f, s, e);
		else if (func->flags & FUNC_RELAYS)
			flow_say_relay(f, s, e);
		else if (strcmp(func->name, "record_route") == 0)
			flow_say_record(f, s, e);
		if (func->flags & FUNC_RELAYS)
			flow_say_uncalled(f, s, e, RULE_BEFORE_RELAY);
		if (func->flags & FUNC_REPLIES)
			flow_say_uncalled(f, s, e, RULE_BEFORE_REPLY);
	}
	flow_note_called(f, s, slice_str(func->name));
	if (func->flags & FUNC_RELAYS)
		s->relayed = true;
	if (func->flags & (FUNC_ENDS | FUNC_REPLIES | FUNC_RELAYS))
		s->open = 0;
}

static void enter(struct flow *f, const struct flow_state *s, const struct route_decl *r)
{
	struct flow_sum *sum = r->flow;

	if (!f->reports)
		return;
	if (!sum->has_entry)
		sum->entry = flow_nowhere(f);
	sum->has_entry = true;
	flow_join(f, &sum->entry, s);
}

static void call_route(struct flow *f, struct flow_state *s, const struct expr *e)
{
	const struct flow_sum *sum;

	for (unsigned i = 0; i < e->route.argc; i++)
		if (e->route.argv[i])
			flow_eval(f, s, e->route.argv[i]);
	if (!e->route.route) {
		s->open = 0;
		memset(s->set, 0xff, f->words * sizeof(*s->set));
		return;
	}
	sum = e->route.route->flow;
	enter(f, s, e->route.route);
	flow_only(s, sum->exit.methods);
	if (s->methods == 0) {
		flow_stop(f, s);
		return;
	}
	s->open &= sum->exit.open;
	s->responses &= sum->exit.responses;
	s->relayed |= sum->exit.relayed;
	s->called |= sum->exit.called;
	for (unsigned i = 0; i < f->words; i++)
		s->set[i] |= sum->exit.set[i];
}

static void call(struct flow *f, struct flow_state *s, const struct expr *e)
{
	const struct builtin *b = e->call.builtin;

	for (unsigned i = 0; i < e->call.argc; i++) {
		struct expr *a = e->call.argv[i];

		if (i == 0 && b && (b->flags & BUILTIN_VARIABLE)) {
			if (a->pv->arg)
				flow_eval(f, s, a->pv->arg);
			if (a->pv->what == PV_VAR)
				flow_set_var(s, a->pv->slot);
		} else if (a) {
			flow_eval(f, s, a);
		}
	}
	if (e->call.func)
		call_func(f, s, e);
	else if (!b)
		s->open = 0;		/* what it would do nobody knows: its error was said */
}

/* ---- expressions, in the order in which they run ---- */

static bool is_null(const struct expr *e)
{
	return e->konst && e->konst->type == VALUE_NULL;
}

static void eval_binary(struct flow *f, struct flow_state *s, const struct expr *e)
{
	bool outer = f->null_is_asked;
	struct flow_state yes, no;

	switch (e->op.op) {
	case OP_AND:
	case OP_OR:
		flow_branch(f, s, e, &yes, &no);
		flow_join(f, &yes, &no);
		*s = yes;
		return;
	case OP_COALESCE:
		f->null_is_asked = true;
		flow_eval(f, s, e->op.a);
		f->null_is_asked = outer;
		no = flow_copy(f, s);
		flow_eval(f, &no, e->op.b);
		flow_join(f, s, &no);
		return;
	case OP_EQ:
	case OP_NE:
		f->null_is_asked = is_null(e->op.a) || is_null(e->op.b);
		break;
	default:
		break;
	}
	flow_eval(f, s, e->op.a);
	flow_eval(f, s, e->op.b);
	f->null_is_asked = outer;
}

static void eval_pv(struct flow *f, struct flow_state *s, const struct expr *e)
{
	if (e->pv->what == PV_VAR) {
		flow_say_unset(f, s, e);
		return;
	}
	if (e->pv->arg)
		flow_eval(f, s, e->pv->arg);
	if (e->pv->index)
		flow_eval(f, s, e->pv->index);
}

static void eval_list(struct flow *f, struct flow_state *s, const struct expr *first)
{
	for (; first; first = first->next)
		flow_eval(f, s, first);
}

void flow_eval(struct flow *f, struct flow_state *s, const struct expr *e)
{
	switch (e->kind) {
	case EXPR_TEXT:   eval_list(f, s, e->text.pieces); break;
	case EXPR_PV:     eval_pv(f, s, e); break;
	case EXPR_FIELD:
	case EXPR_TRANS:
		flow_eval(f, s, e->field.of);
		eval_list(f, s, e->field.args);
		break;
	case EXPR_INDEX:
		flow_eval(f, s, e->index.of);
		flow_eval(f, s, e->index.index);
		break;
	case EXPR_CALL:   call(f, s, e); break;
	case EXPR_ROUTE:  call_route(f, s, e); break;
	case EXPR_UNARY:  flow_eval(f, s, e->op.a); break;
	case EXPR_BINARY: eval_binary(f, s, e); break;
	case EXPR_LIST:   eval_list(f, s, e->list.items); break;
	case EXPR_LITERAL:
	case EXPR_NAME:
	case EXPR_BAD:    break;
	}
}

void flow_branch(struct flow *f, struct flow_state *s, const struct expr *e,
    struct flow_state *yes, struct flow_state *no)
{
	struct flow_state t, n, before;

	if (e->kind == EXPR_UNARY && e->op.op == OP_NOT) {
		flow_branch(f, s, e->op.a, no, yes);
	} else if (e->kind == EXPR_BINARY && e->op.op == OP_AND) {
		flow_branch(f, s, e->op.a, &t, no);
		flow_branch(f, &t, e->op.b, yes, &n);
		flow_join(f, no, &n);
	} else if (e->kind == EXPR_BINARY && e->op.op == OP_OR) {
		flow_branch(f, s, e->op.a, yes, &n);
		flow_branch(f, &n, e->op.b, &t, no);
		flow_join(f, yes, &t);
	} else {
		before = *s;
		flow_eval(f, s, e);
		*yes = flow_copy(f, s);
		*no = flow_copy(f, s);
		flow_learn(e, yes, no, &before);
		if (e->konst && e->konst->type == VALUE_BOOL)
			flow_stop(f, e->konst->b ? no : yes);
	}
}
