/*
 * cfg/guest_expr.c - expressions whose types Kamailio does not mind.
 */
#include "cfg/guest.h"

/* A node under what e becomes: the same, but nobody's neighbour. */
static struct expr *inner(struct load *ld, const struct expr *e)
{
	struct expr *copy = MEM_NEW(&ld->mem, struct expr);

	*copy = *e;
	copy->next = NULL;
	copy->label = SLICE_NULL;
	if (e->konst == &e->literal.value)
		copy->konst = &copy->literal.value;
	return copy;
}

/* e, wherever it hangs, becomes name(a, b). */
static void become_call(struct check *c, struct expr *e, const char *name, struct expr *a,
    struct expr *b)
{
	struct expr call = { .kind = EXPR_CALL, .at = e->at, .next = e->next, .label = e->label,
	    .label_at = e->label_at, .depth = e->depth };

	call.call.name = slice_str(name);
	call.call.name_at = e->at;
	call.call.args = a;
	if (b)
		a->next = b;
	*e = call;
	expr_hang(c->ld, e, a);
	check_expr(c, e);
}

static void wrap(struct check *c, struct expr *e, const char *name)
{
	become_call(c, e, name, inner(c->ld, e), NULL);
}

/* e becomes what v is, where e stands. */
static void become(struct expr *e, const struct expr *v)
{
	struct expr *next = e->next;
	struct slice label = e->label;
	struct cfg_span label_at = e->label_at;

	*e = *v;
	if (v->konst == &v->literal.value)
		e->konst = &e->literal.value;
	e->next = next;
	e->label = label;
	e->label_at = label_at;
}

static bool is_plain(const struct expr *e, enum value_type base)
{
	return e->type.base == base && !e->type.nullable;
}

/* ---- words ---- */

static const struct { const char *word, *variable; } words[] = {
	{ "method", "$rm" }, { "uri", "$ru" }, { "from_uri", "$fu" }, { "to_uri", "$tu" },
	{ "src_ip", "$si" }, { "src_port", "$sp" }, { "dst_ip", "$Ri" }, { "dst_port", "$Rp" },
	{ "proto", "$proto" }, { "status", "$rs" }, { "retcode", "$rc" }, { "msg:len", "$ml" }
};

static struct expr *variable(struct load *ld, const char *text, struct cfg_span at)
{
	struct token t = { .text = slice_str(text), .is_expanded = true, .at = at,
	    .source = at.source };

	return expr_pv(ld, &t);
}

bool guest_word(struct check *c, struct expr *e)
{
	struct expr *v;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!slice_eq(e->name.name, slice_str(words[i].word)))
			continue;
		v = variable(c->ld, words[i].variable, e->at);
		guest_fix(c->ld, e->at, words[i].variable);
		become(e, v);
		check_expr(c, e);
		return true;
	}
	return false;
}

/* ---- conditions ---- */

void guest_condition(struct check *c, struct expr *e)
{
	if (!is_plain(e, VALUE_BOOL) && !e->type.is_bad && e->type.base != VALUE_VOID)
		wrap(c, e, "_truth");
}

bool guest_not(struct check *c, struct expr *e)
{
	struct expr *a = e->op.a;

	if (is_plain(a, VALUE_BOOL) || a->type.is_bad || a->type.base == VALUE_VOID)
		return false;
	if (a->kind == EXPR_ROUTE) {	/* a result is true or false before it is turned round */
		wrap(c, a, "_truth");
		return false;
	}
	become_call(c, e, "_not", a, NULL);
	return true;
}

/* ---- comparisons ---- */

static bool is_word(const struct expr *e, const char *word)
{
	return e->kind == EXPR_NAME && slice_eq(e->name.name, slice_str(word));
}

/* x == myself asks whether an address is the server's own. */
bool guest_myself(struct check *c, struct expr *e)
{
	struct expr *of = is_word(e->op.b, "myself") ? e->op.a :
	    is_word(e->op.a, "myself") ? e->op.b : NULL;
	struct expr *call;
	bool differs = e->op.op == OP_NE;

	if (!of)
		return false;
	if (is_word(of, "src_ip") || is_word(of, "dst_ip"))
		load_note(c->ld, 320, e->at, "an address is compared with those of the server");
	call = expr_new(c->ld, EXPR_CALL, e->at);
	call->call.name = SLICE("is_myself");
	call->call.name_at = e->at;
	call->call.args = inner(c->ld, of);
	if (of->kind == EXPR_NAME && (is_word(of, "src_ip") || is_word(of, "dst_ip")))
		call->call.args = expr_binary(c->ld, OP_ADD, e->at, expr_value(c->ld, e->at,
		    value_string(SLICE("sip:"))), call->call.args);
	check_expr(c, call);
	if (differs) {
		e->kind = EXPR_UNARY;
		e->op.op = OP_NOT;
		e->op.a = call;
		e->op.b = NULL;
	} else {
		become(e, call);
	}
	e->type = type_of_base(VALUE_BOOL);
	e->is_checked = true;
	return true;
}

