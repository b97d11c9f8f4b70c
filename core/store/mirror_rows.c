/*
 * core/store/mirror_rows.c - all rows at once: each marked, so that it is compared; or, for a
 * store that has none, each fetched.
 */
#include "core/store/mirror_room.h"

#include "utils/log.h"

#include <errno.h>

#define MARKS_PER_COMMIT 1000u

/* ---- marked ---- */

struct marking {
	struct mirror             *m;
	const struct mirror_table *table;
	struct arena              *arena;	/* of the piece; NULL: none is begun */
	struct value             (*keys)[MIRROR_KEYS_MAX];
	unsigned                   count;
	int                        err;		/* of the store here */
};

static int begin_piece(struct marking *k)
{
	k->count = 0;
	k->arena = arena_new(0);
	k->keys = k->arena ? arena_alloc(k->arena, MARKS_PER_COMMIT * sizeof(*k->keys)) : NULL;
	return k->keys ? 0 : mirror_fail(k->m, -ENOMEM, "out of memory");
}

/* The store's writer waits for this, so nothing in it waits for the network. */
static int mark_piece(struct marking *k)
{
	struct mirror *m = k->m;
	int rows = m->here->begin(m->local);

	for (unsigned i = 0; i < k->count && rows >= 0; i++)
		rows = m->here->run(m->local, &k->table->local.mark_one, k->keys[i], NULL, NULL);
	if (rows >= 0)
		rows = m->here->commit(m->local);
	if (rows < 0) {
		mirror_fail_here(m, rows, k->table->name);
		m->here->rollback(m->local);
	}
	arena_free(&k->arena);
	return rows < 0 ? rows : 0;
}

static void take_key(void *arg, const struct value *cells, unsigned columns)
{
	struct marking *k = arg;

	if (!k->err && !k->arena)
		k->err = begin_piece(k);
	for (unsigned i = 0; i < columns && i < MIRROR_KEYS_MAX && !k->err; i++) {
		k->keys[k->count][i] = value_copy(k->arena, cells[i]);
		if (k->keys[k->count][i].type != cells[i].type)
			k->err = mirror_fail(k->m, -ENOMEM, "out of memory");
	}
	if (!k->err && ++k->count == MARKS_PER_COMMIT)
		k->err = mark_piece(k);
}

static int mark_remote(struct mirror *m, const struct mirror_table *t)
{
	struct marking marking = { .m = m, .table = t };
	struct value home = value_int(m->home);
	int rows = m->there->run(m->remote, &t->remote.keys, &home, take_key, &marking);

	if (!marking.err && marking.arena)
		marking.err = mark_piece(&marking);
	arena_free(&marking.arena);
	if (marking.err)
		return marking.err;
	return rows < 0 ? mirror_fail_there(m, rows, t->name) : 0;
}

int mirror_mark_all(struct mirror *m)
{
	int err = 0;

	for (const struct mirror_table *t = m->tables; t && !err; t = t->next) {
		err = mirror_mark_local(m, t);
		if (!err)
			err = mark_remote(m, t);
	}
	return err;
}

/* ---- fetched ---- */

struct filling { struct mirror *m; const struct mirror_table *table; uint64_t rows; int err; };

static void fill_row(void *arg, const struct value *cells, unsigned columns)
{
	struct filling *f = arg;
	int rows = f->err ? f->err :
	    f->m->here->run(f->m->local, &f->table->local.insert, cells, NULL, NULL);

	(void)columns;
	f->err = rows < 0 ? rows : 0;
	f->rows++;
}

static int fill_tables(struct mirror *m, struct filling *f)
{
	struct value home = value_int(m->home);

	for (const struct mirror_table *t = m->tables; t; t = t->next) {
		int rows;

		f->table = t;
		rows = m->there->run(m->remote, &t->remote.all, &home, fill_row, f);
		if (f->err)
			return mirror_fail_here(m, f->err, t->name);
		if (rows < 0)
			return mirror_fail_there(m, rows, t->name);
	}
	return 0;
}

/* All or nothing; what it brought needs no mark. */
int mirror_fill(struct mirror *m)
{
	struct filling f = { .m = m };
	int err = m->here->begin(m->local);

	if (err)
		return mirror_fail_here(m, err, "filling");
	err = fill_tables(m, &f);
	if (!err) {
		err = m->here->script(m->local, "delete from lcs_mirror_mark");
		if (err)
			mirror_fail_here(m, err, "filling");
	}
	if (!err)
		err = mirror_set_joined(m, true);
	if (!err)
		err = m->here->commit(m->local);
	if (err)
		m->here->rollback(m->local);
	else
		log_notice("store", "the store was empty and is filled from the SQL mirror home=%s "
		    "rows=%llu", m->start.conf->home, (unsigned long long)f.rows);
	return err;
}
