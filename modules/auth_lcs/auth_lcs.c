/*
 * auth_lcs - sign-in of LCS clients, and signatures for every message afterwards.
 *
 * The headers and the security associations are here; what is in a token and how a signature
 * is computed is known to schemes: auth_ntlm, auth_kerberos.
 */
#include "modules/auth_lcs/auth_lcs.h"
#include "modules/usrloc/usrloc_api.h"

/* ---- signing out ---- */

struct signing_out {
	struct auth_lcs       *lcs;
	struct slice           aor;
	flow_id                flow;	/* 0: all of his */
	enum auth_lcs_farewell why;
};

static void sign_out_on_worker(unsigned index, void *arg)
{
	const struct signing_out *s = arg;

	(void)index;
	sa_close_user(auth_lcs_stats(s->lcs), s->aor, s->flow, s->why);
}

static void sign_out(struct auth_lcs *lcs, struct slice aor, enum auth_lcs_farewell why)
{
	struct signing_out s = { lcs, aor, 0, why };

	worker_on_each(sign_out_on_worker, &s);
}

/* Or the client would go on as if it were signed in, and nothing would reach it. */
static void endpoint_dropped(void *arg, struct slice aor, flow_id flow)
{
	struct signing_out s = { arg, aor, flow, AUTH_LCS_SIGNED_OFF };

	worker_on_each(sign_out_on_worker, &s);
}

/* ---- life ---- */

static int load(struct lcs_mod *mod)
{
	struct auth_lcs *lcs = lcs_shared(mod);
	void *state;
	const struct usrloc_api *usrloc = lcs_import(mod, "usrloc", &state);

	lcs->mod = mod;
	return usrloc ? usrloc->watch_dropped(state, endpoint_dropped, lcs) : 0;
}

static int worker_start(struct lcs_mod *mod, void *arg)
{
	struct auth_lcs_local *local = arg;

	(void)mod;
	list_init(&local->guards);
	local->is_up = true;
	return 0;
}

static void worker_stop(struct lcs_mod *mod, void *local)
{
	(void)mod;
	sa_forget(local);
}

static bool may_be_quoted(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] == '"' || s.p[i] == '\\' || (unsigned char)s.p[i] < ' ')
			return false;
	return true;
}

static int check(const void *conf, struct diag *diag)
{
	const struct auth_lcs_conf *c = conf;

	if (!c->realm.len || !may_be_quoted(c->realm))
		return diag_error(diag, "realm",
		    "must not be empty, nor have quotes or backslashes: clients know no escapes");
	if (!may_be_quoted(c->targetname))
		return diag_error(diag, "targetname", "must have no quotes or backslashes");
	if (c->version < c->min_version)
		return diag_error(diag, "min_version", "is above what we offer (version)");
	return 0;
}

/* ---- tables ---- */

static const struct auth_lcs_api api = { auth_lcs_provide, auth_lcs_finished, sign_out };
static const struct lcs_iface ifaces[] = { { "auth_lcs", 1, &api }, { 0 } };

static const struct lcs_need needs[] = {
	{ .name = "usrloc", .version = 1, .optional = true },
	{ 0 }
};

static const struct lcs_hook hooks[] = { { STAGE_RECEIVED, 100, sa_received }, { 0 } };

