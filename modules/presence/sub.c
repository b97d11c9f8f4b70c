/*
 * modules/presence/sub.c - a subscription: dialog, watcher, format and life (RFC 6665 4.2).
 *
 * It lives with the user it watches.
 */
#include "modules/presence/asking.h"

#include <errno.h>

/* ---- making ---- */

static void expire(struct timer *t);

/* Where it is, as the request says it; else as it was. */
static struct sub_client client_after(const struct sub_client *was, const struct asking *a)
{
	struct sub_client c = *was;
	bool stays = was->is_located && !a->has_hop &&
	    (!a->t.target.len || slice_eq(was->target, a->t.target));

	c.target = a->t.target.len ? a->t.target : c.target;
	c.contact = a->t.contact;
	c.instance = a->t.instance.len ? a->t.instance : c.instance;
	if (!stays) {
		c.hop = a->hop;
		c.has_hop = a->has_hop;
		way_locate(&c);
	}
	return c;
}

/* Takes c. */
static void set_client(struct presence_sub *sub, struct sub_client *c)
{
	client_leave(local_of(sub->user->p), &sub->dialog->client);
	sub->dialog->client = c;
	sub->info.watcher = c->watcher;
	sub->info.watcher_name = c->watcher_name;
	sub->info.epid = c->epid;
}

static int set_client_like(struct presence_sub *sub, const struct sub_client *like)
{
	struct sub_client *c = client_take(local_of(sub->user->p), like);

	if (c)
		set_client(sub, c);
	return c ? 0 : -ENOMEM;
}

int sub_move(struct presence_sub *sub, const struct sip_hop *hop)
{
	struct sub_client like = *sub->dialog->client;

	like.hop = *hop;
	return set_client_like(sub, &like);
}

static struct slice event_to_keep(const struct package *pkg, struct slice text)
{
	return slice_eq(text, pkg->pk->name) ? SLICE("") : text;
}

int sub_set_event(struct presence_sub *sub, struct slice text)
{
	struct sub_client like = *sub->dialog->client;

	like.event = event_to_keep(sub->pkg, text);
	return set_client_like(sub, &like);
}

void sub_set_lifetime(struct presence_sub *sub, msec_t lifetime)
{
	sub->dialog->lifetime = (uint32_t)lifetime;
	sub->info.expires = loop_wall(worker_loop()) + lifetime;
}

static void take_terms(struct presence_sub *sub, const struct asking *a)
{
	struct sub_dialog *d = sub->dialog;

	d->way_lost = 0;
	d->remote_cseq = a->cseq;
	d->min_gap = (uint32_t)a->min_gap;
	d->max_gap = (uint32_t)a->max_gap;
	d->autoextend = a->autoextend;
	sub->info.flags &= ~PRESENCE_SUB_BENOTIFY;
	if (a->benotify)
		sub->info.flags |= PRESENCE_SUB_BENOTIFY;
	/* One that ends goes on as it was until the store has forgotten it. */
	if (a->expires || !d->lifetime)
		sub_set_lifetime(sub, a->expires);
}

static int take(struct presence_sub *sub, const struct sub_client *was, const struct asking *a)
{
	struct sub_client like = client_after(was, a);
	struct sub_client *c = client_take(local_of(sub->user->p), &like);

	if (!c)
		return -ENOMEM;
	if (pace_set(&sub->dialog->pace, a->pace_gap, loop_now(worker_loop())) != 0) {
		client_leave(local_of(sub->user->p), &c);
		return -ENOMEM;
	}
	set_client(sub, c);
	take_terms(sub, a);
	return 0;
}

int sub_take(struct presence_sub *sub, const struct asking *a)
{
	return take(sub, sub->dialog->client, a);
}

/* size_bytes: of what lies behind the struct. */
static struct presence_sub *sub_alloc(struct presence_user *u, struct package *pkg,
    size_t size_bytes)
{
	struct presence_sub *sub = calloc(1, sizeof(*sub) + size_bytes);

	if (!sub)
		return NULL;
	sub->user = u;
	sub->pkg = pkg;
	sub->info.id = slice_of(sub->tag, TAG_CHARS);
	sub->info.package = pkg->pk;
	sub->info.event = PRESENCE_EVENT_SUBSCRIBE;
	sub->info.begun = loop_wall(worker_loop());
	list_init(&sub->node);
	notify_init(sub);
	return sub;
}

