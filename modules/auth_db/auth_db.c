/*
 * auth_db - users with passwords, kept in the store; digest checks against them.
 *
 * The realm is the user's domain. Users are read into memory at start, so a
 * check never waits; lcsctl users changes both.
 */
#include "modules/auth_db/auth_db.h"

#include <errno.h>

/* Which user a set of credentials speaks for: "alice" in a realm, or "alice@domain". */
static const struct user *find_user(struct auth_db *db, struct lcs_ctx *ctx,
    const struct auth_asked *asked)
{
	struct slice domain = asked->domain.len ? asked->domain : asked->cred.realm;
	const struct slice pieces[] = { asked->username, SLICE("@"), domain };
	struct slice aor = arena_join(lcs_arena(ctx), pieces, 3);

	return aor.p ? users_find(&db->users, aor) : NULL;
}

static enum auth_verdict judge(struct lcs_call *call, bool proxy)
{
	struct auth_db *db = call->shared;
	struct auth_db_local *stats = call->local;
	struct auth_asked asked;
	const struct user *user;
	enum auth_verdict verdict;
	struct slice ha1;

	verdict = db->auth->find(db->auth_state, call->ctx, proxy, call->argv[0].s, &asked);
	if (verdict != AUTH_OK)
		return verdict;
	user = find_user(db, call->ctx, &asked);
	if (!user || !user->enabled) {
		*(user ? &stats->disabled : &stats->unknown) += 1;
		return AUTH_WRONG;
	}
	ha1 = user_ha1(user, asked.domain.len > 0, asked.alg);
	verdict = ha1.len ? db->auth->check(db->auth_state, call->ctx, &asked, ha1) : AUTH_WRONG;
	*(verdict == AUTH_OK ? &stats->accepted : &stats->refused) += 1;
	return verdict;
}

static enum fn_status authenticate(struct lcs_call *call, bool proxy)
{
	enum auth_verdict verdict = judge(call, proxy);

	lcs_set_err(call->ctx, auth_verdict_word(verdict));
	return fn_bool(call, verdict == AUTH_OK);
}

static enum fn_status fn_www_authenticate(struct lcs_call *call)
{
	return authenticate(call, false);
}

static enum fn_status fn_proxy_authenticate(struct lcs_call *call)
{
	return authenticate(call, true);
}

static enum fn_status fn_digest_authenticate(struct lcs_call *call)
{
	return authenticate(call, lcs_method(call->ctx) != METHOD_REGISTER);
}

static const struct user *user_of_uri(struct lcs_call *call, struct slice text)
{
	struct auth_db *db = call->shared;
	struct sip_uri uri;
	struct slice aor;

	if (sip_uri_parse(text, &uri, NULL) != 0)
		return NULL;
	aor = sip_uri_aor(lcs_arena(call->ctx), &uri);
	return aor.p ? users_find(&db->users, aor) : NULL;
}

static enum fn_status fn_does_uri_exist(struct lcs_call *call)
{
	return fn_bool(call, user_of_uri(call, call->argv[0].s) != NULL);
}

static enum fn_status fn_user_is_enabled(struct lcs_call *call)
{
	const struct user *user = user_of_uri(call, call->argv[0].s);

	return fn_bool(call, user && user->enabled);
}

static enum fn_status fn_user_home(struct lcs_call *call)
{
	const struct user *user = user_of_uri(call, call->argv[0].s);

	call->ret = user && user->texts.home.len ? value_string(user->texts.home) : value_null();
	return FN_DONE;
}

/* The credentials that were accepted must belong to the URI that is claimed. */
static enum fn_status check_claim(struct lcs_call *call, enum hdr_id id)
{
	struct sip_view view = lcs_view(call->ctx);
	const struct name_addr *claimed = view_name_addr(lcs_arena(call->ctx), &view, id);
	const struct user *owner;

	call->ret = value_bool(false);
	if (!claimed)
		return FN_DONE;
	owner = user_of_uri(call, claimed->uri.text);
	return fn_bool(call, owner && slice_eq_nocase(owner->aor, lcs_identity(call->ctx)));
}

static enum fn_status fn_check_from(struct lcs_call *call)
{
	return check_claim(call, HDR_FROM);
}

static enum fn_status fn_check_to(struct lcs_call *call)
{
	return check_claim(call, HDR_TO);
}

/* Kamailio's: with flag 1 the credentials must be those of the user who is claimed, too. */
static enum fn_status fn_auth_check(struct lcs_call *call)
{
	bool is_register = lcs_method(call->ctx) == METHOD_REGISTER;
	bool whose = call->argv[2].i & 1;

