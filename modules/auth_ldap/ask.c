/*
 * modules/auth_ldap/ask.c - a question on its way through the pool, and what is counted of it.
 */
#include "modules/auth_ldap/auth_ldap.h"
#include "modules/auth_ldap/bind.h"

#include <errno.h>

struct question {			/* all of it lives in the arena */
	struct job         job;		/* first */
	struct arena      *arena;
	struct auth_ldap  *l;
	auth_ldap_done_fn *done;
	void              *arg;
	struct bind_query  query;
};

static void run(struct job *job)
{
	job->err = bind_check(&((struct question *)job)->query);
}

static void freed(struct job *job)
{
	struct arena *arena = ((struct question *)job)->arena;

	arena_free(&arena);
}

static const struct ruling {
	int                    err;
	size_t                 counter;
	enum auth_ldap_verdict verdict;
	const char            *log;	/* what the operator can do; NULL: nothing */
} rulings[] = {
#define COUNTER(name) offsetof(struct auth_ldap_local, name)
	{ -EACCES, COUNTER(wrong), AUTH_LDAP_WRONG, NULL },
	{ -ENOENT, COUNTER(unknown), AUTH_LDAP_WRONG, NULL },
	{ -ENOTUNIQ, COUNTER(unknown), AUTH_LDAP_WRONG, "several entries have one address" },
	{ -EPERM, COUNTER(refused), AUTH_LDAP_UNAVAILABLE, "are bind_dn and password right?" },
	{ -EHOSTUNREACH, COUNTER(down), AUTH_LDAP_UNAVAILABLE, "is it running, with a certificate "
	  "that ca vouches for, and uri right?" },
	{ -ETIME, COUNTER(late), AUTH_LDAP_UNAVAILABLE, "is it overloaded, or address not indexed?" },
	{ -ETIMEDOUT, COUNTER(late), AUTH_LDAP_UNAVAILABLE, NULL },
	{ -ECANCELED, COUNTER(busy), AUTH_LDAP_UNAVAILABLE, NULL },	/* this server ends */
	{ 0, COUNTER(refused), AUTH_LDAP_UNAVAILABLE, "is base right?" },
#undef COUNTER
};

/* Once a minute: a directory that is down is asked all the time. */
static void complain(struct question *q, const char *log)
{
	if (rate_try(q->l->said, slice_str(log), loop_now(worker_loop()), 60000, 1))
		log_error("auth_ldap", "nobody can be judged by the directory: %s uri=%s user=%s why=\"%s\"",
		    log, q->query.uri, q->query.aor, q->query.why);
}

static enum auth_ldap_verdict conclude(struct question *q, int err)
{
	struct auth_ldap_local *stats = lcs_local(q->l->mod);
	const struct ruling *r = rulings;

	if (!err) {
		lcs_count(&stats->accepted);
		return AUTH_LDAP_OK;
	}
	while (r->err && r->err != err)
		r++;
	lcs_count((uint64_t *)(void *)((char *)stats + r->counter));
	if (r->log)
		complain(q, r->log);
	return r->verdict;
}

static void done(struct job *job, int err)
{
	struct question *q = (struct question *)job;

	q->done(q->arg, conclude(q, err));
	/* After the deadline the pool may still write to it: freed() comes later. */
	if (err != -ETIMEDOUT)
		freed(job);
}

/* NULL for an empty one, which is no error. */
static bool copy_text(struct arena *arena, struct slice text, const char **out)
{
	*out = text.len ? arena_dup_cstr(arena, text) : NULL;
	return *out || !text.len;
}

static bool copy_secrets(struct question *q, const struct auth_ldap_conf *c, struct slice password)
{
	struct slice ours = arena_printf(q->arena, "%.*s%c", SLICE_ARG(c->password), 0);
	struct slice secret = ours.p ? arena_dup_secret(q->arena, ours) : SLICE_NULL;

	if (ours.p)
		explicit_bzero((char *)(uintptr_t)ours.p, ours.len);
	q->query.place.password = c->password.len ? secret.p : NULL;
	q->query.password = arena_dup_secret(q->arena, password);
	return secret.p && (q->query.password.p || !password.len);
}

static bool copy(struct question *q, const struct auth_ldap_conf *c, struct slice aor)
{
	struct bind_query *b = &q->query;

	b->servers = &q->l->servers;
	b->place.tls = true;
	b->timeout = c->timeout;
	return copy_text(q->arena, c->base, &b->base) && copy_text(q->arena, c->address, &b->address) &&
	    copy_text(q->arena, c->filter, &b->filter) && copy_text(q->arena, aor, &b->aor) &&
	    copy_text(q->arena, c->bind_dn, &b->place.bind_dn) &&
	    copy_text(q->arena, c->ca, &b->place.ca_file) && b->aor;
}

int auth_ldap_check(struct auth_ldap *l, struct slice aor, struct slice password,
    auth_ldap_done_fn *fn, void *arg)
{
	const struct auth_ldap_conf *conf = lcs_conf(l->mod, gen_peek());
	struct auth_ldap_local *stats = lcs_local(l->mod);
	struct arena *arena = arena_new(0);
	struct question *q = arena ? arena_zalloc(arena, sizeof(*q)) : NULL;
	int err = q ? 0 : -ENOMEM;

	if (q) {
		q->job = (struct job){ .run = run, .done = done, .freed = freed };
		q->arena = arena;
		q->l = l;
		q->done = fn;
		q->arg = arg;
		if (!copy(q, conf, aor) || !copy_secrets(q, conf, password))
			err = -ENOMEM;
	}
	/* A test of a configuration finds no directory, whatever there is. */
	if (!err)
		err = !workers_are_real() ? -EAGAIN : job_submit(AUTH_LDAP_POOL, &q->job,
		    conf->timeout + 1000);
	if (err)
		arena_free(&arena);
	if (err == -EAGAIN)
		lcs_count(&stats->busy);
	return err;
}
