/*
 * modules/rls/list.c - the resources of one list, and the watches on them.
 */
#include "modules/rls/rls.h"

#include "parser/mime.h"

#include <errno.h>
#include <stdlib.h>

/* ---- what is heard of a resource ---- */

/* One notice about all is better than many about few: the first waits for what other workers
 * say, which takes as long as a message between them. */
#define PATIENCE_MS 1000

static void tell(struct rls_list *l)
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
	tell(l);
}

static void wait_for_all(struct rls_list *l)
{
	l->is_late = false;
	if (l->unknown)
		timer_start(&l->patience, PATIENCE_MS);
}

static void set_state(struct rls_entry *e, enum rls_state state, const char *reason)
{
	if (e->state == RLS_UNKNOWN)
		e->list->unknown--;
	e->state = state;
	e->reason = reason;
	e->is_changed = true;
}

/* An LCS client knows no resource without a document: who is not there is offline. */
static struct presence_body *body_for(const struct rls_entry *e, const struct presence_notice *n)
{
	const struct rls *r = e->list->r;
	struct presence_body *b = NULL;

	if (n->body && n->state != PRESENCE_SUB_TERMINATED)
		return presence_body_ref(n->body);
	if (e->list->is_lcs)
		r->documents->offline(r->px, e->aor.len ? e->aor : e->uri, e->list->format, &b);
	return b;
}

static void follow_name(struct rls_entry *e, struct slice to);

static void on_notice(void *arg, const struct presence_notice *n)
{
	static const enum rls_state states[] = { [PRESENCE_SUB_PENDING] = RLS_PENDING,
	    [PRESENCE_SUB_ACTIVE] = RLS_ACTIVE, [PRESENCE_SUB_TERMINATED] = RLS_TERMINATED };
	struct rls_entry *e = arg;
	struct presence_body *old = e->body;

	if (n->moved_to.len) {
		follow_name(e, n->moved_to);
		return;
	}
	e->body = body_for(e, n);
	presence_body_unref(&old);
	set_state(e, states[n->state], n->reason ? n->reason : "");
	tell(e->list);
}

/* ---- entries ---- */

static void stop_watching(struct rls_entry *e)
{
	const struct rls *r = e->list->r;

	if (e->watch)
		r->presence->unwatch(r->p, &e->watch);
	presence_body_unref(&e->body);
}

static void entry_free(struct rls_entry *e)
{
	stop_watching(e);
	if (e->state == RLS_UNKNOWN)
		e->list->unknown--;
	e->list->count--;
	list_remove(&e->node);
	free(e);
}

static struct rls_entry *entry_new(struct rls_list *l, struct slice uri, struct slice aor)
{
	bool is_in_uri = slice_ends(uri, aor);		/* "sip:" and that, as most are */
	struct rls_entry *e = calloc(1, sizeof(*e) + uri.len + (is_in_uri ? 0 : aor.len) + 1);
	char *at = (char *)(e + 1);

	if (!e)
		return NULL;
	e->list = l;
	e->uri = slice_put(&at, uri);
	e->aor = is_in_uri ? slice_skip(e->uri, uri.len - aor.len) : slice_put(&at, aor);
	list_push_back(&l->entries, &e->node);
	l->count++;
	l->unknown++;
	return e;
}

static struct rls_entry *find_entry(struct rls_list *l, struct slice uri, struct slice aor)
{
	for (struct list *n = l->entries.next; n != &l->entries; n = n->next) {
		struct rls_entry *e = container_of(n, struct rls_entry, node);

		if (aor.len ? slice_eq_nocase(e->aor, aor) : slice_eq(e->uri, uri))
			return e;
	}
	return NULL;
}

static void no_such_user(struct rls_entry *e)
{
	const struct presence_notice none = { .state = PRESENCE_SUB_TERMINATED,
	    .right = PRESENCE_ALLOW, .reason = "noresource" };

	e->body = body_for(e, &none);
	set_state(e, RLS_TERMINATED, "noresource");
}

static bool is_ours(const struct rls *r, struct slice aor)
{
	size_t at = slice_find(aor, '@');

	return at < aor.len && lcs_is_own_host(gen_peek(), slice_skip(aor, at + 1), 0) &&
	    (!r->homing || r->homing->elsewhere(r->homes, aor).len == 0);
}

