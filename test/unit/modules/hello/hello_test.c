/*
 * test/unit/modules/hello/hello_test.c - the template's unit test: a function called by hand.
 *
 * What a module does with messages is easier said in a scene (test/scene/hello); here is
 * what a scene cannot see.
 */
#include "test/unit.h"

#include "core/mod/loader.h"
#include "core/sip/ctx.h"
#include "core/lab/run.h"

static struct loader *l;

static int setup(void **state)
{
	(void)state;
	l = loader_new("/nowhere");
	return l ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	loader_free(&l);
	return 0;
}

/* Conf and state as the server would make them; only the members that hello() reads. */
struct conf { struct slice greeting; int64_t max_length; };

static struct slice greet(struct sip_msg *msg, const struct conf *conf, const char *name)
{
	const char *why;
	const struct loaded *m = loader_open(l, "hello", &why);
	const struct value argv[] = { value_string(slice_str(name)) };
	struct lcs_ctx ctx = { .msg = msg, .arena = msg->arena };
	uint64_t greeted = 0;
	struct lcs_call call = {
		.ctx = &ctx, .conf = conf, .local = &greeted, .argv = argv, .argc = 1,
	};

	assert_non_null(m);
	assert_int_equal(m->desc->funcs[0].call(&call), FN_DONE);
	assert_int_equal(greeted, 1);
	return call.ret.s;
}

static const struct { const char *name; int64_t max; const char *text; } cases[] = {
	{ "world", 64, "Hello, world!" },
	{ "", 64, "Hello, !" },
	{ "a very long name", 6, "Hello, a very!" },
};

static void greets_and_cuts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct conf conf = { SLICE("Hello"), cases[i].max };
		struct sip_msg *msg = ctx_empty_msg();

		assert_slice(greet(msg, &conf, cases[i].name), cases[i].text);
		sip_msg_unref(&msg);
	}
}

static void an_empty_greeting_is_refused(void **state)
{
	const struct conf empty = { SLICE(""), 64 }, fine = { SLICE("Hi"), 64 };
	struct diag *diag = diag_new();
	const char *why;
	const struct loaded *m = loader_open(l, "hello", &why);

	(void)state;
	assert_int_equal(m->desc->check(&fine, diag), 0);
	assert_int_equal(diag_errors(diag), 0);
	assert_int_equal(m->desc->check(&empty, diag), -EINVAL);
	assert_int_equal(diag_errors(diag), 1);
	diag_free(&diag);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
UNIT_MAIN(
	TEST(greets_and_cuts),
	TEST(an_empty_greeting_is_refused),
)
