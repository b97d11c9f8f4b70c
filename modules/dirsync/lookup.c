/*
 * modules/dirsync/lookup.c - somebody whom the copy does not have: is he in the directory by now?
 *
 * A thread of a pool asks, and waits until control has made a user of what was found; the script waits
 * for that, and no worker does. It asks the server that is followed; what the thread heard from it
 * since is newer than what was found, which is then left, and asked for again.
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

/* Control waits for the pool's threads from now on, and takes nothing meanwhile. */
void lookup_stopping(struct lcs_mod *mod)
{
	struct dirsync *d = lcs_shared(mod);

	lock_take(&d->lock);
	d->stops = true;
	pthread_cond_broadcast(&d->taken_more);
	lock_drop(&d->lock);
}

static uint64_t news(struct dirsync *d)
{
	uint64_t n;

	lock_take(&d->lock);
	n = d->news;
	lock_drop(&d->lock);
	return n;
}

bool lookup_is_fresh(struct dirsync *d, const struct dirsync_batch *b)
{
	return b->since == news(d);
}

void lookup_news(struct dirsync *d)
{
	lock_take(&d->lock);
	d->news++;
	lock_drop(&d->lock);
}

#ifdef HAVE_LIBLDAP

#define ENTRIES_MAX 4			/* of one address: more than one is a clash */
#define PAUSE_MS    10000		/* if the directory is away */
#define PER_SECOND  50u			/* of all addresses together */

struct question {			/* in the message's arena */
	struct lcs_job        job;	/* first */
	struct dirsync       *d;
	struct dirsync_setup *setup;
	struct lcs_ctx       *ctx;
	struct slice          aor, key;	/* key: the same without regard to case */
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

/* Tickets are taken in the order of the batches, so the last one that was taken tells. -EAGAIN: it
 * was left, or may have been. */
static int hand_over(struct follow *f, uint64_t since, msec_t end)
{
	struct dirsync *d = f->d;
	uint64_t ticket;
	int err = 0;

	lock_take(&d->lock);
	ticket = ++d->tickets;
	f->batch->ticket = ticket;
	f->batch->since = since;
	batch_append(d, f->batch);
	f->batch = NULL;
	lock_drop(&d->lock);
	err = batch_kick(d);
	lock_take(&d->lock);
	while (!err && d->taken < ticket) {
		msec_t left = end - clock_mono();

		err = d->stops ? -ECANCELED : left > 0 ?
		    lock_wait(&d->lock, &d->taken_more, left) : -ETIMEDOUT;
	}
	if (!err && d->news != since)
		err = -EAGAIN;
	lock_drop(&d->lock);
	return err;
}

/* Who is there by the server that is followed, and by no other: that one may be behind. */
static int open_followed(struct follow *f, msec_t ms)
{
	struct ldap_place place = f->setup->place;
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
	const char *step;
	int code;

	lock_take(&f->d->lock);
	memcpy(f->uri, f->d->uri, sizeof(f->uri));
	lock_drop(&f->d->lock);
	place.uri = f->uri;
	code = ldap_place_open(&place, tv, &f->ld, &step);
	return code ? follow_failed(f, step, code) : 0;
}

static int find(struct follow *f, struct slice aor, msec_t end)
{
	uint64_t since = news(f->d);
	int err = look(f, aor, end);

	return !err && f->batch ? hand_over(f, since, end) : err;
}

static void run(struct lcs_job *job)
{
	struct question *q = (struct question *)job;
	struct follow f = { .d = q->d, .setup = q->setup };
	msec_t end = clock_mono() + q->setup->timeout;

	job->err = open_followed(&f, q->setup->timeout);
	if (!job->err)
		job->err = find(&f, q->aor, end);
	while (job->err == -EAGAIN && clock_mono() < end)
		job->err = find(&f, q->aor, end);
	batch_free(&f.batch);
	json_decref(f.homes);
	json_decref(f.domains);
	if (f.ld)
		ldap_unbind_ext_s(f.ld, NULL, NULL);
}

/* ---- on the worker ---- */

static void note_failure(struct dirsync *d, struct slice aor, int err)
{
	atomic_fetch_add(&d->lookups_failed, 1);
	/* The directory is away, or not for us: this is the last question for a while. */
	if (ldap_is_away(err) || err == -ETIMEDOUT || err == -EACCES)
		atomic_store(&d->lookups_until, clock_mono() + PAUSE_MS);
	log_warning("dirsync", "the directory does not answer for an address, the copy counts "
	    "user=%.*s error=\"%s\"", SLICE_ARG(aor), err_text(err));
}

static void answered(struct lcs_job *job, int err)
{
	struct question *q = (struct question *)job;
	struct dirsync *d = q->d;
	bool found = is_user(d, q->aor);

	if (found)
		atomic_fetch_add(&d->lookups_found, 1);
	if (found || err == -EAGAIN)
		rate_forget(d->missing, q->key);
	if (err && !(found && err == -EAGAIN))
		note_failure(d, q->aor, err);
	lcs_resume(q->ctx, value_bool(found));
}

static void drop_setup(void *setup)
{
	struct dirsync_setup *s = setup;

	setup_free(&s);
}

static bool ask(struct lcs_call *call, struct slice aor, struct slice key)
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
	    .ctx = call->ctx, .aor = aor, .key = key };
	return lcs_job_submit(call, DIRSYNC_POOL, &q->job, conf->timeout + 1000) == 0;
}

/* In the arena. */
static struct slice key_of(struct arena *arena, struct slice aor)
{
	char *text = arena_bytes(arena, aor.len);

	for (size_t i = 0; text && i < aor.len; i++)
		text[i] = ascii_lower(aor.p[i]);
	return text ? slice_of(text, aor.len) : SLICE_NULL;
}

/* One question for each address at a time, also while it is under way, and so many for all: who
 * thinks of names keeps the directory busy no more than that. */
static bool is_to_be_asked(struct dirsync *d, struct slice key, msec_t again)
{
	msec_t now = clock_mono();

	return atomic_load(&d->is_well) && now >= atomic_load(&d->lookups_until) &&
	    !rate_look(d->missing, key, now, again) &&
	    rate_try(d->missing, SLICE("all"), now, 1000, PER_SECOND) &&
	    rate_try(d->missing, key, now, again, 1);
}

static enum fn_status look_up(struct lcs_call *call, struct slice aor)
{
	struct dirsync *d = call->shared;
	const struct dirsync_conf *conf = call->conf;

	struct slice key = key_of(lcs_arena(call->ctx), aor), rest;
	const char *why;

	if (!key.p || entry_aor(aor, &rest, &why) != 0 ||
	    !is_to_be_asked(d, key, conf->lookup_again)) {
		atomic_fetch_add(&d->lookups_spared, 1);
		return FN_DONE;
	}
	if (!ask(call, aor, key)) {
		rate_forget(d->missing, key);
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
