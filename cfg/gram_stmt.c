/*
 * cfg/gram_stmt.c - statements, expressions and tests, as the grammar hands them in.
 */
#include "cfg/gram_act.h"
#include "cfg/guest_note.h"
#include "cfg/gram.h"

#define LD (gram_load(g))
#define MEM (&gram_load(g)->mem)

/* ---- statements ---- */

struct stmt *act_if(struct gram *g, struct cfg_span word, struct cfg_span at,
    struct expr *cond, struct stmt *then, struct stmt *other)
{
	struct stmt *s = stmt_new(LD, STMT_IF, at, word);

	s->branch.cond = cond;
	s->branch.then = then;
	s->branch.other = other;
	return s;
}

struct stmt *act_while(struct gram *g, struct cfg_span word, struct cfg_span at,
    struct expr *cond, struct stmt *body)
{
	struct stmt *s = stmt_new(LD, STMT_WHILE, at, word);

	s->loop.cond = cond;
	s->loop.body = body;
	return s;
}

static struct decl *decl_new(struct gram *g, const struct token *name)
{
	struct decl *d = MEM_NEW(MEM, struct decl);

	d->name = name->text;
	d->at = name->at;
	d->type = type_maybe(VALUE_ANY);
	return d;
}

struct stmt *act_foreach(struct gram *g, struct cfg_span word, struct cfg_span at,
    const struct token *name, struct expr *pv, struct expr *in, struct stmt *body)
{
	struct stmt *s = stmt_new(LD, STMT_FOREACH, at, word);

	s->each.local = name ? decl_new(g, name) : NULL;
	s->each.pv = pv;
	s->each.in = in;
	s->each.body = body;
	return s;
}

struct stmt *act_switch(struct gram *g, struct cfg_span word, struct cfg_span at,
    struct expr *value, struct case_list cases)
{
	struct stmt *s = stmt_new(LD, STMT_SWITCH, at, word);

	s->cases.value = value;
	s->cases.cases = cases.first;
	return s;
}

struct stmt *act_within(struct gram *g, struct cfg_span word, struct cfg_span at,
    const struct token *limit, struct stmt *body, struct stmt *other)
{
	struct stmt *s = stmt_new(LD, STMT_WITHIN, at, word);

	s->within.limit = limit->num;
	s->within.body = body;
	s->within.other = other;
	return s;
}

struct stmt *act_var(struct gram *g, struct cfg_span word, struct cfg_span at,
    const struct token *name, const struct type *type, struct expr *value)
{
	struct stmt *s = stmt_new(LD, STMT_VAR, at, word);

	s->var.decl = decl_new(g, name);
	s->var.decl->has_type = type != NULL;
	if (type)
		s->var.decl->type = *type;
	s->var.value = value;
	return s;
}

struct stmt *act_assign(struct gram *g, struct cfg_span op, struct cfg_span at,
    struct expr *to, struct expr *value, bool is_add)
{
	struct stmt *s = stmt_new(LD, STMT_ASSIGN, at, op);

	s->assign.to = to;
	s->assign.value = value;
	s->assign.is_add = is_add;
	return s;
}

struct stmt *act_jump(struct gram *g, enum stmt_kind kind, struct cfg_span word,
    struct cfg_span at, struct expr *value)
{
	struct stmt *s = stmt_new(LD, kind, at, word);

	s->value = value;
	return s;
}

struct switch_case *act_case(struct gram *g, struct cfg_span at, struct expr *value,
    struct expr *pattern, struct stmt *body)
{
	struct switch_case *c = MEM_NEW(MEM, struct switch_case);

	c->at = at;
	c->value = value;
	c->pattern = pattern;
	c->body = body;
	return c;
}

/* ---- expressions ---- */

struct expr *act_minus(struct gram *g, const struct token *t, struct cfg_span at)
{
	return expr_value(LD, at, value_int(-t->num));
}

struct expr *act_call(struct gram *g, const struct token *prefix, const struct token *name,
    struct expr_list args, struct cfg_span at)
{
	struct expr *e = expr_new(LD, EXPR_CALL, at);