	authenticate(call, !is_register);
	if (!call->ret.b || !whose)
		return FN_DONE;
	check_claim(call, is_register ? HDR_TO : HDR_FROM);
	if (!call->ret.b)
		lcs_set_err(call->ctx, "refused");
	return FN_DONE;
}

/* ---- for other modules ---- */

static enum auth_db_state state_of(struct auth_db *db, struct slice aor)
{
	const struct user *user = users_find(&db->users, aor);

	return !user ? AUTH_DB_UNKNOWN : user->enabled ? AUTH_DB_ENABLED : AUTH_DB_DISABLED;
}

static int add_watch(struct auth_db *db, const struct auth_db_watch *watch, void *arg)
{
	if (db->watch_count == AUTH_DB_WATCHES)
		return -ENOSPC;
	db->watches[db->watch_count].watch = watch;
	db->watches[db->watch_count++].arg = arg;
	return 0;
}

static struct slice ha1_of(struct auth_db *db, struct slice aor, bool full_name,
    enum digest_alg alg)
{
	const struct user *user = users_find(&db->users, aor);

	return user ? user_ha1(user, full_name, alg) : SLICE("");
}

static struct slice home_of(struct auth_db *db, struct slice aor)
{
	const struct user *user = users_find(&db->users, aor);

	return user ? user->texts.home : SLICE("");
}

struct homed { void (*fn)(struct slice aor, struct slice home, void *arg); void *arg; };

static void show_homed(const struct user *user, void *arg)
{
	const struct homed *h = arg;

	if (user->texts.home.len)
		h->fn(user->aor, user->texts.home, h->arg);
}

static void each_home(struct auth_db *db, void (*fn)(struct slice aor, struct slice home, void *arg),
    void *arg)
{
	struct homed h = { fn, arg };

	users_each(&db->users, show_homed, &h);
}

static int by_account(struct auth_db *db, const struct auth_db_account *who, struct slice *aor)
{
	return accounts_whose(&db->users, who, aor);
}

static struct slice nt_hash_of(struct auth_db *db, struct slice aor, bool *by_directory)
{
	const struct user *user = users_find(&db->users, aor);

	*by_directory = user && user->by_directory;
	return user ? user_nt_hash(user) : SLICE("");
}

static struct slice dn_of(struct auth_db *db, struct slice aor)
{
	const struct user *user = users_find(&db->users, aor);

	return user ? user->texts.dn : SLICE("");
}

struct named { void (*fn)(void *arg, struct slice aor, struct slice dn); void *arg; };

static void show_named(const struct user *user, void *arg)
{
	const struct named *n = arg;

	n->fn(n->arg, user->aor, user->texts.dn);
}

static void each(struct auth_db *db, void (*fn)(void *arg, struct slice aor, struct slice dn),
    void *arg)
{
	struct named n = { fn, arg };

	users_each(&db->users, show_named, &n);
}

static const struct auth_db_api api = {
	state_of, add_watch, ha1_of, &auth_db_directory, home_of, each_home, by_account, nt_hash_of,
	dn_of, each, former_expect, former_is_there
};
static const struct lcs_iface ifaces[] = { { "auth_db", 1, &api }, { 0 } };

/* ---- life ---- */

static int load(struct lcs_mod *mod)
{
	struct auth_db *db = lcs_shared(mod);
	void *shared;

	db->mod = mod;
	db->auth = lcs_import(mod, "auth", &shared);
	db->auth_state = shared;
	db->usrloc = lcs_import(mod, "usrloc", &shared);
	db->usrloc_state = shared;
	return users_init(&db->users);
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct auth_db *db = lcs_shared(mod);
	int n = users_load(&db->users);

	(void)next;
	(void)conf;
	if (n == -ENODEV) {
		log_error("auth_db", "no store is configured: nobody can sign in. Set store = "
		    "\"sqlite:/path/file.db\"");
		return n;
	}
	if (n >= 0)
		log_info("auth_db", "users read count=%d", n);
	return n < 0 ? n : 0;
}

static void unload(struct lcs_mod *mod)
{
	users_fini(&((struct auth_db *)lcs_shared(mod))->users);
}

