/*
 * cfg/check_expr.c - types of expressions, operator by operator.
 */
#include "cfg/check.h"
#include "cfg/guest.h"
#include "cfg/regex.h"

#include <errno.h>

/* ---- what is wanted somewhere ---- */

void check_say_nullable(struct check *c, struct expr *e)
{
	struct diag_item *item;
	struct slice text = SLICE("it");

	if (e->kind == EXPR_PV || e->kind == EXPR_NAME || e->raw.len)
		text = slice_first(slice_skip(source_line(e->at.source, e->at.line),
		    e->at.column - 1), e->at.end_column - e->at.column);
	item = load_error(c->ld, 320, e->at, "%.*s may be null here, and %s is needed",
	    SLICE_ARG(text), type_article(type_plain(e->type)));
	diag_beside(item, "this is of type %s", type_text(e->type));
	diag_help(item, "give a value for that case: %.*s ?? ...", SLICE_ARG(text));
	diag_help(item, "or test first: if (%.*s != null) { ... }", SLICE_ARG(text));
	e->type.is_bad = true;
}

/* A text where a URI is wanted is read now, so that it is wrong now. */
void check_adapt(struct check *c, struct expr *e, struct type want)
{
	struct sip_uri *uri;
	struct value v = { .type = VALUE_URI };

	if (want.base != VALUE_URI || !e->konst || e->konst->type != VALUE_STRING)
		return;
	uri = MEM_NEW(&c->ld->mem, struct sip_uri);
	if (sip_uri_parse(e->konst->s, uri, NULL) != 0) {
		load_error(c->ld, 303, e->at, "\"%.*s\" is not a URI", SLICE_ARG(e->konst->s));
		e->type = type_bad();
		e->konst = NULL;
		return;
	}
	v.uri = uri;
	fold_set(c->ld, e, v);
}

static bool fits(struct type from, struct type want)
{
	/* A URI is a text where a text is wanted; nothing is lost. */
	if (from.base == VALUE_URI && want.base == VALUE_STRING)
		from.base = VALUE_STRING;
	return type_fits(from, want);
}

static bool say_void(struct check *c, struct expr *e)
{
	if (e->type.base != VALUE_VOID)
		return false;
	load_error(c->ld, 309, e->at, "this function gives no value");
	e->type = type_bad();
	return true;
}

bool check_want(struct check *c, struct expr *e, struct type want, unsigned code,
    const char *what)
{
	struct diag_item *item;

	check_adapt(c, e, want);
	if (e->type.is_bad || want.is_bad || say_void(c, e))
		return false;
	if (is_guest(c->ld) && guest_adapt(c, e, want))
		return !e->type.is_bad;
	if (fits(e->type, want))
		return true;
	if (e->type.nullable && fits(type_plain(e->type), want)) {
		check_say_nullable(c, e);
		return false;
	}
	item = load_error(c->ld, code, e->label.len ? e->label_at : e->at, "%s is %s, not %s",
	    what, type_article(want), type_article(e->type));
	diag_beside(item, "this is of type %s", type_text(e->type));
	if (want.base == VALUE_STRING && e->type.base == VALUE_INT)
		diag_help(item, "str(...) makes a text of a number");
	if (want.base == VALUE_INT && e->type.base == VALUE_STRING)
		diag_help(item, "int(...) reads a number from a text, null if it is none");
	e->type.is_bad = true;
	return false;
}

void check_condition(struct check *c, struct expr *e)
{
	struct diag_item *item;

	check_expr(c, e);
	if (is_guest(c->ld))
		guest_condition(c, e);
	if (e->type.is_bad || type_is_open(e->type))
		return;
	if (e->type.base == VALUE_BOOL && !e->type.nullable)
		return;
	if (e->type.base == VALUE_BOOL) {
		check_say_nullable(c, e);
		return;
	}
	item = load_error(c->ld, 309, e->at, "a condition is true or false, not %s",
	    type_article(e->type));
	if (e->type.nullable)
		diag_beside(item, "to ask whether it is there: ... != null");
	else if (e->type.base == VALUE_INT)
		diag_beside(item, "to ask whether it is zero: ... != 0");
	else if (e->type.base == VALUE_STRING)
		diag_beside(item, "to ask whether it is empty: ... != \"\"");
	e->type.is_bad = true;
}

/* ---- patterns ---- */

void check_regex(struct check *c, struct expr *pattern)
{
	struct regex_error why;
	struct regex *re;
	struct diag_item *item;
	int err;

	if (!pattern->konst || pattern->konst->type != VALUE_STRING)
		return;
	err = regex_compile(pattern->konst->s, false, &re, &why);
	if (err == 0) {
		regex_free(re);
		return;
	}
	if (err == -ENOMEM)
		mem_short(&c->ld->mem);
	item = load_error(c->ld, 307, pattern->at, "this pattern does not compile");
	diag_beside(item, "at character %zu: %s", why.offset + 1, why.text);
	pattern->type.is_bad = true;
}

/* ---- leaves ---- */

