/*
 * modules/auth_ntlm/stored.c - whose account it is, and answers that a hash which is here can judge.
 */
#include "modules/auth_ntlm/auth_ntlm.h"

#include "modules/auth_lcs/rules_api.h"
#include "utils/hex.h"

#include <errno.h>

/* ---- whose account it is ---- */

int ntlm_whose(const struct ntlm_sign_in *s, struct auth_db_account who, struct slice *aor)
{
	int err = who.plain.p ? 0 : -ENOENT;

	*aor = who.plain;
	if (s->ntlm->db)
		err = s->ntlm->db->by_account(s->ntlm->db_state, &who, aor);
	/* Whom a rule gives to another account nobody else can be, whatever the directory says. */
	if (!err && rules_give(&auth_ntlm_conf(s->ntlm, s->h->ctx)->logins, *aor))
		err = -EPERM;
	*aor = err ? SLICE_NULL : arena_dup(lcs_arena(s->h->ctx), *aor);
	return err ? err : aor->p ? 0 : -ENOMEM;
}

enum auth_lcs_result ntlm_nobody(const struct ntlm_sign_in *s, int err)
{
	struct auth_ntlm_local *stats = auth_ntlm_stats(s->ntlm);

	switch (err) {
	case -ENOTUNIQ:
		return ntlm_refuse(s->h, &stats->ambiguous, AUTH_LCS_REFUSED,
		    "several users have this account", NULL);
	case -EPERM:
		return ntlm_refuse(s->h, &stats->unknown, AUTH_LCS_REFUSED,
		    "the user of that name has another account", NULL);
	case -ENOENT:
		return ntlm_refuse(s->h, &stats->unknown, AUTH_LCS_REFUSED,
		    "there is no such account", NULL);
	default:
		return AUTH_LCS_UNAVAILABLE;
	}
}

/* ---- hashes that are here ---- */

/* The directory's, if it has his secrets; else what was made here. */
static bool find_hash(const struct auth_ntlm *ntlm, struct slice aor, struct ntlm_stored *out)
{
	const struct account *account;
	bool by_directory = false;
	struct slice hex = SLICE("");

	if (!aor.p)
		return false;
	if (ntlm->db)
		hex = ntlm->db->nt_hash(ntlm->db_state, aor, &by_directory);
	out->aor = aor;
	if (by_directory)
		return hex_decode(out->hash, sizeof(out->hash), hex) == 0;
	account = accounts_find(&ntlm->accounts, aor);
	if (account)
		memcpy(out->hash, account->hash, sizeof(out->hash));
	return account != NULL;
}

/* Whose password it is shows in the proof. So who has the name of an account in his address, and
 * wants to be that user, may be, though the account is another's. */
int ntlm_find_stored(const struct ntlm_sign_in *s, struct ntlm_stored *out)
{
	struct arena *arena = lcs_arena(s->h->ctx);
	struct slice login = ntlm_login(arena, s->domain, s->user), aor;
	const struct account *named = login.p ? accounts_by_login(&s->ntlm->accounts, login) : NULL;
	int err;

	if (named)
		return find_hash(s->ntlm, arena_dup(arena, named->aor), out) ? 0 : -ENOENT;
	if ((s->by_rule || slice_eq_nocase(s->aor, s->h->aor)) && find_hash(s->ntlm, s->aor, out))
		return 0;
	if (s->by_rule)
		return -ENOENT;
	err = ntlm_whose(s, ntlm_account(s->domain, s->user), &aor);
	if (err && err != -ENOENT)
		return err;
	return find_hash(s->ntlm, err ? s->aor : aor, out) ? 0 : -ENOENT;
}

enum auth_lcs_result ntlm_check_stored(struct ntlm_sign_in *s, const struct ntlm_stored *stored)
{
	const struct auth_ntlm *ntlm = s->ntlm;
	unsigned char base[NTLM_KEY_BYTES];
	enum auth_lcs_result result;
	int err;

	s->aor = stored->aor;
	if (ntlm->db && ntlm->db->state(ntlm->db_state, s->aor) != AUTH_DB_ENABLED)
		return ntlm_refuse(s->h, &auth_ntlm_stats(ntlm)->disabled, AUTH_LCS_REFUSED,
		    "the account's user is disabled", NULL);
	err = ntlm_check_answer(ntlm->crypt, &s->answer, s->nonce, stored->hash, base);
	result = ntlm_conclude(s, err, base);
	explicit_bzero(base, sizeof(base));
	return result;
}
