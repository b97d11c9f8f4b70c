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
#include <stdio.h>
#include <wbclient.h>

bool ntlm_winbind_is_built(void) { return true; }

/* What a domain controller says (MS-ERREF 2.3.1), and what comes of it. Windows and Samba tell
 * of a disabled or expired account only who knows its password. */
struct ruling {
	uint32_t             nt_status;
	enum auth_lcs_result result;
	size_t               counter;
	const char          *why, *told;
};

#define COUNTER(field) offsetof(struct auth_ntlm_local, field)

static const struct ruling rulings[] = {
	{ 0xc000006a, AUTH_LCS_REFUSED, COUNTER(wrong), "wrong password", NULL },
	{ 0xc000006d, AUTH_LCS_REFUSED, COUNTER(wrong), "wrong name or password", NULL },
	{ 0xc0000064, AUTH_LCS_REFUSED, COUNTER(unknown), "there is no such account", NULL },
	{ 0xc0000072, AUTH_LCS_DISABLED, COUNTER(disabled), NULL, "This account is disabled" },
	{ 0xc0000193, AUTH_LCS_DISABLED, COUNTER(disabled), NULL, "This account has expired" },
	{ 0xc0000071, AUTH_LCS_DISABLED, COUNTER(disabled), NULL, "The password has expired" },
	{ 0xc0000224, AUTH_LCS_DISABLED, COUNTER(disabled), NULL,
	  "The password must be changed before the first sign-in" },
	{ 0xc000006f, AUTH_LCS_DISABLED, COUNTER(disabled), NULL,
	  "This account may not sign in at this time" },
	{ 0xc0000070, AUTH_LCS_DISABLED, COUNTER(disabled), NULL,
	  "This account may not sign in from this computer" },
	{ 0xc000006e, AUTH_LCS_DISABLED, COUNTER(disabled), NULL, "This account is restricted" },
	{ 0xc0000234, AUTH_LCS_LOCKED, COUNTER(locked), NULL,
	  "This account is locked after too many wrong passwords" },
	{ 0xc000005e, AUTH_LCS_UNAVAILABLE, COUNTER(unreachable), "no domain controller answers", NULL },
	{ 0xc0000233, AUTH_LCS_UNAVAILABLE, COUNTER(unreachable), "no domain controller found", NULL },
	{ 0xc00000b5, AUTH_LCS_UNAVAILABLE, COUNTER(unreachable),
	  "the domain controller does not answer in time", NULL },
	{ 0xc00000da, AUTH_LCS_UNAVAILABLE, COUNTER(unreachable),
	  "winbind has not joined the domain, or no longer", NULL },
	{ 0xc0000022, AUTH_LCS_UNAVAILABLE, COUNTER(unreachable),
	  "the domain controller refuses winbind", NULL },
	{ 0, AUTH_LCS_REFUSED, COUNTER(wrong), "the domain controller refused", NULL },
};

static const struct ruling no_winbind = { 0, AUTH_LCS_UNAVAILABLE, COUNTER(unreachable),
	"winbind does not answer", NULL };

static const struct ruling *ruling_of(uint32_t nt_status)
{
	const struct ruling *r = rulings;

	while (r->nt_status && r->nt_status != nt_status)
		r++;
	return r;
}

#define NAME_BYTES 256u			/* longer ones count as not said */

struct question {
	struct lcs_job       job;	/* first */
	struct ntlm_sign_in  s;
	unsigned char        base[NTLM_KEY_BYTES];
	const char          *domain, *user;
	/* out: who it is there; empty: it did not say */
	char                 account[NAME_BYTES], netbios[NAME_BYTES], dns[NAME_BYTES];
	const struct ruling *ruling;	/* with -EACCES */
};

static int verdict_of(wbcErr err, const struct wbcAuthErrorInfo *error,
    const struct ruling **ruling)
{
	switch (err) {
	case WBC_ERR_SUCCESS:
		return 0;
	case WBC_ERR_AUTH_ERROR:
	case WBC_ERR_UNKNOWN_USER:
	case WBC_ERR_DOMAIN_NOT_FOUND:
		*ruling = ruling_of(error ? error->nt_status : 0);
		return -EACCES;
	default:
		return -EIO;
	}
}

