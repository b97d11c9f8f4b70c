/*
 * cfg/check_test.c - test blocks: what they name must exist, what they give must be one.
 */
#include "cfg/check.h"

#include "parser/uri.h"

#define ADVANCE_MAX (366 * 24 * 3600 * 1000000ll)	/* usec_t */

/* ---- functions that only tests have ---- */

static void test_calls(struct check *c, struct expr *e)
{
	struct expr *arg = e->call.args;
	struct expr call = { .kind = EXPR_CALL };

	e->type = type_of_base(VALUE_INT);
	if (!arg || arg->next || arg->kind != EXPR_NAME) {
		diag_beside(load_error(c->ld, 305, e->at, "calls() takes the name of a function"),
		    "write: calls(t_relay) == 1");
		return;
	}
	call.call.name = arg->name.name;
	call.call.name_at = arg->at;
	if (!dict_get(&c->ld->names->builtins, arg->name.name))
		check_find_func(c, &call, true);
}

/* Of whichever kind. */
static bool is_route(const struct load *ld, struct slice name)
{
	for (unsigned kind = 0; kind < ROUTE_KINDS; kind++)
		if (dict_get(&ld->names->routes[kind], name))
			return true;
	return false;
}

static void test_coverage(struct check *c, struct expr *e)
{
	struct expr *arg = e->call.args;

	e->type = type_of_base(VALUE_INT);
	if (!arg || arg->next || arg->kind != EXPR_NAME)
		load_error(c->ld, 305, e->at, "coverage() takes the name of a route");
	else if (!is_route(c->ld, arg->name.name))
		load_error(c->ld, 201, arg->at, "route \"%.*s\" is not defined",
		    SLICE_ARG(arg->name.name));
}

static void test_any(struct check *c, struct expr *e)
{
	e->type = type_of_base(VALUE_VOID);
	for (struct expr *a = e->call.args; a; a = a->next)
		check_expr(c, a);
}

bool check_test_call(struct check *c, struct expr *e)
{
	static const struct {
		const char *name;
		void      (*check)(struct check *c, struct expr *e);
	} own[] = { { "calls", test_calls }, { "coverage", test_coverage },
		{ "app_state", test_any }, { "set_time", test_any } };

	for (size_t i = 0; c->in_test && i < sizeof(own) / sizeof(own[0]); i++)
		if (slice_eq(e->call.name, slice_str(own[i].name))) {
			own[i].check(c, e);
			return true;
		}
	return false;
}

/* ---- given ---- */

static bool one_of(struct slice word, const char *a, const char *b)
{
	return slice_eq(word, slice_str(a)) || slice_eq(word, slice_str(b));
}

/* "request", "reply", "request file", "any request from" */
static void given_words(struct check *c, const struct name_at *w)
{
	const struct name_at *last = w;
	bool ok;

	if (slice_eq(w->name, SLICE("any")))
		ok = w->next && one_of(w->next->name, "request", "reply") && w->next->next &&
		    slice_eq(w->next->next->name, SLICE("from")) && !w->next->next->next;
	else
		ok = one_of(w->name, "request", "reply") && (!w->next ||
		    (slice_eq(w->next->name, SLICE("file")) && !w->next->next));
	while (last->next)
		last = last->next;
	if (!ok)
		diag_beside(syntax_error(c->ld, 101, span_join(w->at, last->at),
		    "given does not know these words"),
		    "given request \"...\", given reply \"...\", given request file \"...\", "
		    "given any request from \"...\"");
}

/* "INVITE sip:bob@example.com" */
static bool is_request(struct slice s)
{
	struct slice method = slice_split(&s, ' ');
	struct sip_uri uri;

	return method.len && s.len && slice_find(s, ' ') == s.len &&
	    sip_uri_parse(s, &uri, NULL) == 0;
}

/* "486 Busy Here" */
static bool is_response(struct slice s)
{
	uint32_t status;

	return slice_to_u32(slice_split(&s, ' '), &status) == 0 && status >= 100 && status <= 699;
}

static void given_text(struct check *c, const struct test_stmt *t)
{
	const struct name_at *w = t->given.words;
	struct slice text;

	env_settle(c->ld, t->given.text);
	if (w->next || t->given.text->kind != EXPR_LITERAL)
		return;			/* a file or folder: looked for when the test runs */
	text = t->given.text->literal.value.s;
	if (slice_eq(w->name, SLICE("request")) && !is_request(text))
		diag_beside(load_error(c->ld, 304, t->given.text->at, "this is no request"),
		    "write: given request \"METHOD URI\"");
	if (slice_eq(w->name, SLICE("reply")) && !is_response(text))
		diag_beside(load_error(c->ld, 304, t->given.text->at, "this is no reply"),
		    "write: given reply \"486 Busy Here\"");
}

static void given_option(struct check *c, const struct setting_item *i)
{
	const struct value *v = &i->value->literal.value;

	if (!one_of(i->key, "from", "over") && !slice_eq(i->key, SLICE("at")))
		diag_beside(syntax_error(c->ld, 101, i->key_at, "unexpected \"%.*s\"",
		    SLICE_ARG(i->key)), "from ADDRESS, over TRANSPORT, at LISTENER");
	else if (slice_eq(i->key, SLICE("from")) && v->type != VALUE_IP)
		diag_beside(load_error(c->ld, 303, i->value->at, "from takes an address"),
		    "write: from 192.0.2.10, or from 192.0.2.10:5060");
	else if (slice_eq(i->key, SLICE("over")) && (v->type != VALUE_STRING ||
	    (!one_of(v->s, "udp", "tcp") && !slice_eq(v->s, SLICE("tls")))))
		diag_beside(load_error(c->ld, 303, i->value->at, "over takes a transport"),
		    "udp, tcp, tls");
}

