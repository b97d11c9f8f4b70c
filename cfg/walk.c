/*
 * cfg/walk.c - visiting every expression and statement of a tree.
 */
#include "cfg/check.h"

static void list(struct walk *w, struct expr *first)
{
	for (; first; first = first->next)
		walk_expr(w, first);
}

void walk_expr(struct walk *w, struct expr *e)
{
	if (!e)
		return;
	if (w->expr)
		w->expr(w, e);
	switch (e->kind) {
	case EXPR_TEXT:
		list(w, e->text.pieces);
		break;
	case EXPR_PV:
		walk_expr(w, e->pv->arg);
		walk_expr(w, e->pv->index);
		break;
	case EXPR_FIELD:
	case EXPR_TRANS:
		walk_expr(w, e->field.of);
		list(w, e->field.args);
		break;
	case EXPR_INDEX:
		walk_expr(w, e->index.of);
		walk_expr(w, e->index.index);
		break;
	case EXPR_CALL:
		list(w, e->call.args);
		break;
	case EXPR_ROUTE:
		list(w, e->route.args);
		break;
	case EXPR_UNARY:
	case EXPR_BINARY:
		walk_expr(w, e->op.a);
		walk_expr(w, e->op.b);
		break;
	case EXPR_LIST:
		list(w, e->list.items);
		break;
	case EXPR_LITERAL:
	case EXPR_NAME:
	case EXPR_BAD:
		break;
	}
}

static void walk_switch(struct walk *w, struct stmt *s)
{
	walk_expr(w, s->cases.value);
	for (struct switch_case *k = s->cases.cases; k; k = k->next) {
		walk_expr(w, k->value);
		walk_expr(w, k->pattern);
		walk_stmts(w, k->body);
	}
}

static void walk_one(struct walk *w, struct stmt *s)
{
	switch (s->kind) {
	case STMT_BLOCK:
		walk_stmts(w, s->block);
		break;
	case STMT_IF:
		walk_expr(w, s->branch.cond);
		walk_stmts(w, s->branch.then);
		walk_stmts(w, s->branch.other);
		break;
	case STMT_WHILE:
		walk_expr(w, s->loop.cond);
		walk_stmts(w, s->loop.body);
		break;
	case STMT_FOREACH:
		walk_expr(w, s->each.pv);
		walk_expr(w, s->each.in);
		walk_stmts(w, s->each.body);
		break;
	case STMT_SWITCH:
		walk_switch(w, s);
		break;
	case STMT_WITHIN:
		walk_stmts(w, s->within.body);
		walk_stmts(w, s->within.other);
		break;
	case STMT_DEFER:
		walk_stmts(w, s->defer.body);
		break;
	case STMT_VAR:
		walk_expr(w, s->var.value);
		break;
	case STMT_ASSIGN:
		walk_expr(w, s->assign.value);
		walk_expr(w, s->assign.to);
		break;
	case STMT_CALL:
		walk_expr(w, s->call);
		break;
	case STMT_RETURN:
	case STMT_EXIT:
	case STMT_DROP:
		walk_expr(w, s->value);
		break;
	case STMT_EMPTY:
	case STMT_BREAK:
	case STMT_CONTINUE:
	case STMT_FALLTHROUGH:
		break;
	}
}

void walk_stmts(struct walk *w, struct stmt *first)
{
	/* The parts of an if are single statements that have no neighbours. */
	for (; first; first = first->next) {
		if (w->stmt)
			w->stmt(w, first);
		walk_one(w, first);
	}
}
