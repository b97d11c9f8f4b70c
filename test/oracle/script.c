/*
 * test/oracle/script.c - scripts by chance, from the grammar, with types that mostly fit.
 *
 * One statement a line, so that a text can be made smaller line by line.
 */
#include "test/oracle/oracle.h"

#include "utils/buf.h"

#include <string.h>

enum kind { A_BOOL, AN_INT, A_TEXT, A_DURATION, A_LIST, ANYTHING, KINDS };

struct local { char name[8]; enum kind kind; };

struct gen {
	uint64_t     state;
	struct buf  *b;
	struct local locals[64];
	unsigned     count, named;
	unsigned     depth, loops;
	bool         in_defer, in_typed;
	enum kind    returns;
};

static unsigned choose(struct gen *g, unsigned n)
{
	g->state ^= g->state << 13;
	g->state ^= g->state >> 7;
	g->state ^= g->state << 17;
	return (unsigned)(g->state >> 24) % n;
}

static void put(struct gen *g, const char *text) { buf_put(g->b, slice_str(text)); }

static const char *one_of(struct gen *g, const char *const *list)
{
	unsigned n = 0;

	while (list[n])
		n++;
	return list[choose(g, n)];
}

static void gen_expr(struct gen *g, enum kind kind, unsigned depth);

/* ---- leaves ---- */

static bool gen_local(struct gen *g, enum kind kind)
{
	for (unsigned tries = 0; tries < 4 && g->count; tries++) {
		const struct local *l = &g->locals[choose(g, g->count)];

		if (l->kind == kind) {
			put(g, l->name);
			return true;
		}
	}
	return false;
}

static const char *const int_leaves[] = {
	"0", "1", "-1", "2", "7", "100", "9223372036854775807", "$ml", "$sp", "$rc", "LIMIT",
	"(int(\"12\") ?? 3)", "(int($rU) ?? 5)", "counts(1)", "len(\"abc\")", "$Ts", NULL
};
static const char *const text_leaves[] = {
	"\"\"", "\"a\"", "\"INVITE\"", "\"sip:bob@example.com;x=1\"", "$rm", "$proto",
	"($rU ?? \"none\")", "($hdr(Subject) ?? \"\")", "f\"$rU@$rd\"", "f\"<$var(a)>$ml\"",
	"joined(\"x\", \"y\")", "(home_of($tu) ?? \"home\")", "str(5)", "NAME", "($re(1) ?? \"-\")",
	"($ci ?? \"\")", NULL
};
static const char *const bool_leaves[] = {
	"true", "false", "has_totag()", "is_method(\"INVITE\")", "is_method(\"BYE | INVITE\")",
	"is_method(\"ACK|BYE\")", "is_method(\"DO|INVITE\")", "is_method(\"\")", "holds(1)", "holds($var(b))",
	"$rU == null", "$si in 10.0.0.0/8", "$si in office", "$rm in [\"INVITE\", \"ACK\"]",
	"$rU =~ \"^[a-z]+(.)\"", "$rm !~ \"^I(N)\"", "isflagset(3)", "$var(a) == null",
	"$rU in codes", "lookup()", NULL
};
static const char *const any_leaves[] = {
	"$var(a)", "$var(b)", "$var(c)", "$avp(x)", "$avp(y)", "$sht(t=>k)", "$(avp(x)[0])", NULL
};
/* What may stand alone on the right of an assignment. */
static const char *const maybe_leaves[] = {
	"null", "$hdr(X)", "codes[$rm]", "lookup_exact(codes, $rm)", "$null", "$rU", "$re(1)",
	"[1, 2][$ml]", "$(hdr(X){s.len})", "$tu.user", "$(rU{s.substr,1,0})", "$si", NULL
};
static const char *const text_lists[] = {
	"[\"a\", \"b\"]", "[$rm, \"x\"]", "[]", "[$proto, \"INVITE\", \"\"]", NULL
};
static const char *const list_leaves[] = {
	"[1, 2, 3]", "[\"a\", \"b\"]", "contacts()", "[]", "range(0, 3)", "[$rm, \"x\"]",
	"$(avp(x)[*])", "[true]", NULL
};
static const char *const duration_leaves[] = { "5s", "200ms", "1h", "0s", NULL };

