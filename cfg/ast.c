/*
 * cfg/ast.c - making the nodes of the tree.
 */
#include "cfg/ast.h"
#include "cfg/load.h"
#include "cfg/gram.h"

struct expr *expr_new(struct load *ld, enum expr_kind kind, struct cfg_span at)
{
	struct expr *e = MEM_NEW(&ld->mem, struct expr);

	e->kind = kind;
	e->at = at;
	return e;
}

void expr_hang(struct load *ld, struct expr *e, const struct expr *below)
{
	for (; below; below = below->next)
		if (e->depth <= below->depth)
			e->depth = below->depth + 1;
	if (e->depth <= EXPR_DEPTH_MAX)
		return;
	syntax_error(ld, 101, e->at, "this expression is nested too deeply");
	e->kind = EXPR_BAD;
	e->depth = 0;
}

struct expr *expr_value(struct load *ld, struct cfg_span at, struct value v)
{
	struct expr *e = expr_new(ld, EXPR_LITERAL, at);

	e->literal.value = v;
	return e;
}

struct expr *expr_bad(struct load *ld, struct cfg_span at)
{
	return expr_new(ld, EXPR_BAD, at);
}

static bool is_yes(struct slice word)
{
	return slice_eq(word, SLICE("true")) || slice_eq(word, SLICE("yes")) ||
	    slice_eq(word, SLICE("on"));
}

static struct expr *address(struct load *ld, const struct token *t)
{
	struct ip_net *net = MEM_NEW(&ld->mem, struct ip_net);
	struct value v = { .type = VALUE_IP, .ip = net };

	if (ip_net_parse(t->text, net) != 0) {
		syntax_error(ld, 104, t->at, "this is not an address or network");
		return expr_bad(ld, t->at);
	}
	return expr_value(ld, t->at, v);
}

struct expr *expr_token(struct load *ld, const struct token *t)
{
	struct expr *e;

	switch (t->kind) {
	case NUM:   return expr_value(ld, t->at, value_int(t->num));
	case SIZE:
		e = expr_value(ld, t->at, value_int(t->num));
		e->literal.is_size = true;
		return e;
	case DUR:   return expr_value(ld, t->at, value_duration(t->num));
	case BOOL:  return expr_value(ld, t->at, value_bool(is_yes(t->text)));
	case NULLW: return expr_value(ld, t->at, value_null());
	case IP:    return address(ld, t);
	default:    return expr_value(ld, t->at, value_string(t->text));
	}
}

struct expr *expr_word(struct load *ld, const struct token *t)
{
	struct expr *e = expr_value(ld, t->at, value_string(t->text));

	e->literal.is_word = true;
	return e;
}

struct expr *expr_name(struct load *ld, const struct token *t)
{
	struct expr *e = expr_new(ld, EXPR_NAME, t->at);

	e->name.name = t->text;
	return e;
}

struct expr *expr_unary(struct load *ld, enum expr_op op, struct cfg_span op_at, struct expr *a)
{
	struct expr *e = expr_new(ld, EXPR_UNARY, span_join(op_at, a->at));

	e->op.op = op;
	e->op.op_at = op_at;
	e->op.a = a;
	expr_hang(ld, e, a);
	return e;
}

struct expr *expr_binary(struct load *ld, enum expr_op op, struct cfg_span op_at,
    struct expr *a, struct expr *b)
{
	struct expr *e = expr_new(ld, EXPR_BINARY, span_join(a->at, b->at));

	e->op.op = op;
	e->op.op_at = op_at;
	e->op.a = a;
	e->op.b = b;
	expr_hang(ld, e, a);
	expr_hang(ld, e, b);
	return e;
}

struct stmt *stmt_new(struct load *ld, enum stmt_kind kind, struct cfg_span at,
    struct cfg_span word_at)
{
	struct stmt *s = MEM_NEW(&ld->mem, struct stmt);

	s->kind = kind;
	s->at = at;
	s->word_at = word_at;
	return s;
}

const char *expr_op_text(enum expr_op op)
{
	static const char *const texts[] = {
		[OP_NONE] = "", [OP_OR] = "||", [OP_AND] = "&&", [OP_NOT] = "!",
		[OP_EQ] = "==", [OP_NE] = "!=", [OP_LT] = "<", [OP_LE] = "<=",
		[OP_GT] = ">", [OP_GE] = ">=", [OP_MATCH] = "=~", [OP_NOMATCH] = "!~",
		[OP_IN] = "in", [OP_COALESCE] = "??", [OP_BITOR] = "|", [OP_BITXOR] = "^",
		[OP_BITAND] = "&", [OP_SHL] = "<<", [OP_SHR] = ">>", [OP_ADD] = "+",
		[OP_SUB] = "-", [OP_MUL] = "*", [OP_DIV] = "/", [OP_MOD] = "%",
		[OP_NEG] = "-", [OP_BITNOT] = "~"
	};

	return texts[op];
}

const char *route_kind_text(enum route_kind kind)
{
	static const char *const texts[] = {
		[ROUTE_REQUEST] = "request_route", [ROUTE_NAMED] = "route",
		[ROUTE_BRANCH] = "branch_route", [ROUTE_FAILURE] = "failure_route",
		[ROUTE_REPLY] = "reply_route", [ROUTE_ONSEND] = "onsend_route",
		[ROUTE_LOCAL] = "local_route", [ROUTE_EVENT] = "event_route",
		[ROUTE_TIMER] = "timer_route", [ROUTE_STARTUP] = "startup_route"
	};

	return texts[kind];
}

struct slice route_text(struct load *ld, const struct route_decl *r)
{
	if (r->name.len == 0)
		return slice_str(route_kind_text(r->kind));
	return mem_printf(&ld->mem, "%s[%.*s]", route_kind_text(r->kind), SLICE_ARG(r->name));
}