static int watch_entry(struct rls_entry *e)
{
	struct rls_list *l = e->list;
	const struct presence_watch_args args = { .aor = e->aor, .watcher = l->watcher,
	    .package = l->package->name, .content_type = l->format };

	if (!e->aor.len) {
		no_such_user(e);
		return 0;
	}
	if (!is_ours(l->r, e->aor)) {
		set_state(e, RLS_ELSEWHERE, "noresource");
		return 0;
	}
	return l->r->presence->watch(l->r->p, &args, on_notice, e, &e->watch);
}

/* Whom the first try did not find may be there now. */
static int watch_again(struct rls_entry *e)
{
	if (e->state != RLS_TERMINATED)
		return 0;
	stop_watching(e);
	e->state = RLS_UNKNOWN;
	e->list->unknown++;
	return watch_entry(e);
}

/* ---- lists ---- */

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
	const struct presence_package *pk = r->presence->package(r->p, req->event);
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
		entry_free(container_of(l->entries.next, struct rls_entry, node));
	if (l->contacts)
		l->r->presence->unwatch(l->r->p, &l->contacts);
	free(l);
}

/* ---- changes ---- */

struct applying {
	struct rls_list *l;
	struct arena    *arena;
};

/* ".len 0": no user of SIP. */
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

static int add_entry(struct applying *a, struct slice uri, struct slice aor)
{
	struct rls_entry *e = entry_new(a->l, uri, aor);

	if (!e)
		return -ENOMEM;
	lcs_count(&rls_local(a->l->r)->resources);
	e->is_wanted = e->is_new = true;
	return watch_entry(e);
}

static int want(struct applying *a, struct slice uri, struct slice aor)
{
	struct rls_entry *e = find_entry(a->l, uri, aor);

	if (e) {
		e->is_wanted = true;
		return watch_again(e);
	}
	if (a->l->count >= (unsigned)rls_conf(a->l->r)->max_resources)
		return -E2BIG;
	return add_entry(a, uri, aor);
}

static void want_all(struct rls_list *l, bool yes)
{
	for (struct list *n = l->entries.next; n != &l->entries; n = n->next)
		container_of(n, struct rls_entry, node)->is_wanted = yes;
}

static int change(void *arg, enum rls_step step, struct slice uri)
{
	struct applying *a = arg;
	struct slice aor = uri.p ? aor_of(a->arena, uri) : SLICE_NULL;
	struct rls_entry *e;

	if (!uri.p) {
		if (step == RLS_CREATE)
			want_all(a->l, false);
		return 0;
	}
	if (step != RLS_DELETE)
		return want(a, uri, aor);
	e = find_entry(a->l, uri, aor);
	if (e)
		e->is_wanted = false;
	return 0;
}

/* All of a change or nothing: those that came go again, or those that were not named, which is
 * then true. */
static bool settle(struct rls_list *l, bool ok)
{
	struct list *n = l->entries.next;
	bool is_cut = false;

	while (n != &l->entries) {
		struct rls_entry *e = container_of(n, struct rls_entry, node);

		n = n->next;
		if (ok ? e->is_wanted : !e->is_new) {
			e->is_new = false;
			continue;
		}
		is_cut |= ok;
		entry_free(e);
	}
	return is_cut;
}

/* Too many are counted with those that go in the same step: their place is not free yet. */
int rls_list_apply(struct rls_list *l, struct slice content_type, struct slice body)
{
	struct applying a = { l, arena_new(0) };
	int err;

	if (!a.arena)
		return -ENOMEM;
	want_all(l, true);
	err = rls_read(a.arena, content_type, body, change, &a);
	arena_free(&a.arena);
	if (err)
		lcs_count(&rls_local(l->r)->refused);
	settle(l, !err);
	wait_for_all(l);
	return err;
}

/* ---- somebody's contacts as a list ---- */

struct following {
	struct applying     a;
	struct xcap_service service;
	uint64_t            groups;	/* numbers of those called like the service's */
	int                 err;
};

static void add_uri(struct following *f, struct slice uri)
{
	if (!f->err)
		f->err = uri.p ? want(&f->a, uri, aor_of(f->a.arena, uri)) : -ENOMEM;
}

