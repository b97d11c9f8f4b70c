/*
 * modules/auth_ntlm/conclude.c - what comes of an answer, whoever has judged it.
 */
#include "modules/auth_ntlm/auth_ntlm.h"

#include <errno.h>
#include <stdlib.h>

static bool clock_is_right(const struct auth_ntlm_conf *conf, const struct ntlm_answer *a)
{
	int64_t off = a->time - loop_wall(worker_loop());
	int64_t most = conf->clock_skew / 1000;

	return most == 0 || (off <= most && off >= -most);
}

static void split(struct slice aor, struct auth_lcs_handshake *h)
{
	size_t at = slice_find(aor, '@');

	h->name = slice_first(aor, at);
	h->domain = slice_skip(aor, at + 1);
}

static enum auth_lcs_result make_keys(const struct ntlm_sign_in *s,
    const unsigned char base[NTLM_KEY_BYTES])
{
	struct ntlm_keys *keys = malloc(sizeof(*keys));
	int err = keys ? ntlm_keys_make(s->ntlm->crypt, &s->answer, base, keys) : -ENOMEM;

	if (!err) {
		s->h->keys = keys;
		return AUTH_LCS_OK;
	}
	free(keys);
	return err == -EINVAL ? AUTH_LCS_BAD : AUTH_LCS_UNAVAILABLE;
}

enum auth_lcs_result ntlm_refuse(struct auth_lcs_handshake *h, uint64_t *counter,
    enum auth_lcs_result result, const char *why, const char *told)
{
	lcs_count(counter);
	h->why = why;
	h->told = told;
	return result;
}

enum auth_lcs_result ntlm_conclude(const struct ntlm_sign_in *s, int err,
    const unsigned char base[NTLM_KEY_BYTES])
{
	struct auth_ntlm_local *stats = auth_ntlm_stats(s->ntlm);
	struct auth_lcs_handshake *h = s->h;
	enum auth_lcs_result result;

	if (err == -EACCES)
		return ntlm_refuse(h, &stats->wrong, AUTH_LCS_REFUSED, "wrong password", NULL);
	if (err)
		return AUTH_LCS_UNAVAILABLE;
	/* Only who knows the password hears that the clock is wrong. */
	if (!clock_is_right(auth_ntlm_conf(s->ntlm, h->ctx), &s->answer))
		return ntlm_refuse(h, &stats->clock, AUTH_LCS_CLOCK, NULL,
		    "The clock of this computer is wrong");
	split(s->aor, h);
	h->association = h->opaque;
	result = make_keys(s, base);
	if (result == AUTH_LCS_OK)
		lcs_count(&stats->accepted);
	return result;
}
