/*
 * cfg/mem.c - memory for reading a configuration, and the tables made of it.
 */
#include "cfg/mem.h"

#include <limits.h>

void mem_short(struct mem *m)
{
	longjmp(m->begin, 1);
}

void *mem_zero(struct mem *m, size_t size_bytes)
{
	void *p = arena_zalloc(m->arena, size_bytes);

	if (!p)
		mem_short(m);
	return p;
}

char *mem_bytes(struct mem *m, size_t size_bytes)
{
	char *p = arena_bytes(m->arena, size_bytes);

	if (!p)
		mem_short(m);
	return p;
}

struct slice mem_dup(struct mem *m, struct slice s)
{
	char *p = mem_bytes(m, s.len + 1);

	if (s.len)
		memcpy(p, s.p, s.len);
	p[s.len] = '\0';
	return slice_of(p, s.len);
}

char *mem_cstr(struct mem *m, struct slice s)
{
	char *p = arena_dup_cstr(m->arena, s);

	if (!p)
		mem_short(m);
	return p;
}

struct slice mem_printf(struct mem *m, const char *fmt, ...)
{
	struct slice s;
	va_list ap;

	va_start(ap, fmt);
	s = arena_vprintf(m->arena, fmt, ap);
	va_end(ap);
	if (!s.p)
		mem_short(m);
	return s;
}

void mem_hold(struct mem *m, void *obj, void (*drop)(void *obj))
{
	if (arena_hold(m->arena, obj, drop) == 0)
		return;
	drop(obj);
	mem_short(m);
}

/* ---- names to things ---- */

#define DICT_FIRST_SLOTS 64u

/* FNV-1a: the keys come from the operator's own file, nobody floods it. */
static uint64_t hash_of(struct slice key)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < key.len; i++)
		h = (h ^ (unsigned char)key.p[i]) * 0x100000001b3u;
	return h;
}

void dict_init(struct dict *d, struct mem *m)
{
	d->mem = m;
	d->count = 0;
	d->mask = DICT_FIRST_SLOTS - 1;
	d->slots = MEM_ARRAY(m, struct dict_entry *, DICT_FIRST_SLOTS);
}

static struct dict_entry **find(const struct dict *d, struct slice key, uint64_t hash)
{
	struct dict_entry **at = &d->slots[hash & d->mask];

	while (*at && !((*at)->hash == hash && slice_eq((*at)->key, key)))
		at = &(*at)->next;
	return at;
}

void *dict_get(const struct dict *d, struct slice key)
{
	struct dict_entry *e = *find(d, key, hash_of(key));

	return e ? e->value : NULL;
}

static void grow(struct dict *d)
{
	size_t mask = d->mask * 2 + 1;
	struct dict_entry **slots = MEM_ARRAY(d->mem, struct dict_entry *, mask + 1);

	for (size_t i = 0; i <= d->mask; i++) {
		for (struct dict_entry *e = d->slots[i], *next; e; e = next) {
			next = e->next;
			e->next = slots[e->hash & mask];
			slots[e->hash & mask] = e;
		}
	}
	d->slots = slots;
	d->mask = mask;
}

void dict_put(struct dict *d, struct slice key, void *value)
{
	uint64_t hash = hash_of(key);
	struct dict_entry **at = find(d, key, hash);

	if (!*at) {
		struct dict_entry *e = MEM_NEW(d->mem, struct dict_entry);

		e->key = key;
		e->hash = hash;
		*at = e;
		d->count++;
	}
	(*at)->value = value;
	if (d->count > d->mask)
		grow(d);
}

void dict_remove(struct dict *d, struct slice key)
{
	struct dict_entry **at = find(d, key, hash_of(key));

	if (!*at)
		return;
	*at = (*at)->next;
	d->count--;
}

void *mem_push(struct mem *m, void *items, unsigned *count, unsigned *room, size_t size_bytes)
{
	void **array = items;

	if (*count == *room) {
		unsigned more = *room ? *room * 2 : 8;
		void *p = mem_zero(m, more * size_bytes);

		if (*count)
			memcpy(p, *array, *count * size_bytes);
		*array = p;
		*room = more;
	}
	return (char *)*array + size_bytes * (*count)++;
}
