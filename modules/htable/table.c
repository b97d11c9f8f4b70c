/*
 * modules/htable/table.c - see table.h.
 */
#include "modules/htable/table.h"

#include "utils/arena.h"
#include "utils/lockorder.h"
#include "utils/siphash.h"

#include <errno.h>
#include <stdlib.h>

#define STRIPES 64u

struct item {
	struct item    *next;
	uint64_t        hash;
	msec_t          due;		/* 0: never */
	enum value_type type;
	int64_t         number;		/* of BOOL, INT, DURATION */
	size_t          key_len, text_len;
	char            bytes[];	/* key, then text */
};

struct stripe { struct lock lock; struct item **slots; };

struct table {
	char              *name;
	unsigned           bits;		/* slots in all */
	_Atomic uint64_t   count;
	_Atomic int64_t    expire, initial;
	_Atomic uint64_t   max_items;
	_Atomic bool       update_expire, has_initial;
	struct stripe      stripes[STRIPES];
};

/* ---- making and freeing ---- */

static size_t slots_of_stripe(const struct table *t)
{
	size_t n = ((size_t)1 << t->bits) / STRIPES;

	return n ? n : 1;
}

static bool make_stripes(struct table *t)
{
	for (unsigned i = 0; i < STRIPES; i++) {
		lock_init(&t->stripes[i].lock, LOCK_TABLE);
		t->stripes[i].slots = calloc(slots_of_stripe(t), sizeof(struct item *));
		if (!t->stripes[i].slots)
			return false;
	}
	return true;
}

void table_configure(struct table *t, const struct table_spec *spec)
{
	t->expire = spec->expire;
	t->update_expire = spec->update_expire;
	t->has_initial = spec->has_initial;
	t->initial = spec->initial;
	t->max_items = spec->max_items;
}

struct table *table_new(const struct table_spec *spec)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->bits = spec->bits;
	t->name = calloc(1, spec->name.len + 1);
	if (!make_stripes(t) || !t->name) {
		table_free(&t);
		return NULL;
	}
	memcpy(t->name, spec->name.p, spec->name.len);
	table_configure(t, spec);
	return t;
}

void table_free(struct table **p)
{
	struct table *t = *p;

	*p = NULL;
	if (!t)
		return;
	for (unsigned i = 0; i < STRIPES && t->stripes[i].slots; i++)
		for (size_t n = 0; n < slots_of_stripe(t); n++)
			while (t->stripes[i].slots[n]) {
				struct item *item = t->stripes[i].slots[n];

				t->stripes[i].slots[n] = item->next;
				free(item);
			}
	for (unsigned i = 0; i < STRIPES; i++)
		free(t->stripes[i].slots);
	free(t->name);
	free(t);
}

struct slice table_name(const struct table *t) { return slice_str(t->name); }
uint64_t table_count(const struct table *t) { return t->count; }
unsigned table_slots(const struct table *t) { return 1u << t->bits; }
msec_t table_expire(const struct table *t) { return t->expire; }

/* ---- one item; its stripe's lock is held ---- */

struct place { struct stripe *stripe; struct item **at; uint64_t hash; };

static struct place lock_place(struct table *t, struct slice key)
{
	struct place p = { .hash = siphash_quick(siphash_boot_key(), key) };

	p.stripe = &t->stripes[p.hash % STRIPES];
	lock_take(&p.stripe->lock);
	p.at = &p.stripe->slots[p.hash / STRIPES & (slots_of_stripe(t) - 1)];
	while (*p.at && ((*p.at)->hash != p.hash ||
	    !slice_eq(slice_of((*p.at)->bytes, (*p.at)->key_len), key)))
		p.at = &(*p.at)->next;
	return p;
}

static bool is_over(const struct item *item, msec_t now)
{
	return item->due != 0 && item->due <= now;
}

static void unlink_item(struct table *t, struct item **at)
{
	struct item *item = *at;

	*at = item->next;
	free(item);
	t->count--;
}