static struct presence_sub *alloc_dialog(struct presence_user *u, const struct asking *a)
{
	const struct sub_texts *t = &a->t;
	struct presence_sub *sub = sub_alloc(u, a->pkg, sizeof(struct sub_dialog) + t->call_id.len +
	    t->remote_tag.len + t->from.len + t->to.len + a->req.event_id.len);
	struct sub_dialog *d;
	char *at;

	if (!sub)
		return NULL;
	d = sub->dialog;
	d->of_user = a->was_user;
	at = (char *)(d + 1);
	d->call_id = slice_put(&at, t->call_id);
	d->remote_tag = slice_put(&at, t->remote_tag);
	d->from = slice_put(&at, t->from);
	d->to = slice_put(&at, t->to);
	sub->info.event_id = slice_put(&at, a->req.event_id);
	memcpy(sub->tag, a->tag, TAG_CHARS);
	timer_init(&d->expiry, expire);
	return sub;
}

static unsigned self_flag(const struct presence_user *u, struct slice watcher)
{
	return slice_eq_nocase(watcher, u->aor) ? PRESENCE_SUB_SELF : 0;
}

struct presence_sub *sub_new(struct presence_user *u, const struct asking *a)
{
	const struct sub_client first = { .watcher = a->req.watcher,
	    .watcher_name = a->req.watcher_name, .epid = a->req.epid,
	    .event = event_to_keep(a->pkg, a->t.event), .route_set = a->t.route_set };
	struct presence_sub *sub = alloc_dialog(u, a);

	if (!sub)
		return NULL;
	sub->format = (uint8_t)(a->is_list ? a->pkg->format_count : a->format);
	sub->info.format = a->is_list ? NULL : &a->pkg->pk->formats[a->format];
	sub->info.flags = (a->is_list ? PRESENCE_SUB_LIST : 0) |
	    (a->expires ? 0 : PRESENCE_SUB_ONCE) | self_flag(u, a->req.watcher);
	if (take(sub, &first, a) != 0) {
		free(sub);
		return NULL;
	}
	return sub;
}

static void count_in(struct presence_sub *sub)
{
	list_push_back(&sub->user->subs, &sub->node);
	watcher_add(sub);
	sub->user->sub_count++;
	local_of(sub->user->p)->subscriptions++;
}

struct presence_sub *sub_new_watch(struct presence_user *u, struct presence_watch *w,
    struct package *pkg, unsigned format, struct slice who)
{
	struct presence_sub *sub = sub_alloc(u, pkg, 0);

	if (!sub)
		return NULL;
	tag_make(sub->tag);
	sub->watch = w;
	sub->format = (uint8_t)format;
	sub->info.format = &pkg->pk->formats[format];
	sub->info.watcher = who;
	sub->info.expires = sub->info.begun;
	sub->info.flags = self_flag(u, who);
	count_in(sub);
	return sub;
}

void sub_rate(struct presence_sub *sub)
{
	struct presence_user *u = sub->user;
	const struct presence_package *pk = sub->pkg->pk;
	enum presence_right right = sub->info.flags & PRESENCE_SUB_LIST ? PRESENCE_ALLOW :
	    view_right(u, pk, sub->info.watcher, NULL, NULL);

	sub->info.right = right;
	sub->info.state = right == PRESENCE_PENDING ? PRESENCE_SUB_PENDING :
	    right == PRESENCE_DENY ? PRESENCE_SUB_TERMINATED : PRESENCE_SUB_ACTIVE;
	sub->info.view = right == PRESENCE_POLITE_BLOCK ? PRESENCE_VIEW_OFFLINE :
	    PRESENCE_VIEW_NOTHING;
	if (right == PRESENCE_ALLOW)
		sub->info.view = pk->view ? pk->view(sub->pkg->arg, u, sub) : PRESENCE_VIEW_FULL;
}

void sub_observe(struct presence_user *u, const struct presence_sub *sub,
    enum presence_sub_event event)
{
	const struct presence *p = u->p;

	for (unsigned i = 0; i < p->observer_count; i++)
		p->observers[i].fn(p->observers[i].arg, u, sub, event);
}

void sub_tell(struct presence_sub *sub, enum presence_sub_event event)
{
	const struct package *pkg = sub->pkg;

	sub->info.event = event;
	if (pkg->pk->sub_changed)
		pkg->pk->sub_changed(pkg->arg, sub->user, sub, event);
	sub_observe(sub->user, sub, event);
}