static void warn_plain(struct check *c, const struct expr *e)
{
	struct slice word;
	struct diag_item *item;

	if (c->only_constant || c->may_be_format || !text_looks_formatted(e->literal.parts, &word))
		return;
	item = load_warning(c->ld, 321, e->at,
	    "\"%.*s\" is plain text here, no variable", SLICE_ARG(word));
	diag_beside(item, "write f\"...\" to have it replaced, '...' if it is meant so");
	diag_fix(item, (struct cfg_span){ e->at.source, e->at.line, e->at.column, e->at.line,
	    e->at.column }, "f");
}

static void check_literal(struct check *c, struct expr *e)
{
	e->type = type_of_value(e->literal.value);
	e->konst = &e->literal.value;
	warn_plain(c, e);
}

static void check_text(struct check *c, struct expr *e)
{
	bool outer = c->in_text;

	e->type = type_of_base(VALUE_STRING);
	c->in_text = true;
	for (struct expr *p = e->text.pieces; p; p = p->next)
		check_expr(c, p);
	c->in_text = outer;
}

static bool test_word(const struct check *c, struct slice name)
{
	static const char *const words[] = { "replied", "relayed", "challenged", "archived" };

	for (size_t i = 0; c->in_test && i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_eq(name, slice_str(words[i])))
			return true;
	return false;
}

/* Words that Kamailio has for what is a variable here. */
static const char *old_word(struct slice name)
{
	static const struct { const char *word, *variable; } words[] = {
		{ "method", "$rm" }, { "uri", "$ru" }, { "from_uri", "$fu" }, { "to_uri", "$tu" },
		{ "src_ip", "$si" }, { "src_port", "$sp" }, { "dst_ip", "$Ri" },
		{ "dst_port", "$Rp" }, { "proto", "$proto" }, { "status", "$rs" },
		{ "retcode", "$rc" }
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_eq(name, slice_str(words[i].word)))
			return words[i].variable;
	return NULL;
}

static void say_undefined(struct check *c, struct expr *e)
{
	struct candidates all = { .ld = c->ld };
	const char *variable = old_word(e->name.name);
	struct diag_item *item = load_error(c->ld, 201, e->at, "\"%.*s\" is not defined",
	    SLICE_ARG(e->name.name));

	if (variable) {
		diag_beside(item, "it is written %s", variable);
		diag_fix(item, e->at, variable);
		return;
	}
	scope_candidates(c, &all);
	candidates_add_dict(&all, &c->ld->names->consts);
	candidates_add_dict(&all, &c->ld->names->acls);
	candidates_add_dict(&all, &c->ld->names->maps);
	if (candidates_say(&all, e->name.name, item, e->at, "\"", "\""))
		return;
	if (dict_get(&c->ld->names->funcs, e->name.name) ||
	    dict_get(&c->ld->names->builtins, e->name.name))
		diag_beside(item, "to call the function: %.*s()", SLICE_ARG(e->name.name));
	else if (dict_get(&c->ld->names->routes[ROUTE_NAMED], e->name.name))
		diag_beside(item, "to call the route: route(%.*s)", SLICE_ARG(e->name.name));
	else
		diag_beside(item, "no variable, const, acl or map has this name");
}

void check_const(struct check *c, struct const_decl *d)
{
	const char *outer = c->only_constant;

	if (d->state == CONST_DONE)
		return;
	if (d->state == CONST_OPEN) {
		load_error(c->ld, 309, d->at, "const \"%.*s\" is defined by itself",
		    SLICE_ARG(d->name));
		d->value->type = type_bad();
		return;
	}
	d->state = CONST_OPEN;
	c->only_constant = "a const";
	check_expr(c, d->value);
	c->only_constant = outer;
	d->state = CONST_DONE;
	if (!d->value->konst && !d->value->type.is_bad)
		load_error(c->ld, 309, d->value->at,
		    "a const is known before anything runs, this is not");
}

static void check_name(struct check *c, struct expr *e)
{
	struct names *n = c->ld->names;
	struct slice name = e->name.name;
	struct decl *local = scope_find(c, name);
	struct const_decl *constant = dict_get(&n->consts, name);

	if (local) {
		local->is_read = true;
		e->name.local = local;
		e->type = local->type;
		if (e->type.nullable && !type_is_open(e->type) && fact_holds(c, name)) {
			e->type.nullable = false;
			e->is_narrowed = true;
		}
	} else if (constant) {
		check_const(c, constant);
		e->name.constant = constant;
		e->type = constant->value->type;
		e->konst = constant->value->konst;
		e->is_tainted = constant->value->is_tainted;
	} else if ((e->name.acl = dict_get(&n->acls, name))) {
		((struct acl_decl *)dict_get(&n->acls, name))->is_used = true;
		e->type = type_of_base(VALUE_ACL);
	} else if ((e->name.map = dict_get(&n->maps, name))) {
		((struct map_decl *)dict_get(&n->maps, name))->is_used = true;
		e->type = type_of_base(VALUE_MAP);
		e->type.item = e->name.map->item_type.base;
	} else if (test_word(c, name)) {
		e->type = type_of_base(VALUE_BOOL);
	} else if (!is_guest(c->ld) || !guest_word(c, e)) {
		say_undefined(c, e);
		e->type = type_bad();
	}
}

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
	if (is_bad(e->op.a) || is_bad(e->op.b) || say_void(c, e->op.a) || say_void(c, e->op.b))
		return;
	if (is_guest(c->ld) && guest_equal(c, e))
		return;
	if (!comparable(e->op.a->type, e->op.b->type))
		say_different(c, e);
}

