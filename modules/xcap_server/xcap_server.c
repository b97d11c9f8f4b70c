/*
 * xcap_server - contacts and presence rules over HTTP (XCAP, RFC 4825), for standard clients.
 *
 * The documents show what the server keeps anyway: the contacts, the access list. What is changed
 * here is changed there, at once and for all who look.
 */
#include "modules/xcap_server/services.h"
#include "modules/xcap_server/xcap.h"

#include <errno.h>

/* ---- life ---- */

static int load(struct lcs_mod *mod)
{
	struct xcap *x = lcs_shared(mod);

	x->mod = mod;
	list_init(&x->changing);
	list_init(&x->waiting);
	list_init(&x->guessing);
	xml_read_init();
	x->kept = rtab_new(256);
	x->wrong = rate_new(4096);
	return x->kept && x->wrong ? xcap_follow_names(x) : -ENOMEM;
}

static bool is_root(struct slice root)
{
	for (size_t i = 0; i < root.len; i++)
		if (!is_alnum(root.p[i]) && !memchr("/-._~", root.p[i], 5))
			return false;
	return !root.len || (root.p[0] == '/' && root.p[root.len - 1] != '/');
}

static int check_listen(const struct xcap_conf *c, struct diag *diag)
{
	bool is_tls, any_tls = false;
	struct sock_addr addr;

	for (size_t i = 0; i < c->listen.count; i++) {
		if (xcap_listen_parse(c->listen.items[i], &is_tls, &addr) != 0)
			return diag_error(diag, "listen", "\"%.*s\" is not http: or https: with address "
			    "and port, like https:0.0.0.0:8443", SLICE_ARG(c->listen.items[i]));
		any_tls |= is_tls;
	}
	if (c->listen.count > XCAP_LISTENERS_MAX)
		return diag_error(diag, "listen", "is given more than %u times", XCAP_LISTENERS_MAX);
	if (any_tls && (!c->certificate.len || !c->key.len))
		return diag_error(diag, c->certificate.len ? "key" : "certificate",
		    "is needed to listen for https");
	return 0;
}

static int check(const void *conf, struct diag *diag)
{
	const struct xcap_conf *c = conf;

	if (!is_root(c->root))
		return diag_error(diag, "root", "begins with a slash, does not end with one, and needs "
		    "no percent signs");
	if (slice_eq(c->basic, SLICE("ldap")) && !diag_has_module(diag, "auth_ldap"))
		return diag_error(diag, "basic", "needs loadmodule \"auth_ldap\"");
	return check_listen(c, diag);
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct xcap *x = lcs_shared(mod);
	const struct xcap_conf *c = conf;
	int n = 0;

	(void)next;
	if (x->loaded)
		return 0;
	if (store_is_on())
		n = xcap_kept_load(x);
	if (n >= 0 && c->listen.count && workers_are_real())
		n = xcap_http_open(x, c, &x->http);
	if (n < 0)
		return n;
	x->loaded = true;
	return 0;
}

static int worker_start(struct lcs_mod *mod, void *local)
{
	struct xcap *x = lcs_shared(mod);

	if (worker_self() != 0)
		return 0;
	x->stats = local;
	return x->http ? xcap_http_start(x->http) : 0;
}

/* Each worker waits for the thread's end, before it lets go of its users. What has been sent to
 * one and not been looked at comes to nothing. */
static void worker_stop(struct lcs_mod *mod, void *local)
{
	struct xcap *x = lcs_shared(mod);

	(void)local;
	atomic_store_explicit(&x->is_ending, true, memory_order_release);
	if (x->http)
		xcap_http_stop(x->http);
}

static void unload(struct lcs_mod *mod)
{
	struct xcap *x = lcs_shared(mod);

	xcap_http_close(&x->http);
	xcap_kept_free(x);
	rate_free(&x->wrong);
}

/* ---- tables ---- */

static const struct xcap_api api = { xcap_find_service };
static const struct lcs_iface ifaces[] = { { "xcap", 1, &api }, { 0 } };
static const struct lcs_need needs[] = {
	NEED(struct xcap, auth, auth, 1),
	NEED(struct xcap, users, auth_db, 1),
	NEED_OPTIONAL(struct xcap, ldap, auth_ldap, 1),
	NEED_OPTIONAL(struct xcap, contacts, contacts, 1),
	NEED_OPTIONAL(struct xcap, acl, presence_acl, 1),
	{ 0 }
};

