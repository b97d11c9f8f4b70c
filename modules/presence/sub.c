/*
 * modules/presence/sub.c - a subscription: dialog, watcher, format and life (RFC 6665 4.2).
 *
 * It lives with the user it watches. Who has only the dialog's tag finds him by the table of
 * dialogs.
 */
#include "modules/presence/presence.h"

#include "utils/hex.h"
#include "utils/rand.h"
#include "utils/siphash.h"

#include <errno.h>

/* ---- texts ---- */

#define TEXTS_MAX 16u

static unsigned texts_of(struct presence_sub *sub, struct slice *out[TEXTS_MAX])
{
	struct slice *all[] = { &sub->info.id, &sub->info.watcher, &sub->info.watcher_name,
	    &sub->info.epid, &sub->info.event_id, &sub->t.call_id, &sub->t.remote_tag,
	    &sub->t.from, &sub->t.to, &sub->t.target, &sub->t.route_set, &sub->t.contact,
	    &sub->t.event, &sub->t.list_type, &sub->t.list_body, &sub->t.instance };

	memcpy(out, all, sizeof(all));
	return sizeof(all) / sizeof(all[0]);
}

/* All of them into memory of its own, whatever they point to now. */
static int own_texts(struct presence_sub *sub)
{
	struct slice *texts[TEXTS_MAX];
	unsigned n = texts_of(sub, texts);
	size_t size = 1;
	char *memory, *at;

	for (unsigned i = 0; i < n; i++)
		size += texts[i]->len;
	memory = at = malloc(size);
	if (!memory)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		if (texts[i]->len)
			memcpy(at, texts[i]->p, texts[i]->len);
		texts[i]->p = at;
		at += texts[i]->len;
	}
	free(sub->memory);
	sub->memory = memory;
	return 0;
}

/* ---- the table of dialogs ---- */

void tag_make(char tag[TAG_CHARS])
{
	unsigned char bytes[TAG_CHARS / 2];

	rand_bytes(bytes, sizeof(bytes));
	hex_encode(tag, bytes, sizeof(bytes));
}

static uint64_t tag_hash(struct slice tag)
{
	return siphash_quick(siphash_boot_key(), tag);
}

static bool same_tag(const struct rtab_node *node, const void *key)
{
	const struct dialog_ref *ref = (const void *)node;

	return slice_eq(slice_of(ref->tag, TAG_CHARS), *(const struct slice *)key);
}

static const struct dialog_ref *find_ref(const struct presence *p, struct slice tag)
{
	return (const void *)rtab_find(p->dialogs, tag_hash(tag), same_tag, &tag);
}

struct presence_sub *sub_by_tag(const struct presence *p, struct slice tag)
{
	const struct dialog_ref *ref = find_ref(p, tag);

	return ref ? ref->sub : NULL;
}

bool sub_key(const struct presence *p, struct slice tag, uint64_t *key)
{
	const struct dialog_ref *ref = find_ref(p, tag);

	if (ref)
		*key = ref->user_key;
	return ref != NULL;
}

static void ref_drop(struct epoch_item *item)
{
	free(container_of(item, struct dialog_ref, item));
}

/* ---- making ---- */

static void expire(struct wheel_timer *t);

static void take_request(struct presence_sub *sub, const struct asking *a)
{
	struct slice list_type = sub->t.list_type, list_body = sub->t.list_body;
	struct slice instance = a->t.instance.len ? a->t.instance : sub->t.instance;
	bool is_same_place = sub->is_located && !a->has_hop && (!a->t.target.len ||
	    slice_eq(sub->t.target, a->t.target));

	sub->t.target = a->t.target.len ? a->t.target : sub->t.target;
	sub->t.contact = a->t.contact;
	sub->t.instance = instance;
	if (a->req.body.len) {
		list_type = a->req.content_type;
		list_body = a->req.body;
	}
	sub->t.list_type = a->is_list ? list_type : SLICE_NULL;
	sub->t.list_body = a->is_list ? list_body : SLICE_NULL;
	if (!is_same_place) {
		sub->hop = a->hop;
		sub->hop.name = SLICE_NULL;
		sub->has_hop = a->has_hop;
		way_locate(sub);
	}
	sub->way_lost = 0;
	sub->remote_cseq = a->cseq;
	sub->min_gap = a->min_gap;
	sub->max_gap = a->max_gap;
	sub->autoextend = a->autoextend;
	sub->info.flags &= ~PRESENCE_SUB_BENOTIFY;
	if (a->benotify)
		sub->info.flags |= PRESENCE_SUB_BENOTIFY;
	sub->lifetime = a->expires;
	sub->info.expires = loop_wall(worker_loop()) + a->expires;
}

