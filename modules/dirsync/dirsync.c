/*
 * dirsync - users from a directory: all of them once, then what changes.
 *
 * A request never waits for the directory: it is asked by a thread of our own, and what it says is
 * in the table of users, which goes on when the directory is away.
 */
#include "modules/dirsync/dirsync.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SECOND_MS 1000
#define LOOKUPS_KEPT 4096u		/* addresses that are not there, at least */

/* ---- statistics: worker 0 shows what the two threads count ---- */

static void show(struct timer *t)
{
	struct dirsync *d = container_of(t, struct dirsync, each_second);
	struct dirsync_local *stats = lcs_local(d->mod);

	*stats = (struct dirsync_local){
		.entries = d->entries, .lag = (uint64_t)dirsync_lag(d), .refused = d->refused,
		.added = d->added, .changed = d->changed, .deleted = d->deleted,
		.resyncs = d->resyncs, .failures = d->failures, .lookups = d->lookups,
		.lookups_found = d->lookups_found, .lookups_spared = d->lookups_spared,
		.lookups_failed = d->lookups_failed, .kept_out = d->kept_out,
	};
	stats->server = ldap_servers_used(&d->servers, &stats->switches) + 1;
	lock_take(&d->lock);
	stats->connected = d->state == STATE_LOADING || d->state == STATE_FOLLOWING;
	lock_drop(&d->lock);
	timer_start(&d->each_second, SECOND_MS);
}

static int worker_start(struct lcs_mod *mod, void *local)
{
	struct dirsync *d = lcs_shared(mod);

	(void)local;
	if (worker_self() == 0)
		timer_start(&d->each_second, SECOND_MS);
	return 0;
}

static void worker_stop(struct lcs_mod *mod, void *local)
{
	(void)local;
	if (worker_self() == 0)
		timer_stop(&((struct dirsync *)lcs_shared(mod))->each_second);
}

/* ---- life ---- */

static const struct auth_db_watch watch = { .locked_out = take_freed };

static int load(struct lcs_mod *mod)
{
	struct dirsync *d = lcs_shared(mod);
	const struct auth_db_api *db;
	void *shared;
	int err;

	d->mod = mod;
	lock_init(&d->lock, LOCK_JOB_POOL);
	ldap_servers_init(&d->servers, "dirsync");
	pthread_cond_init(&d->taken_more, NULL);
	d->last = &d->first;
	d->wake = d->kick = -1;
	timer_init(&d->each_second, show);
	db = lcs_import(mod, "auth_db", &shared);
	d->users = db->directory;
	d->auth_db = db;
	d->db = shared;
	d->problems = json_object();
	d->missing = rate_new(LOOKUPS_KEPT);
	if (!d->problems || !d->missing)
		return -ENOMEM;
	err = job_pool_declare(DIRSYNC_POOL, 2, 100);
	return err ? err : db->watch(d->db, &watch, d);
}

static int open_ways(struct dirsync *d)
{
	int err;

	d->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	d->kick = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (d->wake < 0 || d->kick < 0)
		return -errno;
	d->watch = (struct watch){ d->kick, take_ready };
	err = loop_watch(control_loop(), &d->watch, EPOLLIN);
	return err ? err : -pthread_create(&d->thread, NULL, follow_thread, d);
}

/* With other parameters the cookie may be of no use: that depends on what is asked for. */
static int set_up(struct dirsync *d, const struct dirsync_conf *conf)
{
	struct dirsync_setup *next = setup_new(conf), *old;
	int err = next ? 0 : -ENOMEM;

	if (!err && !slice_eq(d->scope, next->scope))
		err = state_load(d, next->scope);
	if (err) {
		setup_free(&next);
		return err;
	}
	ldap_servers_set(&d->servers, conf->uri);
	lock_take(&d->lock);
	old = d->next_setup;
	d->next_setup = next;
	d->must_restart = true;
	lock_drop(&d->lock);
	setup_free(&old);
	return 0;
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	(void)mod;
	(void)next;
	(void)conf;
	if (store_is_on() || !workers_are_real())
		return 0;
	log_error("dirsync", "no store is configured: users cannot be kept. Set store = "
	    "\"sqlite:/path/file.db\"");
	return -ENODEV;
}

