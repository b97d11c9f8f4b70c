/*
 * modules/rr/route.c - requests that come with a route (RFC 3261 16.4, 16.12).
 */
#include "modules/rr/rr.h"

#include <errno.h>

static bool is_own(struct lcs_ctx *ctx, const struct sip_uri *uri)
{
	struct slice transport;
	enum sip_transport t = TRANSPORT_UDP;

	if (uri->scheme != URI_SIP && uri->scheme != URI_SIPS)
		return false;
	if (sip_uri_param(uri, SLICE("transport"), &transport))
		t = transport_parse(transport);
	return lcs_is_own_host(lcs_ctx_gen(ctx), uri->host, uri->port) ||
	    net_is_local(uri->host, uri->port, t);
}

static bool has_param(const struct sip_uri *uri, struct slice name)
{
	struct slice value;

	return sip_uri_param(uri, name, &value);
}

static bool first_route(struct lcs_ctx *ctx, struct name_addr *out)
{
	struct sip_view view = lcs_view(ctx);
	struct slice value;

	return view_value(&view, HDR_ROUTE, 0, &value) && name_addr_parse(value, out, NULL) == 0;
}

static int drop_first_route(struct lcs_ctx *ctx)
{
	struct sip_view view = lcs_view(ctx);
	int err = edit_drop_first_value(lcs_arena(ctx), &view, HDR_ROUTE);

	*lcs_edits(ctx) = view.last;
	return err;
}

/* ---- a strict router sent it (16.4): the true Request-URI is the last Route ---- */

static int drop_last_route(struct lcs_ctx *ctx, struct slice *last)
{
	struct sip_view view = lcs_view(ctx);
	struct slice rest, value, before;
	struct hdr_ref h;

	if (!view_hdr(&view, HDR_ROUTE, SLICE_NULL, -1, &h))
		return -ENOENT;
	rest = h.value;
	before = slice_first(h.value, 0);
	*last = SLICE_NULL;
	while (hdr_next_value(&rest, &value)) {
		if (last->len)
			before = slice_between(h.value.p, slice_end(*last));
		*last = value;
	}
	if (!before.len)
		return edit_drop(lcs_arena(ctx), lcs_edits(ctx), &h);
	return edit_value(lcs_arena(ctx), lcs_edits(ctx), &h, before);
}

static int repair_strict(struct lcs_call *call)
{
	struct name_addr target;
	struct slice last;
	int err = drop_last_route(call->ctx, &last);

	if (!err && name_addr_parse(last, &target, NULL) != 0)
		err = -EBADMSG;
	if (!err)
		err = edit_request_uri(lcs_arena(call->ctx), lcs_edits(call->ctx), target.uri.text);
	if (!err)
		((struct rr_local *)call->local)->repaired++;
	return err;
}

/* 16.4: the Request-URI is one that we put into a Record-Route. */
static bool came_from_strict_router(struct lcs_ctx *ctx)
{
	const struct sip_uri *uri = lcs_request_uri(ctx);

	return uri && has_param(uri, SLICE("lr")) && is_own(ctx, uri);
}

/* ---- our own entries ---- */

/* The entry of the far side names the connection to use. A request that came over that very
 * connection goes the other way (RFC 5626 5.3.1). */
static void take_flow(struct lcs_call *call, const struct sip_uri *uri)
{
	struct lcs_target *t = lcs_main_target(call->ctx);
	struct slice transport;
	uint16_t listener;
	flow_id flow;

	t->has_hop = false;
	if (!uri->user.len)
		return;
	if (!flow_token_read(uri->user, &flow, &listener)) {
		((struct rr_local *)call->local)->bad_token++;
		return;
	}
	if (flow == lcs_from(call->ctx)->flow ||
	    !sip_uri_param(uri, SLICE("transport"), &transport))
		return;
	t->hop = (struct sip_hop){ .transport = transport_parse(transport), .listener = listener,
	    .flow = flow };
	t->has_hop = true;
}

static int follow_own(struct lcs_call *call, const struct name_addr *first)
{
	bool is_double = has_param(&first->uri, SLICE("r2"));
	struct name_addr second;
	int err = drop_first_route(call->ctx);

	take_flow(call, &first->uri);
	if (err || !is_double || !first_route(call->ctx, &second) ||
	    !has_param(&second.uri, SLICE("r2")) || !is_own(call->ctx, &second.uri))
		return err;
	err = drop_first_route(call->ctx);
	take_flow(call, &second.uri);
	return err;
}

static enum fn_status result(struct lcs_call *call, int err, bool ok)
{
	if (err == -ENOMEM)
		return FN_FAILED;
	call->ret = value_bool(!err && ok);
	return FN_DONE;
}

enum fn_status rr_loose_route(struct lcs_call *call)
{
	const struct rr_conf *conf = call->conf;
	struct rr_local *stats = call->local;
	bool was_strict = came_from_strict_router(call->ctx);
	struct name_addr first;
	int err = was_strict ? repair_strict(call) : 0;

	if (err)
		return result(call, err, false);
	if (!first_route(call->ctx, &first)) {
		stats->followed += was_strict;
		return result(call, 0, was_strict);
	}
	if (is_own(call->ctx, &first.uri)) {
		stats->followed++;
		return result(call, follow_own(call, &first), true);
	}
	if (was_strict || conf->foreign_routes) {
		stats->followed++;
		return result(call, 0, true);
	}
	stats->foreign++;
	return result(call, 0, false);
}

enum fn_status rr_remove_record_route(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	int n = edit_drop_all(lcs_arena(call->ctx), &view, HDR_RECORD_ROUTE, SLICE_NULL);

	*lcs_edits(call->ctx) = view.last;
	return result(call, n < 0 ? n : 0, n > 0);
}

/* ---- what our entry said, as received ---- */

static bool received_param(struct lcs_ctx *ctx, struct slice name, struct slice *value)
{
	struct sip_view view = { lcs_msg(ctx), NULL };
	struct name_addr first;
	struct slice text;

	return view_value(&view, HDR_ROUTE, 0, &text) && name_addr_parse(text, &first, NULL) == 0 &&
	    is_own(ctx, &first.uri) && sip_uri_param(&first.uri, name, value);
}

enum fn_status rr_check_param(struct lcs_call *call)
{
	struct slice value, want = call->argv[0].s, name = slice_split(&want, '=');
	bool has_value = name.len < call->argv[0].s.len;

	call->ret = value_bool(received_param(call->ctx, name, &value) &&
	    (!has_value || slice_eq(value, want)));
	return FN_DONE;
}

enum fn_status rr_is_direction(struct lcs_call *call)
{
	const struct name_addr *from = msg_from(lcs_msg(call->ctx));
	bool want_down = slice_eq_nocase(call->argv[0].s, SLICE("downstream"));
	struct slice tag;
	bool down = true;

	if (received_param(call->ctx, SLICE("ftag"), &tag))
		down = from && slice_eq(from->tag, tag);
	call->ret = value_bool(down == want_down);
	return FN_DONE;
}
