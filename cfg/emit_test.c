/*
 * cfg/emit_test.c - see emit_test.h.
 *
 * Each expression of a test becomes a route of its own, for its steps stand between things
 * that happen outside of any script.
 */
#include "cfg/emit_test.h"

#include "utils/err.h"

#define ASKED(n, r) { .name = n, .sig = n, .ret = r, .where = IN_ANY }
const struct sym_func cfg_test_funcs[TEST_FUNCS] = {
	[TEST_REPLIED]    = ASKED("replied", VALUE_BOOL),
	[TEST_RELAYED]    = ASKED("relayed", VALUE_BOOL),
	[TEST_CHALLENGED] = ASKED("challenged", VALUE_BOOL),
	[TEST_ARCHIVED]   = ASKED("archived", VALUE_BOOL),
	[TEST_CALLS]      = ASKED("calls", VALUE_INT),
	[TEST_COVERAGE]   = ASKED("coverage", VALUE_INT),
	[TEST_APP_STATE]  = ASKED("app_state", VALUE_BOOL),
	[TEST_SET_TIME]   = ASKED("set_time", VALUE_BOOL),
};

struct maker { struct emit *e; unsigned next; };

/* ---- words and functions of tests ---- */

void emit_test_call(struct emit *e, struct slice name, const struct expr *args)
{
	unsigned argc = 0, i = 0;

	while (i < TEST_FUNCS && !slice_eq(name, slice_str(cfg_test_funcs[i].name)))
		i++;
	lcs_assert(i < TEST_FUNCS);
	for (const struct expr *a = args; a; a = a->next, argc++) {
		/* calls(f), coverage(R): the name itself. */
		if (i == TEST_CALLS || i == TEST_COVERAGE)
			emit_op(e, OPC_CONST, emit_const(e, value_string(a->name.name)));
		else
			emit_expr(e, a);
	}
	emit_op2(e, OPC_CALL, emit_func(e, &cfg_test_funcs[i]), argc);
}

/* ---- expressions ---- */

static unsigned put_expr(struct maker *m, const struct expr *x, struct type want)
{
	struct emit *e = m->e;
	struct prog_route *r = &e->routes[m->next];

	e->route = NULL;
	e->depth = e->max_depth = e->slots = e->withins = e->max_withins = 0;
	e->loop = NULL;
	e->has_epilogue = false;
	e->at = x->at;
	*r = (struct prog_route){ .name = SLICE("test"), .kind = ROUTE_NAMED, .at = x->at,
		.entry = e->code_count, .ret = type_maybe(VALUE_ANY) };
	emit_as(e, x, want);
	emit_op(e, OPC_RET, 0);
	r->end = e->code_count;
	r->stack = e->max_depth;
	return m->next++;
}

static struct slice text_of(const struct expr *x)
{
	return x && x->kind == EXPR_LITERAL ? x->literal.value.s : SLICE_NULL;
}

/* ---- steps ---- */

static void put_option(struct cfg_test_given *out, const struct setting_item *i)
{
	if (slice_eq(i->key, SLICE("over"))) {
		out->transport = text_of(i->value);
		return;
	}
	if (slice_eq(i->key, SLICE("at"))) {
		out->listener = text_of(i->value);
		return;
	}
	if (i->value->kind == EXPR_LITERAL && i->value->literal.value.type == VALUE_IP)
		out->from = i->value->literal.value.ip;
	out->port = i->port;
}

static void put_headers(struct maker *m, const struct test_stmt *t, struct cfg_test_given *out)
{
	struct cfg_test_header *list;
	unsigned n = 0;

	for (const struct setting_item *i = t->given.headers; i; i = i->next)
		n++;
	list = MEM_ARRAY(&m->e->ld->mem, struct cfg_test_header, n + 1);
	out->headers = list;
	for (const struct setting_item *i = t->given.headers; i; i = i->next)
		list[out->header_count++] = (struct cfg_test_header){ i->key,
			put_expr(m, i->value, type_maybe(VALUE_ANY)) };
}

static void put_given(struct maker *m, const struct test_stmt *t, struct cfg_test_given *out)
{
	const struct name_at *w = t->given.words;

	if (slice_eq(w->name, SLICE("any"))) {
		out->source = GIVEN_ANY;
		w = w->next;
	} else if (w->next) {
		out->source = GIVEN_FILE;
	}
	out->is_reply = slice_eq(w->name, SLICE("reply"));
	out->text = text_of(t->given.text);
	for (const struct setting_item *i = t->given.options; i; i = i->next)
		put_option(out, i);
	put_headers(m, t, out);
}

