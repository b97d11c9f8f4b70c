/*
 * auth_ntlm - NTLMv2 for LCS clients: a scheme of auth_lcs.
 *
 * Passwords' hashes are in the store, beside those of auth_db, or winbind is asked.
 */
#include "modules/auth_ntlm/auth_ntlm.h"

#include "modules/auth_lcs/rules_api.h"
#include "utils/rand.h"

#include <errno.h>
#include <stdlib.h>

/* ---- the scheme ---- */

static int sign(void *keys, struct slice text, unsigned char mac[AUTH_LCS_MAC_MAX])
{
	int err = ntlm_sign(keys, false, text, mac);

	return err ? err : (int)NTLM_MAC_BYTES;
}

static bool verify(void *keys, struct slice text, struct slice mac)
{
	return ntlm_verify(keys, true, text, mac);
}

static void free_keys(void *keys)
{
	explicit_bzero(keys, sizeof(struct ntlm_keys));
	free(keys);
}

static const struct auth_lcs_scheme scheme = {
	.name = { "NTLM", 4 }, .challenge = ntlm_challenge, .accept = ntlm_accept,
	.sign = sign, .verify = verify, .free = free_keys,
};

/* ---- passwords, as auth_db hears of them ---- */

static int password_set(void *arg, struct slice name, struct slice domain, struct slice password)
{
	struct auth_ntlm *ntlm = arg;
	unsigned char hash[NTLM_KEY_BYTES];
	int err = ntlm_hash_password(ntlm->crypt, password, hash);

	if (!err)
		err = accounts_put(&ntlm->accounts, name, domain, hash);
	explicit_bzero(hash, sizeof(hash));
	return err;
}

static void password_gone(void *arg, struct slice aor)
{
	struct auth_ntlm *ntlm = arg;
	int err = accounts_delete(&ntlm->accounts, aor);

	if (err && err != -ENOENT)
		log_error("auth_ntlm", "the hash of a password that does not count any more is still in the "
		    "store user=%.*s error=\"%s\"", SLICE_ARG(aor), err_text(err));
}

static void locked_out(void *arg, struct slice aor, bool deleted)
{
	struct auth_ntlm *ntlm = arg;

	if (deleted)
		accounts_delete(&ntlm->accounts, aor);
	ntlm->lcs->sign_out(ntlm->lcs_state, aor,
	    deleted ? AUTH_LCS_USER_GONE : AUTH_LCS_USER_DISABLED);
}

/* The password came with the new name; the account's own name stays. */
static int renamed(void *arg, struct slice from, struct slice to)
{
	struct auth_ntlm *ntlm = arg;
	const struct account *old = accounts_find(&ntlm->accounts, from);
	struct arena *arena = old && old->login.len ? arena_new(0) : NULL;
	struct slice login = arena ? arena_dup(arena, old->login) : SLICE_NULL;
	int err = 0;

	if (login.p)
		err = accounts_set_login(&ntlm->accounts, from, SLICE_NULL);
	if (login.p && !err && accounts_find(&ntlm->accounts, to))
		err = accounts_set_login(&ntlm->accounts, to, login);
	arena_free(&arena);
	return err;
}

static const struct auth_db_watch watch = { .password = password_set,
	.password_gone = password_gone, .locked_out = locked_out, .renamed = renamed };

/* ---- life ---- */

static int join(struct auth_ntlm *ntlm)
{
	int err = ntlm->lcs->provide(ntlm->lcs_state, &scheme, ntlm);

	if (!err && ntlm->db)
		err = ntlm->db->watch(ntlm->db_state, &watch, ntlm);
	return err;
}

static int load(struct lcs_mod *mod)
{
	struct auth_ntlm *ntlm = lcs_shared(mod);
	int err;

	ntlm->mod = mod;
	away_init(&ntlm->away);
	err = join(ntlm);
	if (err)
		return err;
	rand_bytes(&ntlm->key, sizeof(ntlm->key));
	ntlm->crypt = ntlm_crypt_new();
	if (!ntlm->crypt) {
		log_error("auth_ntlm", "OpenSSL's legacy provider, which has MD4 and RC4, cannot be "
		    "loaded");
		return -ENOENT;
	}
	if (ntlm_winbind_is_built()) {
		err = job_pool_declare(NTLM_POOL, 4, 1000);
		if (err)
			return err;
	}
	return accounts_init(&ntlm->accounts);
}

