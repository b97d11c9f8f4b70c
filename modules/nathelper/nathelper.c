/*
 * nathelper - clients behind NATs: notice them, and remember where they really are.
 *
 * Clients on TCP and TLS need none of this: their own connection is used
 * (registrar, rr). It is for UDP, and for peers that look at Contact.
 */
#include "modules/nathelper/nathelper.h"

#include <errno.h>

#define NATPING_MIN_MS 5000
#define DAY_MS         86400000

static enum fn_status fn_test(struct lcs_call *call)
{
	return fn_bool(call, nat_test(call->ctx, (unsigned)call->argv[0].i));
}

static enum fn_status fn_is_private(struct lcs_call *call)
{
	struct ip_addr ip;

	return fn_bool(call, ip_parse(call->argv[0].s, &ip) == 0 && nat_is_private(&ip));
}

/* The registrar looks at this flag: the binding's address is the source's. */
static enum fn_status fn_fix_register(struct lcs_call *call)
{
	struct lcs_bag *bag = lcs_bag(call->ctx);

	if (!bag || lcs_bag_set_flag(bag, SLICE("use_received"), true) != 0)
		return FN_FAILED;
	return fn_bool(call, true);
}

/*
 * As if the client had written ";rport" (RFC 3581): its response goes to the port it
 * came from. The message remembers its typed Via for the owner of the call, who is us.
 */
static enum fn_status fn_force_rport(struct lcs_call *call)
{
	const struct sip_via *via = msg_via(lcs_msg(call->ctx));

	call->ret = value_bool(via != NULL);
	if (via)
		((struct sip_via *)(uintptr_t)via)->has_rport = true;
	return FN_DONE;
}

static const struct lcs_func funcs[] = {
	{ "nat_uac_test(tests: int 1..511) -> bool", fn_test, IN_MESSAGE, 0,
	  "signs of a NAT, as a sum: 1 private address in Contact, 2 Via names another host than the "
	  "source, 4 private address in Via, 8 private address in SDP, 16 Via names another port "
	  "than the source, 32 the source is private, 64 WebSocket, 128 Contact names another port "
	  "than the source, 256 SDP names another host than the source" },
	{ "is_rfc1918(address: str) -> bool", fn_is_private, IN_ANY, 0,
	  "is this a private address (RFC 1918, RFC 6598 and their like)?" },
	{ "fix_nated_contact() -> bool", nat_fix_contact, IN_MESSAGE & ~IN_ONSEND, 0,
	  "put the source's address and port into the first Contact; false if there is none" },
	{ "fix_nated_register() -> bool", fn_fix_register, IN_REQUEST, 0,
	  "let save() keep the source's address as the way to the client" },
	{ "set_contact_alias() -> bool", nat_set_alias, IN_MESSAGE & ~IN_ONSEND, 0,
	  "add ;alias=address~port~transport of the source to the first Contact, unless that "
	  "is its address anyway" },
	{ "add_contact_alias(address: str = \"\", port: int 0..65535 = 0, transport: str = \"udp\") "
	  "-> bool", nat_add_alias, IN_MESSAGE & ~IN_ONSEND, 0,
	  "the same with another address; without one, the source's" },
	{ "handle_ruri_alias() -> bool", nat_handle_alias, IN_REQUEST | IN_BRANCH | IN_FAILURE, 0,
	  "take an alias out of the Request-URI and send the request there; false if there is none, "
	  "or Route named the client's connection" },
	{ "add_rcv_param() -> bool", nat_add_received, IN_REQUEST, 0,
	  "add ;received=\"sip:…\" of the source to the first Contact, for a registrar elsewhere" },
	{ "force_rport() -> bool", fn_force_rport, IN_REQUEST, 0,
	  "answer to the port the request came from, as if the client had asked for it (RFC 3581)" },
	{ "add_rport() -> bool", fn_force_rport, IN_REQUEST, 0, "the same as force_rport()" },
	{ 0 }
};

/* ---- life ---- */

static int load(struct lcs_mod *mod)
{
	struct nathelper *nat = lcs_shared(mod);

	nat->mod = mod;
	return 0;
}

