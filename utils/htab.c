/*
 * utils/htab.c - chains; growing moves a few slots with every insertion.
 *
 * A table that moved a million nodes at once would stop its worker for tens of
 * milliseconds. So the old slots stay beside the new ones, and each insertion
 * moves MOVE_SLOTS of them: done long before the table is full again.
 */
#include "utils/htab.h"

#include "utils/err.h"

#include <errno.h>
#include <stdlib.h>

#define MOVE_SLOTS 4
#define SLOTS_MAX  (SIZE_MAX / 4 / sizeof(struct htab_node *))

static size_t power_above(size_t n)
{
	size_t power = 1;

	while (power < n)
		power *= 2;
	return power;
}

int htab_init(struct htab *t, size_t slots)
{
	size_t n = slots <= SLOTS_MAX ? power_above(slots) : 0;

	*t = (struct htab){ 0 };
	if (n == 0)
		return -ENOMEM;
	t->slots = calloc(n, sizeof(*t->slots));
	if (!t->slots)
		return -ENOMEM;
	t->mask = n - 1;
	return 0;
}

void htab_fini(struct htab *t)
{
	free(t->slots);
	free(t->old);
	*t = (struct htab){ 0 };
}

/* Where nodes with that hash are: all of them in one chain at any time. */
static struct htab_node **slot_of(const struct htab *t, uint64_t hash)
{
	size_t i = hash & t->mask >> 1;

	if (t->old && i >= t->moved)
		return &t->old[i];
	return &t->slots[hash & t->mask];
}

/* Deal one old chain out to its two new slots, in the old order. Both are empty:
 * until now such nodes were put into the old chain. */
static void move_slot(struct htab *t)
{
	size_t old_slots = t->mask / 2 + 1;
	struct htab_node *node = t->old[t->moved];
	struct htab_node **tail[2] = { &t->slots[t->moved], &t->slots[t->moved + old_slots] };

	for (; node; node = node->next) {
		int high = (node->hash & old_slots) != 0;

		*tail[high] = node;
		tail[high] = &node->next;
	}
	*tail[0] = *tail[1] = NULL;
	t->moved++;
	if (t->moved == old_slots) {
		free(t->old);
		t->old = NULL;
	}
}

static void grow(struct htab *t)
{
	size_t n = (t->mask + 1) * 2;
	struct htab_node **slots = n <= SLOTS_MAX ? calloc(n, sizeof(*slots)) : NULL;

	if (!slots)
		return;
	t->old = t->slots;
	t->moved = 0;
	t->slots = slots;
	t->mask = n - 1;
}

void htab_insert(struct htab *t, struct htab_node *node, uint64_t hash)
{
	struct htab_node **slot;

	if (!t->old && t->count > t->mask)
		grow(t);
	for (int i = 0; t->old && i < MOVE_SLOTS; i++)
		move_slot(t);
	slot = slot_of(t, hash);
	node->hash = hash;
	node->next = *slot;
	*slot = node;
	t->count++;
}

void htab_remove(struct htab *t, struct htab_node *node)
{
	struct htab_node **at = slot_of(t, node->hash);

	while (*at != node) {
		lcs_assert(*at != NULL);
		at = &(*at)->next;
	}
	*at = node->next;
	node->next = NULL;
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
	return first_match(*slot_of(t, hash), hash, match, key);
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
	for (size_t i = t->moved; t->old && i <= t->mask / 2; i++)
		each_in(t->old[i], fn, arg);
	for (size_t i = 0; i <= t->mask; i++)
		each_in(t->slots[i], fn, arg);
}
