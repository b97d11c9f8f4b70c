/*
 * cfg/guest_stmt.c - statements that mean something else to Kamailio.
 */
#include "cfg/guest.h"

static bool is_avp(const struct expr *to)
{
	return to->kind == EXPR_PV && slice_eq(to->pv->name, SLICE("avp")) &&
	    to->pv->index_kind == PV_INDEX_NONE;
}

static void note_avp(struct check *c, const struct stmt *s)
{
	struct slice key = fact_key(c, s->assign.to);
	struct diag_item *item;

	if (!key.len)
		return;
	if (dict_get(&c->ld->guest_said, key)) {
		item = load_note(c->ld, 320, s->assign.to->at,
		    "this adds a value to those that are there");
		diag_beside(item, "natively an assignment replaces, push() adds");
	}
	dict_put(&c->ld->guest_said, key, c->ld);
}

static struct stmt *push_stmt(struct check *c, struct expr *to, struct expr *v,
    struct cfg_span at)
{
	struct stmt *s = stmt_new(c->ld, STMT_CALL, at, at);

	s->call = expr_new(c->ld, EXPR_CALL, at);
	s->call->call.name = SLICE("push");
	s->call->call.name_at = at;
	s->call->call.args = to;
	to->next = v;
	return s;
}

static struct decl *own_decl(struct load *ld, const char *name, struct cfg_span at)
{
	struct decl *d = MEM_NEW(&ld->mem, struct decl);

	d->name = slice_str(name);
	d->at = at;
	d->is_read = true;
	return d;
}

static struct expr *name_of(struct load *ld, const struct decl *d)
{
	struct expr *e = expr_new(ld, EXPR_NAME, d->at);

	e->name.name = d->name;
	return e;
}

/* { var v = value; if (v != null) push($avp(x), v); else $avp(x) = null; } */
static struct stmt *push_if_value(struct check *c, const struct stmt *s)
{
	struct decl *d = own_decl(c->ld, "pushed", s->at);
	struct stmt *var = stmt_new(c->ld, STMT_VAR, s->at, s->at);
	struct stmt *test = stmt_new(c->ld, STMT_IF, s->at, s->at);
	struct stmt *clear = stmt_new(c->ld, STMT_ASSIGN, s->at, s->at);
	struct expr *null = expr_value(c->ld, s->at, value_null());

	var->var.decl = d;
	var->var.value = s->assign.value;
	var->next = test;
	clear->assign.to = guest_copy(c->ld, s->assign.to);
	clear->assign.value = null;
	test->branch.cond = expr_binary(c->ld, OP_NE, s->at, name_of(c->ld, d),
	    expr_value(c->ld, s->at, value_null()));
	test->branch.then = push_stmt(c, s->assign.to, name_of(c->ld, d), s->at);
	test->branch.other = clear;
	return var;
}

/* $avp(x) = v puts v in front of the values that are there: the one that is read. */
static void push_avp(struct check *c, struct stmt *s)
{
	struct stmt *push;

	note_avp(c, s);
	check_expr(c, s->assign.value);
	if (s->assign.value->type.base == VALUE_NULL)
		return;
	if (s->assign.value->type.nullable && !s->assign.value->type.is_bad) {
		push = push_if_value(c, s);
		s->kind = STMT_BLOCK;
		s->block = push;
		return;
	}
	push = push_stmt(c, s->assign.to, s->assign.value, s->at);
	s->kind = STMT_CALL;
	s->call = push->call;
}

static bool is_null_literal(const struct expr *e)
{
	return e->kind == EXPR_PV && slice_eq(e->pv->name, SLICE("null"));
}

void guest_assign(struct check *c, struct stmt *s)
{
	struct expr *to = s->assign.to, *v = s->assign.value;

	if (to->kind != EXPR_PV)
		return;
	if (is_null_literal(v)) {
		if (slice_eq(to->pv->name, SLICE("var")))
			diag_beside(load_note(c->ld, 320, v->at, "this makes it null"),
			    "in Kamailio the variable becomes 0");
		return;
	}
	guest_keep(c, v);
	if (is_avp(to))
		push_avp(c, s);
}

