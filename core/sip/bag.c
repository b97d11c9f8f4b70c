/*
 * core/sip/bag.c - see bag.h.
 *
 * Few names, few values: lists are shorter than any table. What is replaced
 * stays in the arena until the transaction ends; the cap bounds it.
 */
#include "core/sip/bag.h"

#include "utils/arena.h"
#include "utils/ref.h"

#include <errno.h>

#define FLAG_BITS 64u

struct item { struct item *next; struct slice field; struct value value; };
struct name { struct name *next; struct slice name; struct item *items; bool is_group; };
struct flag { struct flag *next; struct slice name; bool on; };

struct lcs_bag {
	struct ref    refs;
	struct arena *arena;
	struct name  *names;
	struct flag  *flags;
	uint64_t      bits;
};

struct lcs_bag *bag_new(size_t max_bytes)
{
	struct arena *arena = arena_new(max_bytes);
	struct lcs_bag *bag = arena ? arena_zalloc(arena, sizeof(*bag)) : NULL;

	if (!bag) {
		arena_free(&arena);
		return NULL;
	}
	ref_init(&bag->refs);
	bag->arena = arena;
	return bag;
}

struct lcs_bag *lcs_bag_ref(struct lcs_bag *bag)
{
	ref_get(&bag->refs);
	return bag;
}

void lcs_bag_unref(struct lcs_bag **p)
{
	struct lcs_bag *bag = *p;
	struct arena *arena;

	*p = NULL;
	if (!bag || !ref_put(&bag->refs))
		return;
	arena = bag->arena;		/* the bag goes with it */
	arena_free(&arena);
}

static struct name *find(const struct lcs_bag *bag, struct slice name, bool is_group)
{
	for (struct name *n = bag->names; n; n = n->next)
		if (n->is_group == is_group && slice_eq(n->name, name))
			return n;
	return NULL;
}

static struct name *name_add(struct lcs_bag *bag, struct slice name, bool is_group)
{
	struct name *n = arena_zalloc(bag->arena, sizeof(*n));

	if (!n)
		return NULL;
	n->name = arena_dup(bag->arena, name);
	if (!n->name.p && name.len)
		return NULL;
	n->is_group = is_group;
	n->next = bag->names;
	bag->names = n;
	return n;
}

static struct name *find_or_add(struct lcs_bag *bag, struct slice name, bool is_group)
{
	struct name *n = find(bag, name, is_group);

	return n ? n : name_add(bag, name, is_group);
}

static struct item *item_new(struct lcs_bag *bag, struct value value)
{
	struct item *item = arena_zalloc(bag->arena, sizeof(*item));

	if (!item)
		return NULL;
	item->value = value_copy(bag->arena, value);
	return value_is_null(item->value) ? NULL : item;
}

unsigned bag_count(const struct lcs_bag *bag, struct slice name)
{
	const struct name *n = find(bag, name, false);
	unsigned count = 0;

	for (const struct item *i = n ? n->items : NULL; i; i = i->next)
		count++;
	return count;
}

struct value bag_get(const struct lcs_bag *bag, struct slice name, int64_t nth)
{
	const struct name *n = find(bag, name, false);
	const struct item *i = n ? n->items : NULL;

	if (nth < 0)
		nth += bag_count(bag, name);
	if (nth < 0)
		return value_null();
	while (i && nth-- > 0)
		i = i->next;
	return i ? i->value : value_null();
}

struct value bag_list(const struct lcs_bag *bag, struct slice name, struct arena *arena)
{
	unsigned count = bag_count(bag, name);
	struct value_list *list = arena_alloc(arena, sizeof(*list));
	struct value *items = arena_alloc(arena, count * sizeof(*items));

	if (!list || !items)
		return value_null();
	for (unsigned i = 0; i < count; i++)
		items[i] = bag_get(bag, name, i);
	*list = (struct value_list){ count, items };
	return (struct value){ .type = VALUE_LIST, .list = list };
}

int bag_push(struct lcs_bag *bag, struct slice name, struct value value)
{
	struct name *n = find_or_add(bag, name, false);
	struct item *item = n ? item_new(bag, value) : NULL;

	if (!item)
		return -ENOMEM;
	item->next = n->items;
	n->items = item;
	return 0;
}

