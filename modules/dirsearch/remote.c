/*
 * modules/dirsearch/remote.c - people who are in a directory server (LDAP): asked in a pool of
 * threads, never on a worker.
 */
#include "modules/dirsearch/directory.h"
#include "modules/dirsearch/dirsearch.h"

#include <errno.h>
#include <stdlib.h>

struct remote {				/* one search under way; all of it lives in query.arena */
	struct job              job;	/* first */
	struct directory_query  query;
	struct search           search;
	struct dirsearch       *d;
	struct service_request *req;
	struct rule            *rules;
	unsigned                rule_count;
	struct slice            asker;
};

/* ---- in the pool ---- */

static bool is_allowed(void *arg, const struct person_view *p)
{
	const struct remote *r = arg;

	return rules_allow(r->rules, r->rule_count, p->field[PERSON_OU], r->asker);
}

static void run(struct job *job)
{
	struct remote *r = (struct remote *)job;

	job->err = directory_search(&r->query);
}

/* ---- back on the worker ---- */

static const struct verdict {
	int         err;
	uint16_t    status;
	const char *reason, *log;	/* log: what the operator can do; NULL: nothing */
	size_t      counter;
} verdicts[] = {
#define COUNTER(name) offsetof(struct dirsearch_local, name)
	{ -EHOSTUNREACH, 503, "The directory cannot be reached", "is it running, with a "
	  "certificate that ldap_ca vouches for, and ldap_uri right?",
	  COUNTER(ldap_down) },
	{ -EACCES, 503, "The directory refuses this server", "are ldap_bind_dn and ldap_password right?",
	  COUNTER(ldap_refused) },
	{ -ETIME, 504, "The directory did not answer in time", "is it overloaded, or a filter not indexed?",
	  COUNTER(ldap_late) },
	{ -ETIMEDOUT, 504, "The directory did not answer in time", NULL, COUNTER(ldap_late) },
	{ -ENOENT, 403, "The directory does not know who asks", NULL, COUNTER(forbidden) },
	{ -EAGAIN, 503, "Too many searches", NULL, COUNTER(ldap_busy) },
	{ 0, 503, "The directory cannot be searched", "is ldap_base right?", COUNTER(ldap_refused) },
#undef COUNTER
};

static const struct verdict *verdict_of(int err)
{
	const struct verdict *v = verdicts;

	while (v->err && v->err != err)
		v++;
	return v;
}

/* Once a minute: a directory that is down is asked all the time. */
static void complain(struct dirsearch *d, const struct verdict *v, const struct directory_query *q)
{
	if (v->log && rate_try(d->rate, SLICE("\nlog"), loop_now(worker_loop()), 60000, 1))
		log_error("dirsearch", "the directory cannot be searched: %s uri=%s why=\"%s\"", v->log,
		    q->uri, q->why);
}

static void refuse(struct dirsearch *d, struct service_request *req, const struct verdict *v)
{
	char *stats = lcs_local(d->mod);

	lcs_count((uint64_t *)(void *)(stats + v->counter));
	dirsearch_refuse(d, req, v->status, v->reason);
}

static void freed(struct job *job)
{
	struct arena *arena = ((struct remote *)job)->query.arena;

	arena_free(&arena);
}

static void done(struct job *job, int err)
{
	struct remote *r = (struct remote *)job;

	if (err)
		refuse(r->d, r->req, verdict_of(err));
	else
		dirsearch_answer(r->d, r->req, &r->query.found);
	/* After the deadline the pool may still write to it: freed() comes later. */
	if (err == -ETIMEDOUT)
		return;
	if (err)
		complain(r->d, verdict_of(err), &r->query);
	freed(job);
}

/* ---- asking ---- */

/* NULL for an empty one, which is no error. */
static bool copy_text(struct arena *arena, struct slice text, const char **out)
{
	*out = text.len ? arena_dup_cstr(arena, text) : NULL;
	return *out || !text.len;
}

