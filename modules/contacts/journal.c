/*
 * modules/contacts/journal.c - lists in the store: a row per list, group and contact.
 */
#include "modules/contacts/contacts.h"

static const struct store_step steps[] = {
#include "modules/contacts/schema.gen.h"
	{ 0 }
};

enum { STMT_GROUP = ROAMING_STMTS, STMT_GROUP_GONE, STMT_ADD, STMT_MODIFY, STMT_GONE };

static const struct store_stmt stmts[] = {
	[ROAMING_PUT_LIST] = { "contacts_list_put", "replace into contacts_list(aor, number, changed) "
	    "values (?, ?, ?)", "sit", NULL, NULL },
	/* Sorted so that each list comes in one piece: its number, groups, contacts. */
	[ROAMING_LOAD_ALL] = { "contacts_all", "select aor, 0 as kind, number as place, '' as uri, "
	    "'' as name, '' as members, 0 as subscribed, '' as external, '' as extension from contacts_list "
	    "union all select aor, 1, id, '', name, '', 0, external, '' from contacts_group "
	    "union all select aor, 2, place, uri, name, members, subscribed, external, extension "
	    "from contacts_contact order by 1, 2, 3, 4", "", "siisssiss", NULL },
	[STMT_GROUP] = { "contacts_group_put", "replace into contacts_group(aor, id, name, external, "
	    "version) values (?, ?, ?, ?, ?)", "sissi", NULL, NULL },
	[STMT_GROUP_GONE] = { "contacts_group_delete", "delete from contacts_group where aor = ? and "
	    "id = ?", "si", NULL, NULL },
	[STMT_ADD] = { "contacts_add", "replace into contacts_contact(name, members, subscribed, "
	    "external, extension, version, aor, uri, place) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    "ssississi", NULL, NULL },
	[STMT_MODIFY] = { "contacts_modify", "update contacts_contact set name = ?, members = ?, "
	    "subscribed = ?, external = ?, extension = ?, version = ? where aor = ? and uri = ?",
	    "ssississ", NULL, NULL },
	[STMT_GONE] = { "contacts_delete", "delete from contacts_contact where aor = ? and uri = ?",
	    "ss", NULL, NULL },
	{ 0 }
};

const struct store_schema contacts_schema = { "contacts", steps, stmts, STORE_MADE };

/* ---- writing ---- */

static bool row(struct roaming_row *out, unsigned stmt, const struct value *args, size_t bytes)
{
	out->stmt = &stmts[stmt];
	memcpy(out->args, args, bytes);
	return true;
}

static bool group_row(const struct draft_group *g, struct slice aor, uint32_t number,
    struct roaming_row *out)
{
	const struct value put[] = { store_text(aor), value_int(g->g.id), store_text(g->g.name),
	    store_text(g->g.external), value_int(number) };

	switch (g->fate) {
	case FATE_DELETED: return row(out, STMT_GROUP_GONE, put, 2 * sizeof(put[0]));
	case FATE_ADDED:
	case FATE_MODIFIED: return row(out, STMT_GROUP, put, sizeof(put));
	default: return false;
	}
}

static bool contact_row(const struct draft_contact *d, struct slice aor, uint32_t number,
    struct roaming_row *out)
{
	const struct contacts_contact *c = &d->c;
	const struct value drop[] = { store_text(aor), store_text(c->uri) };
	const struct value put[] = { store_text(c->name),
	    value_string(slice_of(out->text, list_members_format(c->members, out->text))),
	    value_int(c->subscribed), store_text(c->external), store_text(c->extension), value_int(number),
	    store_text(aor), store_text(c->uri), value_int(number) };

	switch (d->fate) {
	case FATE_DELETED: return row(out, STMT_GONE, drop, sizeof(drop));
	case FATE_ADDED: return row(out, STMT_ADD, put, sizeof(put));
	case FATE_MODIFIED: return row(out, STMT_MODIFY, put, sizeof(put) - sizeof(put[0]));
	default: return false;
	}
}

bool contacts_row(const struct roaming_draft *draft, unsigned i, struct slice aor,
    struct roaming_row *out)
{
	const struct list_draft *d = draft_of(draft);

	return i < d->group_count ? group_row(&d->groups[i], aor, draft->number, out) :
	    contact_row(&d->contacts[i - d->group_count], aor, draft->number, out);
}

/* ---- reading ---- */

static bool load_group(struct roaming_draft *d, struct arena *arena, const struct value *c)
{
	const struct contacts_group g = { (unsigned)c[2].i, arena_dup(arena, c[4].s),
	    arena_dup(arena, c[7].s) };

	return c[2].i > 0 && c[2].i <= CONTACTS_GROUPS_MAX && draft_load_group(d, &g);
}

static bool load_contact(struct roaming_draft *d, struct arena *arena, const struct value *c)
{
	struct contacts_contact contact = { .uri = arena_dup(arena, c[3].s),
	    .name = arena_dup(arena, c[4].s), .external = arena_dup(arena, c[7].s),
	    .extension = arena_dup(arena, c[8].s), .subscribed = c[6].i != 0 };

	return list_members_parse(c[5].s, &contact.members) == 0 && draft_load_contact(d, &contact);
}

bool contacts_load_row(struct roaming_draft *d, struct arena *arena, const struct value *c)
{
	return c[1].i == 1 ? load_group(d, arena, c) : load_contact(d, arena, c);
}
