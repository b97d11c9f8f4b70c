/*
 * path - stay in the way to a client that registers elsewhere (RFC 3327, RFC 5626).
 *
 * The Path value names this server and, as user part, the client's own connection.
 * Requests that come back with it as Route find the connection by themselves
 * (module rr); those to a client on UDP may find its address in "received".
 */
#include "modules/rr/rr_api.h"

#include "parser/list.h"
#include "parser/token.h"

#include <errno.h>

struct path { const struct rr_api *rr; struct rr *rr_state; };

struct path_conf { bool use_received, check_supported; };

struct path_local { uint64_t added, unsupported, received; };

struct path_value {			/* in the request's arena, immutable once linked */
	struct slice user, received;
	bool         is_outbound;
};

/* ---- writing ---- */

/* A URI inside a parameter: ';' would end it. */
static void put_escaped(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == ';')
			buf_put(out, SLICE("%3B"));
		else
			buf_put_char(out, s.p[i]);
	}
}

static void write_path(struct buf *out, const struct sip_edit *edit, const struct sip_hop *hop)
{
	const struct path_value *v = edit->arg;
	char text[300];

	buf_put(out, SLICE("Path: <sip:"));
	buf_put(out, v->user);
	if (v->user.len)
		buf_put_char(out, '@');
	buf_put(out, net_sent_by(hop, text));
	if (hop->transport != TRANSPORT_UDP) {
		buf_put(out, SLICE(";transport="));
		buf_put(out, transport_uri_name(hop->transport));
	}
	buf_put(out, SLICE(";lr"));
	if (v->is_outbound)
		buf_put(out, SLICE(";ob"));
	if (v->received.len) {
		buf_put(out, SLICE(";received="));
		put_escaped(out, v->received);
	}
	buf_put(out, SLICE(">\r\n"));
}

/* ---- adding ---- */

static bool supports(struct lcs_ctx *ctx, struct slice tag)
{
	struct sip_view view = lcs_view(ctx);

	return view_list_has(&view, HDR_SUPPORTED, tag);
}

/* Nobody between the client and us, and it has a connection. */
static bool is_from_client(struct lcs_ctx *ctx)
{
	struct sip_view view = lcs_view(ctx);

	return lcs_from(ctx)->flow && view_value_count(&view, HDR_VIA) == 1;
}

static struct slice token(struct path *path, struct lcs_ctx *ctx)
{
	char *text = arena_bytes(lcs_arena(ctx), RR_TOKEN_CHARS);

	if (!text)
		return SLICE_NULL;
	path->rr->token(path->rr_state, lcs_from(ctx)->flow, text);
	return slice_of(text, RR_TOKEN_CHARS);
}

static struct slice source_uri(struct lcs_ctx *ctx)
{
	const struct sip_hop *from = lcs_from(ctx);
	char remote[ADDR_TEXT_BYTES];

	sock_addr_format(&from->remote, remote);
	if (from->transport == TRANSPORT_UDP)
		return arena_printf(lcs_arena(ctx), "sip:%s", remote);
	return arena_printf(lcs_arena(ctx), "sip:%s;transport=%.*s", remote,
	    SLICE_ARG(transport_uri_name(from->transport)));
}

/* argv[0]: user part instead of the connection's name, or "". */
static enum fn_status add(struct lcs_call *call, bool with_received)
{
	const struct path_conf *conf = call->conf;
	struct path_local *stats = call->local;
	struct path_value *v = arena_zalloc(lcs_arena(call->ctx), sizeof(*v));

	if (!v)
		return FN_FAILED;
	call->ret = value_bool(false);
	if (conf->check_supported && !supports(call->ctx, SLICE("path"))) {
		lcs_count(&stats->unsupported);
		return FN_DONE;
	}
	if (call->argv[0].s.len && !token_all(call->argv[0].s, TOKEN_UNESCAPED))
		return FN_DONE;
	v->user = call->argv[0].s;
	if (!v->user.len && is_from_client(call->ctx)) {
		v->user = token(call->shared, call->ctx);
		v->is_outbound = supports(call->ctx, SLICE("outbound"));
		if (!v->user.p)
			return FN_FAILED;
	}
	if (with_received)
		v->received = source_uri(call->ctx);
	if ((with_received && !v->received.p) || edit_late(lcs_arena(call->ctx),
	    lcs_edits(call->ctx), EDIT_AT_TOP, write_path, v) != 0)
		return FN_FAILED;
	lcs_count(&stats->added);
	return fn_bool(call, true);
}

static enum fn_status fn_add_path(struct lcs_call *call) { return add(call, false); }
static enum fn_status fn_add_received(struct lcs_call *call) { return add(call, true); }

static enum fn_status fn_supported(struct lcs_call *call)
{
	return fn_bool(call, supports(call->ctx, SLICE("path")));
}

/* ---- following ---- */

/* Behind rr, which took our Route off: where the client was when it registered. */
static enum hook_result on_request(struct lcs_call *call)
{
	const struct path_conf *conf = call->conf;
	struct path *path = call->shared;
	struct lcs_target *t = lcs_main_target(call->ctx);
	struct slice params, value;
	struct sip_uri uri;

	if (!conf->use_received || t->has_hop)
		return HOOK_PASS;
	params = path->rr->taken_params(path->rr_state, call->ctx);
	if (!uri_param(params, ';', SLICE("received"), &value))
		return HOOK_PASS;
	value = uri_unescape(lcs_arena(call->ctx), value);
	if (value.p && sip_uri_parse(value, &uri, NULL) == 0) {
		t->next_uri = value;
		lcs_count(&((struct path_local *)call->local)->received);
	}
	return HOOK_PASS;
}

/* ---- tables ---- */

static const struct lcs_need needs[] = {
	NEED(struct path, rr, rr, 1),
	{ 0 }
};

static const struct lcs_hook hooks[] = { { STAGE_REQUEST, 210, on_request }, { 0 } };

static const struct lcs_param params[] = {
	PARAM_BOOL(struct path_conf, use_received, "no",
	    "send requests that come back with a Path of add_path_received() to the address in it; "
	    "only where nobody but your own servers can send here"),
	PARAM_BOOL(struct path_conf, check_supported, "no",
	    "add no Path for clients that do not say Supported: path (RFC 3327 5.1)"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "add_path(user: str = \"\") -> bool", fn_add_path, IN_REQUEST, 0,
	  "put this server into the Path of a REGISTER; without a user part it names the client's "
	  "connection, if it has one. false if the client does not support it and parameter "
	  "check_supported is set" },
	{ "add_path_received(user: str = \"\") -> bool", fn_add_received, IN_REQUEST, 0,
	  "the same, with the address that the request came from" },
	{ "path_supported() -> bool", fn_supported, IN_REQUEST, 0,
	  "does the client say Supported: path?" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct path_local, added, STAT_COUNTER, "Path values added"),
	LCS_STAT(struct path_local, unsupported, STAT_COUNTER,
	    "requests without Path because the client does not know it"),
	LCS_STAT(struct path_local, received, STAT_COUNTER,
	    "requests sent to the address in a Path of ours"),
	{ 0 }
};

LCS_MODULE(path,
	.summary = "Path: the way back to clients that register elsewhere",
	.conf_size = sizeof(struct path_conf),
	.local_size = sizeof(struct path_local),
	.shared_size = sizeof(struct path),
	.params = params,
	.funcs = funcs,
	.hooks = hooks,
	.needs = needs,
	.stats = stats,
);
