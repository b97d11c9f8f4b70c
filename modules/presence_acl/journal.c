/*
 * modules/presence_acl/journal.c - access lists in the store: a row per list and entry.
 */
#include "modules/presence_acl/presence_acl.h"

static const struct store_step steps[] = {
#include "modules/presence_acl/schema.gen.h"
	{ 0 }
};

enum { STMT_PUT = ROAMING_STMTS, STMT_GONE };

static const struct store_stmt stmts[] = {
	[ROAMING_PUT_LIST] = { "acl_list_put", "replace into presence_acl_list(aor, number, changed) "
	    "values (?, ?, ?)", "sit", NULL, NULL },
	/* Sorted so that each list comes in one piece: its number, its entries as they came. */
	[ROAMING_LOAD_ALL] = { "acl_all", "select aor, 0 as part, number, '' as kind, '' as mask, "
	    "0 as forced, '' as rights from presence_acl_list union all "
	    "select aor, 1, version, kind, mask, forced, rights from presence_acl_entry "
	    "order by 1, 2, 3", "", "siissis", NULL },
	[STMT_PUT] = { "acl_entry_put", "replace into presence_acl_entry(aor, kind, mask, forced, "
	    "rights, version) values (?, ?, ?, ?, ?, ?)", "sssisi", NULL, NULL },
	[STMT_GONE] = { "acl_entry_delete", "delete from presence_acl_entry where aor = ? and "
	    "kind = ? and mask = ? and forced = ?", "sssi", NULL, NULL },
	{ 0 }
};

const struct store_schema acl_schema = { "presence_acl", steps, stmts, STORE_MADE };

bool acl_row(const struct roaming_draft *draft, unsigned i, struct slice aor,
    struct roaming_row *out)
{
	const struct acl_row *r = &acl_draft_of(draft)->rows[i];
	const struct value put[] = { store_text(aor), store_text(slice_str(acl_type_name(r->e.type))),
	    store_text(r->e.mask), value_int(r->e.forced), value_string(slice_of(out->text, 2)),
	    value_int(draft->number) };

	out->text[0] = r->e.rights.presence;
	out->text[1] = r->e.rights.communication;
	out->stmt = &stmts[r->fate == ACL_GONE ? STMT_GONE : STMT_PUT];
	memcpy(out->args, put, sizeof(put));
	return r->fate != ACL_STAYS;
}

bool acl_load_row(struct roaming_draft *d, struct arena *arena, const struct value *c)
{
	struct acl_entry e = { .mask = arena_dup(arena, c[4].s), .forced = c[5].i != 0 };

	return acl_type_parse(c[3].s, &e.type) == 0 && acl_rights_parse(c[6].s, &e.rights) == 0 &&
	    acl_load(d, &e);
}