	if (prefix)
		e->call.prefix = prefix->text;
	e->call.name = name->text;
	e->call.name_at = prefix ? span_join(prefix->at, name->at) : name->at;
	e->call.args = args.first;
	expr_hang(LD, e, args.first);
	LD->calls++;
	return e;
}

struct expr *act_route_call(struct gram *g, const struct name_list *name,
    struct expr_list args, struct cfg_span at, struct cfg_span name_at)
{
	struct expr *e = expr_new(LD, EXPR_ROUTE, at);

	e->route.name = name->first->name;
	e->route.name_at = name_at;
	e->route.args = args.first;
	expr_hang(LD, e, args.first);
	LD->calls++;
	return e;
}

struct expr *act_cast(struct gram *g, const struct token *to, struct expr *of, struct cfg_span at)
{
	struct expr *e = expr_new(LD, EXPR_CALL, at);

	e->call.name = mem_printf(&LD->mem, "_%.*s", SLICE_ARG(to->text));
	e->call.name_at = to->at;
	e->call.args = of;
	expr_hang(LD, e, of);
	guest_fix(LD, to->at, slice_eq(to->text, SLICE("int")) ? "(int(" : "(str(");
	guest_fix_behind(LD, of->at, slice_eq(to->text, SLICE("int")) ? ") ?? 0)" : ") ?? \"\")");
	return e;
}

/* Of guests: is there a value? */
struct expr *act_defined(struct gram *g, struct cfg_span word_at, struct expr *of)
{
	guest_fix(LD, word_at, "(");
	guest_fix_behind(LD, of->at, " != null)");
	return expr_binary(LD, OP_NE, word_at, of, expr_value(LD, word_at, value_null()));
}

struct expr *act_route_by_value(struct gram *g, struct cfg_span at)
{
	struct diag_item *item = load_error(LD, 201, at, "a route is called by its name");

	diag_beside(item, "the name is not known before the script runs");
	diag_help(item, "choose with switch, and call route(NAME) in each case");
	return expr_bad(LD, at);
}

struct expr *act_field(struct gram *g, struct expr *of, const struct token *name,
    const struct expr_list *args, struct cfg_span at)
{
	struct expr *e = expr_new(LD, EXPR_FIELD, at);

	e->field.of = of;
	e->field.name = name->text;
	e->field.name_at = name->at;
	e->field.has_args = args != NULL;
	e->field.args = args ? args->first : NULL;
	expr_hang(LD, e, of);
	expr_hang(LD, e, e->field.args);
	return e;
}

struct expr *act_index(struct gram *g, struct expr *of, struct expr *index, struct cfg_span at)
{
	struct expr *e = expr_new(LD, EXPR_INDEX, at);

	e->index.of = of;
	e->index.index = index;
	expr_hang(LD, e, of);
	expr_hang(LD, e, index);
	return e;
}

struct expr *act_list(struct gram *g, struct expr_list items, struct cfg_span at)
{
	struct expr *e = expr_new(LD, EXPR_LIST, at);

	e->list.items = items.first;
	e->list.count = items.count;
	expr_hang(LD, e, items.first);
	return e;
}

struct expr *act_assign_in_cond(struct gram *g, struct cfg_span op_at, struct expr *a,
    struct expr *b)
{
	struct diag_item *item = syntax_error(LD, 110, op_at,
	    "\"=\" assigns and cannot stand in a condition");
	struct expr *e = expr_bad(LD, span_join(a->at, b->at));

	diag_beside(item, "write \"==\" to compare");
	diag_fix(item, op_at, "==");
	return e;
}

/* ---- tests ---- */

static struct test_stmt *test_new(struct gram *g, enum test_kind kind, struct cfg_span at)
{
	struct test_stmt *t = MEM_NEW(MEM, struct test_stmt);

	t->kind = kind;
	t->at = at;
	return t;
}