static const char *const *const leaves[KINDS] = {
	bool_leaves, int_leaves, text_leaves, duration_leaves, list_leaves, any_leaves
};

static bool may_wait(const char *leaf)
{
	static const char *const names[] = { "counts(", "joined(", "holds(", "home_of(", "lookup()",
		NULL };

	for (const char *const *n = names; *n; n++)
		if (strstr(leaf, *n))
			return true;
	return false;
}

static void gen_leaf(struct gen *g, enum kind kind)
{
	if (choose(g, 3) == 0 && gen_local(g, kind))
		return;
	for (;;) {
		const char *leaf = one_of(g, leaves[kind]);

		if (g->in_defer && may_wait(leaf))
			continue;
		put(g, leaf);
		return;
	}
}

/* ---- expressions ---- */

static void gen_pair(struct gen *g, enum kind a, const char *op, enum kind b, unsigned depth)
{
	put(g, "(");
	gen_expr(g, a, depth);
	put(g, op);
	gen_expr(g, b, depth);
	put(g, ")");
}

static void gen_call(struct gen *g, const char *name, enum kind a, enum kind b, unsigned depth)
{
	put(g, name);
	gen_expr(g, a, depth);
	if (b != KINDS) {
		put(g, ", ");
		gen_expr(g, b, depth);
	}
	put(g, ")");
}

static void gen_bool(struct gen *g, unsigned depth)
{
	static const char *const orders[] = { " < ", " <= ", " > ", " >= ", " == ", " != ", NULL };
	enum kind k;

	switch (choose(g, 9)) {
	case 0: gen_pair(g, A_BOOL, " && ", A_BOOL, depth); break;
	case 1: gen_pair(g, A_BOOL, " || ", A_BOOL, depth); break;
	case 2: gen_call(g, "!(", A_BOOL, KINDS, depth); break;
	case 3: gen_pair(g, AN_INT, one_of(g, orders), AN_INT, depth); break;
	case 4: gen_pair(g, A_TEXT, one_of(g, orders), A_TEXT, depth); break;
	case 5:
		k = choose(g, 2) ? ANYTHING : A_DURATION;
		gen_pair(g, k, choose(g, 2) ? " == " : " != ", k, depth);
		break;
	case 6:
		put(g, "(");
		gen_expr(g, A_TEXT, depth);
		put(g, " in ");
		put(g, one_of(g, text_lists));
		put(g, ")");
		break;
	case 7:
		put(g, "(");
		gen_expr(g, A_TEXT, depth);
		put(g, one_of(g, (const char *const[]){ " =~ \"(a|b)?c*\")", " !~ \"^.(.)\")",
		    " =~ ($hdr(P) ?? \"x\"))", NULL }));
		break;
	default:
		if (g->in_defer)
			gen_pair(g, ANYTHING, " == ", AN_INT, depth);
		else
			gen_call(g, "holds(", ANYTHING, KINDS, depth);
		break;
	}
}

static void gen_int(struct gen *g, unsigned depth)
{
	static const char *const ops[] = { " + ", " - ", " * ", " / ", " % ", " & ", " | ", " ^ ",
		NULL };

	switch (g->in_defer ? 6 : choose(g, 7)) {
	case 0: gen_call(g, "-(", AN_INT, KINDS, depth); break;
	case 1: gen_call(g, "~(", AN_INT, KINDS, depth); break;
	case 2: gen_call(g, "counts(", AN_INT, AN_INT, depth); break;
	case 3: gen_call(g, "len(", A_TEXT, KINDS, depth); break;
	case 4:
		put(g, "(");
		gen_expr(g, AN_INT, depth);
		put(g, choose(g, 2) ? " << 3)" : " >> $ml)");
		break;
	default: gen_pair(g, AN_INT, one_of(g, ops), AN_INT, depth); break;
	}
}