/* What is there and has not expired. */
static struct item *live(struct table *t, struct place *p, msec_t now)
{
	if (*p->at && is_over(*p->at, now))
		unlink_item(t, p->at);
	/* The chain may go on with other keys. */
	return *p->at && (*p->at)->hash == p->hash ? *p->at : NULL;
}

static struct slice text_of(const struct item *item)
{
	return slice_of(item->bytes + item->key_len, item->text_len);
}

static int copy_value(const struct item *item, struct arena *arena, struct value *out)
{
	struct slice text;

	switch (item->type) {
	case VALUE_BOOL:     *out = value_bool(item->number != 0); return 0;
	case VALUE_INT:      *out = value_int(item->number); return 0;
	case VALUE_DURATION: *out = value_duration(item->number); return 0;
	default:             break;
	}
	text = arena_dup(arena, text_of(item));
	if (!text.p && item->text_len)
		return -ENOMEM;
	*out = value_string(text);
	return 0;
}

static int64_t number_of(struct value v)
{
	return v.type == VALUE_BOOL ? v.b : v.type == VALUE_DURATION ? v.dur : v.i;
}

static bool is_number(enum value_type type)
{
	return type == VALUE_BOOL || type == VALUE_INT || type == VALUE_DURATION;
}

static struct item *item_new(struct slice key, uint64_t hash, struct value value)
{
	struct slice text = value.type == VALUE_STRING ? value.s : SLICE("");
	struct item *item = calloc(1, sizeof(*item) + key.len + text.len);

	if (!item)
		return NULL;
	item->hash = hash;
	item->type = value.type;
	item->key_len = key.len;
	item->text_len = text.len;
	if (is_number(value.type))
		item->number = number_of(value);
	if (key.len)
		memcpy(item->bytes, key.p, key.len);
	if (text.len)
		memcpy(item->bytes + key.len, text.p, text.len);
	return item;
}

static void start_time(struct table *t, struct item *item, msec_t now)
{
	item->due = t->expire ? now + t->expire : 0;
}

static int put(struct table *t, struct place *p, struct slice key, struct value value, msec_t now)
{
	struct item *old = live(t, p, now), *item;

	if (!old && t->count >= t->max_items)
		return -ENOSPC;
	if (old && is_number(old->type) && is_number(value.type)) {
		old->type = value.type;
		old->number = number_of(value);
		if (t->update_expire)
			start_time(t, old, now);
		return 0;
	}
	item = item_new(key, p->hash, value);
	if (!item)
		return -ENOMEM;
	start_time(t, item, now);
	if (old && !t->update_expire)
		item->due = old->due;
	item->next = old ? old->next : *p->at;
	*p->at = item;
	free(old);
	t->count += old == NULL;
	return 0;
}

/* ---- what others call ---- */

int table_get(struct table *t, struct slice key, msec_t now, struct arena *arena,
    struct value *out)
{
	struct place p = lock_place(t, key);
	struct item *item = live(t, &p, now);
	int err = 0;

	*out = t->has_initial ? value_int(t->initial) : value_null();
	if (item)
		err = copy_value(item, arena, out);
	lock_drop(&p.stripe->lock);
	return err;
}

int table_set(struct table *t, struct slice key, struct value value, msec_t now)
{
	struct place p;
	int err;

	if (value.type == VALUE_NULL) {
		table_remove(t, key);
		return 0;
	}
	p = lock_place(t, key);
	err = put(t, &p, key, value, now);
	lock_drop(&p.stripe->lock);
	return err;
}

static int add_here(struct table *t, struct place *p, struct slice key, int64_t by, msec_t now,
    int64_t *out)
{
	const struct item *item = live(t, p, now);
	int64_t old = item ? item->number : t->has_initial ? t->initial : 0;

	if (item && item->type != VALUE_INT)
		return -EINVAL;
	if (__builtin_add_overflow(old, by, out))
		return -ERANGE;
	return put(t, p, key, value_int(*out), now);
}

