/*
 * JSON-RPC 2.0 by the line: every kind of mistake gets the answer that the standard gives it.
 */
#include "test/unit.h"

#include "core/mod/rpc.h"
#include "core/sup/ctl.h"
#include "utils/log.h"

#include <string.h>

static unsigned calls;

static int run_add(struct lcs_rpc_call *call)
{
	calls++;
	call->result = json_integer(json_integer_value(json_object_get(call->params, "a")) +
	    json_integer_value(json_object_get(call->params, "b")));
	return 0;
}

static int run_fail(struct lcs_rpc_call *call)
{
	calls++;
	call->error = arena_printf(call->arena, "no such user");
	return -ENOENT;
}

static int run_garbled(struct lcs_rpc_call *call)
{
	call->error = SLICE("not UTF-8: \xff\xfe");
	return -EIO;
}

static int run_nothing(struct lcs_rpc_call *call)
{
	(void)call;
	calls++;
	return 0;
}

static const struct lcs_rpc_arg no_args[] = { { 0 } };
static const struct lcs_rpc_arg two_args[] = {
	{ "a", VALUE_INT, true, "first" }, { "b", VALUE_INT, false, "second" }, { 0 }
};
static const struct lcs_rpc table[] = {
	{ "test.add", RIGHT_READ, two_args, run_add, "sum" },
	{ "test.fail", RIGHT_READ, no_args, run_fail, "fails" },
	{ "test.garbled", RIGHT_READ, no_args, run_garbled, "fails oddly" },
	{ "test.change", RIGHT_ADMIN, no_args, run_nothing, "administers" },
	{ 0 }
};

static const struct ctl_peer admin = { RIGHT_ADMIN, 0 }, reader = { RIGHT_READ, 1000 };

static void expect(const char *line, const struct ctl_peer *peer, const char *want)
{
	size_t len;
	char *text = ctl_answer(slice_str(line), peer, &len);

	if (!want) {
		assert_null(text);
		return;
	}
	assert_non_null(text);
	assert_int_equal(text[len - 1], '\n');
	assert_null(memchr(text, '\n', len - 1));
	if (!slice_eq(slice_of(text, len - 1), slice_str(want)))
		fail_msg("%s\n  got  %.*s  want %s", line, (int)len, text, want);
	free(text);
}

static void each_request_gets_its_answer(void **state)
{
	static const struct { const char *line, *want; } cases[] = {
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.add\",\"params\":{\"a\":2,\"b\":3}}",
		  "{\"jsonrpc\":\"2.0\",\"result\":5,\"id\":1}" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"test.add\",\"params\":[2,3]}",
		  "{\"jsonrpc\":\"2.0\",\"result\":5,\"id\":\"x\"}" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"test.add\",\"params\":[2]}",
		  "{\"jsonrpc\":\"2.0\",\"result\":2,\"id\":null}" },
		{ "  {\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"test.change\"}\r",
		  "{\"jsonrpc\":\"2.0\",\"result\":null,\"id\":1.5}" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.nix\"}",
		  "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32601,\"message\":"
		  "\"there is no method \\\"test.nix\\\"\"},\"id\":1}" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.add\"}",
		  "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32602,\"message\":"
		  "\"test.add needs \\\"a\\\"\"},\"id\":1}" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.add\",\"params\":{\"a\":\"2\"}}",
		  "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32602,\"message\":"
		  "\"\\\"a\\\" must be a number\"},\"id\":1}" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.fail\"}",
		  "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32000,\"message\":\"no such user\","
		  "\"data\":{\"errno\":2,\"reason\":\"no such file or directory\"}},\"id\":1}" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.garbled\"}",
		  "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32000,\"message\":"
		  "\"not UTF-8: ??\","
		  "\"data\":{\"errno\":5,\"reason\":\"input/output error\"}},\"id\":1}" },
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(cases); i++)
		expect(cases[i].line, &admin, cases[i].want);
}

#define NOT_A_REQUEST(id, why) "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,\"message\":"      \
	"\"not a request: " why "\"},\"id\":" id "}"
#define NEEDS_VERSION "it needs \\\"jsonrpc\\\": \\\"2.0\\\""
#define NEEDS_METHOD "it needs \\\"method\\\", a string"
#define BAD_ID "\\\"id\\\" is neither string nor number"
#define BAD_PARAMS "\\\"params\\\" is neither object nor array"

static void what_is_no_request_is_told_so(void **state)
{
	static const struct { const char *line, *want; } cases[] = {
		{ "{}", NOT_A_REQUEST("null", NEEDS_VERSION) },
		{ "5", NOT_A_REQUEST("null", NEEDS_VERSION) },
		{ "\"test.add\"", NOT_A_REQUEST("null", NEEDS_VERSION) },
		{ "true", NOT_A_REQUEST("null", NEEDS_VERSION) },
		{ "{\"jsonrpc\":\"1.0\",\"id\":3,\"method\":\"test.add\"}",
		  NOT_A_REQUEST("3", NEEDS_VERSION) },
		{ "{\"id\":3,\"method\":\"test.add\"}", NOT_A_REQUEST("3", NEEDS_VERSION) },
		{ "{\"jsonrpc\":\"2.0\",\"id\":3}", NOT_A_REQUEST("3", NEEDS_METHOD) },
		{ "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":7}", NOT_A_REQUEST("3", NEEDS_METHOD) },
		{ "{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"test.add\"}",
		  NOT_A_REQUEST("null", BAD_ID) },
		{ "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"test.add\",\"params\":5}",
		  NOT_A_REQUEST("3", BAD_PARAMS) },
	};

	(void)state;
	calls = 0;
	for (unsigned i = 0; i < COUNT(cases); i++)
		expect(cases[i].line, &admin, cases[i].want);
	assert_int_equal(calls, 0);
}

