/*
 * dirsearch - look for people: directorySearch in SERVICE requests to the domain.
 *
 * What is known of people is in the store, set with lcsctl, and in memory, where a search looks
 * at all of them; or in a directory server.
 */
#include "modules/dirsearch/dirsearch.h"
#include "modules/auth_db/auth_db_api.h"

#include <errno.h>

/* Presence documents tell the names that are known here. */
static bool names(void *arg, struct slice aor, struct arena *arena, struct presence_xml_names *out)
{
	const struct person *p = people_find(arg, aor);
	struct person_view v;

	if (!p)
		return false;
	person_view(p, &v);
	*out = (struct presence_xml_names){ arena_dup(arena, v.field[PERSON_DISPLAY]),
	    arena_dup(arena, v.field[PERSON_MAIL]), arena_dup(arena, v.field[PERSON_PHONE]) };
	return out->display_name.p && out->email.p && out->phone.p;
}

static int renamed(void *arg, struct slice from, struct slice to)
{
	return people_rename(arg, from, to);
}

/* Who was added here with a name can be found by it; what lcsctl directory has said of him stays. */
static int named(void *arg, struct slice aor, struct slice display_name)
{
	const struct person *old = people_find(arg, aor);
	struct person_view v = { .field = { { NULL, 0 } } };

	if (old)
		person_view(old, &v);
	v.field[PERSON_AOR] = aor;
	v.field[PERSON_DISPLAY] = display_name;
	return people_put(arg, &v);
}

/* A new user of his address is somebody else. */
static void locked_out(void *arg, struct slice aor, bool deleted)
{
	int err = deleted ? people_delete(arg, aor) : 0;

	if (err && err != -ENOENT)
		log_error("dirsearch", "what is known of a deleted user stays, use \"directory delete\" "
		    "user=%.*s error=\"%s\"", SLICE_ARG(aor), err_text(err));
}

static int follow_names(struct dirsearch *d)
{
	static const struct auth_db_watch watch = { .named = named, .locked_out = locked_out,
	    .renamed = renamed };
	void *state;
	const struct auth_db_api *db = lcs_import(d->mod, "auth_db", &state);

	return db ? db->watch(state, &watch, d) : 0;
}

/* ---- life ---- */

static int load(struct lcs_mod *mod)
{
	struct dirsearch *d = lcs_shared(mod);
	const struct presence_xml_api *px;
	void *shared;
	int err;

	d->mod = mod;
	ldap_servers_init(&d->servers, "dirsearch");
	d->people = rtab_new(1024);
	d->rate = rate_new(4096);
	if (!d->people || !d->rate)
		return -ENOMEM;
	d->operation = (struct service_operation){ "directorySearch", SERVICE_DOMAIN, dirsearch_run, d };
	err = job_pool_declare(DIRSEARCH_POOL, 4, 200);
	if (err)
		return err;
	px = lcs_import(mod, "presence_xml", &shared);
	err = px ? px->set_names(shared, names, d) : 0;
	if (!err)
		err = follow_names(d);
	return err ? err : d->service->add_operation(d->service_state, &d->operation);
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct dirsearch *d = lcs_shared(mod);
	int n;

	(void)next;
	(void)conf;
	if (d->loaded || !store_is_on())
		return 0;
	n = people_load(d);
	if (n >= 0)
		log_info("dirsearch", "people read count=%d", n);
	if (n >= 0)
		n = rules_load(d);
	d->loaded = n >= 0;
	return n < 0 ? n : 0;
}

static void commit(struct lcs_mod *mod, struct gen *next)
{
	const struct dirsearch_conf *conf = lcs_conf(mod, next);

	ldap_servers_set(&((struct dirsearch *)lcs_shared(mod))->servers, conf->ldap_uri);
}

static int worker_start(struct lcs_mod *mod, void *arg)
{
	struct dirsearch_local *local = arg;

	ldap_servers_show(&((struct dirsearch *)lcs_shared(mod))->servers, &local->ldap_server,
	    &local->ldap_switches);
	return 0;
}

static void worker_stop(struct lcs_mod *mod, void *local)
{
	(void)local;
	ldap_servers_hide(&((struct dirsearch *)lcs_shared(mod))->servers);
}

static void unload(struct lcs_mod *mod)
{
	struct dirsearch *d = lcs_shared(mod);

	people_free(d);
	rate_free(&d->rate);
	ldap_servers_fini(&d->servers);
}

static int check(const void *conf, struct diag *diag) { return remote_check(conf, diag); }

static const struct lcs_need needs[] = {
	NEED(struct dirsearch, service, service, 1),
	{ .name = "presence_xml", .version = 1, .optional = true },
	{ .name = "auth_db", .version = 1, .optional = true },
	{ 0 }
};

