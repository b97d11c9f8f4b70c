/*
 * modules/presence_winfo/document.c - who watches, as RFC 3858 and as LCS clients want it.
 *
 * A watcherinfo document has a number of its own in each subscription. The first and that of a
 * refresh hold everybody, others only those to whom something happened since; if that is
 * longer ago than is kept, everybody again.
 */
#include "modules/presence_winfo/presence_winfo.h"

#include "utils/xml_write.h"

#include <errno.h>
#include <stdio.h>

#define WINFO_TYPE    "application/watcherinfo+xml"
#define WPENDING_TYPE "text/xml+msrtc.wpending"

/* In a subscription's data: the number of its next document, and the last change that it knows. */
struct known { uint64_t version, seq; };

/* ---- one watcher ---- */

static const char *const states[] = { "pending", "active", "terminated" };
static const char *const events[] = { "subscribe", "approved", "deactivated", "probation",
	"rejected", "timeout", "giveup", "noresource" };

static void put_sip_uri(struct xml_writer *w, struct slice aor)
{
	xml_put_text(w, SLICE("sip:"));
	xml_put_text(w, aor);
}

static void put_watcher(struct xml_writer *w, const struct presence_sub_info *s, int64_t now)
{
	xml_begin(w, "watcher");
	xml_put_attr(w, "id", s->id);
	xml_put_attr(w, "status", slice_str(states[s->state]));
	xml_put_attr(w, "event", slice_str(events[s->event]));
	if (s->watcher_name.len)
		xml_put_attr(w, "display-name", s->watcher_name);
	xml_put_attr_u64(w, "duration-subscribed", (uint64_t)(now > s->begun ? now - s->begun : 0));
	if (s->state != PRESENCE_SUB_TERMINATED && s->expires > now)
		xml_put_attr_u64(w, "expiration", (uint64_t)(s->expires - now));
	put_sip_uri(w, s->watcher);
	xml_end(w);
}

/* He has no subscription whose number could be his. */
static void waiting_id(const struct waiting *x, char id[24])
{
	snprintf(id, 24, "w%016llx", (unsigned long long)lcs_user_key(x->watcher));
}

/* He gave up before he got an answer: "waiting" (RFC 3857 4.7.1); until somebody decides. */
static void put_waiting(struct xml_writer *w, const struct waiting *x, const char *status,
    enum presence_sub_event event)
{
	char id[24];

	waiting_id(x, id);
	xml_begin(w, "watcher");
	xml_put_attr(w, "id", slice_str(id));
	xml_put_attr(w, "status", slice_str(status));
	xml_put_attr(w, "event", slice_str(events[event]));
	if (x->name.len)
		xml_put_attr(w, "display-name", x->name);
	put_sip_uri(w, x->watcher);
	xml_end(w);
}

/* ---- what happened ---- */

/* Room for the next change; NULL: a gap, so that the next document will be full. */
static struct change *next_change(struct winfo_part *part, struct slice id)
{
	struct change *c;

	part->seq++;
	if (!part->changes && part->listeners)
		part->changes = calloc(CHANGES_MAX, sizeof(*part->changes));
	if (!part->changes)
		return NULL;
	c = &part->changes[part->seq % CHANGES_MAX];
	free(c->xml);
	c->xml = NULL;
	c->seq = part->seq;
	memset(c->id, 0, sizeof(c->id));
	memcpy(c->id, id.p, slice_first(id, sizeof(c->id) - 1).len);
	return c;
}

/* Takes b. */
static void keep_change(struct change *c, struct buf *b)
{
	buf_put_char(b, '\0');
	c->xml = b->failed ? NULL : strdup(b->data);
	buf_unref(&b);
}