static void gen_text(struct gen *g, unsigned depth)
{
	switch (choose(g, 6)) {
	case 0: gen_pair(g, A_TEXT, " + ", choose(g, 2) ? AN_INT : A_DURATION, depth); break;
	case 1: gen_pair(g, A_TEXT, " + ", A_BOOL, depth); break;
	case 2: gen_call(g, g->in_defer ? "substr(" : "joined(", A_TEXT, g->in_defer ? AN_INT :
	    A_TEXT, depth); break;
	case 3: gen_call(g, "substr(", A_TEXT, AN_INT, depth); break;
	case 4:
		put(g, "(");
		put(g, choose(g, 2) ? "$rU" : "$hdr(Y)");
		put(g, choose(g, 2) ? " ?? \"\")" : " ?? $rm)");
		break;
	default: gen_pair(g, A_TEXT, " + ", A_TEXT, depth); break;
	}
}

static void gen_any(struct gen *g, unsigned depth)
{
	switch (choose(g, 6)) {
	case 0: gen_pair(g, ANYTHING, " ?? ", ANYTHING, depth); break;
	case 1: gen_pair(g, ANYTHING, " + ", AN_INT, depth); break;
	case 2: gen_pair(g, ANYTHING, " - ", AN_INT, depth); break;
	case 3: gen_pair(g, ANYTHING, " + ", A_TEXT, depth); break;
	default: gen_leaf(g, ANYTHING); break;
	}
}

static void gen_list(struct gen *g, unsigned depth)
{
	enum kind k = choose(g, 3);

	if (g->in_defer)
		k = A_TEXT;
	put(g, "[");
	for (unsigned n = choose(g, 4); n > 0; n--) {
		gen_expr(g, k, depth);
		put(g, n > 1 ? ", " : "");
	}
	put(g, "]");
}

static void gen_expr(struct gen *g, enum kind kind, unsigned depth)
{
	if (depth == 0 || choose(g, 3) == 0) {
		gen_leaf(g, kind);
		return;
	}
	switch (kind) {
	case A_BOOL: gen_bool(g, depth - 1); break;
	case AN_INT: gen_int(g, depth - 1); break;
	case A_TEXT: gen_text(g, depth - 1); break;
	case A_LIST: gen_list(g, depth - 1); break;
	case A_DURATION: gen_pair(g, A_DURATION, choose(g, 2) ? " + " : " - ", A_DURATION,
	    depth - 1); break;
	default: gen_any(g, depth - 1); break;
	}
}

/* ---- statements ---- */

static void gen_stmt(struct gen *g);

static void gen_block(struct gen *g, unsigned most)
{
	unsigned locals = g->count;

	put(g, "{\n");
	g->depth++;
	for (unsigned n = 1 + choose(g, most); n > 0; n--)
		gen_stmt(g);
	g->depth--;
	g->count = locals;
	put(g, "}");
}

static void gen_var(struct gen *g)
{
	enum kind k = choose(g, KINDS);
	struct local *l = &g->locals[g->count];

	if (g->count == sizeof(g->locals) / sizeof(g->locals[0]))
		return;
	memset(l, 0, sizeof(*l));
	l->name[0] = 'v';
	l->name[1] = (char)('a' + g->named / 26 % 26);
	l->name[2] = (char)('a' + g->named % 26);
	g->named++;
	buf_printf(g->b, "var %s = ", l->name);
	gen_expr(g, k, 2);
	put(g, ";\n");
	l->kind = k;
	g->count++;
}

