/*
 * modules/contacts/journal.c - lists in the store: a row per list, group and contact.
 */
#include "modules/contacts/contacts.h"

#include <errno.h>
#include <stdlib.h>

static const struct store_step steps[] = {
#include "modules/contacts/schema.gen.h"
	{ 0 }
};

enum { STMT_LIST, STMT_GROUP, STMT_GROUP_GONE, STMT_ADD, STMT_MODIFY, STMT_GONE, STMT_ALL };

static const struct store_stmt stmts[] = {
	[STMT_LIST] = { "contacts_list_put", "replace into contacts_list(aor, number, changed) "
	    "values (?, ?, ?)", "sit", NULL, NULL },
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
	/* Sorted so that each list comes in one piece: its number, groups, contacts. */
	[STMT_ALL] = { "contacts_all", "select aor, 0 as kind, number as place, '' as uri, '' as name, "
	    "'' as members, 0 as subscribed, '' as external, '' as extension from contacts_list "
	    "union all select aor, 1, id, '', name, '', 0, external, '' from contacts_group "
	    "union all select aor, 2, place, uri, name, members, subscribed, external, extension "
	    "from contacts_contact order by 1, 2, 3, 4", "", "siisssiss", NULL },
	{ 0 }
};

const struct store_schema contacts_schema = { "contacts", steps, stmts };

/* ---- writing ---- */

#define ARGS_MAX 9

struct writing {
	struct store_op *ops;
	struct value   (*args)[ARGS_MAX];
	char           (*members)[LIST_MEMBERS_BYTES];
	size_t           count;
};

static struct value text(struct slice s)
{
	return value_string(s.p ? s : SLICE(""));
}

static struct value *next_op(struct writing *w, unsigned stmt)
{
	struct value *args = w->args[w->count];

	w->ops[w->count++] = (struct store_op){ &stmts[stmt], args };
	return args;
}

static void write_group(struct writing *w, struct slice aor, const struct draft_group *g,
    uint32_t number)
{
	const struct value put[] = { text(aor), value_int(g->g.id), text(g->g.name),
	    text(g->g.external), value_int(number) };
	const struct value drop[] = { text(aor), value_int(g->g.id) };

	if (g->fate == FATE_DELETED)
		memcpy(next_op(w, STMT_GROUP_GONE), drop, sizeof(drop));
	else if (g->fate == FATE_ADDED || g->fate == FATE_MODIFIED)
		memcpy(next_op(w, STMT_GROUP), put, sizeof(put));
}

static void write_contact(struct writing *w, struct slice aor, const struct draft_contact *d,
    uint32_t number)
{
	const struct contacts_contact *c = &d->c;
	char *members = w->members[w->count];
	const struct value put[] = { text(c->name),
	    value_string(slice_of(members, list_members_format(c->members, members))),
	    value_int(c->subscribed), text(c->external), text(c->extension), value_int(number),
	    text(aor), text(c->uri), value_int(number) };
	const struct value drop[] = { text(aor), text(c->uri) };

	if (d->fate == FATE_DELETED)
		memcpy(next_op(w, STMT_GONE), drop, sizeof(drop));
	else if (d->fate == FATE_ADDED)
		memcpy(next_op(w, STMT_ADD), put, sizeof(put));
	else if (d->fate == FATE_MODIFIED)
		memcpy(next_op(w, STMT_MODIFY), put, sizeof(put) - sizeof(put[0]));
}

static void fill(struct writing *w, struct slice aor, const struct list_draft *d)
{
	const struct value head[] = { text(aor), value_int(d->number),
	    value_int(loop_wall(worker_loop())) };

	memcpy(next_op(w, STMT_LIST), head, sizeof(head));
	for (unsigned i = 0; i < d->group_count; i++)
		write_group(w, aor, &d->groups[i], d->number);
	for (unsigned i = 0; i < d->contact_count; i++)
		write_contact(w, aor, &d->contacts[i], d->number);
}

