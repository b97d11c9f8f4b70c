/*
 * modules/presence/rename.c - a user gets another address: those who watch him keep their
 * subscriptions, which are the new one's from then on.
 *
 * The new name may have another owner. So what a subscription is made of is copied, the old one
 * goes without a word, and one in the same dialog is made where the new name lives. The dialog is in
 * the table all the time: a request in it that finds the old one is sent after the copy. Documents
 * name the new address (RFC 3863 4.1.1: whose presence it is); the dialog stays what it was.
 *
 * The access list goes over first, and nobody must see more of him while the old name has none:
 * from before that on, rights under it are not looked at again.
 */
#include "modules/presence/asking.h"
#include "modules/auth_db/auth_db_api.h"

#include <errno.h>

struct moving {				/* one subscription on its way; lies in its arena */
	struct inbox_item item;
	struct arena     *arena;
	struct dialog_ref *old;		/* where it is found until it has arrived */
	struct asking     a;		/* the request that would have made it as it is */
	int64_t           begun, expires, way_lost;
	uint32_t          local_cseq;
};

struct coming {				/* to the owner of the new name; lies in its arena */
	struct inbox_item     item;	/* that they come */
	struct inbox_item     last;	/* that all have; the former may still be on its way then */
	struct presence      *p;
	struct arena         *arena;
	struct slice          to;
	struct presence_user *user;	/* in his turn, which lasts until all have come */
	bool                  is_complete;
};

struct order {				/* to the owner of the old name; lies in its arena */
	struct inbox_item item;
	struct presence  *p;
	struct arena     *arena;
	struct slice      from, to;
	struct coming    *coming;	/* NULL: none goes over now */
};

/* ---- where the new name lives ---- */

static void take_times(struct presence_sub *sub, const struct moving *m)
{
	sub->info.begun = m->begun;
	sub->info.expires = m->expires;
	sub->dialog->way_lost = m->way_lost;
	sub->dialog->local_cseq = m->local_cseq;
}

/* All workers were asked who watches for whom while he was on his way: he is told here, or he would
 * watch on. */
static void end_locked_out(struct presence_sub *sub)
{
	const struct presence *p = sub->user->p;

	if (sub->dialog->of_user &&
	    p->users->state(p->users_state, sub->info.watcher) != AUTH_DB_ENABLED)
		sub_end(sub, PRESENCE_EVENT_REJECTED);
}

static void arrive(struct inbox_item *item)
{
	struct moving *m = container_of(item, struct moving, item);
	struct arena *arena = m->arena;
	struct presence_user *u = user_find(m->a.p, m->a.req.aor, true);
	struct presence_sub *sub = u ? sub_new(u, &m->a) : NULL;

	if (!sub) {
		dialog_arrive(m->a.p, m->old, NULL);
		lcs_count(&local_of(m->a.p)->no_memory);
	} else {
		take_times(sub, m);
		sub_take_over(sub, m->old);
		lcs_count(&local_of(m->a.p)->renamed);
		sub_rate(sub);
		sub_tell(sub, PRESENCE_EVENT_SUBSCRIBE);
		/* A refresh may have been on its way to the store under the old name. */
		presence_put_sub(sub, NULL, NULL);
		notify_owe(sub, OWED_FULL);
		end_locked_out(sub);
	}
	arena_free(&arena);
}

/* Whoever comes next waits, above all the order that he gets yet another name: those who come later
 * would stay behind. */
static void wait_for_them(struct presence_user *u, void *arg)
{
	struct coming *c = arg;
	struct arena *arena = c->arena;

	c->user = u;
	if (!c->is_complete)
		return;
	user_end_turn(u);
	arena_free(&arena);
}

static void expect(struct inbox_item *item)
{
	struct coming *c = container_of(item, struct coming, item);
	struct presence_user *u = user_find(c->p, c->to, true);

	if (!u || user_take_turn(u, wait_for_them, c) != 0) {
		lcs_count(&local_of(c->p)->no_memory);
		c->to = SLICE_NULL;	/* nobody waits */
	}
}

static void have_come(struct inbox_item *item)
{
	struct coming *c = container_of(item, struct coming, last);
	struct arena *arena = c->arena;

	c->is_complete = true;
	if (c->user)
		user_end_turn(c->user);
	if (c->user || !c->to.p)
		arena_free(&arena);
}

