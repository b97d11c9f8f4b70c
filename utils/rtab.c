/*
 * utils/rtab.c - one sorted list per stripe, and shortcuts into it.
 *
 * A table that grows while others read it cannot move nodes: they have one
 * next pointer. So nodes never move (split-ordered lists: Shalev and Shavit,
 * 2006). All nodes of a stripe are one list in the order of their hashes; a
 * bucket is a marker in that list, from which a search starts. Bucket b covers
 * the hashes whose highest bits, read backwards, are b: then bucket b + 2^k
 * splits off the upper half of bucket b, and no older marker has to change.
 *
 * Growing only doubles the number of buckets. A writer puts a bucket's marker in
 * its place when he comes to it, with the nodes around it still in his cache; until
 * then the bucket is covered by the one it will be split off from. So a bucket
 * without a marker has had no new node since, and is as short as it was.
 *
 * Stored hashes are odd and those of markers even, so that they never meet.
 */
#include "utils/rtab.h"

#include "utils/err.h"
#include "utils/lockorder.h"

#include <stdlib.h>

#define STRIPES     RTAB_PARTS
#define FIRST_BITS  4			/* buckets that every stripe begins with */
#define FIRST       (1u << FIRST_BITS)
#define SEGMENTS    40			/* each doubles the buckets */
#define LINE_BYTES  128			/* two cache lines: they are fetched in pairs */

struct stripe {
	struct lock      lock;
	_Atomic size_t   count;		/* written under the lock */
	char             gap[LINE_BYTES];
	_Atomic size_t   buckets;	/* a power of two; set after there is room for them */
	struct rtab_node *segment[SEGMENTS];
	struct rtab_node first[FIRST];
	char             gap2[LINE_BYTES];
};

struct rtab { struct stripe stripes[STRIPES]; };

/* ---- hashes, stripes and buckets ---------------------------------------- */

static uint64_t backwards(uint64_t x)
{
	const uint64_t m1 = 0x5555555555555555u, m2 = 0x3333333333333333u;
	const uint64_t m4 = 0x0f0f0f0f0f0f0f0fu;

	x = __builtin_bswap64(x);
	x = (x & m4) << 4 | (x >> 4 & m4);
	x = (x & m2) << 2 | (x >> 2 & m2);
	return (x & m1) << 1 | (x >> 1 & m1);
}

/* The high bits choose the bucket. Callers who hash numbers of their own may have
 * little there; multiplying spreads what they have. */
static uint64_t stored_hash(uint64_t hash)
{
	return hash * 0x9e3779b97f4a7c15u | 1;
}

static bool is_marker(const struct rtab_node *node)
{
	return (node->hash & 1) == 0;
}

static size_t stripe_index(uint64_t stored)
{
	return stored >> 32 & (STRIPES - 1);
}

/* Segment 0 is in the stripe; segment k has as many buckets as all before it. */
static struct rtab_node *marker(const struct stripe *s, size_t bucket)
{
	unsigned k;

	if (bucket < FIRST)
		return (struct rtab_node *)&s->first[bucket];
	k = 63 - FIRST_BITS - (unsigned)__builtin_clzll(bucket);
	return &s->segment[k][bucket - ((size_t)FIRST << k)];
}

static struct rtab_node *next_of(const struct rtab_node *node)
{
	return atomic_load_explicit(&((struct rtab_node *)node)->next, memory_order_acquire);
}

/* Readers see node only with all that was written to it before, whether they come to it
 * from at or, if it is a marker, at once. */
static void link_behind(struct rtab_node *at, struct rtab_node *node)
{
	atomic_store_explicit(&node->next, next_of(at), memory_order_release);
	atomic_store_explicit(&at->next, node, memory_order_release);
}

static size_t parent_of(size_t bucket)
{
	return bucket - ((size_t)1 << (63 - __builtin_clzll(bucket)));
}

static size_t bucket_of(const struct stripe *s, uint64_t stored)
{
	return backwards(stored) & (atomic_load_explicit(&s->buckets, memory_order_acquire) - 1);
}

/* Where to start for that hash: before all nodes that have it. A marker that leads nowhere
 * is not in its place yet, or is the last of all: its parent finds the same. */
static struct rtab_node *start(const struct stripe *s, uint64_t stored)
{
	size_t bucket = bucket_of(s, stored);

	while (bucket > 0 && !next_of(marker(s, bucket)))
		bucket = parent_of(bucket);
	return marker(s, bucket);
}

/* The last one in the list, from at on, whose hash is not above that one. */
static struct rtab_node *last_up_to(struct rtab_node *at, uint64_t hash)
{
	struct rtab_node *next;

	while ((next = next_of(at)) && next->hash <= hash)
		at = next;
	return at;
}

/* ---- growing; under the lock -------------------------------------------- */

/* Of the first bucket, the hash is the marker's already. */
static struct rtab_node *place_marker(struct stripe *s, size_t bucket)
{
	struct rtab_node *m = marker(s, bucket), *parent;

	if (bucket == 0 || m->hash != 0)
		return m;
	parent = place_marker(s, parent_of(bucket));
	m->hash = backwards(bucket);
	link_behind(last_up_to(parent, m->hash), m);
	return m;
}

static struct rtab_node *writers_start(struct stripe *s, uint64_t stored)
{
	return place_marker(s, bucket_of(s, stored));
}

/* If it cannot, searches just take longer. */
static bool double_buckets(struct stripe *s)
{
	size_t buckets = atomic_load_explicit(&s->buckets, memory_order_relaxed);
	unsigned k = 63 - FIRST_BITS - (unsigned)__builtin_clzll(buckets);

	if (k >= SEGMENTS)
		return false;
	s->segment[k] = calloc(buckets, sizeof(struct rtab_node));
	if (!s->segment[k])
		return false;
	atomic_store_explicit(&s->buckets, 2 * buckets, memory_order_release);
	return true;
}

