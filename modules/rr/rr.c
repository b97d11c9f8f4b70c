/*
 * rr - Record-Route and Route: staying in the path of dialogs (RFC 3261 16.4, 16.6).
 */
#include "modules/rr/rr.h"

#include <regex.h>

/* The pattern is the script's; it is compiled each time, which is rare and cheap enough. */
enum fn_status rr_check_param(struct lcs_call *call)
{
	const struct rr_taken *taken = rr_taken(call->ctx);
	struct arena *arena = lcs_arena(call->ctx);
	char *pattern = arena_dup_cstr(arena, call->argv[0].s);
	char *params = taken ? arena_dup_cstr(arena, taken->params) : NULL;
	regex_t regex;

	call->ret = value_bool(false);
	if (!pattern || (taken && !params))
		return FN_FAILED;
	if (!taken || regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB | REG_ICASE) != 0)
		return FN_DONE;
	call->ret = value_bool(regexec(&regex, params, 0, NULL, 0) == 0);
	regfree(&regex);
	return FN_DONE;
}

/* ---- for other modules ---- */

static void api_token(struct rr *rr, flow_id flow, char text[RR_TOKEN_CHARS])
{
	(void)rr;
	flow_token_text(flow, text);
}

static struct slice api_taken_params(struct rr *rr, struct lcs_ctx *ctx)
{
	const struct rr_taken *taken = rr_taken(ctx);

	(void)rr;
	return taken ? taken->params : SLICE_NULL;
}

static bool api_is_own(struct rr *rr, struct lcs_ctx *ctx, const struct sip_uri *uri)
{
	(void)rr;
	return rr_is_own(ctx, uri);
}

static int load(struct lcs_mod *mod)
{
	((struct rr *)lcs_shared(mod))->mod = mod;
	return 0;
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct rr_conf *c = conf;

	(void)mod;
	(void)next;
	c->ours_only = slice_eq(c->dialogs, SLICE("ours"));
	if (c->ours_only)
		seal_key(c->secret, &c->seal);
	return 0;
}

/* ---- tables ---- */

static const struct rr_api api = { api_token, api_taken_params, api_is_own };
static const struct lcs_iface ifaces[] = { { "rr", 1, &api }, { 0 } };

static const struct lcs_hook hooks[] = {
	{ STAGE_REQUEST, 200, rr_on_request },	/* behind tm: copies need no more work */
	{ 0 }
};

static const struct lcs_param params[] = {
	PARAM_BOOL(struct rr_conf, append_fromtag, "yes",
	    "put the From tag into Record-Route, for is_direction()"),
	PARAM_BOOL(struct rr_conf, enable_full_lr, "no",
	    "write ;lr=on instead of ;lr, for peers that lose parameters without a value"),
	PARAM_BOOL(struct rr_conf, flow_tokens, "yes",
	    "name a client's own connection in Record-Route, so that requests in a dialog reach it "
	    "there and nowhere else (RFC 5626 5.3)"),
	PARAM_WORD(struct rr_conf, preloaded, "drop", "drop|follow",
	    "what becomes of Routes that a request outside a dialog brings along, besides our own, "
	    "which is taken off: they are dropped, or followed wherever they lead"),
	PARAM_WORD(struct rr_conf, dialogs, "ours", "ours|any",
	    "which Routes a request in a dialog may follow: those that we gave out for this very "
	    "dialog, or any that it brings along - then whoever adds a To tag is relayed"),
	PARAM_SECRET_STRING(struct rr_conf, secret, "",
	    "key of the mark by which Routes of ours are known; set the same on several servers that "
	    "serve the same dialogs; empty: one that the store keeps"),
	{ 0 }
};

#define RECORDS (IN_REQUEST | IN_BRANCH | IN_FAILURE)