static void check_order(struct check *c, struct expr *e)
{
	struct expr *a = e->op.a, *b = e->op.b;

	check_expr(c, a);
	check_expr(c, b);
	if (is_guest(c->ld))
		guest_numbers(c, a, b);
	e->type = type_of_base(VALUE_BOOL);
	if (is_bad(a) || is_bad(b) || say_void(c, a) || say_void(c, b))
		return;
	if (!comparable(a->type, b->type)) {
		say_different(c, e);
		return;
	}
	for (unsigned i = 0; i < 2; i++) {
		struct expr *x = i ? b : a;

		if (type_is_open(x->type))
			continue;
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

	check_expr(c, e->op.a);
	/* "$" in a pattern is its end, not a forgotten variable. */
	c->only_constant = outer ? outer : e->op.b->kind == EXPR_LITERAL ? "a pattern" : NULL;
	check_expr(c, e->op.b);
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
	if (is_bad(a) || is_bad(b) || say_void(c, a) || say_void(c, b))
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
	if (is_bad(a) || is_bad(b) || say_void(c, a) || say_void(c, b)) {
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
	if (is_bad(a) || is_bad(b) || say_void(c, a) || say_void(c, b))
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

static void check_unary(struct check *c, struct expr *e)
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
	if (say_void(c, a) || !plain_operand(c, a)) {
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

static void check_binary(struct check *c, struct expr *e)
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

/* ---- lists ---- */

static void check_list(struct check *c, struct expr *e)
{
	struct type item = type_of_base(VALUE_NULL);

	e->type = type_of_base(VALUE_LIST);
	for (struct expr *x = e->list.items; x; x = x->next) {
		struct type both;

		check_expr(c, x);
		if (is_bad(x) || say_void(c, x)) {
			e->type = type_bad();
			return;
		}
		both = type_union(item, x->type);
		if (both.base == VALUE_VOID) {
			load_error(c->ld, 320, x->at, "%s in a list whose other items are %s",
			    type_article(type_plain(x->type)), type_article(type_plain(item)));
			e->type = type_bad();
			return;
		}
		item = both;
	}
	e->type.item = e->list.count && !item.nullable ? item.base : VALUE_ANY;
}

static void check_index(struct check *c, struct expr *e)
{
	struct expr *of = e->index.of, *i = e->index.index;

	check_expr(c, of);
	check_expr(c, i);
	e->type = type_bad();
	if (is_bad(of) || is_bad(i))
		return;
	if (of->type.base == VALUE_MAP && of->name.map) {
		if (check_want(c, i, of->name.map->key_type, 309, "a key of this map"))
			e->type = type_maybe(of->name.map->item_type.base);
		return;
	}
	if (!check_want(c, of, type_of_base(VALUE_LIST), 309, "what stands before \"[\"") ||
	    !check_want(c, i, type_of_base(VALUE_INT), 309, "an index"))
		return;
	e->type = type_maybe(type_is_open(of->type) ? VALUE_ANY : of->type.item);
}

/* ---- all of them ---- */

void check_expr(struct check *c, struct expr *e)
{
	if (e->is_checked)
		return;
	e->is_checked = true;
	switch (e->kind) {
	case EXPR_LITERAL: check_literal(c, e); break;
	case EXPR_TEXT:    check_text(c, e); break;
	case EXPR_NAME:    check_name(c, e); break;
	case EXPR_PV:      check_pv(c, e); break;
	case EXPR_FIELD:   check_field(c, e); break;
	case EXPR_TRANS:   check_trans(c, e); break;
	case EXPR_INDEX:   check_index(c, e); break;
	case EXPR_CALL:    check_call(c, e); break;
	case EXPR_ROUTE:   check_route_call(c, e); break;
	case EXPR_UNARY:   check_unary(c, e); break;
	case EXPR_BINARY:  check_binary(c, e); break;
	case EXPR_LIST:    check_list(c, e); break;
	case EXPR_BAD:     e->type = type_bad(); break;
	}
	if (!e->konst)
		fold_expr(c, e);
}

const struct value *check_constant(struct load *ld, struct expr *e, const char *what)
{
	struct check c = { .ld = ld, .only_constant = what };

	check_expr(&c, e);
	if (!e->konst && !e->type.is_bad)
		load_error(ld, 309, e->at, "%s is known before anything runs, this is not", what);
	return e->type.is_bad ? NULL : e->konst;
}
