/*
 * modules/rls/list.c - one list: its life, and changes of who is in it.
 */
#include "modules/rls/rls.h"

#include "parser/mime.h"

#include <errno.h>
#include <stdlib.h>

/* ---- telling the client ---- */

/* One notice about all is better than many about few: the first waits for what other workers
 * say, which takes as long as a message between them. */
#define PATIENCE_MS 1000

void rls_list_tell(struct rls_list *l)
{
	if (l->unknown && !l->is_late)
		return;
	timer_stop(&l->patience);
	l->r->presence->notify(l->sub);
}

static void be_late(struct timer *t)
{
	struct rls_list *l = container_of(t, struct rls_list, patience);

	l->is_late = true;
	rls_list_tell(l);
}

static void wait_for_all(struct rls_list *l)
{
	l->is_late = false;
	if (l->unknown)
		timer_start(&l->patience, PATIENCE_MS);
}

/* ---- life ---- */

static struct slice choose_format(const struct presence_package *pk, struct slice accept)
{
	int best = 0;
	struct slice chosen = pk->formats[0].content_type;

	for (const struct presence_format *f = pk->formats; f->content_type.len; f++) {
		struct mime_type type;
		int q = mime_type_parse(f->content_type, &type, NULL) == 0 ?
		    mime_accept(accept, &type) : 0;

		if (q <= best)
			continue;
		best = q;
		chosen = f->content_type;
	}
	return chosen;
}

struct rls_list *rls_list_new(struct rls *r, struct presence_sub *sub,
    const struct presence_request *req, bool is_lcs)
{
	const struct presence_package *pk = r->presence->package(r->presence_state, req->event);
	struct rls_list *l = pk ? calloc(1, sizeof(*l) + req->watcher.len + req->aor.len + 1) : NULL;
	char *at = (char *)(l + 1);

	if (!l)
		return NULL;
	l->r = r;
	l->sub = sub;
	l->package = pk;
	l->is_lcs = l->is_plain = is_lcs;
	l->watcher = slice_put(&at, req->watcher);
	l->uri = slice_put(&at, req->aor);
	l->format = choose_format(pk, req->accept);
	list_init(&l->entries);
	timer_init(&l->patience, be_late);
	/* What was sent before a restart is not known; no second holds more than 64 notices for
	 * long, so this number is ahead of it. */
	if (req->is_restored)
		l->version = 64 * (uint32_t)(loop_wall(worker_loop()) + 1 -
		    r->presence->sub_info(sub)->begun);
	l->version += is_lcs;
	lcs_count(&rls_local(r)->lists);
	return l;
}

void rls_list_free(struct rls_list *l)
{
	timer_stop(&l->patience);
	while (!list_is_empty(&l->entries))
		rls_entry_free(container_of(l->entries.next, struct rls_entry, node));
	if (l->contacts)
		l->r->presence->unwatch(l->r->presence_state, &l->contacts);
	free(l);
}

/* ---- changes ---- */

/* Empty: no user of SIP. */
static struct slice aor_of(struct arena *arena, struct slice uri)
{
	struct sip_uri parsed;
	struct slice aor;

	if (sip_uri_parse(uri, &parsed, NULL) != 0 || !parsed.user.len ||
	    (parsed.scheme != URI_SIP && parsed.scheme != URI_SIPS))
		return SLICE("");
	aor = sip_uri_aor(arena, &parsed);
	return aor.p ? aor : SLICE("");
}

static void want_all(struct rls_list *l, bool yes)
{
	list_for_each(it, &l->entries)
		container_of(it, struct rls_entry, node)->is_wanted = yes;
}

int rls_change_begin(struct rls_change *c, struct rls_list *l, bool all_stay)
{
	*c = (struct rls_change){ l, arena_new(0) };
	if (!c->arena)
		return -ENOMEM;
	want_all(l, all_stay);
	return 0;
}

static int add_entry(struct rls_list *l, struct slice uri, struct slice aor)
{
	struct rls_entry *e = rls_entry_new(l, uri, aor);

	if (!e)
		return -ENOMEM;
	lcs_count(&rls_local(l->r)->resources);
	e->is_wanted = e->is_new = true;
	return rls_entry_watch(e);
}

static int want_entry(struct rls_entry *e)
{
	e->is_wanted = true;
	return rls_entry_watch_again(e);
}

/* Too many are counted with those that go in the same step: their place is not free yet. */
int rls_change_add(struct rls_change *c, struct slice uri)
{
	struct slice aor = aor_of(c->arena, uri);
	struct rls_entry *e = rls_entry_find(c->list, uri, aor);

	if (e)
		return want_entry(e);
	if (c->list->count >= (unsigned)rls_conf(c->list->r)->max_resources)
		return -E2BIG;
	return add_entry(c->list, uri, aor);
}

int rls_change_replace(struct rls_change *c, struct rls_entry *old, struct slice uri)
{
	struct slice aor = aor_of(c->arena, uri);
	struct rls_entry *e = rls_entry_find(c->list, uri, aor);
	int err = e ? want_entry(e) : add_entry(c->list, uri, aor);

	if (!err)
		rls_entry_free(old);
	return err;
}

/* If it failed, those that came go again; else those that were not named, which is then true. */
bool rls_change_end(struct rls_change *c, bool ok)
{
	bool is_cut = false;

	list_for_each_safe(it, &c->list->entries) {
		struct rls_entry *e = container_of(it, struct rls_entry, node);

		if (ok ? e->is_wanted : !e->is_new) {
			e->is_new = false;
			continue;
		}
		is_cut |= ok;
		rls_entry_free(e);
	}
	wait_for_all(c->list);
	arena_free(&c->arena);
	return is_cut;
}

/* ---- what a client gives ---- */

static int take_step(void *arg, enum rls_step step, struct slice uri)
{
	struct rls_change *c = arg;
	struct rls_entry *e;

	if (!uri.p && step == RLS_CREATE)
		want_all(c->list, false);
	if (!uri.p)
		return 0;
	if (step != RLS_DELETE)
		return rls_change_add(c, uri);
	e = rls_entry_find(c->list, uri, aor_of(c->arena, uri));
	if (e)
		e->is_wanted = false;
	return 0;
}

int rls_list_apply(struct rls_list *l, struct slice content_type, struct slice body)
{
	struct rls_change c;
	int err = rls_change_begin(&c, l, true);

	if (err)
		return err;
	err = rls_read(c.arena, content_type, body, take_step, &c);
	if (err)
		lcs_count(&rls_local(l->r)->refused);
	rls_change_end(&c, !err);
	return err;
}

int rls_list_renew(struct rls_list *l)
{
	int err = 0;

	list_for_each(it, &l->entries) {
		struct rls_entry *e = container_of(it, struct rls_entry, node);

		if (!err)
			err = rls_entry_watch_again(e);
	}
	wait_for_all(l);
	return err;
}
