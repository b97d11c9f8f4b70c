/*
 * core/sup/ctl_line.c - JSON-RPC 2.0: from the text of a request to the text of its answer.
 */
#include "core/sup/ctl.h"

#include "core/mod/rpc.h"
#include "utils/buf.h"
#include "utils/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH_MAX     100u
#define ARENA_CAP     16777216u

enum rpc_code {
	CODE_PARSE = -32700, CODE_REQUEST = -32600, CODE_NO_METHOD = -32601,
	CODE_PARAMS = -32602, CODE_INTERNAL = -32603, CODE_FAILED = -32000,
	CODE_FORBIDDEN = -32001
};

/* ---- answers ---- */

/* Takes id (NULL stands for null); NULL if memory is short. */
static json_t *answer_error(json_t *id, int code, struct slice text)
{
	return json_pack("{s:s, s:{s:i, s:o}, s:o}", "jsonrpc", "2.0", "error", "code", code,
	    "message", json_slice(text), "id", id ? id : json_null());
}

static json_t *answer_result(json_t *id, json_t *result)
{
	return json_pack("{s:s, s:o, s:o}", "jsonrpc", "2.0", "result", result, "id", id);
}

static const struct { enum rpc_fault fault; int code; } codes[] = {
	{ RPC_NO_METHOD, CODE_NO_METHOD }, { RPC_BAD_PARAMS, CODE_PARAMS },
	{ RPC_FORBIDDEN, CODE_FORBIDDEN }, { RPC_FAILED, CODE_FAILED },
};

static int code_of(enum rpc_fault fault)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].fault == fault)
			return codes[i].code;
	return CODE_INTERNAL;
}

/* error.data says which: a program should not have to read the message. */
static void add_detail(json_t *answer, int err)
{
	json_t *error = answer ? json_object_get(answer, "error") : NULL;

	if (error)
		json_object_set_new(error, "data", json_pack("{s:i, s:s}", "errno", -err, "reason",
		    err_text(err)));
}

/* ---- one request ---- */

static void note_administration(struct slice method, const struct ctl_peer *peer)
{
	const struct rpc_entry *e = rpc_find(method);

	if (e && e->rpc->right == RIGHT_ADMIN)
		log_notice("ctl", "administration method=%.*s uid=%u", SLICE_ARG(method),
		    peer->uid);
}

static json_t *call(json_t *id, struct slice method, const json_t *params,
    const struct ctl_peer *peer)
{
	struct arena *arena = arena_new(ARENA_CAP);
	struct slice error = SLICE_NULL;
	json_t *result, *answer;
	enum rpc_fault fault;
	int code = 0;

	if (!arena)
		return answer_error(id, CODE_INTERNAL, SLICE("no memory"));
	note_administration(method, peer);
	rpc_set_caller(peer->uid);
	fault = rpc_call(method, params, peer->right, arena, &result, &error, &code);
	rpc_set_caller((unsigned)-1);
	if (fault == RPC_OK)
		answer = answer_result(id, result);
	else
		answer = answer_error(id, code_of(fault), error);
	if (fault == RPC_FAILED)
		add_detail(answer, code);
	arena_free(&arena);
	return answer;
}

static bool is_version_2(const json_t *request)
{
	const char *version = json_string_value(json_object_get(request, "jsonrpc"));

	return version && strcmp(version, "2.0") == 0;
}

static bool is_id(const json_t *id)
{
	return !id || json_is_string(id) || json_is_number(id) || json_is_null(id);
}

/* JSON-RPC 2.0, 4; empty: nothing is wrong. */
static struct slice fault_of(const json_t *request)
{
	const json_t *params = json_object_get(request, "params");

	if (!is_version_2(request))
		return SLICE("not a request: it needs \"jsonrpc\": \"2.0\"");
	if (!json_is_string(json_object_get(request, "method")))
		return SLICE("not a request: it needs \"method\", a string");
	if (!is_id(json_object_get(request, "id")))
		return SLICE("not a request: \"id\" is neither string nor number");
	if (params && !json_is_object(params) && !json_is_array(params))
		return SLICE("not a request: \"params\" is neither object nor array");
	return SLICE("");
}

/* A new reference; NULL for a notification. */
static json_t *answer_one(const json_t *request, const struct ctl_peer *peer)
{
	json_t *id = json_object_get(request, "id");
	const json_t *method = json_object_get(request, "method");
	const json_t *params = json_object_get(request, "params");
	struct slice fault = fault_of(request);
	json_t *answer;

	if (fault.len > 0)
		return answer_error(is_id(id) ? json_incref(id) : NULL, CODE_REQUEST, fault);
	answer = call(id ? json_incref(id) : json_null(), slice_of(json_string_value(method),
	    json_string_length(method)), params, peer);
	if (id)
		return answer;
	json_decref(answer);
	return NULL;
}

static json_t *answer_batch(const json_t *batch, const struct ctl_peer *peer)
{
	size_t count = json_array_size(batch);
	json_t *answers;

	if (count == 0 || count > BATCH_MAX)
		return answer_error(NULL, CODE_REQUEST, count == 0 ?
		    SLICE("an empty batch") : SLICE("more than 100 requests in a batch"));
	answers = json_array();
	for (size_t i = 0; answers && i < count; i++) {
		json_t *answer = answer_one(json_array_get(batch, i), peer);

		if (answer)
			json_array_append_new(answers, answer);
	}
	if (answers && json_array_size(answers) == 0) {
		json_decref(answers);
		answers = NULL;
	}
	return answers;
}

static json_t *answer_text(struct slice line, const struct ctl_peer *peer)
{
	json_error_t why;
	json_t *request = json_loadb(line.p, line.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
	    &why);
	json_t *answer;
	char text[JSON_ERROR_TEXT_LENGTH + 64];

	if (!request) {
		int n = snprintf(text, sizeof(text), "not JSON: %s, at byte %d", why.text,
		    why.position);

		return answer_error(NULL, CODE_PARSE, slice_of(text, n > 0 ? (size_t)n : 0));
	}
	answer = json_is_array(request) ? answer_batch(request, peer) : answer_one(request, peer);
	json_decref(request);
	return answer;
}

char *ctl_answer(struct slice line, const struct ctl_peer *peer, size_t *len)
{
	json_t *answer = answer_text(line, peer);
	size_t size = answer ? json_dumpb(answer, NULL, 0, JSON_COMPACT) : 0;
	char *text = size > 0 ? malloc(size + 1) : NULL;

	*len = 0;
	if (text) {
		json_dumpb(answer, text, size, JSON_COMPACT);
		text[size] = '\n';
		*len = size + 1;
	}
	json_decref(answer);
	return text;
}