int table_add(struct table *t, struct slice key, int64_t by, msec_t now, int64_t *out)
{
	struct place p = lock_place(t, key);
	int err = add_here(t, &p, key, by, now, out);

	lock_drop(&p.stripe->lock);
	return err;
}

bool table_remove(struct table *t, struct slice key)
{
	struct place p = lock_place(t, key);
	bool found = *p.at != NULL;

	if (found)
		unlink_item(t, p.at);
	lock_drop(&p.stripe->lock);
	return found;
}

msec_t table_time_left(struct table *t, struct slice key, msec_t now)
{
	struct place p = lock_place(t, key);
	const struct item *item = live(t, &p, now);
	msec_t left = !item ? -1 : item->due ? item->due - now : 0;

	lock_drop(&p.stripe->lock);
	return left;
}

bool table_set_time_left(struct table *t, struct slice key, msec_t left, msec_t now)
{
	struct place p = lock_place(t, key);
	struct item *item = live(t, &p, now);

	if (item)
		item->due = left > 0 ? now + left : 0;
	lock_drop(&p.stripe->lock);
	return item != NULL;
}

/* ---- all of them ---- */

struct copies { struct arena *arena; struct table_items *out; size_t room; };

static int copy_item(struct copies *c, const struct item *item, msec_t now)
{
	struct table_item *to, *more;

	if (c->out->count == c->room) {
		size_t room = c->room ? c->room * 2 : 64;

		more = arena_alloc(c->arena, room * sizeof(*more));
		if (!more)
			return -ENOMEM;
		if (c->room)
			memcpy(more, c->out->items, c->room * sizeof(*more));
		c->out->items = more;
		c->room = room;
	}
	to = &c->out->items[c->out->count];
	to->key = arena_dup(c->arena, slice_of(item->bytes, item->key_len));
	to->left = item->due ? item->due - now : 0;
	if ((!to->key.p && item->key_len) || copy_value(item, c->arena, &to->value) != 0)
		return -ENOMEM;
	c->out->count++;
	return 0;
}

int table_copy(struct table *t, msec_t now, struct arena *arena, struct table_items *out)
{
	struct copies c = { arena, out, 0 };
	int err = 0;

	*out = (struct table_items){ 0, NULL };
	for (unsigned i = 0; i < STRIPES && !err; i++) {
		struct stripe *s = &t->stripes[i];

		lock_take(&s->lock);
		for (size_t n = 0; n < slots_of_stripe(t) && !err; n++)
			for (const struct item *x = s->slots[n]; x && !err; x = x->next)
				if (!is_over(x, now))
					err = copy_item(&c, x, now);
		lock_drop(&s->lock);
	}
	return err;
}

/* Takes out what is over, or with now < 0 everything. */
static int take_out(struct table *t, msec_t now, struct copies *c, uint64_t *count)
{
	int err = 0;

	for (unsigned i = 0; i < STRIPES; i++) {
		struct stripe *s = &t->stripes[i];

		lock_take(&s->lock);
		for (size_t n = 0; n < slots_of_stripe(t); n++)
			for (struct item **at = &s->slots[n]; *at; ) {
				if (now >= 0 && !is_over(*at, now)) {
					at = &(*at)->next;
					continue;
				}
				if (c && !err)
					err = copy_item(c, *at, now);
				unlink_item(t, at);
				++*count;
			}
		lock_drop(&s->lock);
	}
	return err;
}

uint64_t table_clear(struct table *t)
{
	uint64_t count = 0;

	take_out(t, -1, NULL, &count);
	return count;
}

int table_sweep(struct table *t, msec_t now, struct arena *arena, struct table_items *out)
{
	struct copies c = { arena, out, 0 };
	uint64_t count = 0;

	if (arena)
		*out = (struct table_items){ 0, NULL };
	return take_out(t, now, arena ? &c : NULL, &count);
}