static void commit(struct lcs_mod *mod, struct gen *next)
{
	struct dirsync *d = lcs_shared(mod);
	const struct dirsync_conf *conf = lcs_conf(mod, next);
	int err;

	if (!control_loop())
		return;
	err = set_up(d, conf);
	d->stays_gone = conf->stays_gone;
	if (!err && !d->runs) {
		atomic_store(&d->started, clock_wall());
		atomic_store(&d->entries, take_count(d));
		err = open_ways(d);
		d->runs = !err;
	}
	if (err)
		log_error("dirsync", "the directory is not followed error=\"%s\"", err_text(err));
	else
		follow_wake(d);
}

static void end_thread(struct dirsync *d)
{
	lock_take(&d->lock);
	d->must_end = true;
	lock_drop(&d->lock);
	follow_wake(d);
	pthread_join(d->thread, NULL);
}

static void unload(struct lcs_mod *mod)
{
	struct dirsync *d = lcs_shared(mod);

	if (d->runs)
		end_thread(d);
	if (d->watch.ready)
		loop_unwatch(control_loop(), &d->watch);
	while (d->first) {
		struct dirsync_batch *b = d->first;

		d->first = b->next;
		batch_free(&b);
	}
	if (d->wake >= 0)
		close(d->wake);
	if (d->kick >= 0)
		close(d->kick);
	setup_free(&d->next_setup);
	free(d->cookie);
	free((char *)(uintptr_t)d->scope.p);
	json_decref(d->problems);
	gone_free(&d->gone);
	gone_free(&d->fresh);
	lock_fini(&d->lock);
	lock_fini(&d->servers.lock);
	pthread_cond_destroy(&d->taken_more);
	rate_free(&d->missing);
}

static int check_kerberos(const struct dirsync_conf *c, struct diag *diag)
{
	if (!c->keytab.len != !c->principal.len)
		return diag_error(diag, c->keytab.len ? "principal" : "keytab",
		    "a keytab is for a principal, and the other way round");
	if (c->keytab.len && !kerberos_is_built())
		return diag_error(diag, "keytab", "this lcs was built without libkrb5");
	if (c->keytab.len && c->bind_dn.len)
		return diag_error(diag, "bind_dn", "not together with keytab: who signs in is the principal");
	/* What guards the connection is TLS. */
	if (c->keytab.len && !slice_eq(c->tls, SLICE("required")))
		return diag_error(diag, "tls", "must be required with keytab");
	return 0;
}

static int check(const void *conf, struct diag *diag)
{
	const struct dirsync_conf *c = conf;
	const char *defect = ldap_servers_defect(c->uri);

	if (!dirsync_is_built())
		return diag_error(diag, "uri", "this lcs was built without libldap");
	if (!c->uri.len)
		return diag_error(diag, "uri", "says where the directory is, as \"ldaps://dc1.example.com\"");
	if (defect)
		return diag_error(diag, "uri", "%s", defect);
	if (!c->base.len)
		return diag_error(diag, "base", "says where in it the users are");
	if (c->filter.len && (c->filter.p[0] != '(' || c->filter.p[c->filter.len - 1] != ')'))
		return diag_error(diag, "filter", "stands in parentheses");
	if (!c->address.len)
		return diag_error(diag, "address", "cannot be empty: who has none is no user");
	if (!c->password.len != !c->bind_dn.len)
		return diag_error(diag, c->password.len ? "bind_dn" : "password",
		    "an account has both a name and a password");
	return check_kerberos(c, diag) ? -EINVAL : secrets_check(c, diag);
}

/* ---- tables ---- */

static const struct lcs_need needs[] = {
	{ .name = "auth_db", .version = 1 },
	{ 0 }
};