void winfo_note(struct winfo *w, struct presence_user *u, const struct presence_sub *sub)
{
	const struct presence_sub_info *s = w->presence->sub_info(sub);
	struct change *c = next_change(winfo_part(w, u), s->id);
	struct buf *b = c ? buf_new(256) : NULL;
	struct xml_writer x;

	if (!b)
		return;
	xml_write_init(&x, b);
	put_watcher(&x, s, loop_wall(worker_loop()));
	keep_change(c, b);
}

void winfo_note_waiting(struct winfo *w, struct presence_user *u, const struct waiting *who,
    const char *status, enum presence_sub_event event)
{
	char id[24];
	struct change *c;
	struct xml_writer x;
	struct buf *b;

	waiting_id(who, id);
	c = next_change(winfo_part(w, u), slice_str(id));
	b = c ? buf_new(256) : NULL;
	if (!b)
		return;
	xml_write_init(&x, b);
	put_waiting(&x, who, status, event);
	keep_change(c, b);
}

/* ---- documents ---- */

struct listing { struct winfo *w; struct xml_writer *x; int64_t now; };

static void list_sub(void *arg, struct presence_sub *sub)
{
	struct listing *l = arg;
	const struct presence_sub_info *s = l->w->presence->sub_info(sub);

	if (!(s->flags & PRESENCE_SUB_SELF))
		put_watcher(l->x, s, l->now);
}

struct counting { const struct presence_api *presence; struct slice watcher; unsigned n; };

static void compare(void *arg, struct presence_sub *sub)
{
	struct counting *q = arg;

	q->n += slice_eq_nocase(q->presence->sub_info(sub)->watcher, q->watcher);
}

unsigned winfo_subs_of(struct winfo *w, struct presence_user *u, struct slice watcher)
{
	struct counting q = { w->presence, watcher, 0 };

	w->presence->each_sub(u, w->pk, compare, &q);
	return q.n;
}

static void list_all(struct winfo *w, struct presence_user *u, struct xml_writer *x)
{
	struct winfo_part *part = winfo_part(w, u);
	struct listing l = { w, x, loop_wall(worker_loop()) };

	w->presence->each_sub(u, w->pk, list_sub, &l);
	list_for_each(it, &part->waiting) {
		struct waiting *one = container_of(it, struct waiting, node);

		if (winfo_subs_of(w, u, one->watcher) == 0)
			put_waiting(x, one, "waiting", PRESENCE_EVENT_TIMEOUT);
	}
}

static bool comes_again(const struct winfo_part *part, const struct change *c)
{
	for (uint64_t seq = c->seq + 1; seq <= part->seq; seq++)
		if (strcmp(part->changes[seq % CHANGES_MAX].id, c->id) == 0)
			return true;
	return false;
}

/* Of each watcher the last that happened. */
static void list_changes(const struct winfo_part *part, uint64_t since, struct xml_writer *x)
{
	for (uint64_t seq = since + 1; seq <= part->seq; seq++) {
		const struct change *c = &part->changes[seq % CHANGES_MAX];

		if (c->xml && !comes_again(part, c))
			xml_put_raw(x, slice_str(c->xml));
	}
}

static bool is_whole(const struct winfo_part *part, uint64_t since)
{
	for (uint64_t seq = since + 1; seq <= part->seq; seq++)
		if (!part->changes || part->changes[seq % CHANGES_MAX].seq != seq ||
		    !part->changes[seq % CHANGES_MAX].xml)
			return false;
	return true;
}

static int finish(struct buf *b, const char *type, struct presence_body **out)
{
	*out = b->failed ? NULL : presence_body_new(slice_str(type), SLICE_NULL, buf_slice(b));
	buf_unref(&b);
	return *out ? 0 : -ENOMEM;
}

static void put_winfo(struct winfo *w, struct presence_user *u, struct known *k, bool full,
    struct buf *b)
{
	struct winfo_part *part = winfo_part(w, u);
	struct xml_writer x;

