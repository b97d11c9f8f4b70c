/*
 * modules/dirsearch/ask.c - directorySearch in a SERVICE to the domain.
 *
 * The asker has proved who he is, and finds whom the rules let him find, so many at a time and
 * so often in a minute: nobody takes the directory home.
 */
#include "modules/dirsearch/dirsearch.h"

#include <errno.h>
#include <stdlib.h>

#define MINUTE_MS 60000

struct finding {
	const struct search        *search;
	const struct rules         *rules;
	struct slice                asker;
	struct person_view         *people;	/* the first ones by name, sorted */
	unsigned                    count, limit;
	bool                        more;
};

static struct slice sort_key(const struct person_view *p)
{
	return p->field[PERSON_DISPLAY].len ? p->field[PERSON_DISPLAY] : p->field[PERSON_AOR];
}

static int order(const struct person_view *a, const struct person_view *b)
{
	int c = slice_cmp(sort_key(a), sort_key(b));

	return c ? c : slice_cmp(a->field[PERSON_AOR], b->field[PERSON_AOR]);
}

/* Keeps the first of them by name, so that the answer does not depend on the table. */
static void keep(struct finding *f, const struct person_view *p)
{
	unsigned at = f->count;

	if (f->count == f->limit) {
		f->more = true;
		if (order(p, &f->people[f->count - 1]) >= 0)
			return;
		at--;
	} else {
		f->count++;
	}
	for (; at > 0 && order(p, &f->people[at - 1]) < 0; at--)
		f->people[at] = f->people[at - 1];
	f->people[at] = *p;
}

static void look(const struct rtab_node *node, void *arg)
{
	struct finding *f = arg;
	struct person_view p;

	person_view((const struct person *)(const void *)node, &p);
	if (search_matches(f->search, &p) && (!f->rules || rules_allow(f->rules->rule,
	    f->rules->count, p.field[PERSON_OU], f->asker)))
		keep(f, &p);
}

static void answer(struct dirsearch *d, struct service_request *req,
    const struct service_asked *asked, const struct search *s)
{
	const struct dirsearch_conf *conf = lcs_conf(d->mod, gen_peek());
	struct dirsearch_local *stats = lcs_local(d->mod);
	struct finding f = { .search = s, .rules = atomic_load(&d->rules), .asker = asked->asker,
	    .limit = (unsigned)conf->max_results };
	struct buf *b = buf_new(1024);

	if (s->wanted && s->wanted < f.limit)
		f.limit = s->wanted;
	f.people = arena_alloc(asked->arena, f.limit * sizeof(*f.people));
	if (b && f.people) {
		rtab_each(d->people, look, &f);
		search_put(b, f.people, f.count, f.more);
		lcs_count(&stats->searches);
		stats->found += f.count;
		if (f.more)
			lcs_count(&stats->too_many);
	}
	if (b && f.people && !b->failed)
		d->service->answer_soap(req, buf_slice(b));
	else
		d->service->refuse(req, 500, "");
	buf_unref(&b);
}

static bool is_ours(struct slice asker)
{
	return lcs_is_own_host(gen_peek(), slice_skip(asker, slice_find(asker, '@') + 1), 0);
}

static bool may_ask(struct dirsearch *d, const struct service_asked *asked)
{
	const struct dirsearch_conf *conf = lcs_conf(d->mod, gen_peek());

	return asked->asker.len && (conf->foreigners || is_ours(asked->asker));
}

void dirsearch_run(struct service_request *req, const struct service_asked *asked, void *arg)
{
	struct dirsearch *d = arg;
	const struct dirsearch_conf *conf = lcs_conf(d->mod, gen_peek());
	struct dirsearch_local *stats = lcs_local(d->mod);
	const char *why;
	struct search s;

	if (!may_ask(d, asked)) {
		lcs_count(&stats->forbidden);
		d->service->refuse(req, 403, "The directory is for users of this server");
	} else if (!rate_try(d->rate, asked->asker, loop_now(worker_loop()), MINUTE_MS,
	    (uint32_t)conf->max_per_minute)) {
		const struct service_response busy = { .status = 503,
		    .reason = SLICE("Too many searches"), .extra_lines = SLICE("Retry-After: 30\r\n") };

		lcs_count(&stats->too_often);
		d->service->answer(req, &busy);
	} else if (search_read(asked->arena, asked->operation, asked->body, &s, &why) != 0) {
		lcs_count(&stats->bad);
		d->service->refuse(req, 400, why);
	} else {
		answer(d, req, asked, &s);
	}
}
