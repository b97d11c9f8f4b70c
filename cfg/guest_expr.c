/*
 * cfg/guest_expr.c - expressions whose types Kamailio does not mind.
 */
#include "cfg/guest.h"

struct expr *guest_copy(struct load *ld, const struct expr *e)
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
	become_call(c, e, name, guest_copy(c->ld, e), NULL);
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

/* Inside of a text nothing can be written otherwise. */
static void fix_around(struct check *c, struct cfg_span at, const char *before,
    const char *behind)
{
	if (!c->in_text)
		guest_fix_around(c->ld, at, before, behind);
}

static void fix(struct check *c, struct cfg_span at, const char *text)
{
	if (!c->in_text)
		guest_fix(c->ld, at, text);
}

/* ---- words ---- */

static const struct { const char *word, *variable; } words[] = {
	{ "method", "$rm" }, { "uri", "$ru" }, { "from_uri", "$fu" }, { "to_uri", "$tu" },
	{ "src_ip", "$si" }, { "src_port", "$sp" }, { "dst_ip", "$Ri" }, { "dst_port", "$Rp" },
	{ "proto", "$proto" }, { "status", "$rs" }, { "retcode", "$rc" }, { "msg:len", "$ml" }
};

/* Words that are values: as they are compared with "proto", "method" and "msg:len". */
static const struct { const char *word, *text; int64_t number; } constants[] = {
	{ "UDP", "udp", 0 }, { "TCP", "tcp", 0 }, { "TLS", "tls", 0 }, { "SCTP", "sctp", 0 },
	{ "WS", "ws", 0 }, { "WSS", "wss", 0 },
	{ "INVITE", "INVITE", 0 }, { "ACK", "ACK", 0 }, { "BYE", "BYE", 0 },
	{ "CANCEL", "CANCEL", 0 }, { "REGISTER", "REGISTER", 0 }, { "OPTIONS", "OPTIONS", 0 },
	{ "SUBSCRIBE", "SUBSCRIBE", 0 }, { "NOTIFY", "NOTIFY", 0 }, { "PUBLISH", "PUBLISH", 0 },
	{ "MESSAGE", "MESSAGE", 0 }, { "INFO", "INFO", 0 }, { "UPDATE", "UPDATE", 0 },
	{ "REFER", "REFER", 0 }, { "PRACK", "PRACK", 0 },
	{ "max_len", NULL, 65535 }		/* the longest message that it can read */
};

static bool guest_constant(struct check *c, struct expr *e)
{
	for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
		const char *text = constants[i].text;

		if (!slice_eq(e->name.name, slice_str(constants[i].word)))
			continue;
		fix(c, e->at, text ? mem_printf(&c->ld->mem, "\"%s\"", text).p : "65535");
		become(e, expr_value(c->ld, e->at, text ? value_string(slice_str(text)) :
		    value_int(constants[i].number)));
		check_expr(c, e);
		return true;
	}
	return false;
}

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
		fix(c, e->at, words[i].variable);
		become(e, v);
		check_expr(c, e);
		return true;
	}
	return guest_constant(c, e);
}

/* ---- conditions ---- */

/* The native text for the number of a value: "(int($rU) ?? 0)". */
static const char *number_before(const struct expr *e)
{
	return is_plain(e, VALUE_INT) ? "" : type_is_open(e->type) || e->type.base == VALUE_INT ?
	    "(" : "(int(";
}

static const char *number_behind(const struct expr *e)
{
	return is_plain(e, VALUE_INT) ? "" : type_is_open(e->type) || e->type.base == VALUE_INT ?
	    " ?? 0)" : ") ?? 0)";
}

static void fix_compared(struct check *c, const struct expr *e, const char *with)
{
	fix_around(c, e->at, number_before(e),
	    mem_printf(&c->ld->mem, "%s %s", number_behind(e), with).p);
}

void guest_condition(struct check *c, struct expr *e)
{
	if (is_plain(e, VALUE_BOOL) || e->type.is_bad || e->type.base == VALUE_VOID)
		return;
	/* Natively a route gives true or false. */
	if (e->kind != EXPR_ROUTE)
		fix_compared(c, e, "> 0");
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
	if (guest_is_written(e->op.op_at, SLICE("!"))) {
		fix(c, e->op.op_at, "");
		fix_compared(c, a, "== 0");
	}
	become_call(c, e, "_not", a, NULL);
	return true;
}

/* ---- comparisons ---- */

static bool is_word(const struct expr *e, const char *word)
{
	return e->kind == EXPR_NAME && slice_eq(e->name.name, slice_str(word));
}

static bool is_address_word(const struct expr *e)
{
	return is_word(e, "src_ip") || is_word(e, "dst_ip");
}

static void fix_myself(struct check *c, const struct expr *e, const struct expr *of,
    const struct expr *call)
{
	/* What may be null was made a text. */
	bool may_be_null = call->call.argc == 1 && call->call.argv[0]->kind == EXPR_CALL;
	struct slice text = guest_text_at(of->at);
	bool is_address = is_address_word(of);

	for (size_t i = 0; of->kind == EXPR_NAME && i < sizeof(words) / sizeof(words[0]); i++)
		if (is_word(of, words[i].word))
			text = slice_str(words[i].variable);
	guest_fix_whole(c->ld, e->at, mem_printf(&c->ld->mem, "%sis_myself(%s%.*s%s)",
	    e->op.op == OP_NE ? "!" : "", is_address ? "str(" : "", SLICE_ARG(text),
	    is_address ? ")" : may_be_null ? " ?? \"\"" : "").p);
}