static const struct lcs_param params[] = {
	{ "listen", VALUE_LIST, LCS_AT(struct xcap_conf, listen, struct lcs_strings), "", 0, 0,
	  "where to listen, as http:127.0.0.1:8080 or https:0.0.0.0:8443; may be given several times, "
	  "with port numbers above 1023. Without any nothing is served. http is for a proxy on the "
	  "same host, or a network that you trust", NULL, NULL, PARAM_NEEDS_RESTART },
	PARAM_STRING(struct xcap_conf, root, "/xcap-root",
	    "path below which the documents lie: clients are told https://HOST:PORT and this"),
	{ "certificate", VALUE_STRING, LCS_AT(struct xcap_conf, certificate, struct slice), "", 0, 0,
	  "PEM file with our certificate, then the chain towards the root, for https", NULL, NULL,
	  PARAM_FILE | PARAM_NEEDS_RESTART },
	{ "key", VALUE_STRING, LCS_AT(struct xcap_conf, key, struct slice), "", 0, 0,
	  "PEM file with the private key; the user that the server runs as must be able to read it",
	  NULL, NULL, PARAM_FILE | PARAM_NEEDS_RESTART },
	PARAM_WORD(struct xcap_conf, basic, "off", "off|ldap",
	    "ldap: over https HTTP's Basic is offered, too, and the password is tried in a directory"
	    " (module auth_ldap, which must be loaded)"),
	{ "max_body", VALUE_INT, LCS_AT(struct xcap_conf, max_body, int64_t), "262144", 1024, 4194304,
	  "bytes of a document or a part of one that is sent to us; longer ones are refused with 413",
	  NULL, NULL, PARAM_NEEDS_RESTART },
	{ "max_connections", VALUE_INT, LCS_AT(struct xcap_conf, max_connections, int64_t), "256", 1,
	  10000, "connections of one listener", NULL, NULL, PARAM_NEEDS_RESTART },
	{ "max_per_address", VALUE_INT, LCS_AT(struct xcap_conf, max_per_address, int64_t), "32", 1,
	  10000, "of these from one address", NULL, NULL, PARAM_NEEDS_RESTART },
	{ "timeout", VALUE_DURATION, LCS_AT(struct xcap_conf, timeout, msec_t), "30s", 1000, 3600000,
	  "how long a connection may be silent", "s", NULL, PARAM_NEEDS_RESTART },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct xcap_local, requests, STAT_COUNTER, "requests, of any kind"),
	LCS_STAT(struct xcap_local, gets, STAT_COUNTER, "of these GET and HEAD"),
	LCS_STAT(struct xcap_local, puts, STAT_COUNTER, "of these PUT"),
	LCS_STAT(struct xcap_local, deletes, STAT_COUNTER, "of these DELETE"),
	LCS_STAT(struct xcap_local, caps, STAT_COUNTER, "requests for xcap-caps"),
	LCS_STAT(struct xcap_local, lists, STAT_COUNTER, "requests for resource-lists"),
	LCS_STAT(struct xcap_local, rules, STAT_COUNTER, "requests for pres-rules"),
	LCS_STAT(struct xcap_local, services, STAT_COUNTER, "requests for rls-services"),
	LCS_STAT(struct xcap_local, ok, STAT_COUNTER, "answers 200"),
	LCS_STAT(struct xcap_local, created, STAT_COUNTER, "answers 201"),
	LCS_STAT(struct xcap_local, not_modified, STAT_COUNTER, "answers 304"),
	LCS_STAT(struct xcap_local, unauthorized, STAT_COUNTER, "answers 401: say who you are"),
	LCS_STAT(struct xcap_local, forbidden, STAT_COUNTER, "answers 403: somebody else's, or braked"),
	LCS_STAT(struct xcap_local, not_found, STAT_COUNTER, "answers 404"),
	LCS_STAT(struct xcap_local, conflicts, STAT_COUNTER, "answers 409: the change is not possible"),
	LCS_STAT(struct xcap_local, not_met, STAT_COUNTER, "answers 412: the document is another"),
	LCS_STAT(struct xcap_local, too_large, STAT_COUNTER, "answers 413"),
	LCS_STAT(struct xcap_local, refused, STAT_COUNTER, "other answers below 500"),
	LCS_STAT(struct xcap_local, failures, STAT_COUNTER, "answers from 500"),
	LCS_STAT(struct xcap_local, wrong_passwords, STAT_COUNTER, "wrong passwords, unknown users"),
	LCS_STAT(struct xcap_local, braked, STAT_COUNTER, "requests refused for too many of these"),
	{ 0 }
};

