/*
 * modules/rls/follow.c - lists follow what is heard: of resources, of contacts, of new names.
 */
#include "modules/rls/rls.h"

#include <errno.h>

/* ---- somebody's contacts as a list ---- */

struct following {
	struct rls_change   change;
	struct xcap_service service;
	uint64_t            groups;	/* numbers of those called like the service's */
	int                 err;
};

static void add_uri(struct following *f, struct slice uri)
{
	if (!f->err)
		f->err = uri.p ? rls_change_add(&f->change, uri) : -ENOMEM;
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

	if (f->change.list->is_service ? !(members & f->groups) : !c->subscribed)
		return;
	add_uri(f, slice_find(c->uri, ':') < c->uri.len ? c->uri :
	    arena_printf(f->change.arena, "sip:%.*s", SLICE_ARG(c->uri)));
}

static void add_contacts(struct following *f)
{
	const struct rls *r = f->change.list->r;
	const struct roaming_list *list = r->contacts ?
	    r->contacts->find(r->contacts_state, f->change.list->owner) : NULL;

	if (f->service.is_group && slice_eq(f->service.group, SLICE("~")))
		f->groups = CONTACTS_UNGROUPED;
	if (list)
		r->contacts->each(list, note_group, add_contact, f);
}

static void add_all(struct following *f)
{
	struct rls_list *l = f->change.list;

	if (l->is_service)
		f->err = l->r->xcap->find_service(l->r->xcap_state, f->change.arena, l->uri, &f->service);
	if (f->err == -ENOENT)
		f->err = 0;		/* it is no more: nobody is in it */
	else if (!l->is_service || f->service.is_group)
		add_contacts(f);
	for (unsigned i = 0; i < f->service.count; i++)
		add_uri(f, f->service.uris[i]);
}

static int take_contacts(struct rls_list *l)
{
	struct following f = { .err = 0 };
	int err = rls_change_begin(&f.change, l, false);

	if (err)
		return err;
	add_all(&f);
	l->is_cut |= rls_change_end(&f.change, f.err == 0);
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
	rls_list_tell(l);
}

int rls_list_follow(struct rls_list *l)
{
	const struct presence_watch_args args = { .aor = l->watcher, .watcher = l->watcher,
	    .package = SLICE("vnd-microsoft-roaming-contacts") };
	int err;

	l->owner = l->watcher;
	err = take_contacts(l);
	if (!err && !l->contacts && l->r->contacts)
		err = l->r->presence->watch(l->r->presence_state, &args, contacts_changed, l, &l->contacts);
	return err;
}

/* ---- what is heard of a resource ---- */

/* The new one has the old one's place, however many there may be by now. */
static int replace_entry(struct rls_entry *e, struct slice to)
{
	struct rls_list *l = e->list;
	struct rls_change c;
	struct slice uri;
	int err = rls_change_begin(&c, l, true);

	if (err)
		return err;
	uri = arena_printf(c.arena, "sip:%.*s", SLICE_ARG(to));
	err = uri.p ? rls_change_replace(&c, e, uri) : -ENOMEM;
	rls_change_end(&c, !err);
	if (err)
		return err;
	l->is_cut |= !l->is_lcs;
	l->r->presence->keep_list(l->sub);
	return 0;
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
	rls_list_tell(l);
}

void rls_heard(void *arg, const struct presence_notice *n)
{
	struct rls_entry *e = arg;

	if (n->moved_to.len) {
		follow_name(e, n->moved_to);
		return;
	}
	rls_entry_update(e, n);
	rls_list_tell(e->list);
}
