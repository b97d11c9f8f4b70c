/*
 * modules/dirsync/lookup.c - somebody whom the copy does not have: is he in the directory by now?
 *
 * A thread of a pool asks, and waits until control has made a user of what was found; the script waits
 * for that, and no worker does. What is changed there between the two comes as every change does.
 */
#include "config.h"
#include "modules/dirsync/follow.h"

#include <errno.h>

static bool is_user(const struct dirsync *d, struct slice aor)
{
	return d->auth_db->state(d->db, aor) != AUTH_DB_UNKNOWN;
}

void lookup_taken(struct dirsync *d, uint64_t ticket)
{
	lock_take(&d->lock);
	d->taken = ticket;
	pthread_cond_broadcast(&d->taken_more);
	lock_drop(&d->lock);
}

#ifdef HAVE_LIBLDAP

#define ENTRIES_MAX 4			/* of one address: more than one is a clash */
#define PAUSE_MS    10000		/* after a question that failed */

struct question {			/* in the message's arena */
	struct lcs_job        job;	/* first */
	struct dirsync       *d;
	struct dirsync_setup *setup;
	struct lcs_ctx       *ctx;
	struct slice          aor;
	msec_t                again;
};

/* ---- in the pool ---- */

static int take_found(struct follow *f, LDAPMessage *res, const char *key)
{
	unsigned char id[DIRSYNC_ID_BYTES];
	int err = 0;

	for (LDAPMessage *e = ldap_first_entry(f->ld, res); e && !err; e = ldap_next_entry(f->ld, e))
		if (follow_id(f, e, key, id))
			err = follow_entry(f, e, id);
	return err;
}

static int look(struct follow *f, struct slice aor, msec_t end)
{
	const char *key = atomic_load(&f->d->is_ad) ? "objectGUID" : "entryUUID";
	char *attrs[FOLLOW_ATTRS], *filter = ldap_address_filter(f->setup->filter,
	    f->setup->attr[ATTR_ADDRESS], aor);
	msec_t rest = end - clock_mono(), left = rest < 10 ? 10 : rest;
	struct timeval tv = { .tv_sec = left / 1000, .tv_usec = left % 1000 * 1000 };
	LDAPMessage *res = NULL;
	int code, err;

	follow_attrs(f, key, attrs);
	code = !filter ? LDAP_NO_MEMORY : ldap_search_ext_s(f->ld, f->setup->base, LDAP_SCOPE_SUBTREE,
	    filter, attrs, 0, NULL, NULL, &tv, ENTRIES_MAX, &res);
	err = code ? follow_failed(f, "search", code) : take_found(f, res, key);
	ldap_msgfree(res);
	free(filter);
	return err;
}

/* Tickets are taken in the order of the batches, so the last one that was taken tells. */
static int hand_over(struct follow *f, msec_t end)
{
	struct dirsync *d = f->d;
	uint64_t ticket;
	int err = 0;

	lock_take(&d->lock);
	ticket = ++d->tickets;
	f->batch->ticket = ticket;
	batch_append(d, f->batch);
	f->batch = NULL;
	lock_drop(&d->lock);
	err = batch_kick(d);
	lock_take(&d->lock);
	while (!err && d->taken < ticket) {
		msec_t left = end - clock_mono();

		err = left > 0 ? lock_wait(&d->lock, &d->taken_more, left) : -ETIMEDOUT;
	}
	lock_drop(&d->lock);
	return err;
}

static void run(struct lcs_job *job)
{
	struct question *q = (struct question *)job;
	struct follow f = { .d = q->d, .setup = q->setup };
	msec_t end = clock_mono() + q->setup->timeout;
	struct ldap_opened opened;
	int code = ldap_servers_open(&q->d->lookup_servers, q->setup->place, end, &opened);

	f.ld = opened.ld;
	job->err = code ? follow_failed(&f, opened.step, code) : look(&f, q->aor, end);
	if (!code && ldap_is_away(job->err))
		ldap_servers_failed(&q->d->lookup_servers, opened.uri, f.why);
	if (!job->err && f.batch)
		job->err = hand_over(&f, end);
	batch_free(&f.batch);
	json_decref(f.homes);
	if (f.ld)
		ldap_unbind_ext_s(f.ld, NULL, NULL);
}

/* ---- on the worker ---- */

/* One that fails is the last for a while: the directory is away, or not for us. */
static void answered(struct lcs_job *job, int err)
{
	struct question *q = (struct question *)job;
	struct dirsync *d = q->d;
	bool found = is_user(d, q->aor);

	if (found)
		atomic_fetch_add(&d->lookups_found, 1);
	else
		rate_add(d->missing, q->aor, clock_mono(), q->again);
	if (err) {
		atomic_fetch_add(&d->lookups_failed, 1);
		atomic_store(&d->lookups_until, clock_mono() + PAUSE_MS);
		log_warning("dirsync", "the directory does not answer for an address, the copy counts "
		    "user=%.*s error=\"%s\"", SLICE_ARG(q->aor), err_text(err));
	}
	lcs_resume(q->ctx, value_bool(found));
}

static void drop_setup(void *setup)
{
	struct dirsync_setup *s = setup;

	setup_free(&s);
}

static bool ask(struct lcs_call *call, struct slice aor)
{
	struct dirsync *d = call->shared;
	const struct dirsync_conf *conf = call->conf;
	struct arena *arena = lcs_arena(call->ctx);
	struct question *q = arena_zalloc(arena, sizeof(*q));
	struct dirsync_setup *setup = q ? setup_new(conf) : NULL;

	if (!setup)
		return false;
	if (arena_hold(arena, setup, drop_setup) != 0) {
		setup_free(&setup);
		return false;
	}
	*q = (struct question){ .job = { .run = run, .done = answered }, .d = d, .setup = setup,
	    .ctx = call->ctx, .aor = aor, .again = conf->lookup_again };
	return lcs_job_submit(call, DIRSYNC_POOL, &q->job, conf->timeout + 1000) == 0;
}

static bool is_to_be_asked(struct dirsync *d, struct slice aor, msec_t again)
{
	msec_t now = clock_mono();

	return atomic_load(&d->is_well) && now >= atomic_load(&d->lookups_until) &&
	    !rate_look(d->missing, aor, now, again);
}

static enum fn_status look_up(struct lcs_call *call, struct slice aor)
{
	struct dirsync *d = call->shared;
	const struct dirsync_conf *conf = call->conf;

	if (!is_to_be_asked(d, aor, conf->lookup_again) || !ask(call, aor)) {
		atomic_fetch_add(&d->lookups_spared, 1);
		return FN_DONE;
	}
	atomic_fetch_add(&d->lookups, 1);
	return FN_SUSPENDED;
}

#else

static enum fn_status look_up(struct lcs_call *call, struct slice aor)
{
	(void)call;
	(void)aor;
	return FN_DONE;
}

#endif

enum fn_status lookup_fn(struct lcs_call *call)
{
	struct dirsync *d = call->shared;
	struct sip_uri uri;
	struct slice aor;

	call->ret = value_bool(false);
	if (sip_uri_parse(call->argv[0].s, &uri, NULL) != 0 || !uri.user.len)
		return FN_DONE;
	aor = sip_uri_aor(lcs_arena(call->ctx), &uri);
	if (!aor.p)
		return FN_FAILED;
	call->ret = value_bool(is_user(d, aor));
	if (call->ret.b || !lcs_is_own_host(lcs_ctx_gen(call->ctx), uri.host, 0))
		return FN_DONE;
	return look_up(call, aor);
}