static const struct lcs_param params[] = {
	PARAM_STRING(struct dirsync_conf, uri, NULL,
	    "the directory, as \"ldaps://dc1.example.com\"; with blanks between them several: the "
	    "first that answers is followed"),
	PARAM_STRING(struct dirsync_conf, base, NULL,
	    "where in it the users are, as \"dc=example,dc=com\""),
	PARAM_STRING(struct dirsync_conf, bind_dn, "",
	    "the account that this server signs in with; empty: none"),
	PARAM_SECRET_STRING(struct dirsync_conf, password, "", "its password"),
	PARAM_STRING(struct dirsync_conf, principal, "",
	    "instead of bind_dn: sign in by Kerberos as this principal, as \"lcs@EXAMPLE.COM\""),
	PARAM_FILE_NAME(struct dirsync_conf, keytab, "",
	    "with its key; the user that the server runs as must be able to read it"),
	PARAM_FILE_NAME(struct dirsync_conf, ca, "",
	    "certificates (PEM) of who signs those of the directory; empty: the system's"),
	PARAM_WORD(struct dirsync_conf, tls, "required", "required|none",
	    "required: ldap:// begins with StartTLS, and a certificate that does not verify is the "
	    "end; none: ldap:// in clear, password and all"),
	PARAM_STRING(struct dirsync_conf, filter, "",
	    "who is a user, as \"(memberOf=cn=sip,dc=example,dc=com)\"; empty: who has an address"),
	PARAM_WORD(struct dirsync_conf, kind, "auto", "auto|syncrepl|ad|compare",
	    "how changes come: syncrepl (RFC 4533, OpenLDAP and others), ad (numbers of changes of "
	    "Active Directory and Samba), compare (everything each interval); auto: what it can do"),
	PARAM_STRING(struct dirsync_conf, address, "msRTCSIP-PrimaryUserAddress",
	    "attribute with the SIP address, with \"sip:\" or without; of several values the first "
	    "with. Without LCS's attributes: \"mail\""),
	PARAM_STRING(struct dirsync_conf, enabled, "msRTCSIP-UserEnabled",
	    "attribute that lets a user sign in if it is TRUE, yes or 1, and only then; empty: all may"),
	PARAM_STRING(struct dirsync_conf, control, "userAccountControl",
	    "attribute with the bits of an account: who has bit 2 (disabled) may not sign in; who has "
	    "not the attribute may. Empty: not asked for"),
	PARAM_STRING(struct dirsync_conf, account, "sAMAccountName",
	    "attribute with the account's name, by which NTLM and Kerberos know the user; elsewhere "
	    "\"uid\""),
	PARAM_STRING(struct dirsync_conf, account_domain, "",
	    "the domain of the accounts, as logins and principals have it, with blanks between several "
	    "names of it: \"corp.example.com CORP\"; empty: that of the entry's name (DC=corp,...), and the "
	    "NetBIOS name that Active Directory has for it. Of one name alone the first part counts as "
	    "the short (NetBIOS) one, too; of several nothing does but they"),
	PARAM_STRING(struct dirsync_conf, nt_hash, "",
	    "attribute with the NT hash of the password in hex, as \"sambaNTPassword\", for NTLM; empty: "
	    "none is read"),
	PARAM_STRING(struct dirsync_conf, ha1, "",
	    "attribute with the digest secret in hex, MD5 or SHA-256 of name:domain:password, or both as "
	    "two values; empty: none is read"),
	PARAM_STRING(struct dirsync_conf, display_name, "displayName",
	    "attribute with the name that people read"),
	PARAM_STRING(struct dirsync_conf, home, "msRTCSIP-PrimaryHomeServer",
	    "attribute with the home server, for user_home() of auth_db and home_of() of homing: the name "
	    "of a host, or of an object; empty: not asked for"),
	PARAM_STRING(struct dirsync_conf, home_name, "dNSHostName",
	    "where the home server is an object: attribute with its host's name, of the object or of one "
	    "of the two that it stands in; empty: the object's name stays as it is"),
	PARAM_STRING(struct dirsync_conf, service_group, "",
	    "name (DN) of the group that the account of this server has to be a member of, itself or by "
	    "a group in it where the directory can tell; else it is not followed. In Active Directory the "
	    "account's entry is below base. Empty: any account"),
	PARAM_DURATION(struct dirsync_conf, interval, "15s", 1000, 86400000, "s",
	    "ad, compare: how often it is asked; syncrepl: after so long without news it is asked "
	    "whether it is there. A change arrives that late at most, with syncrepl at once"),
	PARAM_DURATION(struct dirsync_conf, timeout, "5s", 100, 60000, "s",
	    "for connecting and for each answer; the end of the server may wait that long, too"),
	PARAM_DURATION(struct dirsync_conf, retry_max, "1m", 1000, 86400000, "s",
	    "between two tries at a directory that is away; the first comes after a second, and each "
	    "waits twice as long as the one before"),
	PARAM_DURATION(struct dirsync_conf, return_after, "5m", 1000, 86400000, "s",
	    "when another than the first server is followed: after so long the first is tried again"),
	PARAM_DURATION(struct dirsync_conf, stays_gone, "10m", 0, 86400000, "s",
	    "who was deleted or disabled by the word of one server does not come back by that of another "
	    "one, which may not have heard of it, for so long; nor does a comparison with another one "
	    "delete who was added, but with the first load. 0: at once"),
	PARAM_DURATION(struct dirsync_conf, compare_every, "1d", 60000, 864000000, "s",
	    "how often everything is compared although nothing seems to be missing"),
	PARAM_DURATION(struct dirsync_conf, lookup_again, "10s", 1000, 3600000, "s",
	    "directory_lookup() asks for an address that was not there once in so long"),
	PARAM_INT(struct dirsync_conf, max_gone, "50", 1, 100,
	    "percent of the users (from ten on) that may be gone when everything is compared; are there "
	    "more, nobody goes until lcsctl dirsync resync force; 100: all may"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "directory_lookup(uri: str) -> bool", lookup_fn, IN_REQUEST, FUNC_MAY_SUSPEND,
	  "is there a user with this address? Whom the copy does not have is looked for in the directory, "
	  "and is in the copy when it returns, as is his home. While it is away the copy answers at once" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct dirsync_local, entries, STAT_GAUGE, "users who are kept in the directory"),
	LCS_STAT(struct dirsync_local, lag, STAT_GAUGE,
	    "seconds since everything that the directory had was here"),
	LCS_STAT(struct dirsync_local, connected, STAT_GAUGE, "1: there is a connection to it"),
	LCS_STAT(struct dirsync_local, refused, STAT_GAUGE,
	    "its entries that are no users here (lcsctl dirsync problems)"),
	LCS_STAT(struct dirsync_local, added, STAT_COUNTER, "users added"),
	LCS_STAT(struct dirsync_local, changed, STAT_COUNTER, "users changed, renamed or disabled"),
	LCS_STAT(struct dirsync_local, deleted, STAT_COUNTER, "users deleted"),
	LCS_STAT(struct dirsync_local, resyncs, STAT_COUNTER, "loads of everything, the first included"),
	LCS_STAT(struct dirsync_local, failures, STAT_COUNTER, "connections that failed or were cut"),
	LCS_STAT(struct dirsync_local, server, STAT_GAUGE, "which server is followed; 1: the first of uri"),
	LCS_STAT(struct dirsync_local, switches, STAT_COUNTER, "how often that was another"),
	LCS_STAT(struct dirsync_local, lookups, STAT_COUNTER, "questions of directory_lookup() to it"),
	LCS_STAT(struct dirsync_local, lookups_found, STAT_COUNTER, "of these, with a user as answer"),
	LCS_STAT(struct dirsync_local, lookups_failed, STAT_COUNTER, "of these, without an answer"),
	LCS_STAT(struct dirsync_local, lookups_spared, STAT_COUNTER,
	    "addresses not asked for: lately they were not there, the directory is away, or too many wait"),
	LCS_STAT(struct dirsync_local, kept_out, STAT_COUNTER,
	    "users that one server still had, enabled, while another had just deleted or disabled them"),
	{ 0 }
};

