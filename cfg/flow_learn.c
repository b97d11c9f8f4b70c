/*
 * cfg/flow_learn.c - conditions that tell something: of the method, the status, a To tag.
 */
#include "cfg/flow.h"

/* ---- methods ---- */

static unsigned method_bit(struct slice name)
{
	static const struct { const char *name; unsigned bit; } methods[] = {
		{ "ACK", M_ACK }, { "CANCEL", M_CANCEL }, { "INVITE", M_INVITE },
		{ "MESSAGE", M_MESSAGE },
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (slice_eq(name, slice_str(methods[i].name)))
			return methods[i].bit;
	return M_OTHER;
}

unsigned flow_methods(struct slice list)
{
	unsigned set = 0;

	while (list.len > 0)
		set |= method_bit(slice_trim(slice_split(&list, '|')));
	return set;
}

bool flow_is_method(const struct expr *e)
{
	return e->kind == EXPR_PV && slice_eq(e->pv->name, SLICE("rm"));
}

unsigned flow_methods_of(const struct value *v)
{
	unsigned set = 0;

	if (v->type == VALUE_STRING)
		return method_bit(v->s);
	for (size_t i = 0; v->type == VALUE_LIST && i < v->list->count; i++)
		if (v->list->items[i].type == VALUE_STRING)
			set |= method_bit(v->list->items[i].s);
	return set;
}

/* The methods for which a condition holds; 0 if it is not about methods. */
static unsigned asked_methods(const struct expr *e)
{
	const struct expr *arg = NULL;

	if (e->kind == EXPR_CALL && e->call.func && e->call.argc == 1 &&
	    (e->call.func->flags & FUNC_ASKS_METHOD)) {
		arg = e->call.argv[0];
		return arg->konst && arg->konst->type == VALUE_STRING ?
		    flow_methods(arg->konst->s) : 0;
	}
	if (e->kind != EXPR_BINARY || !flow_is_method(e->op.a) || !e->op.b->konst)
		return 0;
	if (e->op.op == OP_EQ || e->op.op == OP_NE || e->op.op == OP_IN)
		return flow_methods_of(e->op.b->konst);
	return 0;
}

/* ---- the status of a response ---- */

/* Elsewhere $rs may be null, so it is mostly written with a default behind it. */
bool flow_is_status(const struct expr *e)
{
	if (e->kind == EXPR_BINARY && e->op.op == OP_COALESCE)
		e = e->op.a;
	return e->kind == EXPR_PV && (slice_eq(e->pv->name, SLICE("rs")) ||
	    slice_eq(e->pv->name, SLICE("T_reply_code")));
}

static unsigned class_of(int64_t status) { return status < 200 ? R_PROVISIONAL : R_FINAL; }

unsigned flow_classes_of(const struct value *v)
{
	unsigned set = 0;

	if (v->type == VALUE_INT)
		return class_of(v->i);
	for (size_t i = 0; v->type == VALUE_LIST && i < v->list->count; i++)
		set |= v->list->items[i].type == VALUE_INT ? class_of(v->list->items[i].i) : R_ALL;
	return set;
}

/* "1[0-9][0-9]|480": what the alternatives begin with. */
static unsigned classes_of_pattern(struct slice pattern)
{
	unsigned set = 0;

	while (pattern.len > 0) {
		struct slice one = slice_split(&pattern, '|');

		while (one.len && (one.p[0] == '^' || one.p[0] == '('))
			one = slice_skip(one, 1);
		set |= !one.len || !is_digit(one.p[0]) ? R_ALL : class_of((one.p[0] - '0') * 100);
	}
	return set;
}

struct outcome { unsigned yes, no; };	/* responses for which it may be so, and may not */

static struct outcome compared(enum expr_op op, int64_t n)
{
	static const struct { int64_t first, last; unsigned class; } classes[] = {
		{ 100, 199, R_PROVISIONAL }, { 200, 699, R_FINAL },
	};
	struct outcome o = { 0, 0 };

	for (size_t i = 0; i < 2; i++) {
		int64_t first = classes[i].first, last = classes[i].last;
		bool has = first <= n && n <= last;
		bool yes = op == OP_LT ? first < n : op == OP_LE ? first <= n :
		    op == OP_GT ? last > n : op == OP_GE ? last >= n : op == OP_EQ ? has : true;
		bool no = op == OP_LT ? last >= n : op == OP_LE ? last > n :
		    op == OP_GT ? first <= n : op == OP_GE ? first < n : op == OP_NE ? has : true;

		o.yes |= yes ? classes[i].class : 0;
		o.no |= no ? classes[i].class : 0;
	}
	return o;
}

static struct outcome asked_responses(const struct expr *e)
{
	const struct outcome nothing = { R_ALL, R_ALL };
	const struct expr *arg;

	if (e->kind == EXPR_CALL && e->call.func && e->call.argc == 1 &&
	    strcmp(e->call.func->name, "t_check_status") == 0) {
		arg = e->call.argv[0];
		return arg && arg->konst && arg->konst->type == VALUE_STRING ?
		    (struct outcome){ classes_of_pattern(arg->konst->s), R_ALL } : nothing;
	}
	if (e->kind != EXPR_BINARY || !flow_is_status(e->op.a) || !e->op.b->konst)
		return nothing;
	if (e->op.op == OP_IN)
		return (struct outcome){ flow_classes_of(e->op.b->konst), R_ALL };
	return e->op.b->konst->type == VALUE_INT ? compared(e->op.op, e->op.b->konst->i) : nothing;
}

static void learn_status(const struct expr *e, struct flow_state *yes, struct flow_state *no)
{
	struct outcome o = asked_responses(e);

	yes->responses &= o.yes;
	no->responses &= o.no;
}

static void learn_methods(const struct expr *e, struct flow_state *yes, struct flow_state *no)
{
	unsigned set = asked_methods(e);
	bool is_not = e->kind == EXPR_BINARY && e->op.op == OP_NE;

	if (!set)
		return;
	flow_only(is_not ? no : yes, set);
	/* "Not INVITE" leaves other methods: only single ones are excluded. */
	flow_only(is_not ? yes : no, (unsigned)M_ALL & ~(set & ~(unsigned)M_OTHER));
}

void flow_learn(const struct expr *e, struct flow_state *yes, struct flow_state *no,
    const struct flow_state *before)
{
	learn_methods(e, yes, no);
	learn_status(e, yes, no);
	if (e->kind != EXPR_CALL || !e->call.func)
		return;
	if (strcmp(e->call.func->name, "has_totag") == 0)
		yes->to_tag = true;
	/* It was not sent: to answer now, or to try again, is right. */
	if (e->call.func->flags & FUNC_RELAYS)
		no->relayed = before->relayed;
	if (e->call.func->flags & FUNC_NO_ENDS)
		no->open = 0;
	if (e->call.func->flags & FUNC_YES_ENDS)
		yes->open = 0;
}