/* ---- where the old one lived ---- */

static void copy_texts(struct arena *arena, const struct presence_sub *sub, struct asking *a)
{
	const struct sub_dialog *d = sub->dialog;
	const struct sub_client *c = d->client;
	const struct { struct slice *to, from; } texts[] = {
		{ &a->t.event, sub_event(sub) }, { &a->t.call_id, d->call_id },
		{ &a->t.remote_tag, d->remote_tag }, { &a->t.from, d->from }, { &a->t.to, d->to },
		{ &a->t.target, c->target }, { &a->t.route_set, c->route_set },
		{ &a->t.contact, c->contact }, { &a->t.instance, c->instance },
		{ &a->req.watcher, c->watcher }, { &a->req.watcher_name, c->watcher_name },
		{ &a->req.epid, c->epid }, { &a->req.event_id, sub->info.event_id },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		*texts[i].to = arena_dup(arena, texts[i].from);
	memcpy(a->tag, sub->tag, TAG_CHARS);
}

static void copy_terms(const struct presence_sub *sub, struct asking *a)
{
	const struct sub_dialog *d = sub->dialog;

	a->pkg = sub->pkg;
	a->format = sub->format;
	a->req.event = sub->pkg->pk->name;
	a->req.is_restored = true;
	a->hop = d->client->hop;
	a->has_hop = d->client->has_hop;
	a->cseq = d->remote_cseq;
	a->expires = d->lifetime;
	a->min_gap = d->min_gap;
	a->max_gap = d->max_gap;
	a->pace_gap = pace_gap(d->pace);
	a->autoextend = d->autoextend;
	a->was_user = d->of_user;
	a->benotify = sub->info.flags & PRESENCE_SUB_BENOTIFY;
}

static struct moving *copy_sub(struct presence_sub *sub, struct slice to)
{
	struct arena *arena = arena_new(0);
	struct moving *m = arena ? arena_zalloc(arena, sizeof(*m)) : NULL;

	if (!m) {
		arena_free(&arena);
		return NULL;
	}
	*m = (struct moving){ .item.run = arrive, .arena = arena, .old = &sub->dialog->ref,
	    .begun = sub->info.begun, .expires = sub->info.expires,
	    .way_lost = sub->dialog->way_lost, .local_cseq = sub->dialog->local_cseq };
	m->a.p = sub->user->p;
	m->a.req.aor = arena_dup(arena, to);
	copy_texts(arena, sub, &m->a);
	copy_terms(sub, &m->a);
	return m;
}

/* Lists and what he watches of himself have ended with his signing out, or will. */
static bool goes_over(const struct presence_sub *sub)
{
	return !(sub->info.flags & (PRESENCE_SUB_LIST | PRESENCE_SUB_SELF)) &&
	    sub->info.state != PRESENCE_SUB_TERMINATED;
}

/* Who watches for a module has no dialog that could go on: it asks for the new name. */
static void send_word(struct presence_sub *sub, struct slice to)
{
	const struct presence_notice gone = { .state = PRESENCE_SUB_TERMINATED,
	    .right = sub->info.right, .reason = "deactivated", .moved_to = to };

	watch_note(sub->watch, &gone);
}

static void send_over(struct presence_sub *sub, struct slice to)
{
	unsigned worker = worker_of(lcs_user_key(to));
	struct moving *m = copy_sub(sub, to);

	if (!m) {
		lcs_count(&local_of(sub->user->p)->no_memory);
		return;
	}
	sub->info.state = PRESENCE_SUB_TERMINATED;
	sub_tell(sub, PRESENCE_EVENT_DEACTIVATED);
	dialog_depart(sub, worker);
	sub_free(sub);
	worker_post(worker, &m->item, INBOX_MUST);
}

/* The last one has gone: behind all of them. */
static void end_order(struct order *o)
{
	struct arena *arena = o->arena;

	if (o->coming)
		worker_post(worker_of(lcs_user_key(o->to)), &o->coming->last, INBOX_MUST);
	arena_free(&arena);
}

static void send_all_over(struct presence_user *u, void *arg)
{
	struct order *o = arg;

	u->is_leaving = false;
	list_for_each_safe(it, &u->subs) {
		struct presence_sub *sub = container_of(it, struct presence_sub, node);

		if (sub->watch)
			send_word(sub, o->to);
		else if (goes_over(sub))
			send_over(sub, o->to);
	}
	user_end_turn(u);
	end_order(o);
}

static void leave(struct inbox_item *item)
{
	struct order *o = container_of(item, struct order, item);
	struct presence_user *u = user_find(o->p, o->from, false);

	if (u && user_take_turn(u, send_all_over, o) == 0)
		return;
	if (u)
		lcs_count(&local_of(o->p)->no_memory);
	end_order(o);
}

static void set_leaving(struct inbox_item *item, bool is_leaving)
{
	struct order *o = container_of(item, struct order, item);
	struct presence_user *u = user_find(o->p, o->from, false);

	if (u) {
		u->is_leaving = is_leaving;
		notify_rights(u);
	}
	end_order(o);
}

static void get_ready(struct inbox_item *item) { set_leaving(item, true); }
static void stay(struct inbox_item *item) { set_leaving(item, false); }

/* ---- the control thread ---- */

static struct order *order_new(struct presence *p, struct slice from, struct slice to,
    void (*run)(struct inbox_item *item))
{
	struct arena *arena = arena_new(0);
	struct order *o = arena ? arena_zalloc(arena, sizeof(*o)) : NULL;

	if (o)
		*o = (struct order){ .item.run = run, .p = p, .arena = arena,
		    .from = arena_dup(arena, from), .to = arena_dup(arena, to) };
	if (!o || !o->from.p || !o->to.p)
		arena_free(&arena);
	return arena ? o : NULL;
}

static struct coming *coming_new(struct presence *p, struct slice to)
{
	struct arena *arena = arena_new(0);
	struct coming *c = arena ? arena_zalloc(arena, sizeof(*c)) : NULL;

	if (c)
		*c = (struct coming){ .item.run = expect, .last.run = have_come, .p = p, .arena = arena,
		    .to = arena_dup(arena, to) };
	if (!c || !c->to.p)
		arena_free(&arena);
	return arena ? c : NULL;
}

static int tell_owner(struct presence *p, struct slice from, struct slice to,
    void (*run)(struct inbox_item *item))
{
	struct order *o = order_new(p, from, to, run);

	if (!o)
		return -ENOMEM;
	if (run == leave)
		o->coming = coming_new(p, to);
	/* First: what comes from the other owner then is behind it. */
	if (o->coming)
		worker_post(worker_of(lcs_user_key(to)), &o->coming->item, INBOX_MUST);
	worker_post(worker_of(lcs_user_key(from)), &o->item, INBOX_MUST);
	return 0;
}

/* Before access lists of others name the new one: under the old name he might see more. */
static int renamed(void *arg, struct slice from, struct slice to)
{
	presence_lock_out(arg, from);
	return tell_owner(arg, from, to, get_ready);
}

static void moved(void *arg, struct slice from, struct slice to, bool is_done)
{
	int rows = is_done ? presence_rename_rows(from, to) : 0;
	int err = tell_owner(arg, from, to, is_done ? leave : stay);

	if (rows < 0 || err)
		log_error("presence", "who watches a renamed user may have to subscribe anew "
		    "user=%.*s error=\"%s\"", SLICE_ARG(to), err_text(err ? err : rows));
}

static void locked_out(void *arg, struct slice aor, bool deleted)
{
	presence_lock_out(arg, aor);
	if (deleted)
		presence_no_resource(arg, aor);
}

int presence_follow_names(struct presence *p)
{
	static const struct auth_db_watch watch = { .locked_out = locked_out, .renamed = renamed,
	    .moved = moved };

	return p->users ? p->users->watch(p->users_state, &watch, p) : 0;
}

bool presence_is_stranger(const struct presence *p, struct slice aor)
{
	return p->users && p->users->state(p->users_state, aor) == AUTH_DB_UNKNOWN;
}

struct slice presence_lives_at(const struct presence *p, struct slice aor)
{
	return p->homing ? p->homing->elsewhere(p->homing_state, aor) : SLICE("");
}
