/*
 * cfg/emit_expr.c - expressions as instructions.
 */
#include "cfg/emit_test.h"

static bool is_number(struct type t)
{
	return !t.nullable && (t.base == VALUE_INT || t.base == VALUE_DURATION);
}

static bool is_text(struct type t) { return t.base == VALUE_STRING; }

/* ---- conversions that a use asks for ---- */

static void emit_to_uri(struct emit *e)
{
	const struct builtin_entry *b = dict_get(&e->ld->names->builtins, SLICE("strict_uri"));

	emit_op2(e, OPC_BUILTIN, emit_builtin(e, b->def), 1);
}

static void convert(struct emit *e, struct type from, struct type want)
{
	if (want.base == VALUE_ANY || want.base == VALUE_VOID)
		return;
	if (from.base == VALUE_ANY)
		emit_op(e, want.nullable ? OPC_CHECKN : OPC_CHECK, (uint32_t)want.base);
	else if (from.base == VALUE_URI && want.base == VALUE_STRING)
		emit_op(e, OPC_TEXT, 0);
	else if (from.base == VALUE_STRING && want.base == VALUE_URI)
		emit_to_uri(e);
}

void emit_as(struct emit *e, const struct expr *x, struct type want)
{
	emit_expr(e, x);
	convert(e, x->type, want);
}

/* As text, whatever it is: inside f"...", before a transformation. */
static void emit_text(struct emit *e, const struct expr *x)
{
	emit_expr(e, x);
	if (!is_text(x->type))
		emit_op(e, OPC_TEXT, 0);
}

/* ---- leaves ---- */

static void emit_value(struct emit *e, struct value v)
{
	if (v.type == VALUE_NULL)
		emit_op(e, OPC_NULL, 0);
	else if (v.type == VALUE_BOOL)
		emit_op(e, v.b ? OPC_TRUE : OPC_FALSE, 0);
	else
		emit_op(e, OPC_CONST, emit_const(e, v));
}

static void emit_narrowed(struct emit *e, const struct expr *x)
{
	if (x->is_narrowed)
		emit_op(e, OPC_CHECK, (uint32_t)x->type.base);
}

static void emit_name(struct emit *e, const struct expr *x)
{
	if (x->name.local)
		emit_op(e, OPC_LOCAL, x->name.local->slot);
	else if (x->name.acl)
		emit_value(e, (struct value){ .type = VALUE_ACL, .acl = x->name.acl->acl });
	else if (x->name.map)
		emit_value(e, (struct value){ .type = VALUE_MAP, .map = x->name.map->map });
	else
		emit_test_call(e, x->name.name, NULL);
	emit_narrowed(e, x);
}

static void emit_var_slot(struct emit *e, const struct expr *x)
{
	emit_op(e, OPC_VAR, x->pv->slot);
	if (x->pv->index_kind != PV_INDEX_ONE)
		return;
	emit_op(e, OPC_CHECK, VALUE_LIST);
	emit_as(e, x->pv->index, type_of_base(VALUE_INT));
	emit_op(e, OPC_INDEX, 0);
}

void emit_place(struct emit *e, const struct expr *to)
{
	if (to->kind != EXPR_PV || to->pv->what != PV_HOST)
		return;
	if (to->pv->arg)
		emit_expr(e, to->pv->arg);
	if (to->pv->index_kind == PV_INDEX_ONE)
		emit_as(e, to->pv->index, type_of_base(VALUE_INT));
}

void emit_store(struct emit *e, const struct expr *to)
{
	if (to->kind == EXPR_NAME)
		emit_op(e, OPC_SETLOCAL, to->name.local->slot);
	else if (to->pv->what == PV_VAR)
		emit_op(e, OPC_SETVAR, to->pv->slot);
	else
		emit_op(e, OPC_SET, emit_ref(e, to->pv));
}

static void emit_pv(struct emit *e, const struct expr *x)
{
	switch (x->pv->what) {
	case PV_HOST:
		emit_place(e, x);
		emit_op(e, OPC_GET, emit_ref(e, x->pv));
		emit_narrowed(e, x);
		break;
	case PV_VAR: emit_var_slot(e, x); break;
	case PV_RC:  emit_op(e, OPC_RC, 0); break;
	case PV_ERR: emit_op(e, OPC_ERR, 0); break;
	case PV_RE:  emit_op(e, OPC_CAPTURE, x->pv->slot); break;
	case PV_CONST:
	case PV_UNKNOWN:
		break;
	}
}

/* In a log line what is missing is to be seen. */
static void emit_shown(struct emit *e, const struct expr *p)
{
	struct label end = { 0 };

	emit_expr(e, p);
	if (!p->type.nullable)
		return;
	emit_jump(e, OPC_JVALUE, &end);
	emit_op(e, OPC_CONST, emit_const(e, value_string(SLICE("<null>"))));
	emit_label(e, &end);
}

