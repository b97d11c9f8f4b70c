/*
 * cfg/check_op.c - operators: what they take, and of what type the result is.
 */
#include "cfg/check.h"
#include "cfg/guest.h"

/* ---- operators ---- */

static bool is_bad(const struct expr *e) { return e->type.is_bad; }

static void check_logic(struct check *c, struct expr *e)
{
	struct fact *mark;

	check_condition(c, e->op.a);
	mark = facts_mark(c);
	facts_of_condition(c, e->op.a, e->op.op == OP_AND);
	check_condition(c, e->op.b);
	facts_restore(c, mark);
	e->type = type_of_base(VALUE_BOOL);
}

static bool is_null_literal(const struct expr *e)
{
	return (e->kind == EXPR_LITERAL && e->literal.value.type == VALUE_NULL) ||
	    (e->kind == EXPR_PV && slice_eq(e->pv->name, SLICE("null")));
}

static void say_different(struct check *c, struct expr *e)
{
	const struct expr *a = e->op.a, *b = e->op.b;
	struct diag_item *item = load_error(c->ld, 320, e->at, "%s and %s are compared",
	    type_article(type_plain(a->type)), type_article(type_plain(b->type)));
	enum value_type x = a->type.base, y = b->type.base;

	diag_beside(item, "values of different types are never equal");
	if ((x == VALUE_IP && y == VALUE_STRING) || (x == VALUE_STRING && y == VALUE_IP))
		diag_help(item, "an address is written without quotes; ip(...) reads one from a text");
	else if ((x == VALUE_INT && y == VALUE_STRING) || (x == VALUE_STRING && y == VALUE_INT))
		diag_help(item, "int(...) reads a number from a text, str(...) makes a text of a number");
	else if (x == VALUE_DURATION || y == VALUE_DURATION)
		diag_help(item, "write a duration with its unit: 30s");
	e->type = type_bad();
}

static bool comparable(struct type a, struct type b)
{
	if (type_is_open(a) || type_is_open(b) || a.base == VALUE_NULL || b.base == VALUE_NULL)
		return true;
	if ((a.base == VALUE_URI && b.base == VALUE_STRING) ||
	    (a.base == VALUE_STRING && b.base == VALUE_URI))
		return true;
	return a.base == b.base;
}

static void check_equal(struct check *c, struct expr *e)
{
	bool outer = c->null_is_asked;

	if (is_guest(c->ld) && guest_myself(c, e))
		return;
	c->null_is_asked = is_null_literal(e->op.a) || is_null_literal(e->op.b);
	check_expr(c, e->op.a);
	check_expr(c, e->op.b);
	c->null_is_asked = outer;
	e->type = type_of_base(VALUE_BOOL);
	if (is_bad(e->op.a) || is_bad(e->op.b) || check_say_void(c, e->op.a) || check_say_void(c, e->op.b))
		return;
	if (is_guest(c->ld) && guest_equal(c, e))
		return;
	if (!comparable(e->op.a->type, e->op.b->type))
		say_different(c, e);
}

/* What others have to set first, in a table, mostly is not there at the first time. */
static void warn_of_nothing(struct check *c, const struct expr *x)
{
	struct slice text;

	if (x->kind != EXPR_PV || x->pv->what != PV_HOST || x->pv->sym->arg != VAR_ARG_KEYED ||
	    !x->type.nullable || is_guest(c->ld) || fact_holds(c, fact_key(c, x)))
		return;
	text = guest_text_at(x->at);
	diag_help(load_warning(c->ld, 320, x->at, "%.*s may be null here, which cannot be compared",
	    SLICE_ARG(text)), "give a value for that case: %.*s ?? 0", SLICE_ARG(text));
}

static void check_order(struct check *c, struct expr *e)
{
	struct expr *a = e->op.a, *b = e->op.b;

	check_expr(c, a);
	check_expr(c, b);
	if (is_guest(c->ld))
		guest_numbers(c, a, b);
	e->type = type_of_base(VALUE_BOOL);
	if (is_bad(a) || is_bad(b) || check_say_void(c, a) || check_say_void(c, b))
		return;
	if (!comparable(a->type, b->type)) {
		say_different(c, e);
		return;
	}
	for (unsigned i = 0; i < 2; i++) {
		struct expr *x = i ? b : a;

		if (type_is_open(x->type)) {
			warn_of_nothing(c, x);
			continue;
		}
		if (x->type.base != VALUE_INT && x->type.base != VALUE_DURATION &&
		    x->type.base != VALUE_STRING) {
			load_error(c->ld, 309, x->at, "\"%s\" compares numbers, durations or texts",
			    expr_op_text(e->op.op));
			return;
		}
		if (x->type.nullable) {
			check_say_nullable(c, x);
			return;
		}
	}
}

