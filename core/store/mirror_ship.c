/*
 * core/store/mirror_ship.c - bring marked rows to the mirror; see mirror_room.h.
 *
 * The rows of a batch are read in one transaction here and written in one transaction there; only
 * then their marks go. A fall in between repeats the batch, which changes nothing: rows are put
 * by their keys. When all marks are gone the mirror is what the store was at one moment.
 */
#include "core/store/mirror_room.h"

#include "utils/log.h"
#include "utils/siphash.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#define BATCH_ROWS 256u

static const struct store_stmt
	stmt_marks = { "mirror_marks", "select seq, tab, k1, k2, k3, k4 from lcs_mirror_mark "
		"where refused = 0 order by seq limit 256", "", "isssss", NULL },
	stmt_done = { "mirror_done", "delete from lcs_mirror_mark where seq between ? and ? and "
		"refused = 0", "ii", NULL, NULL },
	stmt_refused = { "mirror_refused", "update lcs_mirror_mark set refused = 1 where seq = ?", "i",
		NULL, NULL },
	stmt_guard = { "mirror_guard", "update lcs_home set seen = ?, seq = greatest(seq, ?) where id = ? "
		"and store = ? and seq = ?", "iiisi", NULL, NULL };

struct item {
	int64_t                    seq;
	const struct mirror_table *table;	/* NULL: not mirrored any more */
	struct value               key[1 + MIRROR_KEYS_MAX];	/* the first: our home */
	struct value               row[1 + MIRROR_COLUMNS_MAX];
	bool                       is_there, is_refused;
};

struct batch {
	struct mirror *m;
	struct arena  *arena;
	struct item   *items, *last;	/* last: that was written, or was to be */
	unsigned       count;
	int            err;
};

/* ---- reading here ---- */

static const struct mirror_table *table_of(const struct mirror *m, struct value name)
{
	const struct mirror_table *t = m->tables;

	while (t && !slice_eq(slice_str(t->name), name.s))
		t = t->next;
	return t;
}

static struct value keep(struct batch *b, struct value v)
{
	struct value copy = value_copy(b->arena, v);

	if (copy.type != v.type)
		b->err = -ENOMEM;
	return copy;
}

static void take_mark(void *arg, const struct value *cells, unsigned columns)
{
	struct batch *b = arg;
	struct item *item = &b->items[b->count];

	if (b->count == BATCH_ROWS || columns != 2 + MIRROR_KEYS_MAX)
		return;
	b->count++;
	*item = (struct item){ .seq = cells[0].i, .table = table_of(b->m, cells[1]) };
	item->key[0] = item->row[0] = value_int(b->m->home);
	for (unsigned i = 0; i < MIRROR_KEYS_MAX; i++)
		item->key[1 + i] = keep(b, cells[2 + i]);
}

struct row { struct batch *batch; struct item *item; };

static void take_row(void *arg, const struct value *cells, unsigned columns)
{
	struct row *r = arg;

	for (unsigned i = 0; i < columns && i < MIRROR_COLUMNS_MAX; i++)
		r->item->row[1 + i] = keep(r->batch, cells[i]);
	r->item->is_there = true;
}

static int read_rows(struct batch *b)
{
	struct mirror *m = b->m;
	int rows = m->here->run(m->local, &stmt_marks, NULL, take_mark, b);

	for (unsigned i = 0; i < b->count && rows >= 0; i++) {
		struct row row = { b, &b->items[i] };
		const struct mirror_table *t = row.item->table;

		if (t)
			rows = m->here->run(m->local, &t->local.row, row.item->key + 1, take_row, &row);
	}
	return rows < 0 ? mirror_fail_here(m, rows, "reading what waits") : 0;
}

/* A transaction that only reads, so that the writer does not wait for it. */
static int read_batch(struct batch *b)
{
	int err = b->m->here->script(b->m->local, "begin");

	if (err)
		return mirror_fail_here(b->m, err, "reading what waits");
	err = read_rows(b);
	b->m->here->rollback(b->m->local);
	if (!err && b->err)
		err = mirror_fail(b->m, b->err, "out of memory");
	return err;
}

