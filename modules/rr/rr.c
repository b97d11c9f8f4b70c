/*
 * rr - Record-Route and Route: dialogs that stay on our way (RFC 3261 16.4, 16.6, 16.12).
 */
#include "modules/rr/rr.h"

static const struct lcs_param params[] = {
	PARAM_BOOL(struct rr_conf, append_fromtag, "no",
	    "put the From tag into our entries (ftag), so that is_direction() can tell"),
	PARAM_BOOL(struct rr_conf, foreign_routes, "no",
	    "loose_route() accepts a request whose first Route is not ours (preloaded routes)"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "record_route(params: str = \"\") -> bool", rr_record_route,
	  IN_REQUEST | IN_BRANCH | IN_FAILURE, 0,
	  "stay on the way of the dialog; params (\";name=value\") go into our entries" },
	{ "record_route_preset(address: str) -> bool", rr_record_route_preset,
	  IN_REQUEST | IN_BRANCH | IN_FAILURE, 0, "the same under an address of our choice" },
	{ "add_rr_param(param: str) -> bool", rr_add_param, IN_REQUEST | IN_BRANCH | IN_FAILURE, 0,
	  "one more parameter (\";name=value\") for the entries of record_route()" },
	{ "loose_route() -> bool", rr_loose_route, IN_REQUEST, FUNC_MUST_CHECK,
	  "take our own entries off the route, repair what a strict router did; true if the "
	  "request came with a route of ours" },
	{ "remove_record_route() -> bool", rr_remove_record_route,
	  IN_REQUEST | IN_BRANCH | IN_FAILURE, 0, "drop all Record-Route headers received" },
	{ "check_route_param(param: str) -> bool", rr_check_param, IN_MESSAGE, FUNC_MUST_CHECK,
	  "does our entry in the received Route carry this parameter (\"name\" or \"name=value\")" },
	{ "is_direction(which: str) -> bool", rr_is_direction, IN_MESSAGE, FUNC_MUST_CHECK,
	  "\"downstream\": from who opened the dialog; \"upstream\": to it (wants append_fromtag)" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct rr_local, recorded, STAT_COUNTER, "record_route() calls"),
	LCS_STAT(struct rr_local, followed, STAT_COUNTER, "requests that came with a route of ours"),
	LCS_STAT(struct rr_local, repaired, STAT_COUNTER, "of these, sent by a strict router"),
	LCS_STAT(struct rr_local, foreign, STAT_COUNTER, "requests with a first Route that is not ours"),
	LCS_STAT(struct rr_local, bad_token, STAT_COUNTER,
	    "entries with a user part that is no connection of this process"),
	{ 0 }
};

LCS_MODULE(rr,
	.summary = "Record-Route and loose routing",
	.conf_size = sizeof(struct rr_conf),
	.local_size = sizeof(struct rr_local),
	.params = params,
	.funcs = funcs,
	.stats = stats,
	.manual =
	    "A side of the dialog that came over a connection is named in our entry by a token, so\n"
	    "that later requests go out on that very connection: a client's ephemeral port cannot be\n"
	    "dialled. When the connection is gone they fail with 430. Tokens are good for the life of\n"
	    "the process; others are ignored and the request goes where its URI says.\n",
);