static bool is_null(const struct expr *e)
{
	return e->type.base == VALUE_NULL;
}

static bool is_text(const struct expr *e)
{
	return is_plain(e, VALUE_STRING) || is_plain(e, VALUE_URI);
}

/* "10.0.0.1" where an address stands is one; nobody asks the name service for it. */
static bool addresses(struct check *c, struct expr *e)
{
	struct expr *a = e->op.a, *b = e->op.b, *text;

	if (a->type.base != VALUE_IP && b->type.base != VALUE_IP)
		return false;
	text = a->type.base == VALUE_IP ? b : a;
	if (text->type.base == VALUE_IP || !(text->type.base == VALUE_STRING ||
	    type_is_open(text->type)))
		return true;
	if (text->kind == EXPR_LITERAL)
		load_note(c->ld, 320, text->at, "this is compared as an address");
	wrap(c, text, "ip");
	return true;
}

bool guest_equal(struct check *c, struct expr *e)
{
	struct expr *a = e->op.a, *b = e->op.b;

	if (is_null(a) || is_null(b) || addresses(c, e) || (is_text(a) && is_text(b)))
		return false;
	if (a->type.base == b->type.base && !a->type.nullable && !b->type.nullable &&
	    !type_is_open(a->type))
		return false;
	become_call(c, e, e->op.op == OP_EQ ? "_equal" : "_differ", a, b);
	return true;
}

static void as_number(struct check *c, struct expr *e)
{
	if (!is_plain(e, VALUE_INT) && !is_plain(e, VALUE_DURATION) && !e->type.is_bad &&
	    e->type.base != VALUE_VOID)
		wrap(c, e, "_int");
}

void guest_numbers(struct check *c, struct expr *a, struct expr *b)
{
	as_number(c, a);
	if (b)
		as_number(c, b);
}

static bool add(struct check *c, struct expr *e)
{
	struct expr *a = e->op.a, *b = e->op.b;

	if (is_text(a) && (is_text(b) || is_plain(b, VALUE_INT)))
		return false;
	if (is_plain(a, VALUE_INT) || is_plain(a, VALUE_BOOL)) {
		guest_numbers(c, a, b);
		return false;
	}
	if (a->type.base == VALUE_STRING || a->type.base == VALUE_URI) {
		guest_adapt(c, a, type_of_base(VALUE_STRING));
		guest_adapt(c, b, type_of_base(VALUE_STRING));
		return false;
	}
	become_call(c, e, "_add", a, b);
	return true;
}

bool guest_arithmetic(struct check *c, struct expr *e)
{
	struct expr *a = e->op.a, *b = e->op.b;

	if (a->type.is_bad || b->type.is_bad || a->type.base == VALUE_VOID ||
	    b->type.base == VALUE_VOID)
		return false;
	if (e->op.op == OP_ADD)
		return add(c, e);
	guest_numbers(c, a, b);
	return false;
}

/* A case is what the switch is compared with: of its kind. */
bool guest_case(struct check *c, const struct expr *of, struct expr *v)
{
	if (type_is_open(of->type) || v->type.is_bad || of->type.is_bad)
		return type_is_open(of->type);
	if (of->type.base == VALUE_STRING && v->type.base == VALUE_INT)
		wrap(c, v, "_str");
	else if (of->type.base == VALUE_INT && v->type.base == VALUE_STRING)
		wrap(c, v, "_int");
	return false;
}

/* ---- where a type is wanted ---- */

static bool may_become(const struct expr *e)
{
	return e->type.base != VALUE_VOID && !e->type.is_bad && e->type.base != VALUE_LIST &&
	    e->type.base != VALUE_ACL && e->type.base != VALUE_MAP;
}

bool guest_adapt(struct check *c, struct expr *e, struct type want)
{
	if (c->only_constant || !may_become(e))
		return false;
	switch (want.base) {
	case VALUE_STRING:
		if (is_text(e) || (want.nullable && (e->type.base == VALUE_STRING || is_null(e))))
			return false;
		wrap(c, e, "_str");
		return true;
	case VALUE_INT:
		if (is_plain(e, VALUE_INT) || (want.nullable && is_null(e)) ||
		    (e->konst && e->konst->type == VALUE_STRING))
			return false;
		wrap(c, e, "_int");
		return true;
	case VALUE_BOOL:
		if (is_plain(e, VALUE_BOOL))
			return false;
		wrap(c, e, "_truth");
		return true;
	default:
		return false;
	}
}