	xml_write_init(&x, b);
	xml_write_head(&x);
	xml_begin(&x, "watcherinfo");
	xml_put_attr(&x, "xmlns", SLICE("urn:ietf:params:xml:ns:watcherinfo"));
	xml_put_attr_u64(&x, "version", k->version);
	xml_put_attr(&x, "state", full ? SLICE("full") : SLICE("partial"));
	xml_begin(&x, "watcher-list");
	xml_put_attr_pair(&x, "resource", SLICE("sip:"), w->presence->user_aor(u));
	xml_put_attr(&x, "package", SLICE("presence"));
	if (full)
		list_all(w, u, &x);
	else
		list_changes(part, k->seq, &x);
	xml_end(&x);
	xml_end(&x);
}

int winfo_build(void *arg, struct presence_user *u, unsigned view,
    const struct presence_sub *one, struct presence_body **out)
{
	struct winfo *w = arg;
	struct winfo_part *part = winfo_part(w, u);
	struct known *k = w->presence->sub_data(one), first = { 0 };
	struct buf *b = buf_new(512);
	bool full;

	(void)view;
	if (!b)
		return -ENOMEM;
	if (!k)
		k = &first;		/* it could not be kept: always the first document */
	full = w->presence->wants_full(one) || !k->version || !is_whole(part, k->seq);
	put_winfo(w, u, k, full, b);
	k->version++;
	k->seq = part->seq;
	return finish(b, WINFO_TYPE, out);
}

int wpending_build(void *arg, struct presence_user *u, unsigned view,
    const struct presence_sub *one, struct presence_body **out)
{
	struct winfo_part *part = winfo_part(arg, u);
	struct buf *b = buf_new(256);
	struct xml_writer x;

	(void)view;
	(void)one;
	if (!b)
		return -ENOMEM;
	xml_write_init(&x, b);
	xml_begin(&x, "watchers");
	xml_put_attr(&x, "xmlns", SLICE("http://schemas.microsoft.com/winrtc/2002/11/sip"));
	list_for_each(it, &part->waiting) {
		const struct waiting *w = container_of(it, struct waiting, node);

		xml_begin(&x, "watcher");
		xml_put_attr_pair(&x, "uri", SLICE("sip:"), w->watcher);
		xml_put_attr(&x, "displayName", w->name);
		xml_end(&x);
	}
	xml_end(&x);
	return finish(b, WPENDING_TYPE, out);
}

/* ---- what a subscription to presence.winfo knows ---- */

static void winfo_sub(void *arg, struct presence_user *u, const struct presence_sub *sub,
    enum presence_sub_event event)
{
	struct winfo *w = arg;
	struct winfo_part *part = winfo_part(w, u);

	(void)event;
	if (w->presence->sub_info(sub)->state == PRESENCE_SUB_TERMINATED) {
		part->listeners--;
	} else if (!w->presence->sub_data(sub)) {
		part->listeners++;
		w->presence->set_sub_data((struct presence_sub *)(uintptr_t)sub,
		    calloc(1, sizeof(struct known)));
	}
}

static void free_known(void *arg, void *known)
{
	(void)arg;
	free(known);
}

static const struct presence_format winfo_formats[] = {
	{ SLICE_INIT(WINFO_TYPE), winfo_build }, { SLICE_INIT(""), NULL }
};
static const struct presence_format wpending_formats[] = {
	{ SLICE_INIT(WPENDING_TYPE), wpending_build }, { SLICE_INIT(""), NULL }
};

const struct presence_package winfo_package = {
	.name = SLICE_INIT("presence.winfo"), .formats = winfo_formats,
	.flags = PRESENCE_SELF_ONLY | PRESENCE_PER_SUB | PRESENCE_TEMPLATE,
	.sub_changed = winfo_sub, .free_data = free_known,
};
const struct presence_package wpending_package = {
	.name = SLICE_INIT("presence.wpending"), .formats = wpending_formats,
	.flags = PRESENCE_SELF_ONLY | PRESENCE_ANNOUNCED, .default_expires = 28800,
};
