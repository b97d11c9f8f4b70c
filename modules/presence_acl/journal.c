/*
 * modules/presence_acl/journal.c - access lists in the store: a row per list and entry.
 */
#include "modules/presence_acl/presence_acl.h"

#include <errno.h>
#include <stdlib.h>

static const struct store_step steps[] = {
#include "modules/presence_acl/schema.gen.h"
	{ 0 }
};

enum { STMT_LIST, STMT_PUT, STMT_GONE, STMT_ALL };

static const struct store_stmt stmts[] = {
	[STMT_LIST] = { "acl_list_put", "replace into presence_acl_list(aor, number, changed) "
	    "values (?, ?, ?)", "sit", NULL, NULL },
	[STMT_PUT] = { "acl_entry_put", "replace into presence_acl_entry(aor, kind, mask, forced, "
	    "rights, version) values (?, ?, ?, ?, ?, ?)", "sssisi", NULL, NULL },
	[STMT_GONE] = { "acl_entry_delete", "delete from presence_acl_entry where aor = ? and "
	    "kind = ? and mask = ? and forced = ?", "sssi", NULL, NULL },
	/* Sorted so that each list comes in one piece: its number, its entries as they came. */
	[STMT_ALL] = { "acl_all", "select aor, 0 as part, number, '' as kind, '' as mask, "
	    "0 as forced, '' as rights from presence_acl_list union all "
	    "select aor, 1, version, kind, mask, forced, rights from presence_acl_entry "
	    "order by 1, 2, 3", "", "siissis", NULL },
	{ 0 }
};

const struct store_schema acl_schema = { "presence_acl", steps, stmts };

/* ---- writing ---- */

#define ARGS_MAX 6

struct writing { struct store_op *ops; struct value (*args)[ARGS_MAX]; char (*rights)[2]; size_t count; };

static struct value text(struct slice s)
{
	return value_string(s.p ? s : SLICE(""));
}

static void write_row(struct writing *w, struct slice aor, const struct acl_row *r, uint32_t number)
{
	char *rights = w->rights[w->count];
	struct value *args = w->args[w->count];
	const struct value put[] = { text(aor), text(slice_str(acl_type_name(r->e.type))),
	    text(r->e.mask), value_int(r->e.forced), value_string(slice_of(rights, 2)),
	    value_int(number) };

	rights[0] = r->e.rights.presence;
	rights[1] = r->e.rights.communication;
	memcpy(args, put, sizeof(put));
	w->ops[w->count++] = (struct store_op){
		&stmts[r->fate == ACL_GONE ? STMT_GONE : STMT_PUT], args };
}

static void fill(struct writing *w, struct slice aor, const struct acl_draft *d)
{
	const struct value head[] = { text(aor), value_int(d->number),
	    value_int(loop_wall(worker_loop())) };

	memcpy(w->args[0], head, sizeof(head));
	w->ops[w->count++] = (struct store_op){ &stmts[STMT_LIST], w->args[0] };
	for (unsigned i = 0; i < d->count; i++)
		if (d->rows[i].fate != ACL_STAYS)
			write_row(w, aor, &d->rows[i], d->number);
}

int acl_journal_write(struct slice aor, const struct acl_draft *d, store_done_fn *done, void *arg)
{
	size_t most = 1 + d->count;
	struct writing w = { .ops = calloc(most, sizeof(*w.ops)) };
	int err = -ENOMEM;

	w.args = calloc(most, sizeof(*w.args));
	w.rights = malloc(most * sizeof(*w.rights));
	if (w.ops && w.args && w.rights) {
		fill(&w, aor, d);
		err = store_run_all(w.ops, w.count, done, arg);
	}
	free(w.ops);
	free(w.args);
	free(w.rights);
	return err;
}

/* ---- reading ---- */

#define LOADED_MAX 20000u		/* entries of one list, written by whatever hands */

struct loading {
	struct presence_acl *p;
	struct arena        *arena;	/* texts of the draft; NULL: none is under way */
	struct acl_draft    *draft;
	struct slice         aor;
	unsigned             count;
	int                  err;
};

static void flush(struct loading *l)
{
	struct acl_list *list = l->draft && !l->err ? acl_make(l->aor, l->draft) : NULL;

	if (l->draft && !list)
		l->err = -ENOMEM;
	if (list)
		rtab_insert(l->p->table, &list->node, lcs_user_key(l->aor));
	l->count += list != NULL;
	acl_draft_free(&l->draft);
	arena_free(&l->arena);
}

static bool begin(struct loading *l, struct slice aor, int64_t number)
{
	flush(l);
	l->arena = arena_new(0);
	l->draft = l->arena ? acl_draft_new(NULL, 16) : NULL;
	if (!l->draft) {
		l->err = -ENOMEM;
		return false;
	}
	l->aor = arena_dup(l->arena, aor);
	l->draft->number = number > 0 && number <= UINT32_MAX ? (uint32_t)number : 1;
	return l->aor.p != NULL;
}

static bool make_room(struct acl_draft *d)
{
	struct acl_row *more;

	if (d->count < d->room)
		return true;
	more = d->room < LOADED_MAX ? realloc(d->rows, 2 * (size_t)d->room * sizeof(*more)) : NULL;
	if (!more)
		return false;
	d->rows = more;
	d->room *= 2;
	return true;
}

static bool add_entry(struct loading *l, const struct value *c)
{
	struct acl_entry e = { .mask = arena_dup(l->arena, c[4].s), .forced = c[5].i != 0 };

	return acl_type_parse(c[3].s, &e.type) == 0 && acl_rights_parse(c[6].s, &e.rights) == 0 &&
	    make_room(l->draft) && acl_load(l->draft, &e);
}

static bool is_good_row(const struct value *c)
{
	static const char letters[] = "siissis";

	for (unsigned i = 0; i < 7; i++)
		if (c[i].type != (letters[i] == 's' ? VALUE_STRING : VALUE_INT))
			return false;
	return c[0].s.len > 0;
}

static bool take_row(struct loading *l, const struct value *c)
{
	if (!is_good_row(c))
		return false;
	if (c[1].i == 0)
		return begin(l, c[0].s, c[2].i);
	return l->draft && slice_eq_nocase(c[0].s, l->aor) && add_entry(l, c);
}

/* An entry that cannot be read might have kept somebody out: say so loudly. */
static void load_row(void *arg, const struct value *c, unsigned columns)
{
	struct loading *l = arg;

	lcs_assert(columns == 7);
	if (!l->err && !take_row(l, c) && !l->err)
		log_error("presence_acl", "a row of an access list makes no sense and is left out; "
		    "compare the table presence_acl_entry with \"lcsctl acl show\"");
}

int acl_journal_load(struct presence_acl *p)
{
	struct loading l = { .p = p };
	int n = store_run_now(&stmts[STMT_ALL], NULL, load_row, &l);

	flush(&l);
	return n < 0 ? n : l.err ? l.err : (int)l.count;
}
