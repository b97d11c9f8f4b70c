/*
 * auth_ldap - passwords that only a directory knows: tried there, by an LDAP bind.
 *
 * For clients that send their password to us in TLS (XCAP by HTTP's Basic). SIP has no such thing:
 * a digest needs a secret that we have (RFC 3261 22.4), and a directory does not give that out.
 */
#include "modules/auth_ldap/auth_ldap.h"
#include "modules/auth_ldap/bind.h"

#include <errno.h>

/* ---- administration ---- */

static int rpc_servers(struct lcs_rpc_call *call)
{
	return lcs_rpc_done(call, ldap_servers_json(&((struct auth_ldap *)lcs_shared(call->mod))->servers));
}

/* ---- life ---- */

static int load(struct lcs_mod *mod)
{
	struct auth_ldap *l = lcs_shared(mod);

	l->mod = mod;
	ldap_servers_init(&l->servers, "auth_ldap");
	l->said = rate_new(64);
	return l->said ? job_pool_declare(AUTH_LDAP_POOL, 4, 200) : -ENOMEM;
}

static void commit(struct lcs_mod *mod, struct gen *next)
{
	const struct auth_ldap_conf *conf = lcs_conf(mod, next);

	ldap_servers_set(&((struct auth_ldap *)lcs_shared(mod))->servers, conf->uri);
}

static int worker_start(struct lcs_mod *mod, void *arg)
{
	struct auth_ldap_local *local = arg;

	ldap_servers_show(&((struct auth_ldap *)lcs_shared(mod))->servers, &local->server,
	    &local->switches);
	return 0;
}

static void worker_stop(struct lcs_mod *mod, void *local)
{
	(void)local;
	ldap_servers_hide(&((struct auth_ldap *)lcs_shared(mod))->servers);
}

static void unload(struct lcs_mod *mod)
{
	struct auth_ldap *l = lcs_shared(mod);

	rate_free(&l->said);
	ldap_servers_fini(&l->servers);
}

static int check(const void *conf, struct diag *diag)
{
	const struct auth_ldap_conf *c = conf;
	const char *defect = ldap_servers_defect(c->uri);

	if (!bind_is_built())
		return diag_error(diag, "uri", "this lcs was built without libldap");
	if (defect)
		return diag_error(diag, "uri", "%s", defect);
	if (!c->base.len)
		return diag_error(diag, "base", "says where in it the users are");
	if (!c->address.len)
		return diag_error(diag, "address", "cannot be empty: whose password would it be");
	/* A bind with a name and no password is anonymous, and looks as if it had worked. */
	if (!c->password.len != !c->bind_dn.len)
		return diag_error(diag, c->password.len ? "bind_dn" : "password",
		    "an account has both a name and a password");
	if (c->filter.len && (c->filter.p[0] != '(' || c->filter.p[c->filter.len - 1] != ')'))
		return diag_error(diag, "filter", "stands in parentheses");
	return 0;
}

/* ---- tables ---- */

static const struct auth_ldap_api api = { auth_ldap_check };
static const struct lcs_iface ifaces[] = { { "auth_ldap", 1, &api }, { 0 } };

static const struct lcs_param params[] = {
	PARAM_STRING(struct auth_ldap_conf, uri, NULL,
	    "the directory, as \"ldaps://dc1.example.com\"; with blanks between them several: the first "
	    "that answers is asked. ldap:// begins with StartTLS: never without TLS"),
	PARAM_STRING(struct auth_ldap_conf, base, NULL,
	    "where in it the users are, as \"dc=example,dc=com\""),
	PARAM_STRING(struct auth_ldap_conf, bind_dn, "",
	    "the account that looks for a user's entry; empty: none"),
	PARAM_SECRET_STRING(struct auth_ldap_conf, password, "", "its password"),
	PARAM_FILE_NAME(struct auth_ldap_conf, ca, "",
	    "certificates (PEM) of who signs those of the directory; empty: the system's"),
	PARAM_STRING(struct auth_ldap_conf, address, "msRTCSIP-PrimaryUserAddress",
	    "attribute with the SIP address, with \"sip:\" or without; elsewhere \"mail\""),
	PARAM_STRING(struct auth_ldap_conf, filter, "",
	    "who may sign in so, as \"(memberOf=cn=sip,dc=example,dc=com)\"; empty: who has the address"),
	PARAM_DURATION(struct auth_ldap_conf, timeout, "5s", 100, 60000, "s",
	    "for connecting, looking and trying together"),
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct auth_ldap_local, accepted, STAT_COUNTER, "right passwords"),
	LCS_STAT(struct auth_ldap_local, wrong, STAT_COUNTER,
	    "wrong passwords, and accounts that the directory lets nobody use"),
	LCS_STAT(struct auth_ldap_local, unknown, STAT_COUNTER, "users without an entry, or with several"),
	LCS_STAT(struct auth_ldap_local, down, STAT_COUNTER, "questions while no directory answered"),
	LCS_STAT(struct auth_ldap_local, late, STAT_COUNTER, "questions that took the directory too long"),
	LCS_STAT(struct auth_ldap_local, refused, STAT_COUNTER, "questions that it refused us"),
	LCS_STAT(struct auth_ldap_local, busy, STAT_COUNTER, "questions refused because too many wait"),
	LCS_STAT(struct auth_ldap_local, server, STAT_GAUGE, "which server answered last; 1: the first of uri"),
	LCS_STAT(struct auth_ldap_local, switches, STAT_COUNTER, "how often that was another"),
	{ 0 }
};

static const struct lcs_rpc_arg no_args[] = { { 0 } };
static const struct lcs_rpc rpcs[] = {
	{ "ldap.servers", RIGHT_READ, no_args, rpc_servers,
	  "the servers of uri: which is in use, which does not answer" },
	{ 0 }
};

LCS_MODULE(auth_ldap,
	.summary = "passwords tried in a directory (LDAP bind)",
	.conf_size = sizeof(struct auth_ldap_conf),
	.local_size = sizeof(struct auth_ldap_local),
	.shared_size = sizeof(struct auth_ldap),
	.params = params,
	.ifaces = ifaces,
	.stats = stats,
	.rpcs = rpcs,
	.flags = MODULE_AT_START,
	.load = load,
	.check = check,
	.commit = commit,
	.worker_start = worker_start,
	.worker_stop = worker_stop,
	.unload = unload,
	.manual =
	    "For users whose passwords only the directory knows, with clients that send a password: XCAP\n"
	    "over HTTPS (`basic` of xcap_server). The user's entry is looked for by its SIP address, by\n"
	    "`bind_dn`, and then a bind is tried as that entry. Each question is a connection with TLS of\n"
	    "its own, made in a pool of threads. Who has no entry, or whose address two entries have, is\n"
	    "refused as if the password were wrong, and so is an empty password. While the directory is away\n"
	    "it is 503, and nobody has a wrong password.\n"
	    "\n"
	    "SIP clients do not send their password, and a directory does not give it out: there a digest\n"
	    "needs a secret that is here (`lcsctl users passwd`). Kerberos does without (a keytab is enough,\n"
	    "no controller is asked), and NTLM where winbind asks the domain (`accounts` of auth_ntlm).\n"
	    "\n"
	    "Of several servers one that does not answer is passed over for ten seconds; the first is taken\n"
	    "again as soon as it answers. One that refuses has answered: a wrong password is tried once.\n",
);