struct setting_item *act_header(struct gram *g, const struct token *word,
    const struct token *name, struct expr *value)
{
	if (!slice_eq(word->text, SLICE("header")))
		diag_beside(syntax_error(LD, 101, word->at, "unexpected \"%.*s\"",
		    SLICE_ARG(word->text)), "write: header \"NAME\" = ...;");
	return act_key(g, NULL, name, value);
}

struct setting_item *act_given_port(struct gram *g, const struct token *key,
    const struct token *ip, const struct token *port)
{
	struct setting_item *i = act_key(g, NULL, key, expr_token(LD, ip));

	i->next = NULL;
	if (port->num < 1 || port->num > 65535)
		load_error(LD, 304, port->at, "a port is a number from 1 to 65535");
	else
		i->port = (uint16_t)port->num;
	return i;
}

struct test_stmt *act_given(struct gram *g, struct cfg_span at, struct name_list words,
    struct expr *text, struct item_list options, struct item_list headers)
{
	struct test_stmt *t = test_new(g, TEST_GIVEN, at);

	t->given.words = words.first;
	t->given.text = text;
	t->given.options = options.first;
	t->given.headers = headers.first;
	return t;
}

struct test_stmt *act_mock(struct gram *g, struct cfg_span at, struct expr *call,
    struct expr *value, const struct token *error)
{
	struct test_stmt *t = test_new(g, TEST_MOCK, at);

	t->mock.call = call;
	t->mock.value = value;
	if (error)
		t->mock.error = error->text;
	if (value && value->kind == EXPR_NAME && slice_eq(value->name.name, SLICE("suspended"))) {
		t->mock.is_suspended = true;
		t->mock.value = NULL;
	}
	return t;
}

struct test_stmt *act_mock_error(struct gram *g, struct cfg_span at, struct expr *call,
    const struct token *word, const struct token *error)
{
	if (!slice_eq(word->text, SLICE("error")))
		diag_beside(syntax_error(LD, 101, word->at, "unexpected \"%.*s\"",
		    SLICE_ARG(word->text)), "write: returns error WORD");
	return act_mock(g, at, call, NULL, error);
}

struct test_stmt *act_test_const(struct gram *g, struct cfg_span at, const struct token *name,
    struct expr *value)
{
	struct test_stmt *t = test_new(g, TEST_CONST, at);

	t->constant = MEM_NEW(MEM, struct const_decl);
	t->constant->name = name->text;
	t->constant->at = name->at;
	t->constant->value = value;
	return t;
}

struct test_stmt *act_advance(struct gram *g, struct cfg_span at, const struct token *d)
{
	struct test_stmt *t = test_new(g, TEST_ADVANCE, at);

	t->advance = d->num;
	return t;
}

struct test_stmt *act_test_call(struct gram *g, struct cfg_span at, struct expr *call)
{
	struct test_stmt *t = test_new(g, TEST_CALL, at);

	t->call = call;
	return t;
}

/* "expect relayed;" says as much of one request as "expect relayed "sip:...";" does. */
static bool is_relayed_alone(const struct expr *value)
{
	return value && value->kind == EXPR_NAME && slice_eq(value->name.name, SLICE("relayed"));
}

struct test_stmt *act_expect(struct gram *g, struct cfg_span at, enum expect_kind kind,
    const struct token *code, struct expr *text, struct expr *value)
{
	struct test_stmt *t = test_new(g, TEST_EXPECT, at);

	t->expect.kind = is_relayed_alone(value) ? EXPECT_RELAYED : kind;
	t->expect.text = text;
	t->expect.value = is_relayed_alone(value) ? NULL : value;
	if (code) {
		t->expect.code = code->num;
		t->expect.code_at = code->at;
	}
	return t;
}

void act_test(struct gram *g, const struct token *name, struct test_list body)
{
	struct test_decl *t = MEM_NEW(MEM, struct test_decl);

	t->name = expr_text(LD, NULL, name)->literal.value.s;
	t->at = name->at;
	t->body = body.first;
	ast_append(&LD->ast->tests, t);
}
