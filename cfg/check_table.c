/*
 * cfg/check_table.c - what is declared as acl and map, row by row.
 */
#include "cfg/check.h"
#include "cfg/table.h"

/* ---- acl ---- */

static void acl_add(struct load *ld, struct cfg_acl *acl, const struct acl_row *row)
{
	if (row->net.addr.family == 0)
		return;			/* was no address */
	if (!acl_put(&ld->mem, acl, &row->net, row->is_not ? ACL_OUT : ACL_IN))
		load_warning(ld, 501, row->at, "this network stands here already");
}

static void warn_useless(struct load *ld, const struct cfg_acl *acl, const struct acl_row *row)
{
	enum acl_word outer = row->net.addr.family ? acl_around(acl, &row->net) : ACL_NOTHING;

	if (!row->is_not && row->net.addr.family && outer == ACL_IN)
		diag_beside(load_warning(ld, 501, row->at, "this row changes nothing"),
		    "a larger network of this acl covers it");
	else if (row->is_not && outer != ACL_IN)
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
	acl_merge(&ld->mem, acl, other->acl, row->is_not);
}

static void acl_build(struct load *ld, struct acl_decl *d)
{
	struct cfg_acl *acl;

	if (d->state == ACL_DONE)
		return;
	d->state = ACL_OPEN;
	acl = acl_new(&ld->mem);
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

/* ---- map ---- */

static bool same_type(struct load *ld, struct type *known, const struct expr *e,
    const char *what)
{
	struct type t = type_of_value(*e->konst);

	if (known->base == VALUE_VOID || known->base == VALUE_NULL)
		*known = t;
	if (t.base == known->base || t.base == VALUE_NULL)
		return true;
	load_error(ld, 320, e->at, "this %s is %s, those above are %s", what,
	    type_article(t), type_article(*known));
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
	struct value key = *row->key->konst;
	struct slice by;
	bool is_covered = key.type == VALUE_STRING && map_covers(map, key.s, &by);

	if (!map_put(map, key, *row->value->konst))
		load_error(ld, 203, row->key->at, "this key stands here already");
	else if (is_covered)
		say_unreachable(ld, row, by);
}

static void map_build(struct load *ld, struct map_decl *d)
{
	struct cfg_map *map;
	unsigned rows = 0;

	d->key_type = d->item_type = type_of_base(VALUE_VOID);
	for (const struct map_row *row = d->rows; row; row = row->next)
		rows++;
	map = map_new(&ld->mem, rows);
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