static void take_first(struct presence_sub *sub, struct asking *a)
{
	const struct package *pkg = a->pkg;

	sub->pkg = a->pkg;
	sub->format = a->is_list ? pkg->format_count : a->format;
	sub->t = a->t;
	sub->info = (struct presence_sub_info){
		.id = slice_of(a->tag, TAG_CHARS), .watcher = a->req.watcher,
		.watcher_name = a->req.watcher_name, .epid = a->req.epid,
		.event_id = a->req.event_id, .package = pkg->pk,
		.format = a->is_list ? NULL : &pkg->pk->formats[a->format],
		.event = PRESENCE_EVENT_SUBSCRIBE, .begun = loop_wall(worker_loop()),
		.flags = (a->is_list ? PRESENCE_SUB_LIST : 0) |
		    (a->expires ? 0 : PRESENCE_SUB_ONCE) |
		    (slice_eq_nocase(a->req.watcher, sub->user->aor) ? PRESENCE_SUB_SELF : 0),
	};
}

struct presence_sub *sub_new(struct presence_user *u, struct asking *a)
{
	struct presence_sub *sub = calloc(1, sizeof(*sub));

	if (!sub)
		return NULL;
	sub->user = u;
	list_init(&sub->node);
	timer_init(&sub->expiry, expire);
	notify_init(sub);
	take_first(sub, a);
	take_request(sub, a);
	if (own_texts(sub) != 0) {
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
	struct asking a = { .pkg = pkg, .format = format, .req.watcher = who };
	struct presence_sub *sub;

	tag_make(a.tag);
	sub = sub_new(u, &a);
	if (!sub)
		return NULL;
	sub->watch = w;
	sub->info.flags &= ~PRESENCE_SUB_ONCE;
	count_in(sub);
	return sub;
}

int sub_take(struct presence_sub *sub, const struct asking *a)
{
	struct presence_sub was = *sub;

	take_request(sub, a);
	if (own_texts(sub) == 0)
		return 0;
	/* Lists and timers were not touched, so this is what it was. */
	sub->info = was.info;
	sub->t = was.t;
	sub->hop = was.hop;
	sub->has_hop = was.has_hop;
	sub->is_located = was.is_located;
	sub->remote_cseq = was.remote_cseq;
	return -ENOMEM;
}

int sub_keep_list(struct presence_sub *sub)
{
	const struct presence *p = sub->user->p;
	struct slice was = sub->t.list_body;
	struct buf *whole = buf_new(1024);
	int err = whole ? 0 : -ENOMEM;

	if (whole) {
		p->lists->write(p->lists_arg, sub, whole);
		if (whole->len)
			sub->t.list_body = buf_slice(whole);
		err = whole->failed ? -ENOMEM : own_texts(sub);
		if (err)
			sub->t.list_body = was;
	}
	buf_unref(&whole);
	return err;
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
	sub->info.view = PRESENCE_VIEW_OFFLINE;
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

	timer_start(&sub->expiry, (left > 0 ? left : 0) * 1000);
}

void sub_follow(const struct presence_sub *sub)
{
	if (sub->has_hop && sub->hop.flow)
		flow_follow(sub->user->p, sub->hop.flow, sub->user->aor, sub->user->key);
}

int sub_link(struct presence_sub *sub)
{
	struct presence *p = sub->user->p;
	struct dialog_ref *ref = calloc(1, sizeof(*ref));

	if (!ref)
		return -ENOMEM;
	ref->user_key = sub->user->key;
	ref->sub = sub;
	memcpy(ref->tag, sub->info.id.p, TAG_CHARS);
	sub->ref = ref;
	rtab_insert(p->dialogs, &ref->node, tag_hash(sub->info.id));
	count_in(sub);
	sub_follow(sub);
	sub_restart_expiry(sub);
	return 0;
}

/* ---- the end ---- */

static void unlink_sub(struct presence_sub *sub)
{
	struct presence *p = sub->user->p;

	if (sub->ref) {
		rtab_remove(p->dialogs, &sub->ref->node);
		epoch_defer(&sub->ref->item, ref_drop);
		sub->ref = NULL;
	}
	if (list_is_empty(&sub->node))
		return;
	list_remove(&sub->node);
	watcher_remove(sub);
	sub->user->sub_count--;
	local_of(p)->subscriptions--;
	user_touch(sub->user);
}

void sub_free(struct presence_sub *sub)
{
	const struct presence *p = sub->user->p;

	timer_stop(&sub->expiry);
	notify_stop(sub);
	if (sub->watch)
		watch_lost(sub->watch);
	unlink_sub(sub);
	if (sub->info.flags & PRESENCE_SUB_LIST)
		p->lists->close(p->lists_arg, sub->user, sub);
	else if (sub->data && sub->pkg->pk->free_data)
		sub->pkg->pk->free_data(sub->pkg->arg, sub->data);
	free(sub->memory);
	free(sub);
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
	if (sub->ref)
		presence_delete_sub(sub->info.id);
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
	notify_last(sub, sub_reason(why), false);
	/* Who watches for a module hears of it, and stays until he goes himself. */
	if (!sub->watch)
		sub_free(sub);
}

/* A timer of the wheel may come a little early by the wall clock. */
static void expire(struct wheel_timer *t)
{
	struct presence_sub *sub = container_of(container_of(t, struct timer, t),
	    struct presence_sub, expiry);
	struct presence_user *u = sub->user;

	if (sub->info.expires > loop_wall(worker_loop())) {
		timer_start(&sub->expiry, 500);
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