static struct expr *new_call(struct check *c, struct cfg_span at, const char *name,
    struct expr *args)
{
	struct expr *call = expr_new(c->ld, EXPR_CALL, at);

	call->call.name = slice_str(name);
	call->call.name_at = at;
	call->call.args = args;
	return call;
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
	if (is_address_word(of))
		load_note(c->ld, 320, e->at, "an address is compared with those of the server");
	/* A trace shows what the call gave beside its place: "myself" is not turned round. */
	call = new_call(c, differs ? (of == e->op.a ? e->op.b : e->op.a)->at : e->at, "is_myself",
	    guest_copy(c->ld, of));
	call->call.name_at = e->at;
	if (is_address_word(of))
		call->call.args = new_call(c, of->at, "str", call->call.args);
	check_expr(c, call);
	fix_myself(c, e, of, call);
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
	if (text->kind == EXPR_LITERAL) {
		load_note(c->ld, 320, text->at, "this is compared as an address");
		guest_fix(c->ld, text->at, mem_cstr(&c->ld->mem, text->literal.value.s));
	} else {
		fix_around(c, text->at, "ip(", ")");
	}
	wrap(c, text, "ip");
	return true;
}

/* What stands on the right becomes what stands on the left. */
static void fix_types(struct check *c, const struct expr *a, const struct expr *b)
{
	if ((a->type.base == VALUE_STRING || a->type.base == VALUE_URI) &&
	    b->type.base == VALUE_INT)
		fix_around(c, b->at, "str(", ")");
	else if (a->type.base == VALUE_INT && b->type.base == VALUE_STRING)
		fix_around(c, b->at, "int(", ")");
	else if (a->type.base == VALUE_BOOL && b->type.base == VALUE_INT)
		fix_around(c, a->at, "int(", ")");
}

bool guest_equal(struct check *c, struct expr *e)
{
	struct expr *a = e->op.a, *b = e->op.b;

	if (is_null(a) || is_null(b) || addresses(c, e) || (is_text(a) && is_text(b)))
		return false;
	if (a->type.base == b->type.base && !a->type.nullable && !b->type.nullable &&
	    !type_is_open(a->type))
		return false;
	fix_types(c, a, b);
	become_call(c, e, e->op.op == OP_EQ ? "_equal" : "_differ", a, b);
	return true;
}

static void as_number(struct check *c, struct expr *e)
{
	if (!is_plain(e, VALUE_INT) && !is_plain(e, VALUE_DURATION) && !e->type.is_bad &&
	    e->type.base != VALUE_VOID) {
		if (!type_is_open(e->type))
			fix_around(c, e->at, number_before(e), number_behind(e));
		wrap(c, e, "_int");
	}
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
		if (e->type.base == VALUE_STRING || e->type.base == VALUE_URI)
			fix_around(c, e->at, "(", " ?? \"\")");
		else if (!type_is_open(e->type))
			fix_around(c, e->at, "str(", ")");
		wrap(c, e, "_str");
		return true;
	case VALUE_INT:
		if (is_plain(e, VALUE_INT) || (want.nullable && is_null(e)) ||
		    (e->konst && e->konst->type == VALUE_STRING))
			return false;
		as_number(c, e);
		return true;
	case VALUE_BOOL:
		if (is_plain(e, VALUE_BOOL))
			return false;
		fix_compared(c, e, "> 0");
		wrap(c, e, "_truth");
		return true;
	default:
		return false;
	}
}

static bool takes_format(const struct sym_param_decl *p)
{
	return !p->is_fmt && (p->type == VALUE_STRING || p->type == VALUE_ANY || p->type == VALUE_INT);
}

/* "$si" where an address or a number belongs is that variable, not its text. */
static bool is_one_variable(const struct expr *e)
{
	return e->kind == EXPR_TEXT && e->text.pieces && !e->text.pieces->next &&
	    e->text.pieces->kind == EXPR_PV;
}

void guest_format(struct check *c, struct expr **arg, const struct sym_param_decl *p)
{
	struct expr *a = *arg, *pieces;
	struct slice word;

	if (!takes_format(p) || a->kind != EXPR_LITERAL ||
	    !text_looks_formatted(a->literal.parts, &word))
		return;
	pieces = text_pieces(c->ld, a->literal.parts, a->at);
	if (p->type != VALUE_STRING && is_one_variable(pieces)) {
		pieces = pieces->text.pieces;
		guest_fix(c->ld, a->at, mem_cstr(&c->ld->mem,
		    slice_of(a->literal.parts->token.text.p, a->literal.parts->token.text.len)));
	} else {
		guest_fix_before(c->ld, a->at, "f");
	}
	pieces->label = a->label;
	pieces->label_at = a->label_at;
	*arg = pieces;
}

void guest_keep(struct check *c, struct expr *v)
{
	if (v->kind != EXPR_CALL)
		return;
	check_expr(c, v);
	if (is_plain(v, VALUE_BOOL))
		wrap(c, v, "_code");
}