/* Also with winbind alone: what is to be forgotten meanwhile must not count again later. */
static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct auth_ntlm *ntlm = lcs_shared(mod);
	int n = accounts_load(&ntlm->accounts);

	(void)next;
	(void)conf;
	if (n >= 0)
		log_info("auth_ntlm", "accounts read count=%d", n);
	return n == -ENODEV || n >= 0 ? 0 : n;
}

static int check(const void *conf, struct diag *diag)
{
	const struct auth_ntlm_conf *c = conf;

	if (!rules_are_whole(&c->domains, false))
		return diag_error(diag, "domains", "must be DOMAIN=sip.domain");
	if (!rules_are_whole(&c->logins, true))
		return diag_error(diag, "logins", "must be DOMAIN\\name=name@sip.domain");
	if (!slice_eq(c->accounts, SLICE("store")) && !ntlm_winbind_is_built())
		return diag_error(diag, "accounts", "winbind was left out of this build (libwbclient)");
	return 0;
}

static void unload(struct lcs_mod *mod)
{
	struct auth_ntlm *ntlm = lcs_shared(mod);

	accounts_fini(&ntlm->accounts);
	ntlm_crypt_free(&ntlm->crypt);
	away_fini(&ntlm->away);
}

/* ---- tables ---- */

static const struct lcs_need needs[] = {
	NEED(struct auth_ntlm, lcs, auth_lcs, 1),
	NEED_OPTIONAL(struct auth_ntlm, db, auth_db, 1),
	{ 0 }
};

static const struct lcs_param params[] = {
	PARAM_WORD(struct auth_ntlm_conf, accounts, "store", "store|winbind|both",
	    "where accounts are: in our store (lcsctl users), in a domain that winbind has joined, "
	    "or first one, then the other"),
	PARAM_STRING(struct auth_ntlm_conf, netbios_domain, "",
	    "our domain's short name, in challenges and before the backslash of a login; empty: the "
	    "first label of the SIP domain, in capitals"),
	PARAM_STRING(struct auth_ntlm_conf, netbios_name, "",
	    "our own short name; empty: the first label of server_name, in capitals"),
	PARAM_STRINGS(struct auth_ntlm_conf, domains,
	    "DOMAIN=sip.domain: accounts of that domain are users of that SIP domain"),
	PARAM_STRINGS(struct auth_ntlm_conf, logins,
	    "DOMAIN\\name=name@sip.domain: whom an account stands for, where the names differ; nobody "
	    "else can be that user then. For accounts in a domain; for those in our store say it "
	    "with lcsctl ntlm login"),
	PARAM_BOOL(struct auth_ntlm_conf, allow_weak, "no",
	    "let in clients without extended session security (Messenger 5.x): their signatures "
	    "are CRC32 under RC4, which who can change messages can forge"),
	PARAM_DURATION(struct auth_ntlm_conf, clock_skew, "15m", 0, 86400000, "s",
	    "how far a client's clock may be off; 0: it is not looked at"),
	PARAM_DURATION(struct auth_ntlm_conf, challenge_lifetime, "2m", 1000, 3600000, "s",
	    "how long a challenge may be answered"),
	PARAM_DURATION(struct auth_ntlm_conf, timeout, "5s", 100, 60000, "s",
	    "how long winbind may take"),
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct auth_ntlm_local, accepted, STAT_COUNTER, "right answers"),
	LCS_STAT(struct auth_ntlm_local, wrong, STAT_COUNTER, "wrong passwords"),
	LCS_STAT(struct auth_ntlm_local, unknown, STAT_COUNTER, "accounts that are not there"),
	LCS_STAT(struct auth_ntlm_local, ambiguous, STAT_COUNTER,
	    "accounts that several users of the directory have"),
	LCS_STAT(struct auth_ntlm_local, disabled, STAT_COUNTER,
	    "accounts of disabled users, or that the domain has disabled or let expire"),
	LCS_STAT(struct auth_ntlm_local, locked, STAT_COUNTER,
	    "accounts that the domain has locked after too many wrong passwords"),
	LCS_STAT(struct auth_ntlm_local, malformed, STAT_COUNTER, "tokens that make no sense"),
	LCS_STAT(struct auth_ntlm_local, weak, STAT_COUNTER,
	    "answers without NTLMv2, or without extended session security where that is wanted"),
	LCS_STAT(struct auth_ntlm_local, stale, STAT_COUNTER,
	    "answers to challenges that are old or not ours"),
	LCS_STAT(struct auth_ntlm_local, clock, STAT_COUNTER, "clocks that are too far off"),
	LCS_STAT(struct auth_ntlm_local, asked, STAT_COUNTER, "questions to winbind"),
	LCS_STAT(struct auth_ntlm_local, unreachable, STAT_COUNTER,
	    "questions that winbind did not answer"),
	{ 0 }
};

