/*
 * registrar - REGISTER requests and the way to registered users (RFC 3261 10, 16.5).
 *
 * Also Path (RFC 3327), Service-Route (RFC 3608), instances with reg-id (RFC 5626) and
 * their GRUUs, public and temporary (RFC 5627). Bindings are kept by usrloc.
 */
#include "modules/registrar/registrar.h"

#include <errno.h>

static int load(struct lcs_mod *mod)
{
	struct registrar *reg = lcs_shared(mod);

	reg->mod = mod;
	return 0;
}

static int on_answer(struct registrar *reg, void (*put)(void *arg,
    const struct registrar_answer *answer, struct buf *lines), void *arg)
{
	if (reg->listener_count == REGISTRAR_LISTENERS)
		return -ENOSPC;
	reg->listeners[reg->listener_count].put = put;
	reg->listeners[reg->listener_count++].arg = arg;
	return 0;
}

static const struct registrar_api api = { on_answer };
static const struct lcs_iface ifaces[] = { { "registrar", 1, &api }, { 0 } };

/* Every value is a loose router: <sip:...;lr>. */
static bool is_route(struct slice text)
{
	struct slice value, unused;
	struct name_addr addr;

	while (hdr_next_value(&text, &value))
		if (name_addr_parse(value, &addr, NULL) != 0 || slice_find(value, '<') == value.len ||
		    !sip_uri_param(&addr.uri, SLICE("lr"), &unused))
			return false;
	return true;
}

static int check(const void *conf, struct diag *diag)
{
	const struct registrar_conf *c = conf;

	if (!is_route(c->service_route))
		return diag_error(diag, "service_route",
		    "must be <sip:HOST;lr>, or several of them with commas between");
	if (c->min_expires > c->max_expires)
		return diag_error(diag, "min_expires", "is above max_expires");
	if (c->default_expires < c->min_expires || c->default_expires > c->max_expires)
		return diag_error(diag, "default_expires",
		    "lies outside min_expires .. max_expires");
	return 0;
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct registrar_conf *c = conf;

	(void)mod;
	(void)next;
	if (c->temporary_gruus)
		temp_gruu_key(c->gruu_secret, c->gruu_key);
	return 0;
}

static const struct lcs_need needs[] = {
	NEED(struct registrar, usrloc, usrloc, 1),
	{ 0 }
};

#define DAY_MS ((int64_t)86400 * 1000)