static bool init_stripe(struct stripe *s, size_t buckets)
{
	bool ok = true;

	lock_init(&s->lock, LOCK_RTAB);
	atomic_init(&s->buckets, FIRST);
	for (size_t n = FIRST; n < buckets && ok; n *= 2)
		ok = double_buckets(s);
	return ok;
}

struct rtab *rtab_new(size_t slots_hint)
{
	struct rtab *t = calloc(1, sizeof(*t));
	size_t buckets = slots_hint / STRIPES > FIRST ? slots_hint / STRIPES : FIRST;
	bool ok = true;

	if (!t)
		return NULL;
	for (unsigned i = 0; i < STRIPES; i++)
		ok = init_stripe(&t->stripes[i], ok ? buckets : 0) && ok;
	if (!ok)
		rtab_free(&t);
	return t;
}

void rtab_free(struct rtab **t)
{
	struct rtab *dying = *t;

	*t = NULL;
	if (!dying)
		return;
	for (unsigned i = 0; i < STRIPES; i++) {
		lock_fini(&dying->stripes[i].lock);
		for (unsigned k = 0; k < SEGMENTS; k++)
			free(dying->stripes[i].segment[k]);
	}
	free(dying);
}

/* ---- readers ------------------------------------------------------------ */

size_t rtab_count(const struct rtab *t)
{
	size_t count = 0;

	for (unsigned i = 0; i < STRIPES; i++)
		count += atomic_load_explicit(&t->stripes[i].count, memory_order_relaxed);
	return count;
}

const struct rtab_node *rtab_find(const struct rtab *t, uint64_t hash,
    rtab_match_fn *match, const void *key)
{
	uint64_t stored = stored_hash(hash);
	const struct rtab_node *node = start(&t->stripes[stripe_index(stored)], stored);

	while ((node = next_of(node)) && node->hash <= stored)
		if (node->hash == stored && match(node, key))
			return node;
	return NULL;
}

/* Markers and nodes are in no cache as a rule: a tenth of a REGISTER was waiting for them. Where
 * there is no marker yet the one of the bucket that it will be split off from is asked. */
void rtab_foresee(const struct rtab *t, uint64_t hash)
{
	uint64_t stored = stored_hash(hash);
	const struct stripe *s = &t->stripes[stripe_index(stored)];
	size_t bucket = bucket_of(s, stored);

	__builtin_prefetch(marker(s, bucket));
	if (bucket > 0)
		__builtin_prefetch(marker(s, parent_of(bucket)));
}

void rtab_expect(const struct rtab *t, uint64_t hash)
{
	uint64_t stored = stored_hash(hash);

	__builtin_prefetch(next_of(start(&t->stripes[stripe_index(stored)], stored)));
}

void rtab_each_in(const struct rtab *t, unsigned part,
    void (*fn)(const struct rtab_node *node, void *arg), void *arg)
{
	const struct rtab_node *node = next_of(t->stripes[part % STRIPES].first), *next;

	for (; node; node = next) {
		next = next_of(node);
		if (!is_marker(node))
			fn(node, arg);
	}
}

void rtab_each(const struct rtab *t,
    void (*fn)(const struct rtab_node *node, void *arg), void *arg)
{
	for (unsigned i = 0; i < STRIPES; i++)
		rtab_each_in(t, i, fn, arg);
}

/* ---- writers ------------------------------------------------------------ */

static void count_add(struct stripe *s, size_t n)
{
	size_t count = atomic_load_explicit(&s->count, memory_order_relaxed);

	atomic_store_explicit(&s->count, count + n, memory_order_relaxed);
}

void rtab_insert(struct rtab *t, struct rtab_node *node, uint64_t hash)
{
	uint64_t stored = stored_hash(hash);
	struct stripe *s = &t->stripes[stripe_index(stored)];

	node->hash = stored;
	lock_take(&s->lock);
	count_add(s, 1);
	if (atomic_load_explicit(&s->count, memory_order_relaxed) >
	    atomic_load_explicit(&s->buckets, memory_order_relaxed))
		double_buckets(s);
	link_behind(last_up_to(writers_start(s, stored), stored), node);
	lock_drop(&s->lock);
}

static struct rtab_node *node_before(struct stripe *s, const struct rtab_node *node)
{
	struct rtab_node *at = writers_start(s, node->hash), *next;

	while ((next = next_of(at)) != node) {
		lcs_assert(next);	/* it is in no table, or in another one */
		at = next;
	}
	return at;
}

/* The node keeps its next: a reader that stands on it finds the way on. */
void rtab_remove(struct rtab *t, struct rtab_node *node)
{
	struct stripe *s = &t->stripes[stripe_index(node->hash)];

	lock_take(&s->lock);
	atomic_store_explicit(&node_before(s, node)->next, next_of(node),
	    memory_order_release);
	count_add(s, (size_t)-1);
	lock_drop(&s->lock);
}

void rtab_replace(struct rtab *t, struct rtab_node *old, struct rtab_node *new_node)
{
	struct stripe *s = &t->stripes[stripe_index(old->hash)];

	new_node->hash = old->hash;
	lock_take(&s->lock);
	atomic_store_explicit(&new_node->next, next_of(old), memory_order_relaxed);
	atomic_store_explicit(&node_before(s, old)->next, new_node, memory_order_release);
	lock_drop(&s->lock);
}