/* Of whatever type. */
static void gen_value(struct gen *g)
{
	switch (choose(g, 8)) {
	case 0: put(g, one_of(g, maybe_leaves)); break;
	case 1:
		put(g, "incr($var(n), ");
		gen_expr(g, AN_INT, 1);
		put(g, ")");
		break;
	case 2:
		put(g, one_of(g, text_lists));
		put(g, "[");
		gen_expr(g, AN_INT, 1);
		put(g, "]");
		break;
	default: gen_expr(g, choose(g, KINDS), 3); break;
	}
}

static void gen_assign(struct gen *g)
{
	static const char *const anywhere[] = { "$var(a)", "$var(b)", "$var(c)", "$avp(x)",
		"$avp(y)", "$sht(t=>k)", NULL };

	if (choose(g, 4) == 0) {
		put(g, choose(g, 2) ? "$hdr(Subject) = " : "$rU = ");
		gen_expr(g, A_TEXT, 2);
	} else if (choose(g, 6) == 0) {
		put(g, "$var(n) += ");
		gen_expr(g, AN_INT, 1);
	} else {
		put(g, one_of(g, anywhere));
		put(g, " = ");
		gen_value(g);
	}
	put(g, ";\n");
}

static void gen_if(struct gen *g)
{
	put(g, "if (");
	gen_expr(g, A_BOOL, 3);
	put(g, ") ");
	gen_block(g, 3);
	if (choose(g, 2)) {
		put(g, " else ");
		gen_block(g, 3);
	}
	put(g, "\n");
}

static void gen_each(struct gen *g)
{
	bool is_local = choose(g, 2);
	struct local *l = &g->locals[g->count];

	put(g, "foreach (");
	if (is_local && g->count < 60) {
		memset(l, 0, sizeof(*l));
		l->name[0] = 'e';
		l->name[1] = (char)('a' + g->named / 26 % 26);
		l->name[2] = (char)('a' + g->named % 26);
		g->named++;
		put(g, l->name);
	} else {
		is_local = false;
		put(g, choose(g, 3) ? "$var(c)" : "$avp(x)");
	}
	put(g, " in ");
	if (choose(g, 3) == 0)
		buf_printf(g->b, "range(%u, %u)", choose(g, 3), choose(g, 6));
	else
		gen_expr(g, A_LIST, 1);
	put(g, ") ");
	if (is_local) {
		l->kind = ANYTHING;
		g->count++;
	}
	g->loops++;
	gen_block(g, 3);
	g->loops--;
	g->count -= is_local;
	put(g, "\n");
}

static void gen_switch(struct gen *g)
{
	static const char *const texts[] = { "case \"INVITE\":\n", "case [\"ACK\", \"a\"]:\n",
		"case =~ \"^(.)\":\n", "case \"\":\n", "case $rm:\n", NULL };
	static const char *const numbers[] = { "case 1:\n", "case [2, 3]:\n", "case -1:\n",
		"case 0:\n", NULL };
	bool is_text = choose(g, 2);
	unsigned loops = g->loops, n = 1 + choose(g, 3);

	put(g, "switch (");
	gen_expr(g, is_text ? A_TEXT : AN_INT, 1);
	put(g, ") {\n");
	g->loops = 0;
	for (; n > 0; n--) {
		put(g, one_of(g, is_text ? texts : numbers));
		gen_stmt(g);
		put(g, choose(g, 4) || n == 1 ? "break;\n" : "fallthrough;\n");
	}
	if (choose(g, 2)) {
		put(g, "default:\n");
		gen_stmt(g);
	}
	g->loops = loops;
	put(g, "}\n");
}

static void gen_nested(struct gen *g)
{
	switch (choose(g, 6)) {
	case 0:
		if (g->in_defer)
			break;
		put(g, "within 2s ");
		gen_block(g, 3);
		put(g, choose(g, 2) ? " else { $var(a) = 1; }\n" : "\n");
		break;
	case 1:
		if (g->in_defer)
			break;
		g->in_defer = true;
		put(g, "defer ");
		gen_block(g, 2);
		put(g, "\n");
		g->in_defer = false;
		break;
	case 2: gen_each(g); break;
	case 3: gen_switch(g); break;
	default: gen_if(g); break;
	}
}