static void put_mock(struct maker *m, const struct test_stmt *t, struct cfg_test_mock *out)
{
	const struct expr *call = t->mock.call;
	unsigned *args = NULL;

	for (const struct expr *a = call->call.args; a; a = a->next)
		out->argc++;
	args = MEM_ARRAY(&m->e->ld->mem, unsigned, out->argc + 1);
	out->argc = 0;
	for (const struct expr *a = call->call.args; a; a = a->next)
		args[out->argc++] = put_expr(m, a, type_maybe(VALUE_ANY));
	out->args = args;
	out->func = call->call.func;
	out->error = t->mock.error;
	out->is_suspended = t->mock.is_suspended;
	out->value = t->mock.value ? (int)put_expr(m, t->mock.value,
	    (struct type){ out->func->ret, out->func->ret_nullable, false, VALUE_ANY }) : -1;
}

static void put_expect(struct maker *m, const struct test_stmt *t, struct cfg_test_expect *out)
{
	out->kind = t->expect.kind;
	out->status = (unsigned)t->expect.code;
	out->has_text = t->expect.text != NULL;
	out->text = text_of(t->expect.text);
	out->value = t->expect.value ? (int)put_expr(m, t->expect.value,
	    type_of_base(VALUE_BOOL)) : -1;
}

static void put_step(struct maker *m, const struct test_stmt *t, struct cfg_test_step *out)
{
	out->kind = t->kind;
	out->at = t->at;
	switch (t->kind) {
	case TEST_GIVEN:   put_given(m, t, &out->given); break;
	case TEST_MOCK:    put_mock(m, t, &out->mock); break;
	case TEST_ADVANCE: out->advance = t->advance; break;
	case TEST_CALL:    out->call = put_expr(m, t->call, type_maybe(VALUE_ANY)); break;
	case TEST_EXPECT:  put_expect(m, t, &out->expect); break;
	case TEST_CONST:   break;	/* its value was taken when the load began */
	}
}

/* ---- all of them ---- */

static unsigned list_length(const struct expr *e)
{
	unsigned n = 0;

	for (; e; e = e->next)
		n++;
	return n;
}

static unsigned routes_of(const struct test_stmt *t)
{
	unsigned n = 0;

	switch (t->kind) {
	case TEST_GIVEN:
		for (const struct setting_item *i = t->given.headers; i; i = i->next)
			n++;
		return n;
	case TEST_MOCK:    return list_length(t->mock.call->call.args) + (t->mock.value != NULL);
	case TEST_CALL:    return 1;
	case TEST_EXPECT:  return t->expect.value != NULL;
	case TEST_CONST:
	case TEST_ADVANCE: break;
	}
	return 0;
}

unsigned emit_test_routes(const struct load *ld)
{
	unsigned n = 0;

	if (!ld->host->with_tests)
		return 0;
	for (const struct test_decl *d = ld->ast->tests.first; d; d = d->next)
		for (const struct test_stmt *t = d->body; t; t = t->next)
			n += routes_of(t);
	return n;
}

static void put_test(struct maker *m, const struct test_decl *d, struct cfg_test *out)
{
	struct cfg_test_step *steps;
	unsigned n = 0;

	for (const struct test_stmt *t = d->body; t; t = t->next)
		n++;
	steps = MEM_ARRAY(&m->e->ld->mem, struct cfg_test_step, n + 1);
	out->name = d->name;
	out->at = d->at;
	out->steps = steps;
	for (const struct test_stmt *t = d->body; t; t = t->next) {
		put_step(m, t, &steps[out->step_count++]);
		out->has_consts |= t->kind == TEST_CONST;
	}
}

void emit_tests(struct emit *e, unsigned first)
{
	struct maker m = { e, first };
	struct cfg_test *list;
	unsigned n = 0;

	if (!e->ld->host->with_tests)
		return;
	list = MEM_ARRAY(&e->ld->mem, struct cfg_test, e->ld->ast->tests.count + 1);
	for (const struct test_decl *d = e->ld->ast->tests.first; d; d = d->next)
		put_test(&m, d, &list[n++]);
	e->ld->cfg->test_list = list;
}