static void emit_pieces(struct emit *e, const struct expr *x, bool in_log)
{
	unsigned n = 0;

	for (const struct expr *p = x->text.pieces; p; p = p->next, n++) {
		if (in_log)
			emit_shown(e, p);
		else
			emit_expr(e, p);
	}
	emit_op(e, OPC_CONCAT, n);
}

/* ---- operators ---- */

static unsigned emit_sum_parts(struct emit *e, const struct expr *x)
{
	unsigned n;

	/* a + b + c makes one text in one step. */
	if (x->kind == EXPR_BINARY && x->op.op == OP_ADD && is_text(x->type) && !x->konst) {
		n = emit_sum_parts(e, x->op.a);
		return n + emit_sum_parts(e, x->op.b);
	}
	emit_expr(e, x);
	if (x->type.nullable)
		emit_op(e, OPC_NEED, 0);
	return 1;
}

static void emit_operands(struct emit *e, const struct expr *x)
{
	emit_expr(e, x->op.a);
	emit_expr(e, x->op.b);
}

static void emit_add(struct emit *e, const struct expr *x)
{
	/* Only the left side decides: 1 + "a" is wrong, a text on the right is one part. */
	if (is_text(x->type) && !type_is_open(x->op.a->type)) {
		unsigned n = emit_sum_parts(e, x->op.a);

		emit_expr(e, x->op.b);
		if (x->op.b->type.nullable)
			emit_op(e, OPC_NEED, 0);
		emit_op(e, OPC_CONCAT, n + 1);
		return;
	}
	emit_operands(e, x);
	if (x->type.base == VALUE_INT)
		emit_op(e, OPC_ADDINT, 0);
	else
		emit_op(e, OPC_BINARY, OP_ADD);
}

static void emit_equal(struct emit *e, const struct expr *x)
{
	struct type a = x->op.a->type, b = x->op.b->type;
	bool texts = (is_text(a) || a.base == VALUE_NULL) && (is_text(b) || b.base == VALUE_NULL);

	emit_operands(e, x);
	if (texts)
		emit_op(e, OPC_EQSTR, x->op.op == OP_NE);
	else if (is_number(a) && is_number(b))
		emit_op(e, OPC_EQINT, x->op.op == OP_NE);
	else
		emit_op(e, OPC_BINARY, x->op.op);
}

static void emit_order(struct emit *e, const struct expr *x)
{
	emit_operands(e, x);
	if (is_number(x->op.a->type) && is_number(x->op.b->type))
		emit_op(e, OPC_CMPINT, x->op.op);
	else
		emit_op(e, OPC_BINARY, x->op.op);
}

static void emit_match(struct emit *e, const struct expr *x)
{
	emit_as(e, x->op.a, type_maybe(VALUE_STRING));
	if (x->op.b->konst) {
		emit_op(e, OPC_MATCH, emit_regex(e, x->op.b->konst->s));
	} else {
		emit_as(e, x->op.b, type_of_base(VALUE_STRING));
		emit_op(e, OPC_MATCHDYN, 0);
	}
	if (x->op.op == OP_NOMATCH)
		emit_op(e, OPC_NOT, 0);
}

static void emit_coalesce(struct emit *e, const struct expr *x)
{
	struct label end = { 0 };

	emit_expr(e, x->op.a);
	if (!x->op.a->type.nullable)
		return;
	emit_jump(e, OPC_JVALUE, &end);
	emit_expr(e, x->op.b);
	emit_label(e, &end);
}

/* && and || as a value: the condition decides what is pushed. */
static void emit_logic(struct emit *e, const struct expr *x)
{
	struct label no = { 0 }, end = { 0 };

	emit_cond(e, x, false, &no);
	emit_op(e, OPC_TRUE, 0);
	emit_jump(e, OPC_JMP, &end);
	emit_label(e, &no);
	e->depth--;
	emit_op(e, OPC_FALSE, 0);
	emit_label(e, &end);
}

static void emit_binary(struct emit *e, const struct expr *x)
{
	switch (x->op.op) {
	case OP_OR:
	case OP_AND:      emit_logic(e, x); break;
	case OP_EQ:
	case OP_NE:       emit_equal(e, x); break;
	case OP_LT:
	case OP_LE:
	case OP_GT:
	case OP_GE:       emit_order(e, x); break;
	case OP_MATCH:
	case OP_NOMATCH:  emit_match(e, x); break;
	case OP_COALESCE: emit_coalesce(e, x); break;
	case OP_ADD:      emit_add(e, x); break;
	case OP_SUB:
		emit_operands(e, x);
		if (x->type.base == VALUE_INT)
			emit_op(e, OPC_SUBINT, 0);
		else
			emit_op(e, OPC_BINARY, OP_SUB);
		break;
	default:
		emit_operands(e, x);
		emit_op(e, OPC_BINARY, x->op.op);
		break;
	}
}