static const struct lcs_func funcs[] = {
	{ "record_route(params: str = \"\") -> bool", rr_record, RECORDS, 0,
	  "stay in the path of the dialog; two values are written if the request leaves another "
	  "way than it came. With parameters for the value, as \";nat=yes\"" },
	{ "record_route_preset(address: str, other: str = \"\") -> bool", rr_record_preset, RECORDS,
	  0, "Record-Route with this host, port and parameters; with two, the first is the side "
	  "that the request leaves by" },
	{ "remove_record_route() -> bool", rr_remove, RECORDS, 0,
	  "take record_route() back" },
	{ "add_rr_param(params: fmt) -> bool", rr_add_param, RECORDS | IN_RESPONSE, 0,
	  "parameters for our Record-Route value, as \";nat=yes\"; before or after record_route(); "
	  "false for a response" },
	{ "loose_route() -> bool", rr_loose_route, IN_REQUEST, FUNC_MUST_CHECK,
	  "take our Route values off and mend what strict routers did (RFC 3261 16.4); true if the "
	  "request is to go where its Routes and Request-URI say, as parameter dialogs allows. A client's own connection named "
	  "in Route becomes the target" },
	{ "check_route_param(pattern: str) -> bool", rr_check_param, RECORDS | IN_RESPONSE, 0,
	  "does the regular expression match the parameters of the Route value of ours that was "
	  "taken off? false for a response" },
	{ "is_direction(direction: str) -> bool", rr_is_direction, IN_REQUEST | IN_FAILURE, 0,
	  "\"downstream\": from the caller of the dialog, \"upstream\": from the callee; needs "
	  "append_fromtag" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct rr_local, recorded, STAT_COUNTER, "requests with our Record-Route"),
	LCS_STAT(struct rr_local, followed, STAT_COUNTER, "requests with our Route"),
	LCS_STAT(struct rr_local, to_flow, STAT_COUNTER,
	    "requests whose Route named a client's connection"),
	LCS_STAT(struct rr_local, strict, STAT_COUNTER, "requests that a strict router sent"),
	LCS_STAT(struct rr_local, preloaded, STAT_COUNTER,
	    "requests outside a dialog that brought Routes along"),
	LCS_STAT(struct rr_local, foreign, STAT_COUNTER,
	    "requests in a dialog whose first Route was not ours"),
	LCS_STAT(struct rr_local, unsealed, STAT_COUNTER,
	    "requests in a dialog whose Routes we did not give out for it"),
	{ 0 }
};

LCS_MODULE(rr,
	.summary = "Record-Route and Route",
	.conf_size = sizeof(struct rr_conf),
	.local_size = sizeof(struct rr_local),
	.shared_size = sizeof(struct rr),
	.params = params,
	.funcs = funcs,
	.hooks = hooks,
	.ifaces = ifaces,
	.stats = stats,
	.schema = &seal_schema,
	.load = load,
	.prepare = prepare,
	.manual =
	    "A client that opened a connection to us is named in our Record-Route by a token, so that\n"
	    "later requests of the dialog go out on that very connection: its ephemeral port cannot\n"
	    "be dialled. When the connection is gone they fail with 430 (RFC 5626 5.3). Tokens are\n"
	    "good for the life of the process; others are ignored, and the request goes where its\n"
	    "Request-URI says.\n\n"
	    "Requests outside a dialog that name us in Route - from clients with an outbound proxy -\n"
	    "lose that value before the script runs; parameter preloaded says what becomes of the\n"
	    "rest.\n\n"
	    "Requests in a dialog are relayed without a question who sent them, so a Route must be\n"
	    "one that we gave out for that dialog: our Record-Route carries a mark (seal) over its\n"
	    "Call-ID, the caller's tag and the connection that it names, and loose_route() is false\n"
	    "without it, or with one of its two values alone.\n\n"
	    "What the mark does not do: the ends of a dialog have it, and may send more with it than\n"
	    "belongs there. Where both ends are clients on connections of their own (TCP, TLS, with\n"
	    "flow_tokens), that reaches the other end and nobody else, whatever the Request-URI says.\n"
	    "Where an end is reached by an address - UDP, a trunk, another proxy - its Contact is not\n"
	    "known when the mark is made and may change, so what goes towards it goes where the\n"
	    "Request-URI says: somebody who was let into one dialog can reach any target by it. A\n"
	    "script that minds asks for a password, or for an address, before it relays what begins\n"
	    "something in a dialog or stands alone (INVITE, MESSAGE, REFER), or relays only to\n"
	    "targets that it knows.\n",
);
