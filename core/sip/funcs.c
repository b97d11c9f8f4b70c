/*
 * core/sip/funcs.c - functions that need no module.
 */
#include "core/sip/bag.h"
#include "core/sip/flags.h"
#include "core/sip/vars.h"

/* ---- flags ---- */

static enum fn_status turn_flag(struct lcs_call *call, bool on)
{
	struct lcs_bag *bag = lcs_bag(call->ctx);
	struct slice name = value_text(lcs_arena(call->ctx), call->argv[0]);

	if (!bag || lcs_bag_set_flag(bag, name, on) != 0)
		return FN_FAILED;
	return fn_bool(call, true);
}

static enum fn_status setflag(struct lcs_call *call) { return turn_flag(call, true); }
static enum fn_status resetflag(struct lcs_call *call) { return turn_flag(call, false); }

static enum fn_status isflagset(struct lcs_call *call)
{
	const struct lcs_bag *bag = call->ctx->bag;
	struct slice name = value_text(lcs_arena(call->ctx), call->argv[0]);

	return fn_bool(call, bag && lcs_bag_flag(bag, name));
}

/* ---- flags of the branch ---- */

static bool bflag(struct lcs_call *call, bool add, uint64_t *bit)
{
	const struct value *v = &call->argv[0];

	if (v->type == VALUE_INT && (v->i < 0 || v->i > 31))
		return false;
	*bit = branch_flag(value_text(lcs_arena(call->ctx), *v), add);
	return *bit != 0;
}

static enum fn_status setbflag(struct lcs_call *call)
{
	uint64_t bit;

	call->ret = value_bool(bflag(call, true, &bit));
	if (call->ret.b)
		lcs_main_target(call->ctx)->flags |= bit;
	return FN_DONE;
}

static enum fn_status resetbflag(struct lcs_call *call)
{
	uint64_t bit;

	if (bflag(call, false, &bit))
		lcs_main_target(call->ctx)->flags &= ~bit;
	return fn_bool(call, true);
}

static enum fn_status isbflagset(struct lcs_call *call)
{
	uint64_t bit;

	return fn_bool(call, bflag(call, false, &bit) &&
	    (lcs_main_target(call->ctx)->flags & bit) != 0);
}

/* ---- targets ---- */

/* Without an argument the branch goes where the Request-URI and $du point now, so that the
 * script can set the next one after it. */
static enum fn_status append_branch(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	struct lcs_target target = *lcs_main_target(call->ctx);
	struct slice uri = call->argv[0].s, copy;
	struct sip_uri parsed;

	if (uri.len == 0) {
		target.request_uri = view_request_uri(&view);
	} else {
		copy = arena_dup(lcs_arena(call->ctx), uri);
		if (!copy.p)
			return FN_FAILED;
		target = (struct lcs_target){ .request_uri = copy, .q = 1000 };
	}
	return fn_bool(call, sip_uri_parse(target.request_uri, &parsed, NULL) == 0 &&
	    lcs_add_target(call->ctx, &target) == 0);
}

static enum fn_status clear_branches(struct lcs_call *call)
{
	lcs_clear_targets(call->ctx);
	return fn_bool(call, true);
}

static enum fn_status forward(struct lcs_call *call)
{
	int err = lcs_is_request(call->ctx) ? lcs_forward_stateless(call->ctx) :
	    lcs_forward_response(call->ctx);

	return fn_bool(call, err == 0);
}

static enum fn_status msg_apply_changes(struct lcs_call *call)
{
	return fn_bool(call, true);
}

static enum fn_status from_peer(struct lcs_call *call)
{
	return fn_bool(call, lcs_peer(call->ctx).len > 0);
}