void sub_restart_expiry(struct presence_sub *sub)
{
	int64_t left = sub->info.expires - loop_wall(worker_loop());

	timer_start(&sub->dialog->expiry, (left > 0 ? left : 0) * 1000);
}

void sub_follow(const struct presence_sub *sub)
{
	const struct sub_dialog *d = sub->dialog;

	if (d->client->has_hop && d->client->hop.flow)
		flow_follow(sub->user->p, d->client->hop.flow, sub->user->aor, sub->user->key);
}

static void link_found(struct presence_sub *sub)
{
	count_in(sub);
	sub_follow(sub);
	sub_restart_expiry(sub);
}

void sub_link(struct presence_sub *sub)
{
	dialog_enter(sub);
	link_found(sub);
}

void sub_take_over(struct presence_sub *sub, struct dialog_ref *old)
{
	dialog_arrive(sub->user->p, old, sub);
	link_found(sub);
}

/* ---- the end ---- */

static void unlink_sub(struct presence_sub *sub)
{
	if (list_is_empty(&sub->node))
		return;
	list_remove(&sub->node);
	watcher_remove(sub);
	sub->user->sub_count--;
	local_of(sub->user->p)->subscriptions--;
	user_touch(sub->user);
}

static void free_memory(struct presence_sub *sub)
{
	struct sub_dialog *d = sub->dialog;

	if (sub->watch) {
		free(sub);
		return;
	}
	timer_stop(&d->expiry);
	pace_free(&d->pace);
	client_leave(local_of(sub->user->p), &d->client);
	if (d->gone_to)
		return;			/* until dialog_arrive() */
	if (d->is_linked)
		dialog_leave(sub);
	else
		free(sub);
}

void sub_free(struct presence_sub *sub)
{
	const struct presence *p = sub->user->p;

	notify_stop(sub);
	if (sub->watch)
		watch_lost(sub->watch);
	unlink_sub(sub);
	if (sub->info.flags & PRESENCE_SUB_LIST)
		p->lists->close(p->lists_arg, sub->user, sub);
	else if (sub->data && sub->pkg->pk->free_data)
		sub->pkg->pk->free_data(sub->pkg->arg, sub->data);
	free_memory(sub);
}

static const struct { enum presence_sub_event why; const char *reason; } reasons[] = {
	{ PRESENCE_EVENT_DEACTIVATED, "deactivated" }, { PRESENCE_EVENT_PROBATION, "probation" },
	{ PRESENCE_EVENT_REJECTED, "rejected" }, { PRESENCE_EVENT_TIMEOUT, "timeout" },
	{ PRESENCE_EVENT_GIVEUP, "giveup" }, { PRESENCE_EVENT_NORESOURCE, "noresource" },
};

const char *sub_reason(enum presence_sub_event why)
{
	for (unsigned i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].why == why)
			return reasons[i].reason;
	return "deactivated";
}

static void leave(struct presence_sub *sub, enum presence_sub_event why)
{
	sub->info.state = PRESENCE_SUB_TERMINATED;
	if (list_is_empty(&sub->node))
		return;
	if (!sub->watch)
		presence_delete_sub(sub->info.id, NULL, NULL);
	sub_tell(sub, why);
}

void sub_drop(struct presence_sub *sub, enum presence_sub_event why)
{
	leave(sub, why);
	sub_free(sub);
}

void sub_end(struct presence_sub *sub, enum presence_sub_event why)
{
	leave(sub, why);
	notify_last(sub, sub_reason(why), why == PRESENCE_EVENT_NORESOURCE ||
	    why == PRESENCE_EVENT_PROBATION);
	/* Who watches for a module hears of it, and stays until he goes himself. */
	if (!sub->watch)
		sub_free(sub);
}

/* A timer of the wheel may come a little early by the wall clock. */
static void expire(struct timer *t)
{
	struct presence_sub *sub = container_of(t, struct presence_sub, dialog[0].expiry);
	struct presence_user *u = sub->user;

	if (sub->info.expires > loop_wall(worker_loop())) {
		timer_start(&sub->dialog->expiry, 500);
		return;
	}
	lcs_count(&local_of(u->p)->expired);
	sub_end(sub, PRESENCE_EVENT_TIMEOUT);
}

void subs_free(struct presence_user *u)
{
	struct list *node;

	while ((node = u->subs.next) != &u->subs)
		sub_free(container_of(node, struct presence_sub, node));
}
