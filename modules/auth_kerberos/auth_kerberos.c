/*
 * auth_kerberos - Kerberos for LCS clients: a scheme of auth_lcs.
 *
 * One leg: the client's ticket comes in a REGISTER, nothing goes back. Whether it is good is
 * found out in a pool.
 */
#include "modules/auth_kerberos/auth_kerberos.h"

#include "modules/auth_lcs/rules_api.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <unistd.h>

enum progress { ASKED, ANSWERED, ABANDONED };

struct question {			/* in the message's arena */
	struct lcs_job             job;	/* first */
	struct ticket          ticket;
	struct auth_kerberos      *krb;
	struct auth_lcs_handshake *h;
	_Atomic int                progress;
};

static struct auth_kerberos_local *stats_of(const struct auth_kerberos *krb)
{
	return lcs_local(krb->mod);
}

/* ---- in the pool ---- */

/* Whoever comes second, this or the deadline, lets go of the context. */
static void ask(struct lcs_job *job)
{
	struct question *q = (struct question *)job;

	job->err = ticket_accept(&q->ticket);
	if (atomic_exchange(&q->progress, ANSWERED) == ABANDONED)
		ticket_free(q->ticket.context);
}

/* ---- back on the worker ---- */

static const struct refusal {
	int                  err;
	size_t               counter;
	enum auth_lcs_result result;
	const char          *told;
} refusals[] = {
	{ -ETIME, offsetof(struct auth_kerberos_local, clock), AUTH_LCS_CLOCK,
	  "The clock of this computer is wrong" },
	{ -EALREADY, offsetof(struct auth_kerberos_local, replayed), AUTH_LCS_REFUSED,
	  "This ticket has been used before" },
	{ -ENOENT, offsetof(struct auth_kerberos_local, other_service), AUTH_LCS_REFUSED,
	  "This ticket is not for this server" },
	{ -EKEYEXPIRED, offsetof(struct auth_kerberos_local, expired), AUTH_LCS_REFUSED,
	  "This ticket has expired" },
	{ -EACCES, offsetof(struct auth_kerberos_local, wrong), AUTH_LCS_REFUSED,
	  "This ticket is not good" },
	{ -EBADMSG, offsetof(struct auth_kerberos_local, wrong), AUTH_LCS_BAD,
	  "This is no Kerberos ticket" },
	{ 0, offsetof(struct auth_kerberos_local, unreachable), AUTH_LCS_UNAVAILABLE, NULL },
};

static enum auth_lcs_result refuse(struct question *q, int err)
{
	const struct refusal *r = refusals;

	while (r->err && r->err != err)
		r++;
	lcs_count((uint64_t *)(void *)((char *)stats_of(q->krb) + r->counter));
	q->h->told = r->told;
	/* After the deadline the pool may still write to it. */
	q->h->why = r->err && q->ticket.why[0] ? q->ticket.why : NULL;
	return r->result;
}

static enum auth_lcs_result refuse_whose(struct question *q, int err)
{
	struct auth_kerberos_local *stats = stats_of(q->krb);

	lcs_count(err == -ENOTUNIQ ? &stats->ambiguous : &stats->unknown);
	q->h->why = arena_printf(lcs_arena(q->h->ctx), err == -ENOTUNIQ ?
	    "principal %s is the account of several users" : err == -EPERM ?
	    "principal %s is not the account of the user of that name" :
	    "principal %s is no user of this server", q->ticket.principal).p;
	q->h->told = "The principal of this ticket is no user of this server";
	ticket_free(q->ticket.context);
	return AUTH_LCS_REFUSED;
}

static enum auth_lcs_result conclude(struct question *q)
{
	struct auth_lcs_handshake *h = q->h;
	struct slice wanted = slice_skip(h->aor, slice_find(h->aor, '@') + 1), aor;
	int err = kerberos_whose(q->krb, h->ctx, slice_str(q->ticket.principal), wanted, &aor);