LCS_MODULE(xcap_server,
	.summary = "contacts and presence rules over HTTP (XCAP, RFC 4825)",
	.conf_size = sizeof(struct xcap_conf),
	.local_size = sizeof(struct xcap_local),
	.shared_size = sizeof(struct xcap),
	.params = params,
	.needs = needs,
	.ifaces = ifaces,
	.stats = stats,
	.schema = &xcap_schema,
	.flags = MODULE_AT_START,
	.load = load,
	.check = check,
	.prepare = prepare,
	.worker_start = worker_start,
	.worker_stop = worker_stop,
	.unload = unload,
	.manual =
	    "Clients that know no LCS read and change their contacts and presence rules over HTTP. They\n"
	    "are told `https://HOST:PORT/xcap-root` and sign in by digest (SHA-256 or MD5) with the name\n"
	    "and password of module auth_db; each sees and changes what is below `users/sip:NAME@DOMAIN`\n"
	    "of their own. With `basic = \"ldap\"` who has no password here signs in over https with that\n"
	    "of a directory; he must be a user here. The brake on guessing is that of the shipped scripts: 5 wrong passwords for one\n"
	    "user from one address, 30 from one address, then 403 for up to 15 minutes.\n"
	    "\n"
	    "| application | document | what it shows |\n"
	    "|---|---|---|\n"
	    "| `xcap-caps` | `global/index` | what there is; can only be read |\n"
	    "| `resource-lists` (RFC 4826) | `users/.../index` | the contacts: a list is a group, `~` the one that is always there |\n"
	    "| `pres-rules` (RFC 5025) | `users/.../index` | the access list of module presence_acl |\n"
	    "| `rls-services` (RFC 4826) | `users/.../index` | addresses that stand for lists, served by module rls |\n"
	    "\n"
	    "There is one truth: a document is made of the contacts or the access list, and a change of the\n"
	    "document changes these, so LCS clients and `lcsctl contacts` see it at once, and the other way\n"
	    "round. As long as nobody else changes the list, the document comes back as its client wrote\n"
	    "it; then it is made anew. What the list could not hold is refused (409, constraint-failure with\n"
	    "a phrase) and not dropped: lists inside lists, references to other lists, an entry with\n"
	    "another name in each list; rules with other conditions than one identity, or that show a part\n"
	    "of the presence. An administrator's overrides are not in the rules and cannot be changed here.\n"
	    "\n"
	    "Rules say who sees; who may write and call stays as it was. RFC 4745's rules add up, of the\n"
	    "access list's entries the most special counts; what comes out for each is the same, but that a\n"
	    "domain stands for those below it, too. Who is named by no rule of a document is blocked; a user\n"
	    "without a document has `default_rights`. Deleting a document deletes the contacts, or the rules.\n"
	    "\n"
	    "alice's services are called `alice-NAME@DOMAIN`; each is for one of her contacts' lists, named\n"
	    "by its URI, or for the entries written in it. Only she may subscribe to it. When a user is\n"
	    "renamed (`lcsctl users rename`), all documents of others that name him name the new address,\n"
	    "and his own are at it: her services are called `NEWNAME-NAME@DOMAIN` then.\n"
	    "\n"
	    "Entity tags go with the list's number. Conditions (If-Match, If-None-Match) work for documents\n"
	    "and for what is in them. One change of a user is made at a time. A comment in a document is\n"
	    "lost when something in that document is changed by its selector.\n",
);
