/*
 * cfg/table.c - acl and map: what is declared becomes a tree or a hash table.
 */
#include "cfg/check.h"

/* ---- acl: a bit trie per address family ---- */

struct acl_node {
	struct acl_node *child[2];
	enum { ROW_NONE, ROW_IN, ROW_OUT } row;
};

struct cfg_acl { struct acl_node *v4, *v6; };

static unsigned bit_of(const struct ip_addr *ip, unsigned n)
{
	return ip->bytes[n / 8] >> (7 - n % 8) & 1u;
}

bool cfg_acl_covers(const struct cfg_acl *acl, const struct ip_addr *ip)
{
	const struct acl_node *n = ip->family == 4 ? acl->v4 : acl->v6;
	unsigned bits = ip->family == 4 ? 32 : 128;
	int row = ROW_NONE;

	for (unsigned i = 0; n; i++) {
		if (n->row != ROW_NONE)
			row = (int)n->row;	/* the longest match wins */
		n = i < bits ? n->child[bit_of(ip, i)] : NULL;
	}
	return row == ROW_IN;
}

static struct acl_node *acl_place(struct load *ld, struct cfg_acl *acl, const struct ip_net *net)
{
	struct acl_node **at = net->addr.family == 4 ? &acl->v4 : &acl->v6;

	for (unsigned i = 0;; i++) {
		if (!*at)
			*at = MEM_NEW(&ld->mem, struct acl_node);
		if (i == net->bits)
			return *at;
		at = &(*at)->child[bit_of(&net->addr, i)];
	}
}

static void acl_add(struct load *ld, struct cfg_acl *acl, const struct acl_row *row)
{
	struct acl_node *n;

	if (row->net.addr.family == 0)
		return;			/* was no address */
	n = acl_place(ld, acl, &row->net);
	if (n->row != ROW_NONE)
		load_warning(ld, 501, row->at, "this network stands here already");
	n->row = row->is_not ? ROW_OUT : ROW_IN;
}

/* What the rows around a row say of its network already: ROW_NONE if nothing. */
static int around(const struct cfg_acl *acl, const struct ip_net *net)
{
	const struct acl_node *n = net->addr.family == 4 ? acl->v4 : acl->v6;
	int row = ROW_NONE;

	for (unsigned i = 0; n && i < net->bits; i++) {
		if (n->row != ROW_NONE)
			row = (int)n->row;
		n = n->child[bit_of(&net->addr, i)];
	}
	return row;
}

static void warn_useless(struct load *ld, const struct cfg_acl *acl, const struct acl_row *row)
{
	int outer = row->net.addr.family ? around(acl, &row->net) : ROW_NONE;

	if (!row->is_not && row->net.addr.family && outer == ROW_IN)
		diag_beside(load_warning(ld, 501, row->at, "this row changes nothing"),
		    "a larger network of this acl covers it");
	else if (row->is_not && outer != ROW_IN)
		diag_beside(load_warning(ld, 501, row->at, "this row changes nothing"),
		    "the acl does not cover what it excludes");
}

static bool includes_others(const struct acl_decl *d)
{
	for (const struct acl_row *row = d->rows; row; row = row->next)
		if (row->name.len)
			return true;
	return false;
}

static void acl_merge(struct load *ld, struct acl_node **to, const struct acl_node *from,
    bool is_not)
{
	if (!from)
		return;
	if (!*to)
		*to = MEM_NEW(&ld->mem, struct acl_node);
	if (from->row != ROW_NONE && (*to)->row == ROW_NONE)
		(*to)->row = is_not == (from->row == ROW_OUT) ? ROW_IN : ROW_OUT;
	for (unsigned i = 0; i < 2; i++)
		acl_merge(ld, &(*to)->child[i], from->child[i], is_not);
}

static void acl_build(struct load *ld, struct acl_decl *d);

static void acl_include(struct load *ld, struct acl_decl *d, struct cfg_acl *acl,
    const struct acl_row *row)
{
	struct acl_decl *other = dict_get(&ld->names->acls, row->name);
	struct candidates all = { .ld = ld };
	struct diag_item *item;

	if (!other) {
		item = load_error(ld, 201, row->at, "acl \"%.*s\" is not defined",
		    SLICE_ARG(row->name));
		candidates_add_dict(&all, &ld->names->acls);
		candidates_say(&all, row->name, item, row->at, "\"", "\"");
		return;
	}
	other->is_used = true;
	if (other->state == ACL_OPEN || other == d) {
		load_error(ld, 505, row->at, "acl \"%.*s\" contains itself", SLICE_ARG(d->name));
		return;
	}
	acl_build(ld, other);
	acl_merge(ld, &acl->v4, other->acl->v4, row->is_not);
	acl_merge(ld, &acl->v6, other->acl->v6, row->is_not);
}