/* ---- writing there ---- */

int mirror_guard(struct mirror *m, int64_t seq)
{
	struct value args[] = { value_int(time(NULL)), value_int(seq), value_int(m->home),
		value_string(slice_str(m->id)), value_int(m->last_seq) };
	int rows = m->there->run(m->remote, &stmt_guard, args, NULL, NULL);

	if (rows < 0)
		return mirror_fail_there(m, rows, "lcs_home");
	if (rows == 0)
		return mirror_fail(m, -EPERM, "another store has taken over the home \"%s\" there, or "
		    "a copy of this one writes, too: if this server is the right one: lcsctl store claim", m->start.conf->home);
	return 0;
}

static void print_key(const struct item *item, char *out, size_t room)
{
	size_t len = 0;

	for (unsigned i = 0; i < item->table->key_count && len < room; i++) {
		const struct value *v = &item->key[1 + i];
		const char *gap = i ? " " : "";

		len += (size_t)(v->type == VALUE_INT ?
		    snprintf(out + len, room - len, "%s%lld", gap, (long long)v->i) :
		    snprintf(out + len, room - len, "%s%.*s", gap,
		    SLICE_ARG(v->type == VALUE_STRING ? v->s : SLICE("?"))));
	}
}

static void note_refused(struct mirror *m, struct item *item)
{
	item->is_refused = true;
	if (m->refused.count++)
		return;
	m->refused.table = item->table->name;
	print_key(item, m->refused.key, sizeof(m->refused.key));
	snprintf(m->refused.why, sizeof(m->refused.why), "%s", m->there->error_text(m->remote));
}

void mirror_say_refused(struct mirror *m)
{
	if (m->refused.count)
		log_error("store", "the SQL mirror does not take rows count=%u table=%s key=\"%s\" "
		    "error=\"%s\": the first is named; each is tried again when it changes, after "
		    "store_mirror_retry, at the next start, or by lcsctl store resync",
		    m->refused.count, m->refused.table, m->refused.key, m->refused.why);
	m->refused.count = 0;
}

/* 0, also if the row was refused; it is the only one that the mirror has no place for. */
static int write_one(struct mirror *m, struct item *item)
{
	const struct mirror_table *t = item->table;
	int rows;

	if (!t)
		return 0;
	rows = item->is_there ? m->there->run(m->remote, &t->remote.put, item->row, NULL, NULL) :
	    m->there->run(m->remote, &t->remote.gone, item->key, NULL, NULL);
	if (rows == -EILSEQ) {
		note_refused(m, item);
		return 0;
	}
	return rows < 0 ? mirror_fail_there(m, rows, t->name) : 0;
}

/* Rows that were refused once come again with their old number. */
static int64_t highest_of(int64_t seq, const struct batch *b)
{
	int64_t last = b->items[b->count - 1].seq;

	return last > seq ? last : seq;
}

/* Whether the commit arrived is not known when its answer is lost, so its number may be there: that
 * is kept before, and after it is known that nobody else writes as we. */
static int write_batch(struct batch *b)
{
	struct mirror *m = b->m;
	int err = m->there->begin(m->remote);

	if (err)
		return mirror_fail_there(m, err, "begin");
	err = mirror_guard(m, b->items[b->count - 1].seq);
	if (!err)
		err = mirror_promise(m, highest_of(m->last_seq, b));
	for (unsigned i = 0; i < b->count && !err; i++) {
		b->last = &b->items[i];
		err = write_one(m, b->last);
	}
	if (!err) {
		b->last = NULL;
		err = m->there->commit(m->remote);
		if (err)
			mirror_fail_there(m, err, "commit");
	}
	if (err)
		m->there->rollback(m->remote);
	return err;
}

/* ---- marks go ---- */

/* Also when the batch did not arrive: the database hangs up on a row that is larger than its
 * packets, and the next batch would be lost by the same row. */