static void copy_name(char out[NAME_BYTES], const char *name)
{
	if (!name || (size_t)snprintf(out, NAME_BYTES, "%s", name) >= NAME_BYTES)
		out[0] = '\0';
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
	wbcErr err;

	memcpy(p.password.response.challenge, q->s.nonce, sizeof(q->s.nonce));
	p.password.response.nt_length = (uint32_t)q->s.answer.nt.len;
	p.password.response.nt_data = (uint8_t *)(uintptr_t)q->s.answer.nt.p;
	p.password.response.lm_length = (uint32_t)q->s.answer.lm.len;
	p.password.response.lm_data = (uint8_t *)(uintptr_t)q->s.answer.lm.p;
	err = wbcAuthenticateUserEx(&p, &info, &error);
	job->err = verdict_of(err, error, &q->ruling);
	if (job->err == 0 && info) {
		memcpy(q->base, info->user_session_key, sizeof(q->base));
		copy_name(q->account, info->account_name);
		copy_name(q->netbios, info->domain_name);
		copy_name(q->dns, info->dns_domain_name);
	}
	wbcFreeMemory(info);
	wbcFreeMemory(error);
}

static void note_domain(struct auth_ntlm *ntlm, const char *domain, const struct ruling *r)
{
	bool is_away = r && r->result == AUTH_LCS_UNAVAILABLE;

	if (!away_note(&ntlm->away, slice_str(domain), is_away, clock_mono()))
		return;
	if (is_away)
		log_error("auth_ntlm", "nobody can be signed in by the domain domain=\"%s\" why=\"%s\": does "
		    "winbind run, and does it find a domain controller (wbinfo -P)? Until then sign-ins get "
		    "503", domain, r->why);
	else
		log_notice("auth_ntlm", "the domain answers again domain=\"%s\"", domain);
}

static enum auth_lcs_result refuse(struct question *q, const struct ruling *r)
{
	char *stats = (char *)auth_ntlm_stats(q->s.ntlm);

	return ntlm_refuse(q->s.h, (uint64_t *)(void *)(stats + r->counter), r->result, r->why,
	    r->told);
}

/* By the domain's names for it, not what was typed: several ways of writing lead to one account.
 * What it did not say is not guessed. */
static int whose(const struct question *q, struct slice *aor)
{
	const struct auth_db_account who = { .name = slice_str(q->account),
	    .domain = slice_str(q->dns[0] ? q->dns : q->netbios), .is_short = !q->dns[0],
	    .plain = q->s.aor };

	return who.name.len && who.domain.len ? ntlm_whose(&q->s, who, aor) : -ENOENT;
}

static enum auth_lcs_result conclude(struct question *q)
{
	int err = q->s.by_rule ? 0 : whose(q, &q->s.aor);

	return err ? ntlm_nobody(&q->s, err) : ntlm_conclude(&q->s, 0, q->base);
}

static void asked(struct lcs_job *job, int err)
{
	struct question *q = (struct question *)job;
	/* After a timeout the pool may still write to the question. */
	const struct ruling *r = !err ? NULL : err == -EACCES ? q->ruling : &no_winbind;
	enum auth_lcs_result result;

	note_domain(q->s.ntlm, q->domain, r);
	result = r ? refuse(q, r) : conclude(q);
	q->s.ntlm->lcs->finished(q->s.h, result);
}

enum auth_lcs_result ntlm_winbind_ask(const struct ntlm_sign_in *s)
{
	struct arena *arena = lcs_arena(s->h->ctx);
	struct question *q = arena_zalloc(arena, sizeof(*q));
	struct auth_ntlm_local *stats = auth_ntlm_stats(s->ntlm);
	msec_t timeout = auth_ntlm_conf(s->ntlm, s->h->ctx)->timeout;

	if (!q)
		return AUTH_LCS_UNAVAILABLE;
	q->job = (struct lcs_job){ .run = ask, .done = asked };
	q->s = *s;
	q->domain = arena_dup_cstr(arena, s->domain);
	q->user = arena_dup_cstr(arena, s->user);
	if (!q->domain || !q->user)
		return AUTH_LCS_UNAVAILABLE;
	lcs_count(&stats->asked);
	if (lcs_job_submit(s->h->call, NTLM_POOL, &q->job, timeout) == 0)
		return AUTH_LCS_WAIT;
	lcs_count(&stats->unreachable);
	return AUTH_LCS_UNAVAILABLE;
}

#else

bool ntlm_winbind_is_built(void) { return false; }

enum auth_lcs_result ntlm_winbind_ask(const struct ntlm_sign_in *s)
{
	(void)s;
	return AUTH_LCS_UNAVAILABLE;
}

#endif
