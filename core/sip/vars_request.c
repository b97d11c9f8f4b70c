/*
 * core/sip/vars_request.c - what a request asks for, and where it shall go; a response's status.
 */
#include "core/sip/uri_parts.h"
#include "core/sip/vars.h"

#include <errno.h>

/* ---- start line ---- */

/* Of a response: the method it answers. */
static enum fn_status get_rm(struct lcs_call *call)
{
	const struct sip_msg *msg = lcs_msg(call->ctx);

	if (msg->is_request)
		return var_text(call, msg->method_text);
	return var_text(call, sip_method_name(msg->method));
}

static enum fn_status get_ru(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);

	return var_text(call, view_request_uri(&view));
}

/* For text and for values of type uri alike. */
static struct slice new_uri(const struct lcs_call *call)
{
	const struct value *v = &call->argv[2];

	return v->type == VALUE_URI ? v->uri->text : var_new_text(call);
}

static enum fn_status set_ru(struct lcs_call *call)
{
	struct slice uri = new_uri(call);

	if (uri.len == 0)
		return FN_FAILED;
	return var_status(edit_request_uri(lcs_arena(call->ctx), lcs_edits(call->ctx), uri));
}

static enum fn_status get_rs(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);

	if (call->ctx->msg->is_request)
		return FN_DONE;
	return var_value(call, value_int(view_status(&view)));
}

static enum fn_status get_rr(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);

	if (call->ctx->msg->is_request)
		return FN_DONE;
	return var_text(call, view_reason(&view));
}

/* ---- parts of the Request-URI ---- */

static enum fn_status get_rU(struct lcs_call *call)
{
	const struct sip_uri *uri = lcs_request_uri(call->ctx);

	return var_text_or_null(call, uri ? uri->user : SLICE_NULL);
}

static enum fn_status get_rd(struct lcs_call *call)
{
	const struct sip_uri *uri = lcs_request_uri(call->ctx);

	return var_text(call, uri ? uri->host : SLICE(""));
}

static enum fn_status get_rp(struct lcs_call *call)
{
	const struct sip_uri *uri = lcs_request_uri(call->ctx);

	return var_value(call, value_int(uri ? uri_parts_port(uri) : 0));
}

static enum fn_status get_rP(struct lcs_call *call)
{
	const struct sip_uri *uri = lcs_request_uri(call->ctx);

	return var_text(call, uri ? uri_parts_transport(uri) : SLICE(""));
}

static enum fn_status get_rz(struct lcs_call *call)
{
	const struct sip_uri *uri = lcs_request_uri(call->ctx);

	return var_text(call, uri ? uri->scheme_text : SLICE(""));
}

static enum fn_status set_part(struct lcs_call *call, enum uri_part part, struct slice value)
{
	const struct sip_uri *uri = lcs_request_uri(call->ctx);
	struct arena *arena = lcs_arena(call->ctx);
	struct slice text;

	if (!uri || uri_parts_set(arena, uri, part, value, &text) != 0)
		return FN_FAILED;
	return var_status(edit_request_uri(arena, lcs_edits(call->ctx), text));
}

static enum fn_status set_rU(struct lcs_call *call)
{
	return set_part(call, URI_PART_USER, var_new_text(call));
}

static enum fn_status set_rd(struct lcs_call *call)
{
	return set_part(call, URI_PART_HOST, var_new_text(call));
}

static enum fn_status set_rp(struct lcs_call *call)
{
	const struct value *v = &call->argv[2];

	if (v->type != VALUE_INT)
		return set_part(call, URI_PART_PORT, var_new_text(call));
	return set_part(call, URI_PART_PORT, value_text(lcs_arena(call->ctx), *v));
}

/* ---- as it came ---- */

static const struct sip_uri *original(struct lcs_call *call)
{
	return msg_request_uri(lcs_msg(call->ctx));
}

static enum fn_status get_ou(struct lcs_call *call)
{
	return var_text(call, lcs_msg(call->ctx)->request_uri);
}

static enum fn_status get_oU(struct lcs_call *call)
{
	const struct sip_uri *uri = original(call);

	return var_text_or_null(call, uri ? uri->user : SLICE_NULL);
}

static enum fn_status get_od(struct lcs_call *call)
{
	const struct sip_uri *uri = original(call);

	return var_text(call, uri ? uri->host : SLICE(""));
}

static enum fn_status get_op(struct lcs_call *call)
{
	const struct sip_uri *uri = original(call);

	return var_value(call, value_int(uri ? uri_parts_port(uri) : 0));
}

/* ---- destination ---- */

static bool destination(struct lcs_call *call, struct sip_uri *uri)
{
	struct slice text = lcs_main_target(call->ctx)->next_uri;

	return text.len && sip_uri_parse(text, uri, NULL) == 0;
}

static enum fn_status get_du(struct lcs_call *call)
{
	return var_text_or_null(call, lcs_main_target(call->ctx)->next_uri);
}