LCS_MODULE(dirsync,
	.summary = "users from a directory (Active Directory, Samba, OpenLDAP)",
	.conf_size = sizeof(struct dirsync_conf),
	.local_size = sizeof(struct dirsync_local),
	.shared_size = sizeof(struct dirsync),
	.params = params,
	.funcs = funcs,
	.needs = needs,
	.stats = stats,
	.rpcs = dirsync_rpcs,
	.schema = &dirsync_schema,
	.flags = MODULE_AT_START,
	.load = load,
	.check = check,
	.prepare = prepare,
	.commit = commit,
	.worker_start = worker_start,
	.worker_stop = worker_stop,
	.stopping = lookup_stopping,
	.unload = unload,
	.manual =
	    "Who has an address in the directory (`address`) of a domain of this server is a user here:\n"
	    "added, changed, renamed, disabled and deleted as the entry is. Such users are rows of the\n"
	    "same table as those of `lcsctl users add`, marked with the key of their entry (`objectGUID`,\n"
	    "`entryUUID`); one kind never touches the other. Whoever is disabled or deleted there is\n"
	    "signed out, and refused from then on. How they prove who they are is another matter:\n"
	    "Kerberos, NTLM by way of winbind, a password that `lcsctl users passwd` sets here, or secrets\n"
	    "that the directory has (`nt_hash`, `ha1`).\n"
	    "\n"
	    "The account's name and the address may differ. With `EXAMPLE\\khansen` or `khansen@EXAMPLE.COM`\n"
	    "the user signs in whose entry has that `account` in that domain, see auth_ntlm and auth_kerberos.\n"
	    "Which domain that is the entry's name tells, and its short (NetBIOS) name Active Directory.\n"
	    "Where they do not, say it with `account_domain`: else the first part of the name counts as the\n"
	    "short one, though a trusted domain might be called so. An account of another domain never\n"
	    "becomes that user, whatever its name.\n"
	    "\n"
	    "With `nt_hash` or `ha1` whoever can read the store of this server, or what goes between it and\n"
	    "the directory, can sign in as anybody: such a hash is as good as the password. So TLS is needed,\n"
	    "and an account with the right to read those attributes; they are never shown or logged. While\n"
	    "an entry has a secret that is the user's only one: what was set here is forgotten, `lcsctl\n"
	    "users passwd` is refused, and when the entry loses it he has none. `ha1` is made with the\n"
	    "name and the domain of the address, in that spelling; where it is MD5 alone, offer nothing else\n"
	    "(`modparam(\"auth\", \"algorithms\", \"MD5\")`).\n"
	    "\n"
	    "Who was added a moment ago is found by `directory_lookup()`, before the copy has him. It is\n"
	    "asked by a pool of two threads, on the server that is followed; for an address that nobody has\n"
	    "once in `lookup_again`, for all of them together fifty times a second. Who is asked for beyond\n"
	    "that is whom the copy says, and counted as `lookups_spared`.\n"
	    "\n"
	    "Everything is loaded once, and then only what changes. OpenLDAP and others say it by\n"
	    "themselves (RFC 4533; of slapd that is the overlay `syncprov`). Active Directory and Samba\n"
	    "are asked each `interval` for what was changed since a number (`uSNChanged`); deletions are\n"
	    "seen if the account may list `CN=Deleted Objects`, else by the comparison of\n"
	    "`compare_every`. Where we are is kept in the store: after a restart it goes on from there.\n"
	    "If the directory does not know that place any more, or is another controller or a restored\n"
	    "one, everything is compared.\n"
	    "\n"
	    "Each entry's name (DN) is kept: for rules on units (OU), see provisioning.\n"
	    "\n"
	    "Of several servers (`uri`) the first that answers is followed until it fails; `lcsctl dirsync\n"
	    "servers` shows how they are. To be followed by turns they must hold the same: replicas of\n"
	    "OpenLDAP go on where the other was, another controller of Active Directory numbers its changes\n"
	    "otherwise, so that all users are compared. After `return_after` the first is tried again.\n"
	    "Each hears of changes with some delay, so the one that is followed next may\n"
	    "still have who was deleted or disabled at the other. For `stays_gone` such a user comes back\n"
	    "only by the word of the server that told of it, also where `directory_lookup()` asks; `lcsctl\n"
	    "dirsync problems` shows who is kept out, `kept_out` counts them. If he still is there when that\n"
	    "time is over, all are compared and he is back. Nor does another one miss who was added. A restart\n"
	    "forgets them.\n"
	    "\n"
	    "With `principal` and `keytab` the server signs in by Kerberos (SASL GSSAPI inside of TLS), and\n"
	    "no password is in the configuration. The host in `uri` is then the name that the directory's\n"
	    "ticket is for, and no address; where KDCs are says krb5.conf.\n"
	    "\n"
	    "While the directory is away the users stay as they were, and `lag` grows. An entry whose\n"
	    "address another user has already is no user, and who had its address before cannot sign\n"
	    "in; `lcsctl dirsync problems` says so, as it does of addresses that are none or not ours. It\n"
	    "is looked at again when a user is deleted or renamed.\n",
);
