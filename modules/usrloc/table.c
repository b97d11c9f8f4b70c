/*
 * modules/usrloc/table.c - make, publish and drop records.
 */
#include "modules/usrloc/usrloc.h"

#include "utils/hex.h"
#include "utils/rand.h"

#include <stdlib.h>

#define RUID_BYTES 8

static struct slice put_text(char **at, struct slice s)
{
	struct slice copy = slice_of(*at, s.len);

	if (s.len)
		memcpy(*at, s.p, s.len);
	*at += s.len;
	return copy;
}

struct binding *binding_new(const struct usrloc_binding *b)
{
	size_t text = b->contact.len + b->params.len + b->call_id.len + b->user_agent.len +
	    b->instance.len + b->path.len + b->node.len +
	    (b->ruid.len ? b->ruid.len : 2 * RUID_BYTES);
	struct binding *copy = malloc(sizeof(*copy) + text);
	char *at;

	if (!copy)
		return NULL;
	*copy = (struct binding){ .pub = *b };
	at = (char *)(copy + 1);
	copy->pub.contact = put_text(&at, b->contact);
	copy->pub.params = put_text(&at, b->params);
	copy->pub.call_id = put_text(&at, b->call_id);
	copy->pub.user_agent = put_text(&at, b->user_agent);
	copy->pub.instance = put_text(&at, b->instance);
	copy->pub.path = put_text(&at, b->path);
	copy->pub.node = put_text(&at, b->node);
	copy->pub.received.name = SLICE_NULL;
	if (b->ruid.len) {
		copy->pub.ruid = put_text(&at, b->ruid);
	} else {
		unsigned char id[RUID_BYTES];

		rand_bytes(id, sizeof(id));
		hex_encode(at, id, sizeof(id));
		copy->pub.ruid = slice_of(at, 2 * RUID_BYTES);
	}
	return copy;
}

static void binding_drop(struct epoch_item *item)
{
	free(container_of(item, struct binding, item));
}

void binding_free_unused(struct binding *b)
{
	if (b->refs == 0)
		free(b);
}

static struct binding *owned(const struct usrloc_binding *b)
{
	return (struct binding *)(uintptr_t)b;
}

/* Higher q first; of the same q, what was registered last. */
static bool goes_before(const struct usrloc_binding *a, const struct usrloc_binding *b)
{
	return a->q != b->q ? a->q > b->q : a->changed > b->changed;
}

static void sort_in(struct record *r, const struct usrloc_binding *b)
{
	unsigned at = r->pub.count++;

	while (at > 0 && goes_before(b, r->list[at - 1])) {
		r->list[at] = r->list[at - 1];
		at--;
	}
	r->list[at] = b;
}

static void expired(struct wheel_timer *t)
{
	struct timer *timer = container_of(t, struct timer, t);
	struct record *r = container_of(timer, struct record, expiry);

	usrloc_expire(r->ul, r->pub.aor);
}

struct record *record_new(struct usrloc *ul, struct slice aor, struct binding *const *bindings,
    unsigned count)
{
	struct record *r = malloc(sizeof(*r) + count * sizeof(r->list[0]) + aor.len);
	char *text;

	if (!r)
		return NULL;
	*r = (struct record){ .ul = ul };
	text = (char *)&r->list[count];
	memcpy(text, aor.p, aor.len);
	r->pub.aor = slice_of(text, aor.len);
	r->pub.bindings = r->list;
	timer_init(&r->expiry, expired);
	for (unsigned i = 0; i < count; i++) {
		bindings[i]->refs++;
		sort_in(r, &bindings[i]->pub);
	}
	return r;
}

void record_discard(struct record *r)
{
	for (unsigned i = 0; i < r->pub.count; i++)
		if (--owned(r->list[i])->refs == 0)
			free(owned(r->list[i]));
	free(r);
}

static void record_drop(struct epoch_item *item)
{
	free(container_of(item, struct record, item));
}

/* Readers may still look at it and at its bindings: both go after a grace period. */
static void retire(struct record *r)
{
	for (unsigned i = 0; i < r->pub.count; i++)
		if (--owned(r->list[i])->refs == 0)
			epoch_defer(&owned(r->list[i])->item, binding_drop);
	epoch_defer(&r->item, record_drop);
}

void record_arm(struct record *r)
{
	int64_t now = loop_wall(worker_loop()), first = INT64_MAX;

	for (unsigned i = 0; i < r->pub.count; i++)
		if (r->list[i]->expires < first)
			first = r->list[i]->expires;
	timer_start(&r->expiry, first <= now ? WHEEL_TICK_MS : (first - now) * 1000);
}

static void count_change(struct usrloc *ul, const struct record *old, const struct record *next)
{
	struct usrloc_local *stats = lcs_local(ul->mod);

	/* Gauges may go below zero in one worker's memory only as a wrapped sum: they add up. */
	stats->users += (uint64_t)(next != NULL) - (uint64_t)(old != NULL);
	stats->bindings += (uint64_t)(next ? next->pub.count : 0) -
	    (uint64_t)(old ? old->pub.count : 0);
}

void record_publish(struct usrloc *ul, struct slice aor, struct record *next)
{
	struct record *old = (struct record *)(uintptr_t)record_find(ul, aor);

	if (old)
		timer_stop(&old->expiry);
	if (old && next) {
		rtab_replace(ul->table, &old->node, &next->node);
	} else if (next) {
		rtab_insert(ul->table, &next->node, aor_key(aor));
	} else if (old) {
		rtab_remove(ul->table, &old->node);
	}
	count_change(ul, old, next);
	if (next)
		record_arm(next);
	if (old)
		retire(old);
}

static bool same_aor(const struct rtab_node *node, const void *key)
{
	return slice_eq_nocase(((const struct record *)(const void *)node)->pub.aor,
	    *(const struct slice *)key);
}

const struct record *record_find(const struct usrloc *ul, struct slice aor)
{
	return (const struct record *)(const void *)rtab_find(ul->table, aor_key(aor), same_aor,
	    &aor);
}
