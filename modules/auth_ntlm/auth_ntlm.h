/*
 * modules/auth_ntlm/auth_ntlm.h - what the files of this module share.
 */
#ifndef MODULES_AUTH_NTLM_AUTH_NTLM_H
#define MODULES_AUTH_NTLM_AUTH_NTLM_H

#include "modules/auth_db/auth_db_api.h"
#include "modules/auth_lcs/auth_lcs_api.h"
#include "modules/auth_ntlm/accounts.h"
#include "modules/auth_ntlm/away.h"
#include "modules/auth_ntlm/keys.h"
#include "utils/siphash.h"

#define NTLM_POOL "winbind"

struct auth_ntlm_conf {
	struct slice       netbios_domain, netbios_name, accounts;
	struct lcs_strings domains;	/* "EXAMPLE=example.com" */
	struct lcs_strings logins;	/* "EXAMPLE\\other=name@example.com" */
	bool               allow_weak;
	msec_t             clock_skew, challenge_lifetime, timeout;
};

struct auth_ntlm_local {
	uint64_t accepted, wrong, unknown, ambiguous, disabled, locked, malformed, weak, stale, clock;
	uint64_t asked, unreachable;
};

struct auth_ntlm {
	struct lcs_mod            *mod;
	const struct auth_lcs_api *lcs;
	struct auth_lcs           *lcs_state;
	const struct auth_db_api  *db;	/* NULL: not loaded */
	struct auth_db            *db_state;
	struct ntlm_crypt         *crypt;
	struct accounts            accounts;
	struct siphash_key         key;	/* nonces are made with it */
	struct away                away;	/* winbind, or whom it asks */
};

static inline const struct auth_ntlm_conf *auth_ntlm_conf(const struct auth_ntlm *ntlm,
    struct lcs_ctx *ctx)
{
	return lcs_conf(ntlm->mod, lcs_ctx_gen(ctx));
}

static inline struct auth_ntlm_local *auth_ntlm_stats(const struct auth_ntlm *ntlm)
{
	return lcs_local(ntlm->mod);
}

/* ---- names.c: whom an account stands for ---- */

/** "example.com" gives "EXAMPLE"; in the arena. */
struct slice ntlm_netbios(struct arena *arena, struct slice dns);
/** "DOMAIN\\user", or just what was typed; in the arena, .p NULL if memory is short. */
struct slice ntlm_login(struct arena *arena, struct slice domain, struct slice user);
/** Whom a rule (logins) names; false: none does. */
bool ntlm_rule(struct arena *arena, const struct auth_ntlm_conf *conf, struct slice domain,
    struct slice user, struct slice *aor);
/** The same names as auth_db has them, without plain. */
struct auth_db_account ntlm_account(struct slice domain, struct slice user);
/** The AOR that an account would have whose names are (domain, user), UTF-8; wanted: the AOR
 *  that is to be signed in. .p NULL: the domain is none of ours, or a rule gives it to another. */
struct slice ntlm_aor(struct arena *arena, const struct auth_ntlm_conf *conf,
    struct slice domain, struct slice user, struct slice wanted);

/* ---- accept.c ---- */
int  ntlm_challenge(void *state, struct lcs_ctx *ctx, struct slice token, struct buf *out);
enum auth_lcs_result ntlm_accept(void *state, struct auth_lcs_handshake *h);

/* ---- conclude.c ---- */

/* An answer that is being judged: what is known of it so far. Texts lie in the message's arena. */
struct ntlm_sign_in {
	struct auth_ntlm          *ntlm;
	struct auth_lcs_handshake *h;
	struct ntlm_answer         answer;
	unsigned char              nonce[NTLM_NONCE_BYTES];
	struct slice               domain, user;	/* UTF-8 */
	bool                       by_rule;	/* aor is what a rule says */
	struct slice               aor;		/* else as the names have it; .p NULL: none of ours */
};

/** result, counted; why: for the log, told: to the client, too. Static texts or NULL. */
enum auth_lcs_result ntlm_refuse(struct auth_lcs_handshake *h, uint64_t *counter,
    enum auth_lcs_result result, const char *why, const char *told);
/** What came of the answer: err 0 makes the keys, and tells who it is; -EACCES: a wrong password. */
enum auth_lcs_result ntlm_conclude(const struct ntlm_sign_in *s, int err,
    const unsigned char base[NTLM_KEY_BYTES]);

/* ---- stored.c ---- */

struct ntlm_stored { struct slice aor; unsigned char hash[NTLM_KEY_BYTES]; };

/** Whose account it is by no rule: by_account() of auth_db, or without that module who.plain; -EPERM,
 *  too: a rule gives that user to another account. In the arena. */
int  ntlm_whose(const struct ntlm_sign_in *s, struct auth_db_account who, struct slice *aor);
/** The answer to who is nobody, by what the former returned; counted. */
enum auth_lcs_result ntlm_nobody(const struct ntlm_sign_in *s, int err);
/** The user with a hash here whom the names mean. 0, -ENOENT, -ENOTUNIQ, -ENOMEM. */
int  ntlm_find_stored(const struct ntlm_sign_in *s, struct ntlm_stored *out);
/** Judge the answer by it. */
enum auth_lcs_result ntlm_check_stored(struct ntlm_sign_in *s, const struct ntlm_stored *stored);

/* ---- winbind.c: accounts elsewhere ---- */
bool ntlm_winbind_is_built(void);
/** A copy of s is kept. AUTH_LCS_WAIT: auth_lcs hears of it later; AUTH_LCS_UNAVAILABLE. */
enum auth_lcs_result ntlm_winbind_ask(const struct ntlm_sign_in *s);

extern const struct lcs_rpc auth_ntlm_rpcs[];

#endif
