/*
 * modules/auth_ntlm/winbind.c - answers that a domain controller judges, by way of winbind.
 *
 * libwbclient blocks, so it is asked in a pool. winbind gives the base key; what the client
 * encrypted with it is our affair.
 */
#include "config.h"
#include "modules/auth_ntlm/auth_ntlm.h"

#ifdef HAVE_WBCLIENT

#include <errno.h>
#include <wbclient.h>

bool ntlm_winbind_is_built(void) { return true; }

struct question {
	struct lcs_job             job;	/* first */
	struct auth_ntlm          *ntlm;
	struct auth_lcs_handshake *h;
	struct ntlm_answer         answer;
	unsigned char              nonce[NTLM_NONCE_BYTES], base[NTLM_KEY_BYTES];
	const char                *domain, *user;
	struct slice               aor;
};

static int verdict_of(wbcErr err)
{
	switch (err) {
	case WBC_ERR_SUCCESS:
		return 0;
	case WBC_ERR_AUTH_ERROR:
	case WBC_ERR_UNKNOWN_USER:
	case WBC_ERR_DOMAIN_NOT_FOUND:
		return -EACCES;
	default:
		return -EIO;
	}
}

static void ask(struct lcs_job *job)
{
	struct question *q = (struct question *)job;
	struct wbcAuthUserParams p = {
		.account_name = q->user, .domain_name = q->domain,
		.level = WBC_AUTH_USER_LEVEL_RESPONSE,
	};
	struct wbcAuthUserInfo *info = NULL;
	struct wbcAuthErrorInfo *error = NULL;

	memcpy(p.password.response.challenge, q->nonce, sizeof(q->nonce));
	p.password.response.nt_length = (uint32_t)q->answer.nt.len;
	p.password.response.nt_data = (uint8_t *)(uintptr_t)q->answer.nt.p;
	p.password.response.lm_length = (uint32_t)q->answer.lm.len;
	p.password.response.lm_data = (uint8_t *)(uintptr_t)q->answer.lm.p;
	job->err = verdict_of(wbcAuthenticateUserEx(&p, &info, &error));
	if (job->err == 0 && info)
		memcpy(q->base, info->user_session_key, sizeof(q->base));
	wbcFreeMemory(info);
	wbcFreeMemory(error);
}

static void asked(struct lcs_job *job, int err)
{
	struct question *q = (struct question *)job;
	struct auth_ntlm_local *stats = lcs_local(q->ntlm->mod);
	enum auth_lcs_result result;

	if (err && err != -EACCES) {
		lcs_count(&stats->unreachable);
		log_error("auth_ntlm", "winbind does not answer error=\"%s\"", err_text(err));
	}
	/* After a timeout the pool may still write to it. */
	result = err ? ntlm_conclude(q->ntlm, q->h, &q->answer, err, NULL, q->aor) :
	    ntlm_conclude(q->ntlm, q->h, &q->answer, 0, q->base, q->aor);
	q->ntlm->lcs->finished(q->h, result);
}

enum auth_lcs_result ntlm_winbind_ask(struct auth_ntlm *ntlm, struct auth_lcs_handshake *h,
    const struct ntlm_answer *a, const unsigned char nonce[NTLM_NONCE_BYTES], struct slice domain,
    struct slice user, struct slice aor)
{
	struct arena *arena = lcs_arena(h->ctx);
	struct question *q = arena_zalloc(arena, sizeof(*q));
	struct auth_ntlm_local *stats = lcs_local(ntlm->mod);

	if (!q)
		return AUTH_LCS_UNAVAILABLE;
	q->job = (struct lcs_job){ .run = ask, .done = asked };
	q->ntlm = ntlm;
	q->h = h;
	q->answer = *a;
	q->aor = aor;
	memcpy(q->nonce, nonce, sizeof(q->nonce));
	q->domain = arena_dup_cstr(arena, domain);
	q->user = arena_dup_cstr(arena, user);
	if (!q->domain || !q->user)
		return AUTH_LCS_UNAVAILABLE;
	lcs_count(&stats->asked);
	if (lcs_job_submit(h->call, NTLM_POOL, &q->job, auth_ntlm_conf(ntlm, h->ctx)->timeout) == 0)
		return AUTH_LCS_WAIT;
	lcs_count(&stats->unreachable);
	return AUTH_LCS_UNAVAILABLE;
}

#else

bool ntlm_winbind_is_built(void) { return false; }

enum auth_lcs_result ntlm_winbind_ask(struct auth_ntlm *ntlm, struct auth_lcs_handshake *h,
    const struct ntlm_answer *a, const unsigned char nonce[NTLM_NONCE_BYTES], struct slice domain,
    struct slice user, struct slice aor)
{
	(void)ntlm;
	(void)h;
	(void)a;
	(void)nonce;
	(void)domain;
	(void)user;
	(void)aor;
	return AUTH_LCS_UNAVAILABLE;
}

#endif