static const struct lcs_param params[] = {
	PARAM_INT(struct dirsearch_conf, max_results, "20", 1, 1000,
	    "people in one answer, whatever the client asks for; it is told if there are more"),
	PARAM_INT(struct dirsearch_conf, max_per_minute, "30", 1, 100000,
	    "searches of one asker in a minute; more are refused with 503"),
	PARAM_BOOL(struct dirsearch_conf, foreigners, "no",
	    "users of other domains may search, too; else they get 403"),
	PARAM_WORD(struct dirsearch_conf, people, "store", "store|ldap",
	    "where people are searched: what lcsctl directory set says of them, or a directory server"),
	PARAM_STRING(struct dirsearch_conf, ldap_uri, "",
	    "the directory, as \"ldaps://dc1.example.com\"; with blanks between them several: the first "
	    "that answers is asked"),
	PARAM_STRING(struct dirsearch_conf, ldap_base, "",
	    "where in it the people are, as \"dc=example,dc=com\""),
	PARAM_STRING(struct dirsearch_conf, ldap_bind_dn, "",
	    "the account that this server signs in with; empty: none"),
	PARAM_SECRET_STRING(struct dirsearch_conf, ldap_password, "", "its password"),
	PARAM_FILE_NAME(struct dirsearch_conf, ldap_ca, "",
	    "certificates (PEM) of who signs those of the directory; empty: the system's"),
	PARAM_WORD(struct dirsearch_conf, ldap_tls, "required", "required|none",
	    "required: ldap:// begins with StartTLS, and a certificate that does not verify is the "
	    "end; none: ldap:// in clear, password and all"),
	PARAM_STRING(struct dirsearch_conf, ldap_filter, "",
	    "who can be found at all, as \"(msRTCSIP-UserEnabled=TRUE)\"; empty: who has an address"),
	PARAM_WORD(struct dirsearch_conf, ldap_rights, "rules", "rules|asker",
	    "rules: the account's rights, and our rules on units; asker: his own besides them, by "
	    "proxied authorization (RFC 4370), which OpenLDAP has and Active Directory has not"),
	PARAM_DURATION(struct dirsearch_conf, ldap_timeout, "5s", 100, 60000, "s",
	    "for connecting and searching together; later the asker gets 504"),
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct dirsearch_local, searches, STAT_COUNTER, "searches answered"),
	LCS_STAT(struct dirsearch_local, found, STAT_COUNTER, "people in all answers"),
	LCS_STAT(struct dirsearch_local, too_many, STAT_COUNTER, "answers that were cut"),
	LCS_STAT(struct dirsearch_local, too_often, STAT_COUNTER, "searches above max_per_minute"),
	LCS_STAT(struct dirsearch_local, forbidden, STAT_COUNTER, "searches by users of other domains"),
	LCS_STAT(struct dirsearch_local, bad, STAT_COUNTER, "searches that make no sense"),
	LCS_STAT(struct dirsearch_local, ldap_down, STAT_COUNTER, "searches while no directory answered"),
	LCS_STAT(struct dirsearch_local, ldap_late, STAT_COUNTER, "searches that took the directory too long"),
	LCS_STAT(struct dirsearch_local, ldap_refused, STAT_COUNTER, "searches that the directory refused us"),
	LCS_STAT(struct dirsearch_local, ldap_busy, STAT_COUNTER, "searches refused because too many wait"),
	LCS_STAT(struct dirsearch_local, ldap_server, STAT_GAUGE,
	    "which of ldap_uri answered last; 1: the first"),
	LCS_STAT(struct dirsearch_local, ldap_switches, STAT_COUNTER, "how often that was another"),
	{ 0 }
};

LCS_MODULE(dirsearch,
	.summary = "look for people (LCS directory search)",
	.conf_size = sizeof(struct dirsearch_conf),
	.local_size = sizeof(struct dirsearch_local),
	.shared_size = sizeof(struct dirsearch),
	.params = params,
	.needs = needs,
	.stats = stats,
	.rpcs = dirsearch_rpcs,
	.schema = &dirsearch_schema,
	.flags = MODULE_AT_START,
	.load = load,
	.check = check,
	.prepare = prepare,
	.commit = commit,
	.worker_start = worker_start,
	.worker_stop = worker_stop,
	.unload = unload,
	.manual =
	    "A search names beginnings of attributes (`givenName`, `sn`, `displayName`, `mail`,\n"
	    "`msRTCSIP-PrimaryUserAddress`, `company`, `c`, `title`, `l`, `st`, `telephoneNumber`,\n"
	    "`physicalDeliveryOfficeName`); all must fit, capitals do not matter. A search that names\n"
	    "nothing is refused. What is known of people is set with `lcsctl directory set`; of users who\n"
	    "were added with a name (`lcsctl users add alice@example.com display_name='Alice Brown'`) that\n"
	    "is known. Who was added without one, and of whom nothing was set, is found by nobody. When a\n"
	    "user is deleted, what is known of him goes with him.\n"
	    "\n"
	    "With `people = \"ldap\"` a directory server is searched, as it is with Active Directory: who\n"
	    "has `msRTCSIP-PrimaryUserAddress` below `ldap_base`. At most 5000 entries are looked at for\n"
	    "one answer, 200 at a time; referrals are not followed. The unit of somebody is made of the\n"
	    "`OU` parts of his name there: `CN=Bob,OU=North,OU=Sales,...` is in `Sales/North`. While the\n"
	    "directory is away searches are refused with 503 or 504, and nothing else is. Of several servers\n"
	    "one that does not answer is passed over for ten seconds; the first is taken again as soon as it\n"
	    "answers. `lcsctl directory servers` shows how they are.\n"
	    "\n"
	    "Who finds whom is said by rules on organizational units (`lcsctl directory rule`): a rule\n"
	    "holds for the unit and for those below it until one of them has its own. At one unit a\n"
	    "rule for a user comes before one for his domain before one for `all`. Without any rule\n"
	    "everybody finds everybody. Rules for groups are refused: units only.\n"
	    "\n"
	    "With the module presence_xml the names, mail addresses and telephone numbers known here are\n"
	    "in presence documents, too; a change is told with the next one.\n",
);