static int check(const void *conf, struct diag *diag)
{
	const struct nat_conf *c = conf;
	struct sip_uri uri;

	if (c->natping_interval && c->natping_interval < NATPING_MIN_MS)
		return diag_error(diag, "natping_interval", "is 0, or 5s and more");
	if (c->sipping_from.len && (sip_uri_parse(c->sipping_from, &uri, NULL) != 0 ||
	    uri.scheme == URI_OTHER))
		return diag_error(diag, "sipping_from", "is no SIP URI: sip:ping@example.com");
	return 0;
}

/* Who is to be pinged is known to usrloc, and answers are waited for by tm. */
static const char *missing_module(const struct nathelper *nat, const struct nat_conf *c)
{
	if (c->natping_interval == 0)
		return NULL;
	return !nat->usrloc ? "usrloc" : !c->with_crlf && !nat->tm ? "tm" : NULL;
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct nathelper *nat = lcs_shared(mod);
	const struct value *name = lcs_setting(next, "server_name");
	struct nat_conf *c = conf;
	const struct slice *aliases;
	const char *missing;

	c->with_crlf = slice_eq(c->natping_with, SLICE("crlf"));
	c->host = name && name->type == VALUE_STRING ? name->s : SLICE_NULL;
	if (!c->host.len)
		c->host = lcs_aliases(next, &aliases) ? aliases[0] : SLICE("localhost");
	missing = missing_module(nat, c);
	if (missing)
		log_error("nathelper", "natping_interval needs module \"%s\", loaded before nathelper",
		    missing);
	return missing ? -ENOENT : 0;
}

static int worker_start(struct lcs_mod *mod, void *local)
{
	return nat_ping_start(lcs_shared(mod), local);
}

static void worker_stop(struct lcs_mod *mod, void *local)
{
	(void)mod;
	nat_ping_stop(local);
}

/* ---- tables ---- */

static const struct lcs_need needs[] = {
	NEED_OPTIONAL(struct nathelper, usrloc, usrloc, 1),
	NEED_OPTIONAL(struct nathelper, tm, tm, 1),
	{ 0 }
};

static const struct lcs_param params[] = {
	PARAM_DURATION(struct nat_conf, natping_interval, "0s", 0, DAY_MS, "s",
	    "how often UDP clients behind a NAT are pinged, so that the way to them stays open; "
	    "0s: never. NATs close it after 30 seconds and more"),
	PARAM_WORD(struct nat_conf, natping_with, "options", "options|crlf",
	    "a request, whose answer shows that the client is there; or an empty line, which has none"),
	PARAM_WORD(struct nat_conf, sipping_method, "OPTIONS", "OPTIONS|INFO|NOTIFY",
	    "method of that request"),
	PARAM_STRING(struct nat_conf, sipping_from, "",
	    "URI in From of that request; empty: sip:ping@ and server_name"),
	PARAM_INT(struct nat_conf, natping_max_unanswered, "3", 0, 1000,
	    "a binding goes after so many requests without any answer, each repeated as RFC 3261 "
	    "17.1.2 has it; 0: it stays until it runs out"),
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct nat_local, pings_sent, STAT_COUNTER, "pings sent to clients behind a NAT"),
	LCS_STAT(struct nat_local, pings_answered, STAT_COUNTER, "answered by the client"),
	LCS_STAT(struct nat_local, pings_unanswered, STAT_COUNTER, "given up without an answer"),
	LCS_STAT(struct nat_local, pings_dropped, STAT_COUNTER,
	    "bindings removed after natping_max_unanswered of them"),
	{ 0 }
};

LCS_MODULE(nathelper,
	.summary = "clients behind NATs",
	.conf_size = sizeof(struct nat_conf),
	.local_size = sizeof(struct nat_local),
	.shared_size = sizeof(struct nathelper),
	.params = params,
	.funcs = funcs,
	.needs = needs,
	.stats = stats,
	.load = load,
	.check = check,
	.prepare = prepare,
	.worker_start = worker_start,
	.worker_stop = worker_stop,
	.manual =
	    "With `natping_interval` the server keeps the way to UDP clients open. Those are pinged whose\n"
	    "binding remembers where the REGISTER came from, since their Contact does not lead to them:\n"
	    "`detect_nat` of module registrar sees to it, and `fix_nated_register()` before `save()` asks\n"
	    "for it. Clients on TCP and TLS keep their connection themselves.\n"
	    "\n"
	    "```\n"
	    "loadmodule \"usrloc\"\n"
	    "module \"nathelper\" { natping_interval = 30s; natping_max_unanswered = 3; }\n"
	    "```\n",
);
