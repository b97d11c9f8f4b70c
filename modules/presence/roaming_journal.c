/*
 * modules/presence/roaming_journal.c - roaming lists in the store: a row for each list, and
 * those that its kind has for what is in it.
 */
#include "modules/presence/roaming.h"

#include <errno.h>

static const struct store_stmt *stmt_of(const struct roaming *r, enum roaming_stmt stmt)
{
	return &r->kind->schema->stmts[stmt];
}

/* ---- writing ---- */

/* How many operations; 0 if memory is short. A row that stays leaves its place to the next. */
static size_t fill(const struct roaming *r, struct slice aor, const struct roaming_draft *d,
    struct arena *arena, struct store_op *ops)
{
	struct roaming_row *row = arena_alloc(arena, sizeof(*row));
	size_t count = 0;

	for (unsigned i = 0; row && i < d->rows; i++)
		if (r->kind->row(d, i, aor, row)) {
			ops[count++] = (struct store_op){ row->stmt, row->args };
			row = arena_alloc(arena, sizeof(*row));
		}
	if (!row)
		return 0;
	row->args[0] = value_string(aor);
	row->args[1] = value_int(d->number);
	row->args[2] = value_int(loop_wall(worker_loop()));
	ops[count++] = (struct store_op){ stmt_of(r, ROAMING_PUT_LIST), row->args };
	return count;
}

int roaming_write(const struct roaming *r, struct slice aor, const struct roaming_draft *d,
    struct arena *arena, store_done_fn *done, void *arg)
{
	struct store_op *ops = arena_alloc(arena, (1 + (size_t)d->rows) * sizeof(*ops));
	size_t count = ops ? fill(r, aor, d, arena, ops) : 0;

	return count ? store_run_all(ops, count, done, arg) : -ENOMEM;
}

/* ---- reading ---- */

struct roaming_reading {
	struct roaming       *r;
	struct arena         *arena;	/* texts of the draft; NULL: none is under way */
	struct roaming_draft *draft;
	struct slice          aor;
	unsigned              count;
	int                   err;
};

static void flush(struct roaming_reading *l)
{
	struct roaming_list *list = l->draft && !l->err ? l->r->kind->make(l->aor, l->draft) : NULL;

	if (l->draft && !list)
		l->err = -ENOMEM;
	if (list)
		rtab_insert(l->r->table, &list->node, lcs_user_key(l->aor));
	l->count += list != NULL;
	l->r->kind->draft_free(&l->draft);
	arena_free(&l->arena);
}

static bool begin(struct roaming_reading *l, struct slice aor, int64_t number)
{
	flush(l);
	l->arena = arena_new(0);
	l->draft = l->arena ? l->r->kind->draft_new(NULL, 64) : NULL;
	l->aor = l->draft ? arena_dup(l->arena, aor) : SLICE_NULL;
	if (!l->aor.p) {
		l->err = -ENOMEM;
		return false;
	}
	l->draft->number = number > 0 && number <= UINT32_MAX ? (uint32_t)number : 1;
	return true;
}

static bool take_row(struct roaming_reading *l, const struct value *c)
{
	if (!store_row_fits(stmt_of(l->r, ROAMING_LOAD_ALL), c) || !c[0].s.len)
		return false;
	if (c[1].i == 0)
		return begin(l, c[0].s, c[2].i);
	return l->draft && slice_eq_nocase(c[0].s, l->aor) &&
	    l->r->kind->load(l->draft, l->arena, c);
}

static void read_row(void *arg, const struct value *c, unsigned columns)
{
	struct roaming_reading *l = arg;

	lcs_assert(columns == strlen(stmt_of(l->r, ROAMING_LOAD_ALL)->columns));
	if (!l->err && !take_row(l, c) && !l->err)
		log_error(l->r->kind->log, "%s makes no sense and is left out", l->r->kind->row_name);
}

int roaming_read_all(struct roaming *r)
{
	struct roaming_reading l = { .r = r };
	int n = store_run_now(stmt_of(r, ROAMING_LOAD_ALL), NULL, read_row, &l);

	flush(&l);
	return n < 0 ? n : l.err ? l.err : (int)l.count;
}
