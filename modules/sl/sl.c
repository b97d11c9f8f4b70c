/*
 * sl - responses that are given at once, with or without a transaction.
 *
 * The responses themselves are the core's; this is what the script says to get
 * them. ACKs for stateless responses end in the core, which knows its own tags;
 * here they become an event.
 */
#include "core/lcs.h"

#define ACK_ORDER 900			/* behind the transactions, before the script */

struct sl_conf { struct slice default_reason; int64_t default_code; };
struct sl_local { uint64_t sent, failed, acks; };

/* ---- headers of the script ---- */

/* One line, with a name: what the script adds must not be able to end the header part. */
static bool is_header(struct slice s)
{
	size_t colon = slice_find(s, ':');

	return colon > 0 && colon < s.len && slice_find(s, '\r') == s.len &&
	    slice_find(s, '\n') == s.len;
}

/* Header lines of a list of texts; .p NULL if one is no header or memory is short. */
static struct slice header_lines(struct arena *arena, const struct value *v)
{
	struct slice lines = SLICE("");

	for (size_t i = 0; v->type == VALUE_LIST && i < v->list->count; i++) {
		const struct value *item = &v->list->items[i];

		if (item->type != VALUE_STRING || !is_header(item->s))
			return SLICE_NULL;
		lines = arena_printf(arena, "%.*s%.*s\r\n", SLICE_ARG(lines), SLICE_ARG(item->s));
		if (!lines.p)
			return SLICE_NULL;
	}
	return lines;
}

static bool makes_dialog(struct lcs_ctx *ctx, int64_t code)
{
	enum sip_method m = lcs_method(ctx);

	return code > 100 && code < 300 &&
	    (m == METHOD_INVITE || m == METHOD_SUBSCRIBE || m == METHOD_REFER);
}

/* ---- functions ---- */

static enum fn_status respond(struct lcs_call *call,
    int (*how)(struct lcs_ctx *ctx, const struct response_parts *parts))
{
	struct sl_local *local = call->local;
	struct slice lines = header_lines(lcs_arena(call->ctx), &call->argv[2]);
	const struct response_parts parts = {
		.status = (uint16_t)call->argv[0].i,
		.reason = call->argv[1].s,
		.extra_lines = lines,
		.copy_record_route = makes_dialog(call->ctx, call->argv[0].i),
		.copy_timestamp = call->argv[0].i == 100,
	};

	if (!lines.p)
		return FN_FAILED;
	call->ret = value_bool(how(call->ctx, &parts) == 0);
	lcs_count(call->ret.b ? &local->sent : &local->failed);
	return FN_DONE;
}

static enum fn_status sl_send_reply(struct lcs_call *call)
{
	return respond(call, lcs_respond_stateless);
}

static enum fn_status send_reply(struct lcs_call *call)
{
	return respond(call, lcs_respond);
}

static enum fn_status sl_reply_error(struct lcs_call *call)
{
	const struct sl_conf *conf = call->conf;
	struct sl_local *local = call->local;
	const struct response_parts parts = {
		.status = (uint16_t)conf->default_code,
		.reason = conf->default_reason,
	};

	call->ret = value_bool(lcs_respond(call->ctx, &parts) == 0);
	lcs_count(call->ret.b ? &local->sent : &local->failed);
	return FN_DONE;
}

/* ---- ACKs for what we sent ---- */

static enum hook_result see_ack(struct lcs_call *call)
{
	struct sip_msg *msg = lcs_msg(call->ctx);
	const struct name_addr *to;

	if (msg->method != METHOD_ACK)
		return HOOK_PASS;
	to = msg_to(msg);
	if (!to || to->tag.len != LCS_TAG_CHARS || !slice_eq(to->tag, lcs_stateless_tag(call->ctx)))
		return HOOK_PASS;
	lcs_count(&((struct sl_local *)call->local)->acks);
	lcs_event(call->mod, "sl:filtered-ack", msg, NULL, NULL);
	return HOOK_TAKEN;
}

/* ---- tables ---- */

static const struct lcs_param params[] = {
	PARAM_INT(struct sl_conf, default_code, "500", 300, 699,
	    "status that sl_reply_error() gives"),
	PARAM_STRING(struct sl_conf, default_reason, "Server Internal Error", "its reason phrase"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "sl_send_reply(code: int 100..699, reason: fmt, headers: list? = null) -> bool",
	  sl_send_reply, IN_REQUEST, FUNC_REPLIES | FUNC_ENDS,
	  "answer the request without a transaction; headers are lines such as \"Retry-After: 5\"; "
	  "an ACK is never answered" },
	{ "send_reply(code: int 100..699, reason: fmt, headers: list? = null) -> bool",
	  send_reply, IN_REQUEST | IN_FAILURE, FUNC_REPLIES | FUNC_ENDS,
	  "answer the request, by its transaction if it has one" },
	{ "sl_reply_error() -> bool", sl_reply_error, IN_REQUEST | IN_FAILURE,
	  FUNC_REPLIES | FUNC_ENDS,
	  "answer that something went wrong here, with default_code and default_reason" },
	{ 0 }
};

static const struct lcs_hook hooks[] = {
	{ STAGE_REQUEST, ACK_ORDER, see_ack },
	{ 0 }
};

static const struct lcs_event_decl events[] = {
	{ "sl:filtered-ack", "an ACK for a stateless response came; nothing is to be done about it" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct sl_local, sent, STAT_COUNTER, "responses sent from the script"),
	LCS_STAT(struct sl_local, failed, STAT_COUNTER, "responses that could not be made"),
	LCS_STAT(struct sl_local, acks, STAT_COUNTER, "ACKs for stateless responses"),
	{ 0 }
};

LCS_MODULE(sl,
	.summary = "responses from the script",
	.flags = MODULE_MAY_LEAVE,
	.conf_size = sizeof(struct sl_conf),
	.local_size = sizeof(struct sl_local),
	.params = params,
	.funcs = funcs,
	.hooks = hooks,
	.events = events,
	.stats = stats,
);