static const struct lcs_need needs[] = {
	{ .name = "auth", .version = 1 },
	{ .name = "usrloc", .version = 1, .optional = true },
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "www_authenticate(realm: str, table: str = \"user\") -> bool", fn_www_authenticate,
	  IN_REQUEST, FUNC_MUST_CHECK,
	  "check Authorization against the store's users (table is ignored, for old scripts)" },
	{ "proxy_authenticate(realm: str, table: str = \"user\") -> bool", fn_proxy_authenticate,
	  IN_REQUEST, FUNC_MUST_CHECK, "the same for Proxy-Authorization" },
	{ "digest_authenticate(realm: str) -> bool", fn_digest_authenticate, IN_REQUEST,
	  FUNC_MUST_CHECK, "Authorization of a REGISTER, Proxy-Authorization of everything else" },
	{ "auth_check(realm: str, table: str = \"user\", flags: int = 0) -> bool", fn_auth_check,
	  IN_REQUEST, FUNC_MUST_CHECK, "the same, for old scripts; flags 1: the credentials also "
	  "belong to the user in From, for REGISTER in To; else $err is `refused`" },
	{ "does_uri_exist(uri: str) -> bool", fn_does_uri_exist, IN_REQUEST, FUNC_MUST_CHECK,
	  "is there a user with this address, enabled or not" },
	{ "user_is_enabled(uri: str) -> bool", fn_user_is_enabled, IN_REQUEST, FUNC_MUST_CHECK,
	  "is there a user with this address who may sign in" },
	{ "user_home(uri: str) -> str?", fn_user_home, IN_REQUEST, 0,
	  "the home server of the user with this address, as the directory names it; null if it names "
	  "none" },
	{ "check_from() -> bool", fn_check_from, IN_REQUEST, FUNC_MUST_CHECK,
	  "the accepted credentials belong to the user in From" },
	{ "check_to() -> bool", fn_check_to, IN_REQUEST, FUNC_MUST_CHECK,
	  "the accepted credentials belong to the user in To (for REGISTER)" },
	{ 0 }
};

static const struct lcs_param params[] = {
	PARAM_BOOL(struct auth_db_conf, inherit, "no",
	    "whoever gets the name of a deleted user gets his contacts, access list and XCAP services; "
	    "for as long as a directory is moved to another one, whose entries are not the same"),
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct auth_db_local, accepted, STAT_COUNTER, "requests of users let in"),
	LCS_STAT(struct auth_db_local, refused, STAT_COUNTER, "wrong or stale credentials"),
	LCS_STAT(struct auth_db_local, unknown, STAT_COUNTER, "credentials of unknown users"),
	LCS_STAT(struct auth_db_local, disabled, STAT_COUNTER, "credentials of disabled users"),
	{ 0 }
};

static const char manual[] =
    "Users of a Kamailio server come along with their digests (`calculate_ha1 = 0`), a\n"
    "line for each on the standard input of lcsctl:\n"
    "\n"
    "    mysql -N kamailio -e \"select concat('users import ', username, '@', domain,\n"
    "        ' ha1=', ha1, ' ha1b=', ha1b) from subscriber\" | lcsctl\n"
    "\n"
    "Where passwords are kept in the clear, lines `users add NAME@DOMAIN password=...` do\n"
    "it. Who was imported by digests has no SHA-256 and no NTLM until he gets a new password:\n"
    "until then offer MD5 alone, `modparam(\"auth\", \"algorithms\", \"MD5\")`.\n\n"
    "What a user has made of his contacts, access list and XCAP services stays when he is\n"
    "deleted, so that a filter of the directory that is wrong for a minute costs nobody his\n"
    "lists: who comes back as the same entry finds them. Somebody else who gets the name does\n"
    "not - another entry of the directory, or one who is made here: before he is there, they are\n"
    "put aside under a name that nobody can have, `bob@example.com.former.invalid`, and the log\n"
    "says so under `audit`. There `lcsctl contacts show` and `acl show` find them, and `import`\n"
    "brings them back, until the next user of that name is deleted and followed. If it is the same\n"
    "person, say so: `lcsctl users delete NAME --inherit` (before the directory takes over who was\n"
    "made here), or `lcsctl users add NAME --inherit`; for all of them, while a directory is moved\n"
    "to another one, `modparam(\"auth_db\", \"inherit\", yes)`. Messages that wait are deleted with\n"
    "their user, whoever comes.\n\n"
    "What is prepared for one who is to come (`lcsctl contacts set --force`, `acl set --force`) is\n"
    "his, also under a name that was used before: what the former user has left is put aside when\n"
    "the first of it is prepared, and what is prepared stays when he is added.\n";

LCS_MODULE(auth_db,
	.manual = manual,
	.summary = "users with passwords in the store",
	.conf_size = sizeof(struct auth_db_conf),
	.local_size = sizeof(struct auth_db_local),
	.shared_size = sizeof(struct auth_db),
	.funcs = funcs,
	.needs = needs,
	.ifaces = ifaces,
	.params = params,
	.stats = stats,
	.rpcs = auth_db_rpcs,
	.schema = &users_schema,
	.load = load,
	.prepare = prepare,
	.unload = unload,
);
