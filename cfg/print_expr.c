/*
 * cfg/print_expr.c - expressions as text again; see print.h.
 */
#include "cfg/print.h"

#include "cfg/check.h"

#include <stdlib.h>
#include <sys/random.h>

static void put(struct print *p, const char *text) { buf_put(p->out, slice_str(text)); }

/* ---- what is not for strangers ---- */

struct siphash_key print_key(struct slice word)
{
	struct siphash_key key = { 0, 0 };

	if (word.len == 0) {
		/* Without chance the hashes could be compared with those of guesses. */
		if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key))
			abort();
		return key;
	}
	key.k0 = siphash(&key, word);
	key.k1 = siphash(&key, word);
	return key;
}

void print_hash(struct print *p, struct slice s)
{
	buf_printf(p->out, "x%08x", (unsigned)siphash(&p->key, s));
}

void print_name(struct print *p, struct slice name)
{
	if (p->anonymous && name.len)
		print_hash(p, name);
	else
		buf_put(p->out, name);
}

static bool is_plain_char(char c)
{
	return is_alnum(c) || c == '_' || c == '-' || c == '.' || c == ':';
}

void print_route_word(struct print *p, struct slice name)
{
	struct slice rest = name;

	slice_take_while(&rest, is_plain_char);
	if (p->anonymous || (rest.len == 0 && name.len))
		print_name(p, name);
	else
		print_text(p, name);
}

/* Words of the protocol say nothing about whoever wrote the script. */
static bool is_common_word(struct slice s)
{
	static const char *const words[] = {
		"", "INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "SUBSCRIBE", "NOTIFY",
		"MESSAGE", "INFO", "PRACK", "UPDATE", "REFER", "PUBLISH", "SERVICE", "udp", "tcp",
		"tls", "sctp", "ws", "wss", "Contact", "From", "To", "Via", "Route", "Record-Route",
		"application/sdp", "text/plain", "location"
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_eq(s, slice_str(words[i])))
			return true;
	return false;
}

/* ---- values ---- */

static void put_escaped(struct print *p, char c)
{
	switch (c) {
	case '\n': put(p, "\\n"); break;
	case '\r': put(p, "\\r"); break;
	case '\t': put(p, "\\t"); break;
	case '"':  put(p, "\\\""); break;
	case '\\': put(p, "\\\\"); break;
	default:   buf_put_char(p->out, c); break;
	}
}

void print_text(struct print *p, struct slice s)
{
	put(p, "\"");
	if (p->anonymous && !is_common_word(s))
		print_hash(p, s);
	else
		for (size_t i = 0; i < s.len; i++)
			put_escaped(p, s.p[i]);
	put(p, "\"");
}

/* Of the same family, which is as much as a stranger needs. */
static void print_other_address(struct print *p, const struct ip_net *net, struct slice text)
{
	uint64_t hash = siphash(&p->key, text);
	unsigned a = hash >> 32 & 0xffff, b = hash >> 16 & 0xffff, c = hash & 0xffff;

	if (net->addr.family == 4)
		buf_printf(p->out, "10.%u.%u.%u", b & 255, c >> 8, c & 255);
	else
		buf_printf(p->out, "fd00:%x:%x::%x", a | 1, b | 1, c | 1);
}

static void print_address(struct print *p, const struct ip_net *net)
{
	char text[ADDR_TEXT_BYTES];
	size_t len = ip_format(&net->addr, text);
	unsigned all = net->addr.family == 4 ? 32 : 128;

	if (p->anonymous)
		print_other_address(p, net, slice_of(text, len));
	else
		buf_put(p->out, slice_of(text, len));
	if (net->bits < all)
		buf_printf(p->out, "/%u", net->bits);
}

/* In the largest unit that is exact. */
static void print_duration(struct print *p, usec_t d)
{
	static const struct { usec_t n; const char *unit; } units[] = {
		{ 86400000000, "d" }, { 3600000000, "h" }, { 60000000, "m" }, { 1000000, "s" },
		{ 1000, "ms" }, { 1, "us" }
	};
	size_t i = 0;

	while (d == 0 ? i < 3 : d % units[i].n != 0)
		i++;
	buf_printf(p->out, "%lld%s", (long long)(d / units[i].n), units[i].unit);
}

static void print_values(struct print *p, const struct value_list *list)
{
	put(p, "[");
	for (size_t i = 0; i < list->count; i++) {
		put(p, i ? ", " : "");
		print_value(p, list->items[i]);
	}
	put(p, "]");
}

void print_value(struct print *p, struct value v)
{
	switch (v.type) {
	case VALUE_BOOL:     put(p, v.b ? "true" : "false"); break;
	case VALUE_INT:      buf_printf(p->out, "%lld", (long long)v.i); break;
	case VALUE_STRING:   print_text(p, v.s); break;
	case VALUE_IP:       print_address(p, v.ip); break;
	case VALUE_DURATION: print_duration(p, v.dur); break;
	case VALUE_URI:      print_text(p, v.uri->text); break;
	case VALUE_LIST:     print_values(p, v.list); break;
	default:             put(p, "null"); break;
	}
}