static void check_match(struct check *c, struct expr *e)
{
	const char *outer = c->only_constant;
	bool outer_pattern = c->may_be_pattern;

	check_expr(c, e->op.a);
	/* "$" in a pattern is its end, not a forgotten variable. */
	c->only_constant = outer ? outer : e->op.b->kind == EXPR_LITERAL ? "a pattern" : NULL;
	c->may_be_pattern = true;
	check_expr(c, e->op.b);
	c->may_be_pattern = outer_pattern;
	c->only_constant = outer;
	e->type = type_of_base(VALUE_BOOL);
	check_want(c, e->op.a, type_maybe(VALUE_STRING), 309, "what a pattern is matched with");
	if (check_want(c, e->op.b, type_of_base(VALUE_STRING), 309, "a pattern"))
		check_regex(c, e->op.b);
}

static bool is_set_type(enum value_type t)
{
	return t == VALUE_LIST || t == VALUE_ACL || t == VALUE_IP || t == VALUE_MAP ||
	    t == VALUE_ANY;
}

static enum value_type item_wanted(const struct expr *set)
{
	switch (set->type.base) {
	case VALUE_LIST: return set->type.item;
	case VALUE_ACL:
	case VALUE_IP:   return VALUE_IP;
	case VALUE_MAP:  return set->name.map ? set->name.map->key_type.base : VALUE_ANY;
	default:         return VALUE_ANY;
	}
}

static void check_in(struct check *c, struct expr *e)
{
	struct expr *a = e->op.a, *b = e->op.b;
	struct diag_item *item;
	struct type want;

	check_expr(c, a);
	check_expr(c, b);
	e->type = type_of_base(VALUE_BOOL);
	if (is_bad(a) || is_bad(b) || check_say_void(c, a) || check_say_void(c, b))
		return;
	if (!is_set_type(b->type.base)) {
		item = load_error(c->ld, 309, b->at, "\"in\" looks into a list, a network, "
		    "an acl or a map, not into %s", type_article(type_plain(b->type)));
		if (b->type.base == VALUE_STRING)
			diag_beside(item, "for a part of a text use =~");
		e->type = type_bad();
		return;
	}
	want = type_of_base(item_wanted(b));
	/* A source address given as text is read as one. */
	if (want.base == VALUE_IP && a->type.base == VALUE_STRING && !a->konst)
		return;
	if (comparable(a->type, want))
		return;
	load_error(c->ld, 320, e->at, "%s is looked for among values that are %s",
	    type_article(type_plain(a->type)), type_article(type_plain(want)));
	e->type = type_bad();
}

static void check_coalesce(struct check *c, struct expr *e)
{
	struct expr *a = e->op.a, *b = e->op.b;
	bool outer = c->null_is_asked;

	c->null_is_asked = true;
	check_expr(c, a);
	c->null_is_asked = outer;
	check_expr(c, b);
	if (is_bad(a) || is_bad(b) || check_say_void(c, a) || check_say_void(c, b)) {
		e->type = type_bad();
		return;
	}
	e->type = type_union(type_plain(a->type), b->type);
	if (a->type.base == VALUE_NULL)
		e->type = b->type;
	if (e->type.base == VALUE_VOID) {
		load_error(c->ld, 320, e->at, "one side of \"??\" is %s, the other %s",
		    type_article(type_plain(a->type)), type_article(type_plain(b->type)));
		e->type = type_bad();
	} else if (a->type.nullable && !b->type.nullable && !type_is_open(e->type)) {
		e->type.nullable = false;
	}
	if (type_is_open(a->type) && !type_is_open(b->type) && b->type.base != VALUE_NULL)
		e->type = type_maybe(VALUE_ANY);
}

/* ---- arithmetic ---- */

