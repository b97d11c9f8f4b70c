/*
 * cfg/check_expr.c - types of expressions.
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
		text = guest_text_at(e->at);
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

bool check_say_void(struct check *c, struct expr *e)
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
	if (e->type.is_bad || want.is_bad || check_say_void(c, e))
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

/* Kamailio leaves such backslashes where they are, too, and its scripts have many. */
void check_escapes(struct check *c, const struct text_part *parts, bool is_format,
    struct cfg_span at)
{
	struct diag_item *item;
	struct slice escape;

	if (is_guest(c->ld) || c->only_constant || c->may_be_format || c->may_be_pattern ||
	    !text_has_stray_escape(parts, is_format, &escape))
		return;
	item = load_warning(c->ld, 323, at, "\"%.*s\" is no escape: the backslash stays in the text",
	    SLICE_ARG(escape));
	diag_beside(item, "\"\\%.*s\" or '...' if it is meant so", SLICE_ARG(escape));
	diag_help(item, "a text knows \\n \\r \\t \\\" \\\\%s", is_format ? " \\$" : "");
}

static void check_literal(struct check *c, struct expr *e)
{
	e->type = type_of_value(e->literal.value);
	e->konst = &e->literal.value;
	warn_plain(c, e);
	check_escapes(c, e->literal.parts, false, e->at);
}

static void check_text(struct check *c, struct expr *e)
{
	bool outer = c->in_text;

	e->type = type_of_base(VALUE_STRING);
	check_escapes(c, e->text.parts, true, e->at);
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
	else if (slice_eq(e->name.name, SLICE("myself")))
		diag_beside(item, "is_myself($ru) asks that");
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

/* ---- lists ---- */

static void check_list(struct check *c, struct expr *e)
{
	struct type item = type_of_base(VALUE_NULL);

	e->type = type_of_base(VALUE_LIST);
	for (struct expr *x = e->list.items; x; x = x->next) {
		struct type both;

		check_expr(c, x);
		if (x->type.is_bad || check_say_void(c, x)) {
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
	if (of->type.is_bad || i->type.is_bad)
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