/* ---- literals ---- */

static void print_part(struct print *p, const struct token *t)
{
	if (t->quote == 'f')
		put(p, "f");
	if (p->anonymous && !is_common_word(t->text)) {
		put(p, "\"");
		print_hash(p, t->text);
		put(p, "\"");
		return;
	}
	buf_put_char(p->out, t->quote == '\'' ? '\'' : '"');
	buf_put(p->out, t->text);
	buf_put_char(p->out, t->quote == '\'' ? '\'' : '"');
}

static void print_parts(struct print *p, const struct text_part *parts)
{
	for (; parts; parts = parts->next) {
		print_part(p, &parts->token);
		put(p, parts->next ? " " : "");
	}
}

/* A text without its original: was f"..." with no variable in it. */
static void print_bare_text(struct print *p, struct slice s)
{
	if (slice_find(s, '$') < s.len && !p->anonymous)
		put(p, "'");
	if (slice_find(s, '$') < s.len && !p->anonymous) {
		buf_put(p->out, s);
		put(p, "'");
		return;
	}
	print_text(p, s);
}

static void print_literal(struct print *p, const struct expr *e)
{
	const struct value *v = &e->literal.value;

	if (e->is_tainted && p->anonymous) {
		put(p, "\"");
		print_hash(p, v->s);
		put(p, "\"");
	} else if (e->is_tainted) {
		put(p, "\"(secret)\"");
	} else if (v->type == VALUE_STRING && e->literal.is_word && p->anonymous) {
		print_hash(p, v->s);
	} else if (v->type == VALUE_STRING && e->literal.is_word) {
		buf_put(p->out, v->s);
	} else if (v->type == VALUE_STRING && e->literal.is_expanded) {
		print_text(p, v->s);	/* with its ${...} replaced */
	} else if (v->type == VALUE_STRING && e->literal.parts) {
		print_parts(p, e->literal.parts);
	} else if (v->type == VALUE_STRING) {
		print_bare_text(p, v->s);
	} else {
		print_value(p, *v);
	}
}

/* ---- operators ---- */

enum level { LEVEL_OR = 1, LEVEL_AND, LEVEL_NOT, LEVEL_CMP, LEVEL_COAL, LEVEL_BITOR, LEVEL_BITXOR,
	LEVEL_BITAND, LEVEL_SHIFT, LEVEL_SUM, LEVEL_PROD, LEVEL_UNARY, LEVEL_PRIMARY };

static enum level level_of_op(enum expr_op op)
{
	static const enum level levels[] = {
		[OP_OR] = LEVEL_OR, [OP_AND] = LEVEL_AND, [OP_NOT] = LEVEL_NOT,
		[OP_EQ] = LEVEL_CMP, [OP_NE] = LEVEL_CMP, [OP_LT] = LEVEL_CMP, [OP_LE] = LEVEL_CMP,
		[OP_GT] = LEVEL_CMP, [OP_GE] = LEVEL_CMP, [OP_MATCH] = LEVEL_CMP,
		[OP_NOMATCH] = LEVEL_CMP, [OP_IN] = LEVEL_CMP, [OP_COALESCE] = LEVEL_COAL,
		[OP_BITOR] = LEVEL_BITOR, [OP_BITXOR] = LEVEL_BITXOR, [OP_BITAND] = LEVEL_BITAND,
		[OP_SHL] = LEVEL_SHIFT, [OP_SHR] = LEVEL_SHIFT, [OP_ADD] = LEVEL_SUM,
		[OP_SUB] = LEVEL_SUM, [OP_MUL] = LEVEL_PROD, [OP_DIV] = LEVEL_PROD,
		[OP_MOD] = LEVEL_PROD, [OP_NEG] = LEVEL_UNARY, [OP_BITNOT] = LEVEL_UNARY
	};

	return levels[op];
}

static bool is_negative(const struct expr *e)
{
	return e->kind == EXPR_LITERAL && e->literal.value.type == VALUE_INT &&
	    e->literal.value.i < 0;
}

static enum level level_of(const struct expr *e)
{
	if (e->kind == EXPR_UNARY || e->kind == EXPR_BINARY)
		return level_of_op(e->op.op);
	return is_negative(e) ? LEVEL_UNARY : LEVEL_PRIMARY;
}

static void print_above(struct print *p, const struct expr *e, enum level least)
{
	bool brackets = level_of(e) < least;

	put(p, brackets ? "(" : "");
	print_expr(p, e);
	put(p, brackets ? ")" : "");
}

static void print_binary(struct print *p, const struct expr *e)
{
	enum level own = level_of_op(e->op.op);

	/* All associate to the left; comparisons not at all. */
	print_above(p, e->op.a, own == LEVEL_CMP ? own + 1 : own);
	buf_printf(p->out, " %s ", expr_op_text(e->op.op));
	print_above(p, e->op.b, own + 1);
}