static const char manual[] =
"NTLMv2 alone is accepted; LM and NTLM responses are refused, whatever the parameters say. The\n"
"hash that is needed is made when a password is set with `lcsctl users add` or `users passwd`\n"
"while this module is loaded: users who were there before need their password set once more\n"
"(`lcsctl ntlm list` shows who has a hash). Such a hash is as good as the password for NTLM;\n"
"guard the store accordingly.\n"
"\n"
"An account's name and a SIP address are two things. Where a directory is followed (module dirsync)\n"
"it says whose an account is: `EXAMPLE\\khansen` is the user whose entry has that account, be his\n"
"address `kim.hansen@example.com`, and nobody else becomes `kim.hansen@example.com`. For accounts\n"
"that no entry has, `EXAMPLE\\alice`, `alice@example.com` and plain `alice` stand for the user\n"
"`alice@example.com` of that domain; `lcsctl ntlm login USER 'EXAMPLE\\other'` gives a user whose\n"
"hash is here an account of another name. What `logins` and `ntlm login` say comes first. An account\n"
"that several users have is refused. `lcsctl users whose 'EXAMPLE\\khansen'` shows who it is. Which\n"
"address an account may use is then checked by `check_to()` and `check_from()`.\n"
"\n"
"With `nt_hash` of dirsync the hashes are the directory's, and those made here do not count for\n"
"users who have one there.\n"
"\n"
"With accounts in a domain this host is a member of it (`net ads join`) and runs winbind; which\n"
"controller is asked is winbind's choice, as it finds them by the names in the domain's DNS or by\n"
"`password server` in smb.conf. `netbios_name` has to be the name by which this host has joined, as\n"
"`netbios name` in smb.conf: a controller refuses answers to another computer's challenge, and that\n"
"looks like a wrong password (`wrong name or password`). When the controller that is asked stops,\n"
"winbind goes on with another one in some seconds; one that stands still it gives up after half a\n"
"minute or later (`winbind request timeout`). Until then, and while there is none, a sign-in gets 503\n"
"after `timeout` at most, and no other request waits. The log says of each domain that nobody can be\n"
"signed in by it, and when it answers again, each once a minute at most: winbind tries each `winbind\n"
"reconnect delay` (30 seconds if smb.conf does not say another).\n";

LCS_MODULE(auth_ntlm,
	.summary = "NTLMv2 sign-in of LCS clients",
	.conf_size = sizeof(struct auth_ntlm_conf),
	.local_size = sizeof(struct auth_ntlm_local),
	.shared_size = sizeof(struct auth_ntlm),
	.params = params,
	.needs = needs,
	.stats = stats,
	.rpcs = auth_ntlm_rpcs,
	.schema = &accounts_schema,
	.load = load,
	.check = check,
	.prepare = prepare,
	.unload = unload,
	.manual = manual,
	.flags = MODULE_AT_START,
);