static void given(struct check *c, const struct test_stmt *t)
{
	given_words(c, t->given.words);
	given_text(c, t);
	for (const struct setting_item *i = t->given.options; i; i = i->next)
		given_option(c, i);
	for (const struct setting_item *i = t->given.headers; i; i = i->next) {
		env_settle(c->ld, i->value);
		check_expr(c, i->value);
		if (!i->value->type.is_bad)
			check_want(c, i->value, type_maybe(VALUE_ANY), 309, "a header");
	}
}

/* ---- mock ---- */

static void mock(struct check *c, const struct test_stmt *t)
{
	struct expr *call = t->mock.call;
	const struct func_entry *f;
	struct type ret;

	if (call->kind != EXPR_CALL) {
		load_error(c->ld, 301, call->at, "only functions can be mocked");
		return;
	}
	f = check_find_func(c, call, true);
	for (struct expr *a = call->call.args; a; a = a->next) {
		env_settle(c->ld, a);
		check_expr(c, a);
	}
	if (!f)
		return;
	call->call.func = f->func;
	if (t->mock.is_suspended && !(f->func->flags & FUNC_MAY_SUSPEND))
		load_error(c->ld, 311, t->at, "%s() never waits", f->func->name);
	f->module->is_used = true;
	ret = (struct type){ f->func->ret, f->func->ret_nullable, false, VALUE_ANY };
	if (t->mock.value && ret.base != VALUE_VOID) {
		env_settle(c->ld, t->mock.value);
		check_expr(c, t->mock.value);
		check_want(c, t->mock.value, ret, 303, mem_printf(&c->ld->mem,
		    "what %s() returns", f->func->name).p);
	}
}

/* ---- the rest ---- */

static void constant(struct check *c, struct const_decl *d)
{
	struct const_decl *real = dict_get(&c->ld->names->consts, d->name);
	struct diag_item *item;
	struct candidates all = { .ld = c->ld };

	check_const(c, d);
	if (real) {
		check_want(c, d->value, real->value->type, 309, mem_printf(&c->ld->mem, "\"%.*s\"",
		    SLICE_ARG(d->name)).p);
		return;
	}
	item = load_error(c->ld, 201, d->at, "const \"%.*s\" is not defined", SLICE_ARG(d->name));
	candidates_add_dict(&all, &c->ld->names->consts);
	if (!candidates_say(&all, d->name, item, d->at, "\"", "\""))
		diag_beside(item, "a test gives another value to a const of the script");
}

static void expectation(struct check *c, const struct test_stmt *t)
{
	if (t->expect.text)
		env_settle(c->ld, t->expect.text);
	if (t->expect.kind == EXPECT_REPLY && (t->expect.code < 100 || t->expect.code > 699))
		load_error(c->ld, 304, t->expect.code_at, "a reply code is 100..699, not %lld",
		    (long long)t->expect.code);
	if (t->expect.value)
		check_condition(c, t->expect.value);
}

/* Every timer of that time is fired: a slip of the pen must not run for days. */
static void advance(struct check *c, const struct test_stmt *t)
{
	if (t->advance > ADVANCE_MAX)
		load_error(c->ld, 304, t->at, "a test advances by a year at most");
}

static void check_one(struct check *c, struct test_stmt *t)
{
	switch (t->kind) {
	case TEST_GIVEN:   given(c, t); break;
	case TEST_MOCK:    mock(c, t); break;
	case TEST_CONST:   constant(c, t->constant); break;
	case TEST_ADVANCE: advance(c, t); break;
	case TEST_CALL:    check_expr(c, t->call); break;
	case TEST_EXPECT:  expectation(c, t); break;
	}
}

void check_test_consts(struct load *ld)
{
	const struct test_decl *d = ld->ast->tests.first;
	struct const_decl *real;

	for (unsigned n = ld->host->test_consts; d && n > 1; n--)
		d = d->next;
	if (!d || ld->host->test_consts == 0)
		return;
	for (const struct test_stmt *t = d->body; t; t = t->next) {
		real = t->kind == TEST_CONST ? dict_get(&ld->names->consts, t->constant->name) : NULL;
		if (!real)
			continue;
		env_settle(ld, t->constant->value);
		real->value = t->constant->value;
	}
}

/* Nothing that it says can turn out wrong. */
static void say_expects_nothing(struct load *ld, const struct test_decl *d)
{
	for (const struct test_stmt *t = d->body; t; t = t->next)
		if (t->kind == TEST_EXPECT)
			return;
	diag_beside(load_warning(ld, 508, d->at, "this test expects nothing"),
	    "it cannot fail; write: expect reply 200;");
}

void check_tests(struct load *ld)
{
	for (const struct test_decl *d = ld->ast->tests.first; d; d = d->next) {
		struct check c = { .ld = ld, .in_test = true, .may_be_format = true };

		for (const struct test_decl *o = ld->ast->tests.first; o != d; o = o->next)
			if (slice_eq(o->name, d->name))
				diag_see(load_error(ld, 203, d->at, "two tests of one name"), o->at);
		for (struct test_stmt *t = d->body; t; t = t->next)
			check_one(&c, t);
		say_expects_nothing(ld, d);
	}
}
