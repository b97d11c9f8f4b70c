/*
 * test/unit/core/mod/rpc_test.c - methods are found, their parameters checked, rights kept.
 */
#include "test/unit.h"

#include "core/mod/rpc.h"

static int run_echo(struct lcs_rpc_call *call)
{
	return lcs_rpc_done(call, json_deep_copy(call->params));
}

static int run_fail(struct lcs_rpc_call *call)
{
	call->result = json_string("half made");	/* must not leak */
	call->error = arena_printf(call->arena, "not today");
	return -EBUSY;
}

static int run_silent(struct lcs_rpc_call *call)
{
	return json_object_size(call->params) ? -ENOENT : 0;
}

static const struct lcs_rpc_arg args[] = {
	{ "user", VALUE_STRING, true, "who" }, { "count", VALUE_INT, false, "how many" },
	{ "all", VALUE_BOOL, false, "everything" }, { 0 }
};
static const struct lcs_rpc_arg any_args[] = { { "x", VALUE_ANY, false, "anything" }, { 0 } };

static const struct lcs_rpc table[] = {
	{ "b.echo", RIGHT_READ, args, run_echo, "echo" },
	{ "a.fail", RIGHT_READ, NULL, run_fail, "fail" },
	{ "c.silent", RIGHT_ADMIN, any_args, run_silent, "silent" },
	{ 0 }
};

static int setup(void **state)
{
	(void)state;
	return rpc_register(table, NULL);
}

static int teardown(void **state)
{
	(void)state;
	rpc_unregister_all();
	return 0;
}

static const struct { const char *method, *params; enum lcs_right right; enum rpc_fault fault; const char *text; } cases[] = {
	{ "b.echo", "{\"user\":\"a\",\"count\":3}", RIGHT_READ, RPC_OK, "{\"user\":\"a\",\"count\":3}" },
	{ "b.echo", "[\"a\",3,true]", RIGHT_READ, RPC_OK, "{\"user\":\"a\",\"count\":3,\"all\":true}" },
	{ "b.echo", "[\"a\",3,true,4]", RIGHT_READ, RPC_BAD_PARAMS, "b.echo does not take these parameters" },
	{ "b.echo", "{}", RIGHT_READ, RPC_BAD_PARAMS, "b.echo needs \"user\"" },
	{ "b.echo", NULL, RIGHT_READ, RPC_BAD_PARAMS, "b.echo needs \"user\"" },
	{ "b.echo", "{\"user\":5}", RIGHT_READ, RPC_BAD_PARAMS, "\"user\" must be a text" },
	{ "b.echo", "{\"user\":\"a\",\"count\":\"3\"}", RIGHT_READ, RPC_BAD_PARAMS, "\"count\" must be a number" },
	{ "b.echo", "{\"user\":\"a\",\"usr\":\"b\"}", RIGHT_READ, RPC_BAD_PARAMS, "b.echo takes no \"usr\"" },
	{ "b.echo", "\"text\"", RIGHT_READ, RPC_BAD_PARAMS, "b.echo does not take these parameters" },
	{ "a.fail", "{}", RIGHT_READ, RPC_FAILED, "not today" },
	{ "c.silent", "{}", RIGHT_READ, RPC_FORBIDDEN, "this needs the right to administer" },
	{ "c.silent", "{}", RIGHT_ADMIN, RPC_OK, "null" },
	{ "c.silent", "{\"x\":[1]}", RIGHT_ADMIN, RPC_FAILED, "no such file or directory" },
	{ "no.such", "{}", RIGHT_ADMIN, RPC_NO_METHOD, "there is no method \"no.such\"" },
};

static void calls_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena *arena = arena_new(0);
		json_t *params = cases[i].params ?
		    json_loads(cases[i].params, JSON_DECODE_ANY, NULL) : NULL, *result = NULL;
		struct slice error = SLICE_NULL;
		int code = 0;
		enum rpc_fault fault = rpc_call(slice_str(cases[i].method), params, cases[i].right,
		    arena, &result, &error, &code);
		char *text = result ? json_dumps(result, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

		assert_int_equal(fault, cases[i].fault);
		assert_slice(fault == RPC_OK ? slice_str(text) : error, cases[i].text);
		free(text);
		json_decref(result);
		json_decref(params);
		arena_free(&arena);
	}
}

static void the_list_is_ordered(void **state)
{
	const struct rpc_entry *list;

	(void)state;
	assert_int_equal(rpc_list(&list), 3);
	assert_string_equal(list[0].rpc->method, "a.fail");
	assert_string_equal(list[1].rpc->method, "b.echo");
	assert_string_equal(list[2].rpc->method, "c.silent");
	assert_int_equal(rpc_register(table, NULL), -EEXIST);
}

UNIT_MAIN(
	cmocka_unit_test_setup_teardown(calls_are_checked, setup, teardown),
	cmocka_unit_test_setup_teardown(the_list_is_ordered, setup, teardown),
)