static int set_aside(struct batch *b, unsigned *refused)
{
	int rows = 0;

	for (unsigned i = 0; i < b->count && rows >= 0; i++) {
		struct value seq = value_int(b->items[i].seq);

		if (!b->items[i].is_refused)
			continue;
		rows = b->m->here->run(b->m->local, &stmt_refused, &seq, NULL, NULL);
		(*refused)++;
	}
	return rows;
}

static int drop_marks(struct batch *b, unsigned *refused)
{
	struct mirror *m = b->m;
	struct value range[] = { value_int(b->items[0].seq), value_int(b->items[b->count - 1].seq) };
	int rows = m->here->begin(m->local);

	if (rows >= 0)
		rows = set_aside(b, refused);
	if (rows >= 0)
		rows = m->here->run(m->local, &stmt_done, range, NULL, NULL);
	if (rows >= 0)
		rows = mirror_set_shipped(m, highest_of(m->last_seq, b));
	if (rows >= 0)
		rows = m->here->commit(m->local);
	if (rows >= 0)
		return 0;
	mirror_fail_here(m, rows, "marks");
	m->here->rollback(m->local);
	return rows;
}

/* ---- a row at which the database hangs up ---- */

/* It may say why, and then the row is refused; or just end, as when it falls over it, when a proxy
 * does not like it, when it takes longer than store_mirror_timeout. */
#define HANGS_UP_TIMES 3u

static uint64_t mix(uint64_t hash, struct slice s)
{
	return (hash ^ siphash(siphash_boot_key(), s)) * 0x9e3779b97f4a7c15u;
}

static uint64_t row_hash(const struct item *item)
{
	uint64_t hash = item->table ? mix(1, slice_str(item->table->name)) : 1;

	for (unsigned i = 1; i <= MIRROR_KEYS_MAX; i++) {
		const struct value *v = &item->key[i];

		hash = mix(hash, v->type == VALUE_INT ? slice_of((const char *)&v->i, sizeof(v->i)) :
		    v->type == VALUE_STRING ? v->s : SLICE(""));
	}
	return hash | 1;
}

/* Those before it go first, then it alone: nothing else is lost with it again. */
static void part_from_doubt(struct batch *b)
{
	for (unsigned i = 0; b->m->doubt && i < b->count; i++)
		if (row_hash(&b->items[i]) == b->m->doubt)
			b->count = i ? i : 1;
}

static void note_doubt(struct batch *b)
{
	struct mirror *m = b->m;
	uint64_t hash = row_hash(b->last);

	m->doubt_times = m->doubt == hash ? m->doubt_times + 1 : 1;
	m->doubt = hash;
	if (m->doubt_times < HANGS_UP_TIMES)
		return;
	m->doubt = 0;
	b->last->is_refused = true;
	log_error("store", "the database of the SQL mirror hangs up at a row table=%s error=\"%s\": it is "
	    "tried again when the row changes, after store_mirror_retry, at the next start, or by "
		    "lcsctl store resync",
	    b->last->table ? b->last->table->name : "", m->why);
}

static void trust_again(struct batch *b)
{
	for (unsigned i = 0; b->m->doubt && i < b->count; i++)
		if (row_hash(&b->items[i]) == b->m->doubt)
			b->m->doubt = 0;
}

static int ship_batch(struct batch *b, unsigned *refused)
{
	int err = write_batch(b);

	if (err == -ECONNRESET && b->last)
		note_doubt(b);
	if (err) {
		set_aside(b, refused);
		return err;
	}
	trust_again(b);
	return drop_marks(b, refused);
}

int mirror_ship(struct mirror *m, unsigned *count, unsigned *refused)
{
	struct batch b = { .m = m, .arena = arena_new(0) };
	int err = -ENOMEM;

	*count = *refused = 0;
	if (b.arena)
		b.items = arena_alloc(b.arena, BATCH_ROWS * sizeof(*b.items));
	if (b.items)
		err = read_batch(&b);
	else
		mirror_fail(m, err, "out of memory");
	if (!err)
		part_from_doubt(&b);
	if (!err && b.count)
		err = ship_batch(&b, refused);
	if (!err && b.count) {
		*count = b.count;
		m->last_seq = highest_of(m->last_seq, &b);
	}
	arena_free(&b.arena);
	return err;
}