const struct lcs_func core_funcs[] = {
	{ "setflag(flag: any) -> bool", setflag, IN_ANY, 0,
	  "set a flag of the transaction, by name or by number 0 to 63" },
	{ "resetflag(flag: any) -> bool", resetflag, IN_ANY, 0, "clear a flag of the transaction" },
	{ "isflagset(flag: any) -> bool", isflagset, IN_ANY, 0,
	  "is a flag of the transaction set?" },
	{ "setbflag(flag: any) -> bool", setbflag, WRITE_TARGET | IN_RESPONSE, 0,
	  "set a flag of the branch, by number 0 to 31 or by name; in a reply route for as long as "
	  "that runs; false if there are more than 32 names" },
	{ "resetbflag(flag: any) -> bool", resetbflag, WRITE_TARGET | IN_RESPONSE, 0,
	  "clear a flag of the branch" },
	{ "isbflagset(flag: any) -> bool", isbflagset, IN_MESSAGE, 0,
	  "is a flag of the branch set?" },
	{ "append_branch(uri: str = \"\") -> bool", append_branch, IN_REQUEST | IN_FAILURE, 0,
	  "one more target: the URI given, or where Request-URI and $du point now; false if there "
	  "are max_branches already" },
	{ "clear_branches() -> bool", clear_branches, IN_REQUEST | IN_FAILURE, 0,
	  "forget the targets added so far" },
	{ "strip(count: any) -> bool", core_strip, WRITE_TARGET, 0,
	  "drop so many characters at the beginning of the Request-URI's user; $rU = substr($rU, count)" },
	{ "strip_tail(count: any) -> bool", core_strip_tail, WRITE_TARGET, 0,
	  "drop so many characters at its end" },
	{ "prefix(text: str) -> bool", core_prefix, WRITE_TARGET, 0,
	  "put a text before the Request-URI's user; $rU = text + $rU" },
	{ "setuser(user: str) -> bool", core_setuser, WRITE_TARGET, 0,
	  "the same as $rU = user" },
	{ "rewriteuser(user: str) -> bool", core_setuser, WRITE_TARGET, 0,
	  "the same as $rU = user" },
	{ "sethost(host: str) -> bool", core_sethost, WRITE_TARGET, 0,
	  "the same as $rd = host" },
	{ "rewritehost(host: str) -> bool", core_sethost, WRITE_TARGET, 0,
	  "the same as $rd = host" },
	{ "setport(port: any) -> bool", core_setport, WRITE_TARGET, 0,
	  "the same as $rp = port" },
	{ "rewriteport(port: any) -> bool", core_setport, WRITE_TARGET, 0,
	  "the same as $rp = port" },
	{ "sethostport(place: str) -> bool", core_sethostport, WRITE_TARGET, 0,
	  "host, or host:port, of the Request-URI" },
	{ "rewritehostport(place: str) -> bool", core_sethostport, WRITE_TARGET, 0,
	  "the same as sethostport()" },
	{ "seturi(uri: str) -> bool", core_seturi, WRITE_TARGET, 0,
	  "the same as $ru = uri" },
	{ "rewriteuri(uri: str) -> bool", core_seturi, WRITE_TARGET, 0,
	  "the same as $ru = uri" },
	{ "revert_uri() -> bool", core_revert_uri, WRITE_TARGET, 0,
	  "the Request-URI as it came: $ru = $ou" },
	{ "setdsturi(uri: str) -> bool", core_setdsturi, WRITE_TARGET, 0,
	  "the same as $du = uri" },
	{ "resetdsturi() -> bool", core_resetdsturi, WRITE_TARGET, 0,
	  "the same as $du = null" },
	{ "isdsturiset() -> bool", core_isdsturiset, READ_MESSAGE, 0, "the same as $du != null" },
	{ "forward() -> bool", forward, IN_REQUEST, FUNC_RELAYS | FUNC_ENDS,
	  "forward the request without a transaction (RFC 3261 16.11); false if it cannot go there" },
	{ "from_peer() -> bool", from_peer, IN_MESSAGE, 0,
	  "does it come from a server of ours that has shown who it is? ($peer is its name)" },
	{ "msg_apply_changes() -> bool", msg_apply_changes, IN_MESSAGE, 0,
	  "does nothing: changes are visible at once" },
	{ 0 }
};