static void gen_jump(struct gen *g)
{
	if (g->loops && choose(g, 2)) {
		put(g, "if (");
		gen_expr(g, A_BOOL, 1);
		put(g, choose(g, 2) ? ") break;\n" : ") continue;\n");
	} else if (!g->in_defer) {
		put(g, "if (");
		gen_expr(g, A_BOOL, 2);
		put(g, ") ");
		if (choose(g, 3) == 0) {
			put(g, choose(g, 2) ? "exit;\n" : "drop;\n");
			return;
		}
		put(g, "return ");
		gen_expr(g, g->in_typed ? g->returns : A_BOOL, 1);
		put(g, ";\n");
	}
}

static void gen_call_stmt(struct gen *g)
{
	switch (choose(g, 7)) {
	case 0:
		put(g, "xinfo(f\"$var(a) $rU $avp(x)\", ");
		gen_value(g);
		put(g, ");\n");
		break;
	case 1: put(g, "append_hf(\"X: $rU $hdr(X)\");\n"); break;
	case 2: put(g, "push($var(c), "); gen_value(g); put(g, ");\n"); break;
	case 3: put(g, "push($avp(y), "); gen_expr(g, ANYTHING, 1); put(g, ");\n"); break;
	case 4: put(g, "incr($sht(t=>k));\n"); break;
	case 5: put(g, g->in_defer ? "setflag(3);\n" : "wait_for(1s);\n"); break;
	default:
		if (!g->in_defer && !g->in_typed)
			put(g, choose(g, 2) ? "route(PLAIN);\n" :
			    "$var(b) = route(TYPED, \"x\", 3);\n");
		break;
	}
}

static void gen_stmt(struct gen *g)
{
	unsigned what = choose(g, 12);

	if (g->b->len > 12000)
		what = 0;
	if (what < 4)
		gen_assign(g);
	else if (what < 6)
		gen_var(g);
	else if (what < 9)
		gen_call_stmt(g);
	else if (what < 10)
		gen_jump(g);
	else if (g->depth < 4)
		gen_nested(g);
	else
		gen_assign(g);
}

static void gen_body(struct gen *g, unsigned most, const char *end)
{
	g->count = 0;
	put(g, "{\n");
	for (unsigned n = 2 + choose(g, most); n > 0; n--)
		gen_stmt(g);
	put(g, end);
}

static void gen_typed(struct gen *g)
{
	put(g, "route[TYPED](a: str, b: int = 5) -> int ");
	g->in_typed = true;
	g->returns = AN_INT;
	gen_body(g, 3, "return b;\n}\n");
	g->in_typed = false;
}

struct slice random_script(uint64_t seed, struct arena *arena)
{
	struct gen g = { .state = seed * 0x9e3779b97f4a7c15u + 1, .b = buf_new(4096) };
	struct slice text;

	for (unsigned i = 0; i < 8; i++)
		choose(&g, 2);
	put(&g, "#!lcs 1\n"
	    "loadmodule \"siputils\"\nloadmodule \"textops\"\nloadmodule \"xlog\"\n"
	    "loadmodule \"hello\"\nloadmodule \"usrloc\"\nloadmodule \"registrar\"\n"
	    "const LIMIT = 3;\nconst NAME = \"n\" + \"ame\";\n"
	    "acl office = { 10.0.0.0/8; !10.9.0.0/16; }\n"
	    "map codes = { \"INVITE\": 1, \"a\": 2 }\n");
	put(&g, "request_route ");
	gen_body(&g, 8, "drop;\n}\n");
	put(&g, "route[PLAIN] ");
	g.in_typed = true;
	g.returns = A_BOOL;
	gen_body(&g, 4, "}\n");
	gen_typed(&g);
	text = arena_dup(arena, buf_slice(g.b));
	buf_unref(&g.b);
	return text;
}