static void acl_build(struct load *ld, struct acl_decl *d)
{
	struct cfg_acl *acl;

	if (d->state == ACL_DONE)
		return;
	d->state = ACL_OPEN;
	acl = MEM_NEW(&ld->mem, struct cfg_acl);
	/* Own rows first: they count more than included ones for the same network. */
	for (const struct acl_row *row = d->rows; row; row = row->next)
		if (!row->name.len)
			acl_add(ld, acl, row);
	if (!includes_others(d))
		for (const struct acl_row *row = d->rows; row; row = row->next)
			warn_useless(ld, acl, row);
	for (const struct acl_row *row = d->rows; row; row = row->next)
		if (row->name.len)
			acl_include(ld, d, acl, row);
	d->acl = acl;
	d->state = ACL_DONE;
}

void table_acls(struct load *ld)
{
	for (struct acl_decl *d = ld->ast->acls.first; d; d = d->next)
		acl_build(ld, d);
}

/* ---- map: a hash table, and the patterns in their order ---- */

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

/* ---- building a map ---- */

static bool same_type(struct load *ld, struct type *known, const struct expr *e,
    const char *what)
{
	struct type t = type_of_value(*e->konst);

	if (known->base == VALUE_VOID || known->base == VALUE_NULL)
		*known = t;
	if (t.base == known->base || t.base == VALUE_NULL)
		return true;
	load_error(ld, 320, e->at, "this %s is %.*s, those above are %.*s", what,
	    SLICE_ARG(type_article(ld, t)), SLICE_ARG(type_article(ld, *known)));
	return false;
}

static bool check_row(struct load *ld, struct map_decl *d, struct map_row *row)
{
	env_settle(ld, row->value);
	if (!check_constant(ld, row->key, "a key") || !check_constant(ld, row->value, "a value"))
		return false;
	return same_type(ld, &d->key_type, row->key, "key") &&
	    same_type(ld, &d->item_type, row->value, "value");
}

static void say_unreachable(struct load *ld, const struct map_row *row, struct slice by)
{
	diag_beside(load_warning(ld, 501, row->at, "match_first() never gets to this row"),
	    "\"%.*s\" above it covers it", SLICE_ARG(by));
}

static void add_row(struct load *ld, struct cfg_map *map, const struct map_row *row)
{
	struct map_entry *e = &map->entries[map->count];
	struct value key = *row->key->konst;

	if (find(map, key)) {
		load_error(ld, 203, row->key->at, "this key stands here already");
		return;
	}
	e->key = key;
	e->value = *row->value->konst;
	e->hash = hash_key(key);
	e->order = map->count++;
	e->next = map->slots[e->hash & map->mask];
	map->slots[e->hash & map->mask] = e;
	if (key.type != VALUE_STRING)
		return;
	for (unsigned i = 0; i < map->pattern_count; i++)
		if (slice_fits(map->patterns[i]->key.s, key.s)) {
			say_unreachable(ld, row, map->patterns[i]->key.s);
			break;
		}
	e->is_pattern = slice_find(key.s, '*') < key.s.len;
	if (e->is_pattern)
		map->patterns[map->pattern_count++] = e;
	else if (key.s.len > map->longest)
		map->longest = (unsigned)key.s.len;
}

static void map_build(struct load *ld, struct map_decl *d)
{
	struct cfg_map *map = MEM_NEW(&ld->mem, struct cfg_map);
	unsigned rows = 0;

	d->key_type = d->item_type = type_of_base(VALUE_VOID);
	for (const struct map_row *row = d->rows; row; row = row->next)
		rows++;
	map->mask = 15;
	while (map->mask < rows)
		map->mask = map->mask * 2 + 1;
	map->slots = MEM_ARRAY(&ld->mem, struct map_entry *, map->mask + 1);
	map->entries = MEM_ARRAY(&ld->mem, struct map_entry, rows + 1);
	map->patterns = MEM_ARRAY(&ld->mem, struct map_entry *, rows + 1);
	for (struct map_row *row = d->rows; row; row = row->next)
		if (check_row(ld, d, row))
			add_row(ld, map, row);
	if (d->key_type.base == VALUE_VOID)
		d->key_type = d->item_type = type_of_base(VALUE_ANY);
	d->map = map;
}

void table_maps(struct load *ld)
{
	for (struct map_decl *d = ld->ast->maps.first; d; d = d->next)
		map_build(ld, d);
}