static const struct lcs_param params[] = {
	PARAM_DURATION(struct registrar_conf, default_expires, "1h", 1000, 365 * DAY_MS, "s",
	    "lifetime of a binding for which the client asks nothing"),
	PARAM_DURATION(struct registrar_conf, min_expires, "60s", 0, 365 * DAY_MS, "s",
	    "shorter lifetimes are refused with 423; 0: none is too short"),
	PARAM_DURATION(struct registrar_conf, max_expires, "24h", 1000, 365 * DAY_MS, "s",
	    "longer lifetimes are cut to this"),
	PARAM_INT(struct registrar_conf, max_contacts, "10", 0, 256,
	    "endpoints of one user; 0: the built-in 256"),
	PARAM_BOOL(struct registrar_conf, replace_oldest, "no",
	    "one endpoint too many: forget the oldest instead of refusing with 403; one whose connection "
	    "has gone makes room in any case"),
	PARAM_BOOL(struct registrar_conf, append_branches, "yes",
	    "lookup() makes a branch for every endpoint, not only for the best"),
	PARAM_BOOL(struct registrar_conf, method_filtering, "no",
	    "lookup() leaves out endpoints that said they do not take this method"),
	PARAM_BOOL(struct registrar_conf, dial_contacts, "yes",
	    "when a client's connection has ended, try the address of its Contact; never the port "
	    "that the connection came from"),
	PARAM_BOOL(struct registrar_conf, epid_in_to, "yes",
	    "lookup() writes into To, as LCS does, which endpoint of an LCS client is meant, if that is "
	    "the only one that the request goes to"),
	PARAM_BOOL(struct registrar_conf, detect_nat, "yes",
	    "a UDP client whose Contact names another address than it came from is reached where "
	    "it came from; a script can ask for that with setflag(\"use_received\")"),
	PARAM_WORD(struct registrar_conf, path_mode, "lazy", "lazy|strict|off",
	    "Path from clients that do not support it: keep it, refuse with 420, or ignore all"),
	PARAM_WORD(struct registrar_conf, foreign, "refuse", "refuse|take",
	    "a Request-URI or To of a domain that is not ours, by alias, server_name and listen: "
	    "save() answers 404 (RFC 3261 10.3), or takes it; where no alias is set none is foreign"),
	PARAM_STRING(struct registrar_conf, service_route, "",
	    "the way that clients are asked to send their requests, as \"<sip:hs1.example.com;lr>\" "
	    "(RFC 3608); empty: they are told none"),
	PARAM_BOOL(struct registrar_conf, temporary_gruus, "yes",
	    "clients that know of GRUUs are given temporary ones, too: a new one at each refresh, "
	    "behind which nobody sees who they are (RFC 5627)"),
	PARAM_SECRET_STRING(struct registrar_conf, gruu_secret, "",
	    "the key of temporary GRUUs is made from this; empty: the store keeps one"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "save(table: str = \"location\", flags: int = 0) -> bool", registrar_save, IN_REQUEST,
	  FUNC_MAY_SUSPEND | FUNC_BEARS_COPIES | FUNC_MAY_FAIL | FUNC_ENDS | FUNC_REPLIES,
	  "carry out a REGISTER and answer it; flags: 2 no answer, 4 this replaces all other "
	  "endpoints" },
	{ "lookup(table: str = \"location\", uri: str = \"\", features: str = \"\", "
	  "endpoint: str = \"\") -> bool",
	  registrar_lookup, IN_REQUEST | IN_FAILURE, FUNC_MUST_CHECK,
	  "set the Request-URI and the branches to the endpoints of a user, or to the one that a "
	  "GRUU names (RFC 5627); false if there is none. Who the caller prefers or does not want "
	  "(the first 16 values of Accept-Contact and Reject-Contact, RFC 3841) goes first or is "
	  "left out. features, as \"video\" or \"video;language=\\\"en\\\"\": only the endpoints that "
	  "declare them (RFC 3840), if there are any. endpoint: of several LCS endpoints the one with "
	  "this epid, unless the request names another; else the latest" },
	{ "lookup_contact(uri: str) -> bool", registrar_lookup_contact, IN_REQUEST | IN_FAILURE, 0,
	  "inside a dialog: if this user has registered the Request-URI as a Contact, go there by the "
	  "connection that stands behind it now; false, and nothing changes, if there is none" },
	{ "resolve_gruu() -> bool", registrar_resolve_gruu, IN_REQUEST, 0,
	  "if the Request-URI is a temporary GRUU of ours and still valid, put the public one in its "
	  "place, which names the user: for what is asked about users before lookup(). false: it is "
	  "none, or was" },
	{ "registered(table: str = \"location\", uri: str = \"\") -> bool", registrar_registered,
	  IN_ANY, FUNC_MUST_CHECK, "has this user an endpoint now" },
	{ "unregister(table: str, uri: str, ruid: str = \"\") -> bool", registrar_unregister,
	  IN_REQUEST | IN_FAILURE, 0, "forget one endpoint of a user, or all" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct registrar_local, accepted, STAT_COUNTER, "REGISTERs carried out"),
	LCS_STAT(struct registrar_local, queries, STAT_COUNTER, "REGISTERs that only asked"),
	LCS_STAT(struct registrar_local, rejected, STAT_COUNTER, "REGISTERs refused by the bindings"),
	LCS_STAT(struct registrar_local, too_brief, STAT_COUNTER, "423 Interval Too Brief"),
	LCS_STAT(struct registrar_local, bad, STAT_COUNTER, "REGISTERs that make no sense"),
	LCS_STAT(struct registrar_local, foreign, STAT_COUNTER,
	    "REGISTERs for domains that are not ours"),
	LCS_STAT(struct registrar_local, store_unavailable, STAT_COUNTER, "503 for lack of a store"),
	LCS_STAT(struct registrar_local, found, STAT_COUNTER, "lookups that found an endpoint"),
	LCS_STAT(struct registrar_local, not_found, STAT_COUNTER, "lookups that found none"),
	LCS_STAT(struct registrar_local, gruus_gone, STAT_COUNTER,
	    "lookups of temporary GRUUs that were not valid any more"),
	{ 0 }
};

LCS_MODULE(registrar,
	.summary = "registrar and lookup of registered users",
	.conf_size = sizeof(struct registrar_conf),
	.local_size = sizeof(struct registrar_local),
	.shared_size = sizeof(struct registrar),
	.params = params,
	.funcs = funcs,
	.needs = needs,
	.ifaces = ifaces,
	.stats = stats,
	.rpcs = gruu_rpcs,
	.schema = &temp_gruu_schema,
	.load = load,
	.check = check,
	.prepare = prepare,
);
