/*
 * cfg/map.c - maps: a hash table, and the patterns in their order.
 */
#include "cfg/table.h"

struct map_entry {
	struct map_entry *next;		/* in its slot */
	struct value      key, value;
	uint64_t          hash;
	unsigned          order;
	bool              is_pattern;	/* has a "*" */
};

struct cfg_map {
	struct map_entry  *entries;	/* as written */
	unsigned           count, longest;
	struct map_entry **slots;
	size_t             mask;
	struct map_entry **patterns;
	unsigned           pattern_count;
};

/* Case does not enter the hash, so that one table serves both kinds of comparison. */
static uint64_t hash_text(struct slice s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)ascii_lower(s.p[i])) * 0x100000001b3u;
	return h;
}

static uint64_t hash_key(struct value key)
{
	switch (key.type) {
	case VALUE_STRING: return hash_text(key.s);
	case VALUE_URI:    return hash_text(key.uri->text);
	case VALUE_INT:
	case VALUE_DURATION:
		return ((uint64_t)key.i ^ (uint64_t)key.i >> 32) * 0x9e3779b97f4a7c15u;
	case VALUE_IP:
		return hash_text(slice_of((const char *)key.ip->addr.bytes,
		    sizeof(key.ip->addr.bytes)));
	default:
		return 0;
	}
}

static const struct map_entry *find(const struct cfg_map *map, struct value key)
{
	uint64_t hash = hash_key(key);

	if (key.type == VALUE_URI)
		key = value_string(key.uri->text);
	for (const struct map_entry *e = map->slots[hash & map->mask]; e; e = e->next)
		if (e->hash == hash && value_eq(e->key, key))
			return e;
	return NULL;
}

struct value cfg_map_exact(const struct cfg_map *map, struct value key)
{
	const struct map_entry *e = find(map, key);

	return e ? e->value : value_null();
}

struct value cfg_map_longest_prefix(const struct cfg_map *map, struct slice digits)
{
	size_t len = digits.len < map->longest ? digits.len : map->longest;

	for (;; len--) {
		const struct map_entry *e = find(map, value_string(slice_first(digits, len)));

		if (e && !e->is_pattern)
			return e->value;
		if (len == 0)
			return value_null();
	}
}

static const struct map_entry *exact_text(const struct cfg_map *map, struct slice text)
{
	uint64_t hash = hash_text(text);
	const struct map_entry *e = map->slots[hash & map->mask];

	while (e && !(e->hash == hash && e->key.type == VALUE_STRING &&
	    slice_eq_nocase(e->key.s, text)))
		e = e->next;
	return e;
}

/* Rows are written "bob@example.com", what is looked up is mostly a URI: the scheme of one
 * does not count unless the row names it. */
static struct slice without_scheme(struct slice text)
{
	size_t colon = slice_find(text, ':');
	struct slice scheme = slice_first(text, colon);

	if (slice_eq_nocase(scheme, SLICE("sip")) || slice_eq_nocase(scheme, SLICE("sips")))
		return slice_skip(text, colon + 1);
	return text;
}

struct value cfg_map_first_match(const struct cfg_map *map, struct slice text)
{
	struct slice bare = without_scheme(text);
	const struct map_entry *exact = exact_text(map, text), *other = exact_text(map, bare);

	if (!exact || (other && other->order < exact->order))
		exact = other;
	for (unsigned i = 0; i < map->pattern_count; i++) {
		const struct map_entry *e = map->patterns[i];

		if (exact && exact->order < e->order)
			break;
		if (slice_fits(e->key.s, text) || slice_fits(e->key.s, bare))
			return e->value;
	}
	return exact ? exact->value : value_null();
}

/* ---- rows ---- */

struct cfg_map *map_new(struct mem *mem, unsigned rows)
{
	struct cfg_map *map = MEM_NEW(mem, struct cfg_map);

	map->mask = 15;
	while (map->mask < rows)
		map->mask = map->mask * 2 + 1;
	map->slots = MEM_ARRAY(mem, struct map_entry *, map->mask + 1);
	map->entries = MEM_ARRAY(mem, struct map_entry, rows + 1);
	map->patterns = MEM_ARRAY(mem, struct map_entry *, rows + 1);
	return map;
}

bool map_covers(const struct cfg_map *map, struct slice text, struct slice *by)
{
	for (unsigned i = 0; i < map->pattern_count; i++)
		if (slice_fits(map->patterns[i]->key.s, text)) {
			*by = map->patterns[i]->key.s;
			return true;
		}
	return false;
}

bool map_put(struct cfg_map *map, struct value key, struct value value)
{
	struct map_entry *e = &map->entries[map->count];

	if (find(map, key))
		return false;
	e->key = key;
	e->value = value;
	e->hash = hash_key(key);
	e->order = map->count++;
	e->next = map->slots[e->hash & map->mask];
	map->slots[e->hash & map->mask] = e;
	if (key.type != VALUE_STRING)
		return true;
	e->is_pattern = slice_find(key.s, '*') < key.s.len;
	if (e->is_pattern)
		map->patterns[map->pattern_count++] = e;
	else if (key.s.len > map->longest)
		map->longest = (unsigned)key.s.len;
	return true;
}