static void emit_unary(struct emit *e, const struct expr *x)
{
	emit_expr(e, x->op.a);
	if (x->op.op != OP_NOT) {
		emit_op(e, OPC_UNARY, x->op.op);
		return;
	}
	convert(e, x->op.a->type, type_of_base(VALUE_BOOL));
	emit_op(e, OPC_NOT, 0);
}

/* ---- calls ---- */

static struct type param_type(const struct sym_func *f, unsigned i)
{
	const struct sym_param_decl *p = &f->params[i < f->param_count ? i : f->param_count - 1];

	return (struct type){ p->type, p->nullable, false, VALUE_ANY };
}

static const struct sym_func *builtin_func(struct emit *e, const struct expr *x)
{
	const struct builtin_entry *b;

	if (x->kind == EXPR_CALL)
		b = dict_get(&e->ld->names->builtins, x->call.name);
	else
		b = dict_get(&e->ld->names->transformations,
		    slice_str(x->field.builtin->trans));
	return &b->func;
}

/* push($v, x), incr($v, n) */
static void emit_change(struct emit *e, const struct expr *x)
{
	const struct expr *to = x->call.argv[0];
	bool is_push = slice_eq(x->call.name, SLICE("push")), own = to->pv->what == PV_VAR;

	emit_place(e, to);
	emit_as(e, x->call.argv[1], is_push ? type_maybe(VALUE_ANY) : type_of_base(VALUE_INT));
	if (own)
		emit_op(e, is_push ? OPC_PUSHVAR : OPC_INCRVAR, to->pv->slot);
	else
		emit_op(e, is_push ? OPC_PUSH : OPC_INCR, emit_ref(e, to->pv));
	if (is_push)
		emit_op(e, OPC_NULL, 0);
}

/* As a set: 0 if one is not known, or none is named. */
static uint32_t methods_named(struct slice words)
{
	uint32_t set = 0;

	while (words.len > 0) {
		enum sip_method m = sip_method_parse(slice_trim(slice_split(&words, '|')));

		if (m == METHOD_OTHER)
			return 0;
		set |= program_method(m);
	}
	return set;
}

/* Methods that are known at load are not looked up as text for each message. A test may
 * have the function answer as it likes. */
static uint32_t asked_methods(const struct emit *e, const struct expr *x)
{
	const struct sym_func *f = x->call.func;
	const struct value *words;

	if (!f || !(f->flags & FUNC_ASKS_METHOD) || e->ld->host->with_tests)
		return 0;
	words = x->call.argv[0]->konst;
	return words && words->type == VALUE_STRING ? methods_named(words->s) : 0;
}

static void emit_arguments(struct emit *e, const struct expr *x, const struct sym_func *f)
{
	for (unsigned i = 0; i < x->call.argc; i++) {
		const struct expr *arg = x->call.argv[i];

		if (arg->kind == EXPR_TEXT && !arg->konst && (f->flags & FUNC_LOGS))
			emit_pieces(e, arg, true);
		else
			emit_as(e, arg, param_type(f, i));
	}
}

static void emit_call(struct emit *e, const struct expr *x)
{
	const struct sym_func *f = x->call.func;
	uint32_t methods;

	if (x->call.builtin && (x->call.builtin->flags & BUILTIN_VARIABLE)) {
		emit_change(e, x);
		return;
	}
	if (!f && !x->call.builtin) {
		emit_test_call(e, x->call.name, x->call.args);
		return;
	}
	methods = asked_methods(e, x);
	if (!methods)
		emit_arguments(e, x, f ? f : builtin_func(e, x));
	e->at = x->at;
	if (methods)
		emit_op2(e, OPC_METHOD, emit_func(e, f), methods);
	else if (f)
		emit_op2(e, OPC_CALL, emit_func(e, f), x->call.argc);
	else
		emit_op2(e, OPC_BUILTIN, emit_builtin(e, x->call.builtin), x->call.argc);
}

static void emit_route_call(struct emit *e, const struct expr *x)
{
	const struct decl *d = x->route.route->params;

	for (unsigned i = 0; i < x->route.argc; i++, d = d->next)
		emit_as(e, x->route.argv[i], d->type);
	e->at = x->at;
	emit_op2(e, OPC_ROUTE, x->route.route->id, x->route.argc);
}