int bag_set(struct lcs_bag *bag, struct slice name, struct value value)
{
	struct name *n = find(bag, name, false);
	struct item *item;

	if (value_is_null(value)) {
		if (n)
			n->items = NULL;
		return 0;
	}
	n = find_or_add(bag, name, false);
	item = n ? item_new(bag, value) : NULL;
	if (!item)
		return -ENOMEM;
	n->items = item;
	return 0;
}

/* ---- groups ---- */

static struct item **field_at(struct name *group, struct slice field)
{
	struct item **at = &group->items;

	while (*at && !slice_eq((*at)->field, field))
		at = &(*at)->next;
	return at;
}

/* The nth of that name: 0 the latest, -1 the oldest. */
static struct name *nth_group(const struct lcs_bag *bag, struct slice name, int64_t nth)
{
	int64_t count = 0;

	for (const struct name *n = bag->names; n && nth < 0; n = n->next)
		count += n->is_group && slice_eq(n->name, name);
	nth += nth < 0 ? count : 0;
	if (nth < 0)
		return NULL;
	for (struct name *n = bag->names; n; n = n->next)
		if (n->is_group && slice_eq(n->name, name) && nth-- == 0)
			return n;
	return NULL;
}

struct value bag_field(const struct lcs_bag *bag, struct slice name, int64_t nth,
    struct slice field)
{
	struct name *group = nth_group(bag, name, nth);
	const struct item *item = group ? *field_at(group, field) : NULL;

	return item ? item->value : value_null();
}

static int set_field(struct lcs_bag *bag, struct name *group, struct slice field,
    struct value value)
{
	struct item **at = field_at(group, field);
	struct item *item;

	if (value_is_null(value)) {
		if (*at)
			*at = (*at)->next;
		return 0;
	}
	item = item_new(bag, value);
	if (!item)
		return -ENOMEM;
	item->field = arena_dup(bag->arena, field);
	if (!item->field.p && field.len)
		return -ENOMEM;
	item->next = *at ? (*at)->next : NULL;
	*at = item;
	return 0;
}

int bag_set_field(struct lcs_bag *bag, struct slice name, int64_t nth, struct slice field,
    struct value value)
{
	struct name *group = nth_group(bag, name, nth);

	if (!group && nth != 0)
		return -ENOENT;
	if (!group)
		group = find_or_add(bag, name, true);
	return group ? set_field(bag, group, field, value) : -ENOMEM;
}

int bag_push_field(struct lcs_bag *bag, struct slice name, struct slice field, struct value value)
{
	struct name *group = name_add(bag, name, true);

	return group ? set_field(bag, group, field, value) : -ENOMEM;
}

/* ---- flags ---- */

uint64_t bag_flag_bits(const struct lcs_bag *bag) { return bag->bits; }
void bag_set_flag_bits(struct lcs_bag *bag, uint64_t bits) { bag->bits = bits; }

static bool is_bit(struct slice name, uint64_t *bit)
{
	uint32_t n;

	if (slice_to_u32(name, &n) != 0 || n >= FLAG_BITS)
		return false;
	*bit = 1ull << n;
	return true;
}

static struct flag *flag_find(const struct lcs_bag *bag, struct slice name)
{
	for (struct flag *f = bag->flags; f; f = f->next)
		if (slice_eq(f->name, name))
			return f;
	return NULL;
}

bool lcs_bag_flag(const struct lcs_bag *bag, struct slice name)
{
	const struct flag *f;
	uint64_t bit;

	if (is_bit(name, &bit))
		return (bag->bits & bit) != 0;
	f = flag_find(bag, name);
	return f && f->on;
}

static struct flag *flag_add(struct lcs_bag *bag, struct slice name)
{
	struct flag *f = arena_zalloc(bag->arena, sizeof(*f));

	if (!f)
		return NULL;
	f->name = arena_dup(bag->arena, name);
	if (!f->name.p)
		return NULL;
	f->next = bag->flags;
	bag->flags = f;
	return f;
}

int lcs_bag_set_flag(struct lcs_bag *bag, struct slice name, bool on)
{
	struct flag *f;
	uint64_t bit;

	if (is_bit(name, &bit)) {
		bag->bits = on ? bag->bits | bit : bag->bits & ~bit;
		return 0;
	}
	f = flag_find(bag, name);
	if (!f && on)
		f = flag_add(bag, name);
	if (!f)
		return on ? -ENOMEM : 0;
	f->on = on;
	return 0;
}