static void print_unary(struct print *p, const struct expr *e)
{
	put(p, expr_op_text(e->op.op));
	print_above(p, e->op.a, level_of_op(e->op.op));
}

/* ---- calls and the rest ---- */

static void print_args(struct print *p, const struct expr *first)
{
	for (const struct expr *a = first; a; a = a->next) {
		put(p, a == first ? "" : ", ");
		if (a->label.len)
			buf_printf(p->out, "%.*s=", SLICE_ARG(a->label));
		print_expr(p, a);
	}
}

/* The name of an armed route is the name of a route. */
static void print_call_args(struct print *p, const struct expr *e)
{
	const struct sym_func *f = e->call.func;
	const struct expr *a = e->call.args;

	if (!p->anonymous || !f || !(f->flags & FUNC_ARMS) || !a || !a->konst ||
	    a->konst->type != VALUE_STRING || a->kind != EXPR_LITERAL) {
		print_args(p, a);
		return;
	}
	put(p, "\"");
	print_name(p, a->konst->s);
	put(p, a->next ? "\", " : "\"");
	print_args(p, a->next);
}

/* What another server's script means without saying it stands in the tree as a function whose
 * name begins with "_"; shown is what the script says. */
static bool print_unsaid(struct print *p, const struct expr *e)
{
	static const struct { const char *name, *sign; } unsaid[] = {
		{ "_truth", "" }, { "_int", "" }, { "_code", "" }, { "_str", "" }, { "_not", "!" },
		{ "_equal", " == " }, { "_differ", " != " }, { "_add", " + " }
	};
	const struct expr *a = e->call.args;

	for (size_t i = 0; a && i < sizeof(unsaid) / sizeof(unsaid[0]); i++) {
		if (!slice_eq(e->call.name, slice_str(unsaid[i].name)))
			continue;
		put(p, a->next ? "(" : unsaid[i].sign);
		print_above(p, a, LEVEL_UNARY);
		if (a->next) {
			put(p, unsaid[i].sign);
			print_above(p, a->next, LEVEL_UNARY);
			put(p, ")");
		}
		return true;
	}
	return false;
}

static void print_call(struct print *p, const struct expr *e)
{
	if (print_unsaid(p, e))
		return;
	if (e->call.prefix.len)
		buf_printf(p->out, "%.*s.", SLICE_ARG(e->call.prefix));
	buf_printf(p->out, "%.*s(", SLICE_ARG(e->call.name));
	print_call_args(p, e);
	put(p, ")");
}

static void print_route_call(struct print *p, const struct expr *e)
{
	put(p, "route(");
	print_route_word(p, e->route.name);
	put(p, e->route.args ? ", " : "");
	print_args(p, e->route.args);
	put(p, ")");
}

static void print_field(struct print *p, const struct expr *e)
{
	print_above(p, e->field.of, LEVEL_PRIMARY);
	buf_printf(p->out, ".%.*s", SLICE_ARG(e->field.name));
	if (!e->field.has_args)
		return;
	put(p, "(");
	print_args(p, e->field.args);
	put(p, ")");
}

static void print_used_name(struct print *p, const struct expr *e)
{
	if (e->name.local)
		buf_put(p->out, e->name.name);
	else
		print_name(p, e->name.name);
}

static void print_fstring(struct print *p, const struct expr *e)
{
	if (e->text.parts) {
		print_parts(p, e->text.parts);
		return;
	}
	for (const struct expr *x = e->text.pieces; x; x = x->next) {
		put(p, x == e->text.pieces ? "" : " + ");
		print_expr(p, x);
	}
}

static void print_list(struct print *p, const struct expr *e)
{
	put(p, "[");
	print_args(p, e->list.items);
	put(p, "]");
}

static void print_index(struct print *p, const struct expr *e)
{
	print_above(p, e->index.of, LEVEL_PRIMARY);
	put(p, "[");
	print_expr(p, e->index.index);
	put(p, "]");
}

void print_expr(struct print *p, const struct expr *e)
{
	if (e->raw.len) {
		buf_put(p->out, e->raw);
		return;
	}
	switch (e->kind) {
	case EXPR_LITERAL: print_literal(p, e); break;
	case EXPR_TEXT:    print_fstring(p, e); break;
	case EXPR_NAME:    print_used_name(p, e); break;
	case EXPR_FIELD:   print_field(p, e); break;
	case EXPR_INDEX:   print_index(p, e); break;
	case EXPR_CALL:    print_call(p, e); break;
	case EXPR_ROUTE:   print_route_call(p, e); break;
	case EXPR_UNARY:   print_unary(p, e); break;
	case EXPR_BINARY:  print_binary(p, e); break;
	case EXPR_LIST:    print_list(p, e); break;
	case EXPR_PV:			/* as written: above */
	case EXPR_TRANS:
	case EXPR_BAD:     put(p, "null"); break;
	}
}
