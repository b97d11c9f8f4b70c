/*
 * test/fuzz/ctl_fuzz.c - whatever a line says, its answer is one line of JSON-RPC 2.0.
 */
#include "core/mod/rpc.h"
#include "core/sup/ctl.h"
#include "utils/err.h"
#include "utils/log.h"

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Gives back what it got, so that every value of the input is written again. */
static int run_echo(struct lcs_rpc_call *call)
{
	return lcs_rpc_done(call, json_deep_copy(call->params));
}

/* Quotes its input in the reason, cut without regard to UTF-8. */
static int run_fail(struct lcs_rpc_call *call)
{
	const json_t *text = json_object_get(call->params, "text");

	call->error = arena_printf(call->arena, "not \"%.10s\"", text ? json_string_value(text) : "");
	return -EINVAL;
}

static const struct lcs_rpc_arg echo_args[] = {
	{ "text", VALUE_STRING, false, "" }, { "n", VALUE_INT, false, "" },
	{ "on", VALUE_BOOL, false, "" }, { "list", VALUE_LIST, false, "" },
	{ "any", VALUE_ANY, false, "" }, { 0 }
};
static const struct lcs_rpc_arg fail_args[] = {
	{ "text", VALUE_STRING, true, "" }, { 0 }
};
static const struct lcs_rpc table[] = {
	{ "t.echo", RIGHT_READ, echo_args, run_echo, "" },
	{ "t.fail", RIGHT_READ, fail_args, run_fail, "" },
	{ "t.admin", RIGHT_ADMIN, NULL, run_echo, "" },
	{ 0 }
};

static void register_once(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	log_set_level(LOG_LEVEL_ERROR);
	lcs_assert(rpc_register(table, NULL) == 0);
}

static void check_one(const json_t *answer)
{
	const json_t *error = json_object_get(answer, "error");
	const json_t *id = json_object_get(answer, "id");
	const char *version = json_string_value(json_object_get(answer, "jsonrpc"));

	lcs_assert(json_is_object(answer));
	lcs_assert(version && slice_eq(slice_str(version), SLICE("2.0")));
	lcs_assert(id && (json_is_string(id) || json_is_number(id) || json_is_null(id)));
	lcs_assert(!error == (json_object_get(answer, "result") != NULL));
	if (!error)
		return;
	lcs_assert(json_integer_value(json_object_get(error, "code")) < 0);
	lcs_assert(json_string_length(json_object_get(error, "message")) > 0);
}

static void check_text(struct slice text)
{
	json_t *answer;
	size_t i;
	json_t *one;

	lcs_assert(text.len > 1 && slice_find(text, '\n') == text.len - 1);
	answer = json_loadb(text.p, text.len, JSON_REJECT_DUPLICATES, NULL);
	lcs_assert(answer);
	if (json_is_array(answer)) {
		lcs_assert(json_array_size(answer) > 0);
		json_array_foreach(answer, i, one)
			check_one(one);
	} else {
		check_one(answer);
	}
	json_decref(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ctl_peer peer = { size % 2 ? RIGHT_ADMIN : RIGHT_READ, 0 };
	size_t len = 0;
	char *text;

	register_once();
	if (memchr(data, '\n', size) != NULL)
		return 0;	/* never part of a line */
	text = ctl_answer(slice_of((const char *)data, size), &peer, &len);
	if (text)
		check_text(slice_of(text, len));
	free(text);
	return 0;
}