static const struct lcs_param params[] = {
	PARAM_STRING(struct auth_lcs_conf, realm, "SIP Communications Service",
	    "realm of the challenges; clients compare it with case"),
	PARAM_STRING(struct auth_lcs_conf, targetname, "",
	    "our name in challenges and signatures; empty: server_name"),
	PARAM_STRING(struct auth_lcs_conf, schemes, "Kerberos, NTLM",
	    "what is offered where the script does not say: of those whose modules are loaded, "
	    "in this order"),
	PARAM_INT(struct auth_lcs_conf, version, "4", 2, 4,
	    "signature layout that is offered: 2 is that of LCS 2003 and 2005, 4 that of OCS 2007 R2"),
	PARAM_INT(struct auth_lcs_conf, min_version, "2", 2, 4,
	    "clients that speak an older layout are refused; below 4 the last step of a sign-in is "
	    "not signed"),
	PARAM_DURATION(struct auth_lcs_conf, lifetime, "510m", 1000, 604800000, "s",
	    "a security association ends after that: a REGISTER is challenged; clients begin anew "
	    "by themselves after 8 hours"),
	PARAM_DURATION(struct auth_lcs_conf, grace, "1h", 0, 604800000, "s",
	    "other messages are still taken for so long, that is, until the client's next REGISTER"),
	PARAM_INT(struct auth_lcs_conf, per_connection, "16", 1, 1024,
	    "endpoints that may be signed in over one connection; the oldest is forgotten"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "lcs_authenticate(schemes: str = \"\") -> bool", auth_lcs_authenticate, IN_REQUEST,
	  FUNC_MUST_CHECK | FUNC_MAY_SUSPEND,
	  "is the sender signed in as an LCS client does it: the message was signed, or this REGISTER "
	  "completes a sign-in; schemes: as offered. False: lcs_challenge() goes on; $err says "
	  "\"refused\", \"malformed\", \"clock\", \"downgrade\", \"disabled\" (the account may not "
	  "sign in), \"locked\" (after too many wrong passwords) or \"unavailable\" when it has "
	  "failed. Where the client may know why, the response gets a Warning that says so" },
	{ "lcs_challenge(schemes: str = \"\") -> bool", auth_lcs_challenge, IN_REQUEST,
	  FUNC_ENDS | FUNC_REPLIES,
	  "answer a REGISTER with 401 and what its sign-in needs next; of anything else close the "
	  "connection, because such a client would repeat it without end" },
	{ "is_lcs_client() -> bool", auth_lcs_is_client, IN_REQUEST, FUNC_MUST_CHECK,
	  "does From name an endpoint (epid), as LCS clients do" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct auth_lcs_local, associations, STAT_GAUGE, "security associations now"),
	LCS_STAT(struct auth_lcs_local, challenges, STAT_COUNTER, "challenges sent"),
	LCS_STAT(struct auth_lcs_local, accepted, STAT_COUNTER, "sign-ins completed"),
	LCS_STAT(struct auth_lcs_local, refused, STAT_COUNTER, "sign-ins refused"),
	LCS_STAT(struct auth_lcs_local, malformed, STAT_COUNTER, "tokens that make no sense"),
	LCS_STAT(struct auth_lcs_local, downgrades, STAT_COUNTER,
	    "sign-ins by a scheme or version that is not wanted"),
	LCS_STAT(struct auth_lcs_local, clock, STAT_COUNTER, "sign-ins by a clock that is wrong"),
	LCS_STAT(struct auth_lcs_local, barred, STAT_COUNTER,
	    "sign-ins by accounts that the directory has disabled, locked or let expire"),
	LCS_STAT(struct auth_lcs_local, signed_messages, STAT_COUNTER, "messages signed"),
	LCS_STAT(struct auth_lcs_local, verified, STAT_COUNTER, "messages with a right signature"),
	LCS_STAT(struct auth_lcs_local, unsigned_messages, STAT_COUNTER,
	    "messages without signature from a client that is signed in"),
	LCS_STAT(struct auth_lcs_local, wrong, STAT_COUNTER, "messages with a wrong signature"),
	LCS_STAT(struct auth_lcs_local, replayed, STAT_COUNTER,
	    "messages whose number was used before, or tokens"),
	LCS_STAT(struct auth_lcs_local, foreign, STAT_COUNTER,
	    "messages signed with an association that is not there"),
	LCS_STAT(struct auth_lcs_local, expired, STAT_COUNTER,
	    "messages signed with an association that has ended"),
	LCS_STAT(struct auth_lcs_local, closed, STAT_COUNTER, "connections closed for one of these"),
	{ 0 }
};

static const char manual[] =
"## How it works\n"
"\n"
"LCS clients sign in with REGISTER by NTLM or Kerberos (modules auth_ntlm, auth_kerberos). What\n"
"comes of it is a security association between one endpoint of the user and this server; it\n"
"belongs to the connection and ends with it. From then on every request and every final\n"
"response to the client is signed when it is written, whoever made it, and every message of the\n"
"client is verified when it comes, before any script sees it: `$au` then says who sent it, and\n"
"the credentials are gone from the message.\n"
"\n"
"A message that is not signed, or wrongly, closes the connection; the client comes back and\n"
"signs in. A REGISTER alone is challenged again.\n"
"\n"
"Whoever is dropped with `lcsctl endpoints drop` (usrloc) is told why (registration-notify), and\n"
"the connection is closed; he may come back. So is who is disabled or deleted, where auth_ntlm is\n"
"loaded together with auth_db. Where only Kerberos is offered, such a user's endpoints are removed\n"
"at once, but his connections and their associations stay until they end: load auth_ntlm, too, if\n"
"they must not, and name the schemes that are offered.\n"
"\n"
"## In a script\n"
"\n"
"    if (is_lcs_client()) {\n"
"        if (!lcs_authenticate()) { lcs_challenge(); exit; }\n"
"    } else if (!digest_authenticate(DOMAIN)) {\n"
"        digest_challenge(DOMAIN);\n"
"        exit;\n"
"    }\n"
"\n"
"Ask whether the user exists and is enabled before that, so that nobody is asked for a password\n"
"in vain, and `check_to()` or `check_from()` afterwards. Which schemes are offered can differ by\n"
"listener or domain: `lcs_authenticate(\"Kerberos\")`. Both functions must be given the same.\n";

LCS_MODULE(auth_lcs,
	.summary = "sign-in of LCS clients: associations, signed messages",
	.conf_size = sizeof(struct auth_lcs_conf),
	.local_size = sizeof(struct auth_lcs_local),
	.shared_size = sizeof(struct auth_lcs),
	.params = params,
	.funcs = funcs,
	.hooks = hooks,
	.needs = needs,
	.ifaces = ifaces,
	.stats = stats,
	.rpcs = auth_lcs_rpcs,
	.load = load,
	.check = check,
	.worker_start = worker_start,
	.worker_stop = worker_stop,
	.manual = manual,
	.flags = MODULE_AT_START,
);