static void note_group(const struct contacts_group *g, void *arg)
{
	struct following *f = arg;

	if (slice_eq(g->name, f->service.group))
		f->groups |= (uint64_t)1 << (g->id - 1);
}

/* All whom she watches; of a service, all of its group. */
static void add_contact(const struct contacts_contact *c, void *arg)
{
	struct following *f = arg;
	uint64_t members = c->members ? c->members : CONTACTS_UNGROUPED;

	if (f->a.l->is_service ? !(members & f->groups) : !c->subscribed)
		return;
	add_uri(f, slice_find(c->uri, ':') < c->uri.len ? c->uri :
	    arena_printf(f->a.arena, "sip:%.*s", SLICE_ARG(c->uri)));
}

static void add_contacts(struct following *f)
{
	const struct rls *r = f->a.l->r;
	const struct roaming_list *list = r->contacts ? r->contacts->find(r->c, f->a.l->owner) : NULL;

	if (f->service.is_group && slice_eq(f->service.group, SLICE("~")))
		f->groups = CONTACTS_UNGROUPED;
	if (list)
		r->contacts->each(list, note_group, add_contact, f);
}

static void add_all(struct following *f)
{
	struct rls_list *l = f->a.l;

	if (l->is_service)
		f->err = l->r->xcap->find_service(l->r->services, f->a.arena, l->uri, &f->service);
	if (f->err == -ENOENT)
		f->err = 0;		/* it is no more: nobody is in it */
	else if (!l->is_service || f->service.is_group)
		add_contacts(f);
	for (unsigned i = 0; i < f->service.count; i++)
		add_uri(f, f->service.uris[i]);
}

static int take_contacts(struct rls_list *l)
{
	struct following f = { .a = { l, arena_new(0) } };

	if (!f.a.arena)
		return -ENOMEM;
	want_all(l, false);
	add_all(&f);
	arena_free(&f.a.arena);
	l->is_cut |= settle(l, f.err == 0);
	wait_for_all(l);
	return f.err;
}

/* His list has another number: the resources follow. */
static void contacts_changed(void *arg, const struct presence_notice *n)
{
	struct rls_list *l = arg;

	if (n->state == PRESENCE_SUB_TERMINATED)
		return;
	if (take_contacts(l) != 0)
		log_warning("rls", "a list does not follow the contacts of its user, who has more than "
		    "max_resources, or memory is short user=%.*s", SLICE_ARG(l->owner));
	tell(l);
}

int rls_list_follow(struct rls_list *l)
{
	const struct presence_watch_args args = { .aor = l->watcher, .watcher = l->watcher,
	    .package = SLICE("vnd-microsoft-roaming-contacts") };
	int err;

	l->owner = l->watcher;
	err = take_contacts(l);
	if (!err && !l->contacts && l->r->contacts)
		err = l->r->presence->watch(l->r->p, &args, contacts_changed, l, &l->contacts);
	return err;
}

/* ---- a resource is renamed ---- */

/* The new one has the old one's place, however many there may be by now. */
static int replace_entry(struct rls_entry *e, struct slice to)
{
	struct applying a = { e->list, arena_new(0) };
	struct slice uri = a.arena ? arena_printf(a.arena, "sip:%.*s", SLICE_ARG(to)) : SLICE_NULL;
	int err = uri.p ? 0 : -ENOMEM;

	want_all(a.l, true);
	if (!err)
		err = find_entry(a.l, uri, to) ? want(&a, uri, to) : add_entry(&a, uri, to);
	if (!err) {
		entry_free(e);
		a.l->is_cut |= !a.l->is_lcs;
	}
	settle(a.l, !err);
	wait_for_all(a.l);
	arena_free(&a.arena);
	if (!err)
		a.l->r->presence->keep_list(a.l->sub);
	return err;
}

/* What a client has given names the new one from now on, in the store, too. Contacts have been
 * changed by others already, services as well. */
static void follow_name(struct rls_entry *e, struct slice to)
{
	struct rls_list *l = e->list;
	int err = l->owner.len ? take_contacts(l) : replace_entry(e, to);

	if (err)
		log_warning("rls", "a list does not follow a user who was renamed user=%.*s "
		    "error=\"%s\"", SLICE_ARG(to), err_text(err));
	tell(l);
}
