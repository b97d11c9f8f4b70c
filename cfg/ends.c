/*
 * cfg/ends.c - whether control gets behind a statement.
 */
#include "cfg/ast.h"

static bool breaks_out(const struct stmt *s)
{
	for (; s; s = s->next) {
		if (s->kind == STMT_BREAK)
			return true;
		if (s->kind == STMT_BLOCK && breaks_out(s->block))
			return true;
		if (s->kind == STMT_IF &&
		    (breaks_out(s->branch.then) || breaks_out(s->branch.other)))
			return true;
		if (s->kind == STMT_WITHIN &&
		    (breaks_out(s->within.body) || breaks_out(s->within.other)))
			return true;
	}
	return false;
}

static bool falls_through(const struct stmt *body)
{
	for (; body; body = body->next)
		if (body->kind == STMT_FALLTHROUGH)
			return true;
	return false;
}

static bool switch_never_ends(const struct stmt *s)
{
	bool has_default = false;

	for (const struct switch_case *k = s->cases.cases; k; k = k->next) {
		has_default |= !k->value && !k->pattern;
		if (breaks_out(k->body))
			return false;
		/* An empty case runs into the next one. */
		if (k->next && (!k->body || falls_through(k->body)))
			continue;
		if (!stmts_never_end(k->body))
			return false;
	}
	return has_default;
}

bool stmt_never_ends(const struct stmt *s)
{
	switch (s->kind) {
	case STMT_EXIT:
	case STMT_DROP:
	case STMT_RETURN:
	case STMT_BREAK:
	case STMT_CONTINUE:
	case STMT_FALLTHROUGH:
		return true;
	case STMT_BLOCK:
		return stmts_never_end(s->block);
	case STMT_IF:
		return s->branch.other && stmt_never_ends(s->branch.then) &&
		    stmt_never_ends(s->branch.other);
	case STMT_SWITCH:
		return switch_never_ends(s);
	case STMT_WITHIN:
		return s->within.other && stmt_never_ends(s->within.body) &&
		    stmt_never_ends(s->within.other);
	default:
		return false;
	}
}

bool stmts_never_end(const struct stmt *first)
{
	for (; first; first = first->next)
		if (stmt_never_ends(first))
			return true;
	return false;
}