/* A way that was known no longer counts once the script names another. */
static enum fn_status set_du(struct lcs_call *call)
{
	struct lcs_target *target = lcs_main_target(call->ctx);
	struct slice text = new_uri(call);
	struct sip_uri uri;

	if (text.len && sip_uri_parse(text, &uri, NULL) != 0)
		return FN_FAILED;
	target->next_uri = text;
	target->has_hop = false;
	return FN_DONE;
}

static enum fn_status get_dd(struct lcs_call *call)
{
	struct sip_uri uri;

	return var_text_or_null(call, destination(call, &uri) ? uri.host : SLICE_NULL);
}

static enum fn_status get_dp(struct lcs_call *call)
{
	struct sip_uri uri;

	if (!destination(call, &uri))
		return FN_DONE;
	return var_value(call, value_int(uri_parts_port(&uri)));
}

static enum fn_status get_dP(struct lcs_call *call)
{
	struct sip_uri uri;

	return var_text_or_null(call, destination(call, &uri) ? uri_parts_transport(&uri) : SLICE_NULL);
}

/* ---- more targets ---- */

static enum fn_status all_targets(struct lcs_call *call)
{
	struct arena *arena = lcs_arena(call->ctx);
	unsigned count;
	const struct lcs_target *targets = lcs_targets(call->ctx, &count);
	struct value_list *list = arena_alloc(arena, sizeof(*list));
	struct value *items = arena_alloc(arena, count * sizeof(*items));

	if (!list || !items)
		return FN_FAILED;
	for (unsigned i = 0; i < count; i++)
		items[i] = value_string(targets[i].request_uri);
	*list = (struct value_list){ count, items };
	return var_value(call, (struct value){ .type = VALUE_LIST, .list = list });
}

static enum fn_status get_br(struct lcs_call *call)
{
	unsigned count;
	const struct lcs_target *targets = lcs_targets(call->ctx, &count);
	int64_t at = call->argv[1].type == VALUE_INT ? call->argv[1].i : 0;

	if (call->argv[1].type == VALUE_ANY)
		return all_targets(call);
	if (at < 0)
		at += count;
	if (at < 0 || at >= count)
		return FN_DONE;
	return var_text(call, targets[at].request_uri);
}

static enum fn_status set_br(struct lcs_call *call)
{
	struct lcs_target target = { .request_uri = new_uri(call), .q = 1000 };

	if (target.request_uri.len == 0) {
		lcs_clear_targets(call->ctx);
		return FN_DONE;
	}
	return var_status(lcs_add_target(call->ctx, &target));
}

/* name, type, may be null, argument, indexed, readable, writable, get, set, text */
const struct lcs_var vars_request[] = {
	{ "rm", VALUE_STRING, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_rm, NULL,
	  "method of the request, or of the request a response answers" },
	{ "ru", VALUE_STRING, false, VAR_ARG_NONE, false, READ_MESSAGE, WRITE_TARGET, get_ru, set_ru,
	  "Request-URI" },
	{ "rU", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, WRITE_TARGET, get_rU, set_rU,
	  "user part of the Request-URI; null: it has none" },
	{ "rd", VALUE_STRING, false, VAR_ARG_NONE, false, READ_MESSAGE, WRITE_TARGET, get_rd, set_rd,
	  "host of the Request-URI" },
	{ "rp", VALUE_INT, false, VAR_ARG_NONE, false, READ_MESSAGE, WRITE_TARGET, get_rp, set_rp,
	  "port of the Request-URI, or the one its scheme and transport mean" },
	{ "rP", VALUE_STRING, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_rP, NULL,
	  "transport of the Request-URI" },
	{ "rz", VALUE_STRING, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_rz, NULL,
	  "scheme of the Request-URI" },
	{ "ou", VALUE_STRING, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_ou, NULL,
	  "Request-URI as it came" },
	{ "oU", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_oU, NULL,
	  "its user part" },
	{ "od", VALUE_STRING, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_od, NULL,
	  "its host" },
	{ "op", VALUE_INT, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_op, NULL,
	  "its port" },
	{ "du", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, WRITE_TARGET, get_du, set_du,
	  "URI of the next hop; null: Route or Request-URI decide" },
	{ "dd", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_dd, NULL,
	  "host of the next hop" },
	{ "dp", VALUE_INT, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_dp, NULL,
	  "port of the next hop" },
	{ "dP", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_dP, NULL,
	  "transport of the next hop" },
	{ "br", VALUE_STRING, true, VAR_ARG_NONE, true, READ_MESSAGE, WRITE_TARGET, get_br, set_br,
	  "Request-URI of an added branch; writing adds one, null removes all" },
	{ "rs", VALUE_INT, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_rs, NULL,
	  "status of the response" },
	{ "rr", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_rr, NULL,
	  "reason phrase of the response" },
	{ 0 }
};