static void what_is_no_json_is_a_parse_error(void **state)
{
	static const char *const lines[] = {
		"{", "}", "nix", "{\"a\":1,\"a\":2}", "{\"jsonrpc\":\"2.0\"", "[", "\"\xff\"",
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.add\"} x", "\"\\u0000\"",
	};

	(void)state;
	for (unsigned i = 0; i < COUNT(lines); i++) {
		size_t len;
		char *text = ctl_answer(slice_str(lines[i]), &admin, &len);

		assert_non_null(text);
		if (slice_search(slice_of(text, len), SLICE("\"code\":-32700")) == len)
			fail_msg("%s: %.*s", lines[i], (int)len, text);
		free(text);
	}
}

static void a_notification_is_carried_out_and_not_answered(void **state)
{
	(void)state;
	calls = 0;
	expect("{\"jsonrpc\":\"2.0\",\"method\":\"test.add\",\"params\":[1]}", &admin, NULL);
	expect("{\"jsonrpc\":\"2.0\",\"method\":\"test.fail\"}", &admin, NULL);
	assert_int_equal(calls, 2);
	expect("{\"jsonrpc\":\"2.0\",\"method\":\"test.nix\"}", &admin, NULL);
}

static void a_batch_is_answered_as_one(void **state)
{
	(void)state;
	expect("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.add\",\"params\":[1]},"
	    "{\"jsonrpc\":\"2.0\",\"method\":\"test.add\",\"params\":[1]},"
	    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"test.add\",\"params\":[2]}]", &admin,
	    "[{\"jsonrpc\":\"2.0\",\"result\":1,\"id\":1},"
	    "{\"jsonrpc\":\"2.0\",\"result\":2,\"id\":2}]");
	expect("[{\"jsonrpc\":\"2.0\",\"method\":\"test.add\",\"params\":[1]}]", &admin, NULL);
	expect("[1]", &admin, "[" NOT_A_REQUEST("null", NEEDS_VERSION) "]");
	expect("[]", &admin, "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,"
	    "\"message\":\"an empty batch\"},\"id\":null}");
}

static void a_batch_has_a_limit(void **state)
{
	char line[1024] = "[";

	(void)state;
	for (int i = 0; i < 100; i++)
		memcpy(line + 1 + 2 * i, "1,", 2);
	memcpy(line + 201, "1]", 3);
	expect(line, &admin, "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32600,"
	    "\"message\":\"more than 100 requests in a batch\"},\"id\":null}");
}

static void a_reader_may_not_administer(void **state)
{
	(void)state;
	calls = 0;
	expect("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.change\"}", &reader,
	    "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32001,"
	    "\"message\":\"this needs the right to administer\"},\"id\":1}");
	assert_int_equal(calls, 0);
	expect("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"test.add\",\"params\":[1]}", &reader,
	    "{\"jsonrpc\":\"2.0\",\"result\":1,\"id\":1}");
}

static void describe_tells_all_there_is(void **state)
{
	size_t len, i;
	char *text;
	json_t *answer, *entry;
	unsigned seen = 0;

	(void)state;
	text = ctl_answer(SLICE("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rpc.describe\"}"),
	    &reader, &len);
	assert_non_null(text);
	answer = json_loadb(text, len, 0, NULL);
	assert_non_null(answer);
	json_array_foreach(json_object_get(answer, "result"), i, entry) {
		const json_t *args = json_object_get(entry, "args");

		assert_true(json_string_length(json_object_get(entry, "text")) > 0);
		if (strcmp(json_string_value(json_object_get(entry, "method")), "test.add") != 0)
			continue;
		seen++;
		assert_int_equal(json_array_size(args), 2);
		assert_string_equal(json_string_value(json_object_get(json_array_get(args, 0),
		    "name")), "a");
		assert_true(json_is_true(json_object_get(json_array_get(args, 0), "required")));
		assert_string_equal(json_string_value(json_object_get(entry, "right")), "read");
	}
	assert_int_equal(seen, 1);
	json_decref(answer);
	free(text);
}

static int set_up(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	assert_int_equal(rpc_register(table, NULL), 0);
	assert_int_equal(ctl_register_methods(), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rpc_unregister_all();
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_request_gets_its_answer),
		cmocka_unit_test(what_is_no_request_is_told_so),
		cmocka_unit_test(what_is_no_json_is_a_parse_error),
		cmocka_unit_test(a_notification_is_carried_out_and_not_answered),
		cmocka_unit_test(a_batch_is_answered_as_one),
		cmocka_unit_test(a_batch_has_a_limit),
		cmocka_unit_test(a_reader_may_not_administer),
		cmocka_unit_test(describe_tells_all_there_is),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
