/*
 * modules/dirsearch/ask.c - directorySearch in a SERVICE to the domain.
 *
 * The asker has proved who he is, and finds whom the rules let him find, so many at a time and
 * so often in a minute: nobody takes the directory home.
 */
#include "modules/dirsearch/dirsearch.h"

#include <stdlib.h>

#define MINUTE_MS 60000

struct finding {
	const struct search *search;
	const struct rules  *rules;
	struct slice         asker;
	struct found         found;
};

static void look(const struct rtab_node *node, void *arg)
{
	struct finding *f = arg;
	struct person_view p;

	person_view((const struct person *)(const void *)node, &p);
	if (search_matches(f->search, &p) && (!f->rules || rules_allow(f->rules->rule,
	    f->rules->count, p.field[PERSON_OU], f->asker)))
		found_keep(&f->found, &p);
}

static void answer_from_store(struct dirsearch *d, struct service_request *req,
    const struct service_asked *asked, const struct search *s)
{
	const struct dirsearch_conf *conf = lcs_conf(d->mod, gen_peek());
	struct finding f = { .search = s, .rules = atomic_load(&d->rules), .asker = asked->asker };

	if (!dirsearch_room(conf, asked->arena, s, &f.found)) {
		d->service->refuse(req, 500, "");
		return;
	}
	rtab_each(d->people, look, &f);
	dirsearch_answer(d, req, &f.found);
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
		lcs_count(&stats->too_often);
		dirsearch_refuse(d, req, 503, "Too many searches");
	} else if (search_read(asked->arena, asked->operation, asked->body, &s, &why) != 0) {
		lcs_count(&stats->bad);
		d->service->refuse(req, 400, why);
	} else if (slice_eq(conf->people, SLICE("ldap"))) {
		remote_run(d, req, asked, &s);
	} else {
		answer_from_store(d, req, asked, &s);
	}
}