static enum value_type number_type(enum expr_op op, enum value_type a, enum value_type b)
{
	bool dur_a = a == VALUE_DURATION, dur_b = b == VALUE_DURATION;

	if (a == VALUE_INT && b == VALUE_INT)
		return VALUE_INT;
	if (dur_a && dur_b && (op == OP_ADD || op == OP_SUB || op == OP_MOD))
		return VALUE_DURATION;
	if (dur_a && dur_b && op == OP_DIV)
		return VALUE_INT;
	if ((dur_a && b == VALUE_INT && (op == OP_MUL || op == OP_DIV)) ||
	    (a == VALUE_INT && dur_b && op == OP_MUL))
		return VALUE_DURATION;
	return VALUE_VOID;
}

static bool is_textual(struct type t)
{
	return t.base == VALUE_STRING || t.base == VALUE_URI;
}

static bool plain_operand(struct check *c, struct expr *x)
{
	if (!x->type.nullable || type_is_open(x->type))
		return true;
	if (x->type.base == VALUE_NULL)
		load_error(c->ld, 309, x->at, "nothing can be done with null");
	else
		check_say_nullable(c, x);
	return false;
}

static void say_operands(struct check *c, struct expr *e)
{
	const struct expr *a = e->op.a, *b = e->op.b;
	struct diag_item *item = load_error(c->ld, 309, e->op.op_at,
	    "\"%s\" does not go with %s and %s", expr_op_text(e->op.op),
	    type_article(type_plain(a->type)), type_article(type_plain(b->type)));

	if (e->op.op == OP_ADD && is_textual(b->type))
		diag_beside(item, "put the text first, or write str(...) + ...");
	else if (is_textual(a->type) || is_textual(b->type))
		diag_beside(item, "int(...) reads a number from a text");
}

static void check_arithmetic(struct check *c, struct expr *e)
{
	struct expr *a = e->op.a, *b = e->op.b;

	check_expr(c, a);
	check_expr(c, b);
	if (is_guest(c->ld) && guest_arithmetic(c, e))
		return;
	e->type = type_bad();
	if (is_bad(a) || is_bad(b) || check_say_void(c, a) || check_say_void(c, b))
		return;
	if (!plain_operand(c, a) || !plain_operand(c, b))
		return;
	if (e->op.op == OP_ADD && is_textual(a->type)) {
		e->type = type_of_base(VALUE_STRING);
		return;
	}
	if (type_is_open(a->type) || type_is_open(b->type)) {
		e->type = type_maybe(VALUE_ANY);
		return;
	}
	e->type = type_of_base(number_type(e->op.op, a->type.base, b->type.base));
	if (e->type.base == VALUE_VOID) {
		say_operands(c, e);
		e->type = type_bad();
	}
}

void check_unary(struct check *c, struct expr *e)
{
	struct expr *a = e->op.a;

	if (e->op.op == OP_NOT) {
		if (is_guest(c->ld)) {
			check_expr(c, a);
			if (guest_not(c, e))
				return;
		}
		check_condition(c, a);
		e->type = type_of_base(VALUE_BOOL);
		return;
	}
	check_expr(c, a);
	if (is_guest(c->ld))
		guest_numbers(c, a, NULL);
	e->type = a->type;
	if (is_bad(a) || type_is_open(a->type))
		return;
	if (check_say_void(c, a) || !plain_operand(c, a)) {
		e->type = type_bad();
		return;
	}
	if (a->type.base == VALUE_INT ||
	    (a->type.base == VALUE_DURATION && e->op.op == OP_NEG))
		return;
	load_error(c->ld, 309, e->at, "\"%s\" takes a number, not %s",
	    expr_op_text(e->op.op), type_article(type_plain(a->type)));
	e->type = type_bad();
}

void check_binary(struct check *c, struct expr *e)
{
	switch (e->op.op) {
	case OP_OR:
	case OP_AND:      check_logic(c, e); break;
	case OP_EQ:
	case OP_NE:       check_equal(c, e); break;
	case OP_LT:
	case OP_LE:
	case OP_GT:
	case OP_GE:       check_order(c, e); break;
	case OP_MATCH:
	case OP_NOMATCH:  check_match(c, e); break;
	case OP_IN:       check_in(c, e); break;
	case OP_COALESCE: check_coalesce(c, e); break;
	default:          check_arithmetic(c, e); break;
	}
}
