/*
 * modules/tm/vars.c - $T_...: what the script may know of its transaction.
 */
#include "modules/tm/status.h"

static enum fn_status give(struct lcs_call *call, struct value v)
{
	call->ret = v;
	return FN_DONE;
}

static enum fn_status give_text(struct lcs_call *call, struct slice s)
{
	return give(call, s.len ? value_string(s) : value_null());
}

static const struct tm_branch *branch_of(struct lcs_call *call)
{
	const struct tm_at *at = tm_at_of(call->ctx);

	return at ? at->branch : NULL;
}

static enum fn_status get_reply_code(struct lcs_call *call)
{
	uint16_t status = tm_status_of(call->ctx);

	return give(call, status ? value_int(status) : value_null());
}

static enum fn_status get_reply_reason(struct lcs_call *call)
{
	const struct tm_branch *b = branch_of(call);
	struct sip_view view = lcs_view(call->ctx);

	if (!lcs_is_request(call->ctx))
		return give_text(call, view_reason(&view));
	if (!b || !b->response)
		return give_text(call, b && b->status ? sip_reason(b->status) : SLICE_NULL);
	view = (struct sip_view){ b->response, b->response_last };
	return give_text(call, view_reason(&view));
}

static enum fn_status get_branch_idx(struct lcs_call *call)
{
	const struct tm_branch *b = branch_of(call);

	return give(call, b ? value_int(b->index) : value_null());
}

static enum fn_status get_reply_ruid(struct lcs_call *call)
{
	const struct tm_branch *b = branch_of(call);

	return give_text(call, b ? b->target.ruid : SLICE_NULL);
}

static enum fn_status get_id(struct lcs_call *call)
{
	const struct tm_at *at = tm_at_of(call->ctx);

	if (!at)
		return give(call, value_null());
	return give_text(call, arena_printf(lcs_arena(call->ctx), "%016llx",
	    (unsigned long long)(at->tx->key.branch ^ at->tx->key.call)));
}

static enum fn_status get_is_local(struct lcs_call *call)
{
	const struct tm_branch *b = branch_of(call);

	if (!lcs_is_request(call->ctx))
		return give(call, value_int(0));
	return give(call, b && b->status ? value_int(!b->response) : value_null());
}

static const struct { struct slice name; lcs_fn *get; } fields[] = {
	{ { "id", 2 }, get_id },
	{ { "reply_code", 10 }, get_reply_code },
	{ { "reply_reason", 12 }, get_reply_reason },
	{ { "reply_type", 10 }, get_is_local },
	{ { "branch_index", 12 }, get_branch_idx },
	{ { "ruid", 4 }, get_reply_ruid },
};

static enum fn_status get_field(struct lcs_call *call)
{
	struct value key = call->argv[0];

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (key.type == VALUE_STRING && slice_eq(key.s, fields[i].name))
			return fields[i].get(call);
	return give(call, value_null());
}

/* name, type, may be null, argument, indexed, readable, writable, get, set, text */
const struct lcs_var tm_vars[] = {
	{ "T_reply_code", VALUE_INT, true, VAR_ARG_NONE, false, IN_MESSAGE, 0, get_reply_code, NULL,
	  "status of the response: in a failure route the best one, 408 if there was none in time" },
	{ "T_reply_reason", VALUE_STRING, true, VAR_ARG_NONE, false, IN_MESSAGE, 0,
	  get_reply_reason, NULL, "its reason phrase" },
	{ "T_branch_idx", VALUE_INT, true, VAR_ARG_NONE, false, IN_MESSAGE, 0, get_branch_idx, NULL,
	  "number of the branch: in branch and reply routes, and the best one's in a failure route" },
	{ "T_reply_ruid", VALUE_STRING, true, VAR_ARG_NONE, false, IN_MESSAGE, 0, get_reply_ruid,
	  NULL, "id of the binding that this branch went to" },
	{ "T", VALUE_ANY, true, VAR_ARG_NAME, false, IN_MESSAGE, 0, get_field, NULL,
	  "$T(id), $T(reply_code), $T(reply_reason), $T(reply_type) (1: made here), "
	  "$T(branch_index), $T(ruid)" },
	{ 0 }
};