static struct stmt *exit_if_zero(struct check *c, struct decl *d, struct cfg_span at)
{
	struct stmt *s = stmt_new(c->ld, STMT_IF, at, at);

	s->branch.cond = expr_binary(c->ld, OP_EQ, at, name_of(c->ld, d), expr_value(c->ld, at, value_int(0)));
	s->branch.then = stmt_new(c->ld, STMT_EXIT, at, at);
	return s;
}

/* { var n = value; if (n == 0) exit; return n; } */
static void decide_return(struct check *c, struct stmt *s, struct expr *value)
{
	struct decl *d = own_decl(c->ld, "return", s->at);
	struct stmt *var = stmt_new(c->ld, STMT_VAR, s->at, s->at);
	struct stmt *ret = stmt_new(c->ld, STMT_RETURN, s->at, s->at);

	var->var.decl = d;
	var->var.value = value;
	ret->value = name_of(c->ld, d);
	var->next = exit_if_zero(c, d, s->at);
	var->next->next = ret;
	s->kind = STMT_BLOCK;
	s->block = var;
}

static bool is_own_name(const struct expr *e)
{
	return e->kind == EXPR_NAME && slice_eq(e->name.name, SLICE("return"));
}

bool guest_return(struct check *c, struct stmt *s)
{
	struct expr *v = s->value;
	struct diag_item *item;
	bool has_value = v != NULL;

	if (!c->route || c->route->is_typed)
		return false;
	if (!v)
		s->value = v = expr_value(c->ld, s->at, value_int(1));
	if (is_own_name(v))
		return false;
	guest_keep(c, v);
	check_expr(c, v);
	guest_numbers(c, v, NULL);
	if (v->type.is_bad)
		return false;
	if (v->konst && v->konst->type == VALUE_INT && v->konst->i != 0) {
		if (v->at.source && guest_is_written(s->word_at, SLICE("return")) && has_value)
			guest_fix(c->ld, s->at, v->konst->i > 0 ? "return true;" :
			    "return false;");
		return false;
	}
	if (!v->konst) {
		decide_return(c, s, v);
		return true;
	}
	item = load_note(c->ld, 309, s->at, "return with 0 ends the script");
	diag_beside(item, "natively: exit");
	guest_fix(c->ld, s->at, "exit;");
	s->kind = STMT_EXIT;
	s->value = NULL;
	return true;
}

void guest_break(struct check *c, struct stmt *s)
{
	diag_beside(load_note(c->ld, 503, s->word_at, "break ends the route here"),
	    "natively it says return");
	if (guest_is_written(s->word_at, SLICE("break")))
		guest_fix(c->ld, s->word_at, "return");
	s->kind = STMT_RETURN;
	s->value = NULL;
}

void guest_drop(struct check *c, const struct stmt *s)
{
	if (s->kind == STMT_DROP && (c->contexts & IN_RESPONSE))
		diag_beside(load_note(c->ld, 310, s->word_at, "drop in a route of responses"),
		    "Kamailio ignores it for final ones");
}

/* Turns that are bounded, with the condition as their first statement. */
void guest_while(struct check *c, const struct stmt *s)
{
	struct cfg_span open = s->loop.body->at;

	if (s->loop.body->kind != STMT_BLOCK || !guest_is_written(s->word_at, SLICE("while")))
		return;
	guest_fix(c->ld, s->word_at, "foreach (turn in range(0, 1000)) { if (!");
	open.end_line = open.line;
	open.end_column = open.column + 1;
	guest_fix(c->ld, open, ") break;");
}

void guest_fallthrough(struct check *c, const struct switch_case *k)
{
	const struct stmt *last = k->body;

	while (last->next)
		last = last->next;
	diag_beside(load_note(c->ld, 503, k->at, "this case runs into the next one"),
	    "natively it has to say fallthrough");
	guest_fix_behind(c->ld, last->at, " fallthrough;");
}