	if (err)
		return refuse_whose(q, err);
	h->name = slice_first(aor, slice_find(aor, '@'));
	h->domain = slice_skip(aor, h->name.len + 1);
	h->keys = q->ticket.context;
	if (q->ticket.lifetime)
		h->expires = loop_wall(worker_loop()) + q->ticket.lifetime;
	lcs_count(&stats_of(q->krb)->accepted);
	return AUTH_LCS_OK;
}

static void answered(struct lcs_job *job, int err)
{
	struct question *q = (struct question *)job;
	enum auth_lcs_result result;

	/* Nothing was begun, or it goes on without us. */
	if ((err == -ETIMEDOUT || err == -ECANCELED) &&
	    atomic_exchange(&q->progress, ABANDONED) == ANSWERED)
		ticket_free(q->ticket.context);
	result = err ? refuse(q, err) : conclude(q);
	q->krb->lcs->finished(q->h, result);
}

/* ---- the scheme ---- */

static int challenge(void *state, struct lcs_ctx *ctx, struct slice token, struct buf *out)
{
	(void)state;
	(void)ctx;
	(void)token;
	(void)out;
	return 0;
}

static enum auth_lcs_result accept_ticket(void *state, struct auth_lcs_handshake *h)
{
	struct auth_kerberos *krb = state;
	const struct auth_kerberos_conf *conf = auth_kerberos_conf(krb, h->ctx);
	struct arena *arena = lcs_arena(h->ctx);
	struct question *q = arena_zalloc(arena, sizeof(*q));

	if (!q)
		return AUTH_LCS_UNAVAILABLE;
	q->job = (struct lcs_job){ .run = ask, .done = answered };
	q->krb = krb;
	q->h = h;
	q->ticket.token = h->token;
	q->ticket.keytab = arena_dup_cstr(arena, conf->keytab);
	q->ticket.replay_cache = arena_dup_cstr(arena, conf->replay_cache);
	q->ticket.service = arena_dup_cstr(arena, conf->service.len ? conf->service : h->target);
	if (!q->ticket.keytab || !q->ticket.replay_cache || !q->ticket.service)
		return AUTH_LCS_UNAVAILABLE;
	if (lcs_job_submit(h->call, KERBEROS_POOL, &q->job, conf->timeout) == 0)
		return AUTH_LCS_WAIT;
	lcs_count(&stats_of(krb)->unreachable);
	return AUTH_LCS_UNAVAILABLE;
}

static const struct auth_lcs_scheme scheme = {
	.name = { "Kerberos", 8 }, .target_prefix = { "sip/", 4 }, .one_leg = true,
	.challenge = challenge,
	.accept = accept_ticket, .sign = ticket_sign, .verify = ticket_verify, .free = ticket_free,
};

/* ---- life ---- */

static int load(struct lcs_mod *mod)
{
	struct auth_kerberos *krb = lcs_shared(mod);
	int err;

	krb->mod = mod;
	err = krb->lcs->provide(krb->lcs_state, &scheme, krb);
	return err ? err : job_pool_declare(KERBEROS_POOL, 4, 1000);
}

/* Who may read it is known to the server's user alone, and other kinds than files to the library. */
static void check_keytab(struct slice name, struct diag *diag)
{
	char path[PATH_MAX];

	if (slice_starts(name, SLICE("FILE:")))
		name = slice_skip(name, 5);
	if (!name.len || name.p[0] != '/' || name.len >= sizeof(path))
		return;
	memcpy(path, name.p, name.len);
	path[name.len] = '\0';
	if (access(path, F_OK) != 0 && errno == ENOENT)
		diag_warning(diag, "keytab", "is not there: nobody signs in by Kerberos before it is");
}

static int check(const void *conf, struct diag *diag)
{
	const struct auth_kerberos_conf *c = conf;

	if (!rules_are_whole(&c->realms, false))
		return diag_error(diag, "realms", "must be REALM=sip.domain");
	if (!rules_are_whole(&c->principals, true))
		return diag_error(diag, "principals", "must be name@REALM=name@sip.domain");
	check_keytab(c->keytab, diag);
	return 0;
}

/* ---- tables ---- */