static bool copy_place(struct remote *r, const struct dirsearch_conf *c)
{
	struct directory_query *q = &r->query;
	struct slice secret = c->ldap_password.len ? arena_printf(q->arena, "%.*s%c",
	    SLICE_ARG(c->ldap_password), 0) : SLICE_NULL;

	q->servers = &r->d->servers;
	q->place.password = secret.p;
	q->place.tls = slice_eq(c->ldap_tls, SLICE("required"));
	q->timeout = c->ldap_timeout;
	q->extra = arena_dup(q->arena, c->ldap_filter);
	if (slice_eq(c->ldap_rights, SLICE("asker")))
		q->as_user = r->asker;
	return (secret.p || !c->ldap_password.len) && copy_text(q->arena, c->ldap_base, &q->base) &&
	    copy_text(q->arena, c->ldap_bind_dn, &q->place.bind_dn) &&
	    copy_text(q->arena, c->ldap_ca, &q->place.ca_file);
}

static bool copy_search(struct remote *r, const struct search *s)
{
	r->search = *s;
	r->query.search = &r->search;
	for (unsigned i = 0; i < s->count; i++) {
		r->search.terms[i].prefix = arena_dup(r->query.arena, s->terms[i].prefix);
		if (!r->search.terms[i].prefix.p)
			return false;
	}
	return true;
}

/* The rules of this moment: others may be made while the directory is asked. */
static bool copy_rules(struct remote *r)
{
	const struct rules *rules = atomic_load(&r->d->rules);
	struct arena *arena = r->query.arena;

	if (!rules || !rules->count)
		return true;
	r->rules = arena_alloc(arena, rules->count * sizeof(*r->rules));
	for (unsigned i = 0; r->rules && i < rules->count; i++)
		r->rules[r->rule_count++] = (struct rule){ arena_dup(arena, rules->rule[i].ou),
		    arena_dup(arena, rules->rule[i].who), rules->rule[i].allowed };
	r->query.takes = is_allowed;
	r->query.arg = r;
	return r->rules;
}

static struct remote *remote_new(struct dirsearch *d, struct service_request *req,
    const struct service_asked *asked, const struct search *s)
{
	const struct dirsearch_conf *conf = lcs_conf(d->mod, gen_peek());
	struct arena *arena = arena_new(0);
	struct remote *r = arena ? arena_zalloc(arena, sizeof(*r)) : NULL;

	if (r) {
		r->job = (struct job){ .run = run, .done = done, .freed = freed };
		r->query.arena = arena;
		r->d = d;
		r->req = req;
		r->asker = arena_dup(arena, asked->asker);
	}
	if (r && r->asker.p && copy_place(r, conf) && copy_search(r, s) && copy_rules(r) &&
	    dirsearch_room(conf, arena, s, &r->query.found))
		return r;
	arena_free(&arena);
	return NULL;
}

void remote_run(struct dirsearch *d, struct service_request *req, const struct service_asked *asked,
    const struct search *s)
{
	const struct dirsearch_conf *conf = lcs_conf(d->mod, gen_peek());
	struct remote *r = remote_new(d, req, asked, s);

	if (!r) {
		d->service->refuse(req, 500, "");
		return;
	}
	/* A test of a configuration finds no directory, whatever there is. */
	if (workers_are_real() && job_submit(DIRSEARCH_POOL, &r->job, conf->ldap_timeout) == 0)
		return;
	refuse(d, req, verdict_of(-EAGAIN));
	freed(&r->job);
}

/* ---- parameters ---- */

int remote_check(const struct dirsearch_conf *c, struct diag *diag)
{
	const char *defect;

	if (!slice_eq(c->people, SLICE("ldap")))
		return 0;
	defect = ldap_servers_defect(c->ldap_uri);
	if (defect)
		return diag_error(diag, "ldap_uri", "%s", defect);
	if (!c->ldap_base.len)
		return diag_error(diag, "ldap_base", "must be set: where the people are");
	/* A bind with a name and no password is anonymous, and looks as if it had worked. */
	if ((c->ldap_bind_dn.len > 0) != (c->ldap_password.len > 0))
		return diag_error(diag, "ldap_password", "goes together with ldap_bind_dn");
	if (c->ldap_filter.len && (c->ldap_filter.p[0] != '(' ||
	    c->ldap_filter.p[c->ldap_filter.len - 1] != ')'))
		return diag_error(diag, "ldap_filter", "must stand in parentheses");
	if (!directory_is_built())
		return diag_error(diag, "people", "ldap was left out of this build (libldap)");
	return 0;
}
