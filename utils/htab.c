/*
 * utils/htab.c - chains; growing moves a few slots with every insertion.
 *
 * A table that moved a million nodes at once would stop its worker for tens of
 * milliseconds. So the old slots stay beside the new ones, and each insertion
 * moves MOVE_SLOTS of them: done long before the table is full again.
 *
 * Most questions are about what is not there (is this request a copy?), and slot and node of a
 * large table are in no cache. So each chain has a byte with one of eight bits for each of its
 * nodes: these bytes stay in the cache and answer most of the time.
 */
#include "utils/htab.h"

#include "utils/err.h"

#include <errno.h>
#include <stdlib.h>

#define MOVE_SLOTS 4
#define MOVE_AHEAD 8			/* slots whose nodes are asked for before their turn */
#define SLOTS_MAX  (SIZE_MAX / 4 / sizeof(struct htab_node *))

static size_t power_above(size_t n)
{
	size_t power = 1;

	while (power < n)
		power *= 2;
	return power;
}

/* One piece of memory: slots, then marks. */
static int chains_init(struct htab_chains *c, size_t n)
{
	c->first = n <= SLOTS_MAX ? calloc(n, sizeof(*c->first) + 1) : NULL;
	if (!c->first)
		return -ENOMEM;
	c->marks = (uint8_t *)(c->first + n);
	return 0;
}

static void chains_fini(struct htab_chains *c)
{
	free(c->first);
	*c = (struct htab_chains){ 0 };
}

int htab_init(struct htab *t, size_t slots)
{
	size_t n = slots <= SLOTS_MAX ? power_above(slots) : 0;

	*t = (struct htab){ .mask = n - 1 };
	return n ? chains_init(&t->now, n) : -ENOMEM;
}

void htab_fini(struct htab *t)
{
	chains_fini(&t->now);
	chains_fini(&t->old);
	*t = (struct htab){ 0 };
}

/* Where nodes with that hash are: all of them in one chain at any time. */
static const struct htab_chains *chain_of(const struct htab *t, uint64_t hash, size_t *at)
{
	*at = hash & t->mask >> 1;
	if (t->old.first && *at >= t->moved)
		return &t->old;
	*at = hash & t->mask;
	return &t->now;
}

/* Of the upper bits, which do not choose the chain. */
static uint8_t mark_of(uint64_t hash) { return (uint8_t)(1u << (hash >> 61)); }

/* Deal one old chain out to its two new slots, in the old order. Both are empty:
 * until now such nodes were put into the old chain. */
static void move_slot(struct htab *t)
{
	size_t old_slots = t->mask / 2 + 1, at[2] = { t->moved, t->moved + old_slots };
	struct htab_node *node = t->old.first[t->moved];
	struct htab_node **tail[2] = { &t->now.first[at[0]], &t->now.first[at[1]] };

	if (t->moved + MOVE_AHEAD < old_slots)
		__builtin_prefetch(t->old.first[t->moved + MOVE_AHEAD]);
	for (; node; node = node->next) {
		int high = (node->hash & old_slots) != 0;

		*tail[high] = node;
		tail[high] = &node->next;
		t->now.marks[at[high]] |= mark_of(node->hash);
	}
	*tail[0] = *tail[1] = NULL;
	t->moved++;
	if (t->moved == old_slots)
		chains_fini(&t->old);
}

static void grow(struct htab *t)
{
	size_t n = (t->mask + 1) * 2;
	struct htab_chains more;

	if (chains_init(&more, n) != 0)
		return;
	t->old = t->now;
	t->moved = 0;
	t->now = more;
	t->mask = n - 1;
}

void htab_insert(struct htab *t, struct htab_node *node, uint64_t hash)
{
	const struct htab_chains *c;
	size_t at;

	if (!t->old.first && t->count > t->mask)
		grow(t);
	for (int i = 0; t->old.first && i < MOVE_SLOTS; i++)
		move_slot(t);
	c = chain_of(t, hash, &at);
	node->hash = hash;
	node->next = c->first[at];
	c->first[at] = node;
	c->marks[at] |= mark_of(hash);
	t->count++;
}

/* The mark stays while others are in the chain: it may be theirs, too. */
void htab_remove(struct htab *t, struct htab_node *node)
{
	size_t at;
	const struct htab_chains *c = chain_of(t, node->hash, &at);
	struct htab_node **link = &c->first[at];

	while (*link != node) {
		lcs_assert(*link != NULL);
		link = &(*link)->next;
	}
	*link = node->next;
	node->next = NULL;
	if (!c->first[at])
		c->marks[at] = 0;
	t->count--;
}

static struct htab_node *first_match(struct htab_node *node, uint64_t hash,
    htab_match_fn *match, const void *key)
{
	for (; node; node = node->next)
		if (node->hash == hash && match(node, key))
			return node;
	return NULL;
}

struct htab_node *htab_find(const struct htab *t, uint64_t hash,
    htab_match_fn *match, const void *key)
{
	size_t at;
	const struct htab_chains *c = chain_of(t, hash, &at);

	if (!(c->marks[at] & mark_of(hash)))
		return NULL;
	return first_match(c->first[at], hash, match, key);
}

struct htab_node *htab_find_next(const struct htab_node *node,
    htab_match_fn *match, const void *key)
{
	return first_match(node->next, node->hash, match, key);
}

static void each_in(struct htab_node *node, void (*fn)(struct htab_node *node, void *arg),
    void *arg)
{
	struct htab_node *next;

	for (; node; node = next) {
		next = node->next;
		fn(node, arg);
	}
}

void htab_each(struct htab *t, void (*fn)(struct htab_node *node, void *arg), void *arg)
{
	for (size_t i = t->moved; t->old.first && i <= t->mask / 2; i++)
		each_in(t->old.first[i], fn, arg);
	for (size_t i = 0; i <= t->mask; i++)
		each_in(t->now.first[i], fn, arg);
}