/* of.field, of{class.op}: what is null stays null, what is no text becomes one. */
static void emit_trans(struct emit *e, const struct expr *x)
{
	const struct sym_func *f = builtin_func(e, x);
	const struct expr *of = x->field.argv[0];
	struct label end = { 0 };

	if (f->params[0].type == VALUE_STRING)
		emit_text(e, of);
	else
		emit_as(e, of, type_maybe(f->params[0].type));
	if (type_is_open(of->type) && !f->params[0].nullable)
		emit_op(e, OPC_NEED, 0);
	else if (of->type.nullable && !f->params[0].nullable)
		emit_jump(e, OPC_JNULL, &end);
	for (unsigned i = 1; i < x->field.argc; i++)
		emit_as(e, x->field.argv[i], param_type(f, i));
	e->at = x->at;
	emit_op2(e, OPC_BUILTIN, emit_builtin(e, x->field.builtin), x->field.argc);
	emit_label(e, &end);
}

/* ---- lists ---- */

static void emit_list(struct emit *e, const struct expr *x)
{
	for (const struct expr *i = x->list.items; i; i = i->next)
		emit_expr(e, i);
	emit_op(e, OPC_LIST, x->list.count);
}

static void emit_index(struct emit *e, const struct expr *x)
{
	const struct expr *of = x->index.of;
	const struct builtin_entry *b;

	if (of->type.base == VALUE_MAP) {
		b = dict_get(&e->ld->names->builtins, SLICE("lookup_exact"));
		emit_expr(e, of);
		emit_expr(e, x->index.index);
		emit_op2(e, OPC_BUILTIN, emit_builtin(e, b->def), 2);
		return;
	}
	emit_as(e, of, type_of_base(VALUE_LIST));
	emit_as(e, x->index.index, type_of_base(VALUE_INT));
	emit_op(e, OPC_INDEX, 0);
	if (x->type.base != VALUE_ANY)
		emit_op(e, OPC_CHECKN, (uint32_t)x->type.base);
}

/* ---- all of them ---- */

void emit_expr(struct emit *e, const struct expr *x)
{
	e->at = x->at;
	if (x->konst && x->is_tainted) {
		emit_op(e, OPC_CONST, emit_secret(e, *x->konst));
		return;
	}
	if (x->konst) {
		emit_value(e, *x->konst);
		return;
	}
	switch (x->kind) {
	case EXPR_TEXT:   emit_pieces(e, x, false); break;
	case EXPR_NAME:   emit_name(e, x); break;
	case EXPR_PV:     emit_pv(e, x); break;
	case EXPR_FIELD:
	case EXPR_TRANS:  emit_trans(e, x); break;
	case EXPR_INDEX:  emit_index(e, x); break;
	case EXPR_CALL:   emit_call(e, x); break;
	case EXPR_ROUTE:  emit_route_call(e, x); break;
	case EXPR_UNARY:  emit_unary(e, x); break;
	case EXPR_BINARY: emit_binary(e, x); break;
	case EXPR_LIST:   emit_list(e, x); break;
	case EXPR_LITERAL:
	case EXPR_BAD:    break;
	}
}

/* ---- conditions ---- */

static void emit_both(struct emit *e, const struct expr *x, bool when, struct label *to)
{
	bool is_and = x->op.op == OP_AND;
	struct label skip = { 0 };

	if (is_and != when) {
		/* One of them decides. */
		emit_cond(e, x->op.a, when, to);
		emit_cond(e, x->op.b, when, to);
		return;
	}
	emit_cond(e, x->op.a, !when, &skip);
	emit_cond(e, x->op.b, when, to);
	emit_label(e, &skip);
}

void emit_cond(struct emit *e, const struct expr *x, bool when, struct label *to)
{
	if (x->konst && x->konst->type == VALUE_BOOL) {
		if (x->konst->b == when)
			emit_jump(e, OPC_JMP, to);
		return;
	}
	if (x->kind == EXPR_UNARY && x->op.op == OP_NOT) {
		emit_cond(e, x->op.a, !when, to);
		return;
	}
	if (x->kind == EXPR_BINARY && (x->op.op == OP_AND || x->op.op == OP_OR)) {
		emit_both(e, x, when, to);
		return;
	}
	emit_as(e, x, type_of_base(VALUE_BOOL));
	e->at = x->at;
	emit_jump(e, when ? OPC_JT : OPC_JF, to);
}

void emit_case_test(struct emit *e, unsigned slot, struct type of, const struct expr *value)
{
	emit_op(e, OPC_LOCAL, slot);
	emit_expr(e, value);
	if (value->type.base == VALUE_LIST)
		emit_op(e, OPC_BINARY, OP_IN);
	else if (is_text(of) && is_text(value->type))
		emit_op(e, OPC_EQSTR, 0);
	else
		emit_op(e, OPC_BINARY, OP_EQ);
	e->at = value->at;
}