void guest_format(struct check *c, struct expr **arg, const struct sym_param_decl *p)
{
	struct expr *a = *arg, *pieces;
	struct slice word;

	if (p->type != VALUE_STRING || p->is_fmt || a->kind != EXPR_LITERAL ||
	    !text_looks_formatted(a->literal.parts, &word))
		return;
	pieces = text_pieces(c->ld, a->literal.parts, a->at);
	pieces->label = a->label;
	pieces->label_at = a->label_at;
	guest_fix_before(c->ld, a->at, "f");
	*arg = pieces;
}

/* ---- statements ---- */

static bool is_avp(const struct expr *to)
{
	return to->kind == EXPR_PV && slice_eq(to->pv->name, SLICE("avp")) &&
	    to->pv->index_kind == PV_INDEX_NONE;
}

static void note_avp(struct check *c, const struct stmt *s)
{
	struct slice key = check_pv_key(c, s->assign.to);
	struct diag_item *item;

	if (!key.len)
		return;
	if (dict_get(&c->ld->guest_said, key)) {
		item = load_note(c->ld, 408, s->assign.to->at,
		    "this adds a value to those that are there");
		diag_beside(item, "natively an assignment replaces, push() adds");
	}
	dict_put(&c->ld->guest_said, key, c->ld);
}

/* $avp(x) = v puts v in front of the values that are there: the one that is read. */
static void push_avp(struct check *c, struct stmt *s)
{
	struct expr *call = expr_new(c->ld, EXPR_CALL, s->at);

	note_avp(c, s);
	call->call.name = SLICE("push");
	call->call.name_at = s->at;
	call->call.args = s->assign.to;
	s->assign.to->next = s->assign.value;
	s->kind = STMT_CALL;
	s->call = call;
}

static bool is_null_literal(const struct expr *e)
{
	return e->kind == EXPR_PV && slice_eq(e->pv->name, SLICE("null"));
}

/* What a function says is 1 or -1 when it is kept. */
static void keep_code(struct check *c, struct expr *v)
{
	if (v->kind != EXPR_CALL)
		return;
	check_expr(c, v);
	if (is_plain(v, VALUE_BOOL))
		wrap(c, v, "_code");
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
	keep_code(c, v);
	if (is_avp(to))
		push_avp(c, s);
}

static struct stmt *exit_if_zero(struct check *c, struct decl *d, struct cfg_span at)
{
	struct stmt *s = stmt_new(c->ld, STMT_IF, at, at);
	struct expr *name = expr_new(c->ld, EXPR_NAME, at);

	name->name.name = d->name;
	s->branch.cond = expr_binary(c->ld, OP_EQ, at, name, expr_value(c->ld, at, value_int(0)));
	s->branch.then = stmt_new(c->ld, STMT_EXIT, at, at);
	return s;
}

/* { var n = value; if (n == 0) exit; return n; } */
static void decide_return(struct check *c, struct stmt *s, struct expr *value)
{
	struct decl *d = MEM_NEW(&c->ld->mem, struct decl);
	struct stmt *var = stmt_new(c->ld, STMT_VAR, s->at, s->at);
	struct stmt *ret = stmt_new(c->ld, STMT_RETURN, s->at, s->at);

	d->name = SLICE("return");
	d->at = s->at;
	d->is_read = true;
	var->var.decl = d;
	var->var.value = value;
	ret->value = expr_new(c->ld, EXPR_NAME, s->at);
	ret->value->name.name = d->name;
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

	if (!c->route || c->route->is_typed)
		return false;
	if (!v)
		s->value = v = expr_value(c->ld, s->at, value_int(1));
	if (is_own_name(v))
		return false;
	keep_code(c, v);
	check_expr(c, v);
	as_number(c, v);
	if (v->type.is_bad)
		return false;
	if (v->konst && v->konst->type == VALUE_INT && v->konst->i != 0)
		return false;
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

void guest_drop(struct check *c, const struct stmt *s)
{
	if (s->kind == STMT_DROP && (c->contexts & IN_RESPONSE))
		diag_beside(load_note(c->ld, 310, s->word_at, "drop in a route of responses"),
		    "Kamailio ignores it for final ones");
}