static const struct lcs_need needs[] = {
	NEED(struct auth_kerberos, lcs, auth_lcs, 1),
	NEED_OPTIONAL(struct auth_kerberos, db, auth_db, 1),
	{ 0 }
};

static const struct lcs_param params[] = {
	PARAM_STRING(struct auth_kerberos_conf, keytab, "",
	    "file with the key of our service; empty: the library's (KRB5_KTNAME, krb5.conf)"),
	PARAM_STRING(struct auth_kerberos_conf, replay_cache, "",
	    "where tickets that were used are noted, as \"file2:/var/lib/lcs/replay\"; empty: the "
	    "library's; \"none:\": nowhere, which lets a ticket be used twice"),
	PARAM_STRING(struct auth_kerberos_conf, service, "",
	    "principal of our service, if not sip/ and our name (targetname of auth_lcs)"),
	PARAM_STRINGS(struct auth_kerberos_conf, realms,
	    "REALM=sip.domain: principals of that realm are users of that domain; without a line, "
	    "of the domain that is called as the realm"),
	PARAM_STRINGS(struct auth_kerberos_conf, principals,
	    "name@REALM=name@sip.domain: whom a principal stands for, where the names differ; nobody "
	    "else can be that user then"),
	PARAM_DURATION(struct auth_kerberos_conf, timeout, "5s", 100, 60000, "s",
	    "how long looking at a ticket may take"),
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct auth_kerberos_local, accepted, STAT_COUNTER, "good tickets"),
	LCS_STAT(struct auth_kerberos_local, wrong, STAT_COUNTER, "tickets that are not good, or none"),
	LCS_STAT(struct auth_kerberos_local, other_service, STAT_COUNTER,
	    "tickets for another service, or no key of ours"),
	LCS_STAT(struct auth_kerberos_local, clock, STAT_COUNTER, "clocks that are too far off"),
	LCS_STAT(struct auth_kerberos_local, expired, STAT_COUNTER, "tickets that are too old"),
	LCS_STAT(struct auth_kerberos_local, replayed, STAT_COUNTER, "tickets that were used before"),
	LCS_STAT(struct auth_kerberos_local, unknown, STAT_COUNTER,
	    "principals that stand for no SIP user"),
	LCS_STAT(struct auth_kerberos_local, ambiguous, STAT_COUNTER,
	    "principals that are the account of several users"),
	LCS_STAT(struct auth_kerberos_local, unreachable, STAT_COUNTER,
	    "tickets that were not looked at in time"),
	{ 0 }
};

static const char manual[] =
"The server needs the key of `sip/FQDN@REALM` in a keytab, FQDN being `server_name`, or\n"
"`targetname` of auth_lcs:\n"
"\n"
"    kadmin -q 'addprinc -randkey sip/hs1.example.com'\n"
"    kadmin -q 'ktadd -k /etc/lcs/sip.keytab sip/hs1.example.com'\n"
"\n"
"The file is read by the user that the server runs as, at every sign-in, so that a new key takes\n"
"effect at once. Tickets are looked at in a pool of threads (`gss`), because that reads files;\n"
"signatures are computed where the connection is, and never wait.\n"
"\n"
"Where a directory is followed (module dirsync) it says whom a principal stands for: `khansen@REALM`\n"
"is the user whose entry has that account in that domain, be the address `kim.hansen@example.com`,\n"
"and no other account becomes that user. What `principals` says comes before. A principal that no\n"
"entry has is the user of its name, by `realms`; one that several users have is refused. `lcsctl\n"
"users whose khansen@REALM` shows who it is.\n";

LCS_MODULE(auth_kerberos,
	.summary = "Kerberos sign-in of LCS clients",
	.conf_size = sizeof(struct auth_kerberos_conf),
	.local_size = sizeof(struct auth_kerberos_local),
	.shared_size = sizeof(struct auth_kerberos),
	.params = params,
	.needs = needs,
	.stats = stats,
	.load = load,
	.check = check,
	.manual = manual,
	.flags = MODULE_AT_START,
);