int contacts_journal_write(struct slice aor, const struct list_draft *d, store_done_fn *done, void *arg)
{
	size_t most = 1 + d->group_count + d->contact_count;
	struct writing w = { .ops = calloc(most, sizeof(*w.ops)) };
	int err = -ENOMEM;

	w.args = calloc(most, sizeof(*w.args));
	w.members = malloc(most * sizeof(*w.members));
	if (w.ops && w.args && w.members) {
		fill(&w, aor, d);
		err = store_run_all(w.ops, w.count, done, arg);
	}
	free(w.ops);
	free(w.args);
	free(w.members);
	return err;
}

/* ---- reading ---- */

struct loading {
	struct contacts   *c;
	struct arena      *arena;	/* texts of the draft; NULL: none is under way */
	struct list_draft *draft;
	struct slice       aor;
	unsigned           count;
	int                err;
};

#define LOADED_CONTACTS_MAX 100000u	/* of one list, written by whatever hands */

static void flush(struct loading *l)
{
	struct contacts_list *list = l->draft && !l->err ? list_make(l->aor, l->draft) : NULL;

	if (l->draft && !list)
		l->err = -ENOMEM;
	if (list)
		rtab_insert(l->c->table, &list->node, lcs_user_key(l->aor));
	l->count += list != NULL;
	draft_free(&l->draft);
	arena_free(&l->arena);
}

static bool begin(struct loading *l, struct slice aor, int64_t number)
{
	flush(l);
	l->arena = arena_new(0);
	l->draft = l->arena ? draft_new(NULL, 64) : NULL;
	if (!l->draft) {
		l->err = -ENOMEM;
		return false;
	}
	l->aor = arena_dup(l->arena, aor);
	l->draft->number = number > 0 && number <= UINT32_MAX ? (uint32_t)number : 1;
	return l->aor.p != NULL;
}

static bool make_room(struct list_draft *d)
{
	struct draft_contact *more;

	if (d->contact_count < d->contact_room)
		return true;
	if (d->contact_room >= LOADED_CONTACTS_MAX)
		return false;
	more = realloc(d->contacts, 2 * (size_t)d->contact_room * sizeof(*more));
	if (!more)
		return false;
	d->contacts = more;
	d->contact_room *= 2;
	return true;
}

static bool add_group(struct loading *l, const struct value *c)
{
	struct contacts_group g = { (unsigned)c[2].i, arena_dup(l->arena, c[4].s),
	    arena_dup(l->arena, c[7].s) };

	return c[2].i > 0 && c[2].i <= CONTACTS_GROUPS_MAX && draft_load_group(l->draft, &g);
}

static bool add_contact(struct loading *l, const struct value *c)
{
	struct contacts_contact contact = { .uri = arena_dup(l->arena, c[3].s),
	    .name = arena_dup(l->arena, c[4].s), .external = arena_dup(l->arena, c[7].s),
	    .extension = arena_dup(l->arena, c[8].s), .subscribed = c[6].i != 0 };

	return list_members_parse(c[5].s, &contact.members) == 0 && make_room(l->draft) &&
	    draft_load_contact(l->draft, &contact);
}

static bool is_good_row(const struct value *c)
{
	static const char letters[] = "siisssiss";

	for (unsigned i = 0; i < 9; i++)
		if (c[i].type != (letters[i] == 's' ? VALUE_STRING : VALUE_INT))
			return false;
	return c[0].s.len > 0;
}

static bool take_row(struct loading *l, const struct value *c)
{
	bool is_of_list = is_good_row(c) && l->draft && slice_eq_nocase(c[0].s, l->aor);

	if (!is_good_row(c))
		return false;
	if (c[1].i == 0)
		return begin(l, c[0].s, c[2].i);
	return is_of_list && (c[1].i == 1 ? add_group(l, c) : add_contact(l, c));
}

static void load_row(void *arg, const struct value *c, unsigned columns)
{
	struct loading *l = arg;

	lcs_assert(columns == 9);
	if (!l->err && !take_row(l, c) && !l->err)
		log_warning("contacts", "a row of a contact list makes no sense and is left out");
}

int contacts_journal_load(struct contacts *c)
{
	struct loading l = { .c = c };
	int n = store_run_now(&stmts[STMT_ALL], NULL, load_row, &l);

	flush(&l);
	return n < 0 ? n : l.err ? l.err : (int)l.count;
}
