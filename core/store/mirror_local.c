/*
 * core/store/mirror_local.c - marks and state of the mirror in SQLite; see mirror_room.h.
 */
#include "core/store/mirror_room.h"

#include "utils/hex.h"
#include "utils/rand.h"

#include <errno.h>
#include <stdio.h>

/* A mark's number grows for good ("autoincrement"), also when all marks are gone. */
static const char tables_sql[] =
	"create table if not exists lcs_mirror_state(name text primary key, value text not null); "
	"create table if not exists lcs_mirror_mark("
	"seq integer primary key autoincrement, tab, k1, k2, k3, k4, refused integer default 0, "
	"unique (tab, k1, k2, k3, k4))";

static const struct store_stmt
	stmt_get = { "mirror_state", "select value from lcs_mirror_state where name = ?", "s", "s", NULL },
	stmt_set = { "mirror_state_set", "replace into lcs_mirror_state(name, value) values (?, ?)",
		"ss", NULL, NULL },
	stmt_number = { "mirror_number", "select cast(value as integer) from lcs_mirror_state where "
		"name = ?", "s", "i", NULL },
	stmt_set_number = { "mirror_set_number", "replace into lcs_mirror_state(name, value) values "
		"(?, ?)", "si", NULL, NULL },
	stmt_count = { "mirror_waiting", "select count(*), coalesce(sum(refused), 0) from lcs_mirror_mark",
		"", "ii", NULL },
	stmt_highest = { "mirror_highest", "select seq from sqlite_sequence where name = "
		"'lcs_mirror_mark'", "", "i", NULL },
	stmt_last = { "mirror_last", "select max(seq) from lcs_mirror_mark", "", "i", NULL },
	stmt_retry = { "mirror_retry", "update lcs_mirror_mark set refused = 0 where refused = 1", "",
		NULL, NULL },
	stmt_triggers = { "mirror_triggers", "select name from sqlite_master where type = 'trigger' and "
		"name like 'lcs_mirror_%'", "", "s", NULL },
	stmt_there = { "mirror_there", "select 1 from sqlite_master where name = 'lcs_mirror_state'", "",
		"i", NULL };

/* ---- errors ---- */

int mirror_fail(struct mirror *m, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m->why, sizeof(m->why), fmt, ap);
	va_end(ap);
	return err;
}

int mirror_fail_here(struct mirror *m, int err, const char *what)
{
	return mirror_fail(m, err, "%s, in the store: %s", what,
	    m->local ? m->here->error_text(m->local) : "no connection");
}

int mirror_fail_there(struct mirror *m, int err, const char *what)
{
	return mirror_fail(m, err, "%s: %s", what,
	    m->remote ? m->there->error_text(m->remote) : "no connection");
}

/* ---- state ---- */

struct text { char *to; size_t room; };

static void take_text(void *arg, const struct value *cells, unsigned columns)
{
	struct text *t = arg;

	if (columns == 1 && cells[0].type == VALUE_STRING)
		snprintf(t->to, t->room, "%.*s", SLICE_ARG(cells[0].s));
}

static int get_state(struct mirror *m, const char *name, char *to, size_t room)
{
	struct text text = { to, room };
	struct value arg = value_string(slice_str(name));
	int rows = m->here->run(m->local, &stmt_get, &arg, take_text, &text);

	return rows < 0 ? mirror_fail_here(m, rows, "state") : rows;
}

static int set_state(struct mirror *m, const char *name, struct slice value)
{
	struct value args[] = { value_string(slice_str(name)), value_string(value) };
	int rows = m->here->run(m->local, &stmt_set, args, NULL, NULL);

	return rows < 0 ? mirror_fail_here(m, rows, "state") : 0;
}

static void take_numbers(void *arg, const struct value *cells, unsigned columns)
{
	int64_t *to = arg;

	for (unsigned i = 0; i < columns; i++)
		to[i] = cells[i].type == VALUE_INT ? cells[i].i : 0;
}

/* Rows: 0 if there is none of that name, and then *to is 0. */
static int get_number(struct mirror *m, const char *name, int64_t *to)
{
	struct value arg = value_string(slice_str(name));
	int rows;

	*to = 0;
	rows = m->here->run(m->local, &stmt_number, &arg, take_numbers, to);
	return rows < 0 ? mirror_fail_here(m, rows, name) : rows;
}

static int set_number(struct mirror *m, const char *name, int64_t number)
{
	struct value args[] = { value_string(slice_str(name)), value_int(number) };
	int rows = m->here->run(m->local, &stmt_set_number, args, NULL, NULL);

	return rows < 0 ? mirror_fail_here(m, rows, name) : 0;
}

int mirror_is_joined(struct mirror *m, bool *here, bool *anywhere)
{
	char place[4096] = "";
	int rows = get_state(m, "joined", place, sizeof(place));

	*anywhere = rows > 0;
	*here = rows > 0 && slice_eq(slice_str(place), m->place);
	return rows < 0 ? rows : 0;
}

/* One that is not joined any more has been, which is not the same as never. */
int mirror_set_joined(struct mirror *m, bool joined)
{
	return set_state(m, "joined", joined ? m->place : SLICE(""));
}

int mirror_new_id(struct mirror *m)
{
	unsigned char bytes[MIRROR_ID_CHARS / 2];
	char id[MIRROR_ID_CHARS + 1] = "";
	int err;

	rand_bytes(bytes, sizeof(bytes));
	hex_encode(id, bytes, sizeof(bytes));
	err = set_state(m, "id", slice_str(id));
	if (!err)
		memcpy(m->id, id, sizeof(id));
	return err;
}

/* Which store this is: made once, kept with it, and made anew when it claims the rows there. */
static int know_id(struct mirror *m)
{
	int rows = get_state(m, "id", m->id, sizeof(m->id));

	return rows < 0 ? rows : rows == 0 ? mirror_new_id(m) : 0;
}

/* ---- tables ---- */

static int add_table(struct mirror *m, const struct store_schema *schema, struct slice name)
{
	const char *database = schema->share == STORE_LIVE ? m->start.conf->live : NULL;
	struct mirror_table *t;
	const char *copy = arena_dup_cstr(m->arena, name);
	int err = copy ? mirror_table_read(m->arena, m->here, m->local, schema, copy, database, &t) :
	    -ENOMEM;

	if (err == -ENOENT)
		return 0;
	if (err)
		return mirror_fail(m, err, "table %.*s cannot be mirrored: it needs a primary key of "
		    "at most %u columns, and at most %u in all", SLICE_ARG(name), MIRROR_KEYS_MAX,
		    MIRROR_COLUMNS_MAX);
	t->next = m->tables;
	m->tables = t;
	return 0;
}

/* The tables that a module's steps make. */
static int add_tables(struct mirror *m, const struct store_schema *schema)
{
	const struct slice make = SLICE("create table ");
	int err = 0;

	for (const struct store_step *s = schema->steps; s && s->number && !err; s++) {
		struct slice rest = slice_str(s->sql);

		while (!err && rest.len) {
			rest = slice_skip(rest, slice_search(rest, make));
			rest = slice_skip(rest, make.len);
			if (rest.len)
				err = add_table(m, schema, slice_trim(slice_first(rest,
				    slice_find(rest, '('))));
		}
	}
	return err;
}

static int set_triggers(struct mirror *m)
{
	struct arena *arena = arena_new(0);
	int err = arena ? 0 : mirror_fail(m, -ENOMEM, "out of memory");

	for (const struct mirror_table *t = m->tables; t && !err; t = t->next) {
		struct slice sql = mirror_table_triggers(arena, t);

		err = sql.p ? m->here->script(m->local, sql.p) : -ENOMEM;
		if (err)
			mirror_fail_here(m, err, "triggers");
	}
	arena_free(&arena);
	return err;
}

static int make_ready(struct mirror *m)
{
	int err = m->here->script(m->local, tables_sql);

	if (err)
		return mirror_fail_here(m, err, "tables of the mirror");
	err = know_id(m);
	for (unsigned i = 0; i < m->start.schemas->count && !err; i++)
		if (m->start.schemas->list[i]->share != STORE_LOCAL)
			err = add_tables(m, m->start.schemas->list[i]);
	return err ? err : set_triggers(m);
}

/* A store that has none of it yet, made by an older version, believed all its marks to be. */
static int know_promise(struct mirror *m)
{
	int rows = get_number(m, "promised", &m->known_seq), err;

	if (rows != 0)
		return rows < 0 ? rows : 0;
	err = mirror_highest(m, &m->known_seq);
	return err ? err : set_number(m, "promised", m->known_seq);
}

int mirror_local_open(struct mirror *m)
{
	const struct store_open how = { .rest = m->start.local_rest, .control = true,
		.sync = m->start.sync, .turn = m->start.turn };
	const char *why = "";
	int err = m->here->open(&how, &m->local, &why);

	if (err)
		return mirror_fail(m, err, "the store: %s", why);
	err = m->here->begin(m->local);
	if (err)
		return mirror_fail_here(m, err, "setting up");
	err = make_ready(m);
	if (!err)
		err = know_promise(m);
	if (!err)
		err = m->here->commit(m->local);
	if (err)
		m->here->rollback(m->local);
	return err;
}

void mirror_local_close(struct mirror *m)
{
	if (m->local)
		m->here->close(m->local);
	m->local = NULL;
}

/* ---- no mirror any more ---- */

struct forgetting { struct arena *arena; struct slice sql; };

static void add_drop(void *arg, const struct value *cells, unsigned columns)
{
	struct forgetting *f = arg;

	(void)columns;
	f->sql = arena_printf(f->arena, "%.*sdrop trigger `%.*s`; ", SLICE_ARG(f->sql),
	    SLICE_ARG(cells[0].s));
}

/* The table of marks stays, and with it the number of the last one. and_then: more SQL. */
static int end_marks(struct store_conn *local, const char *and_then)
{
	struct forgetting f = { arena_new(0), SLICE("") };
	int err = f.arena ? store_sqlite.run(local, &stmt_triggers, NULL, add_drop, &f) : -ENOMEM;

	if (err >= 0) {
		f.sql = arena_printf(f.arena, "%.*sdelete from lcs_mirror_mark; %s", SLICE_ARG(f.sql),
		    and_then);
		err = f.sql.p ? store_sqlite.script(local, f.sql.p) : -ENOMEM;
	}
	arena_free(&f.arena);
	return err < 0 ? err : 0;
}

int mirror_forget(struct store_conn *local)
{
	int rows = store_sqlite.run(local, &stmt_there, NULL, NULL, NULL);

	return rows > 0 ? end_marks(local, "delete from lcs_mirror_state where name = 'joined'") : rows;
}

/* "" is one that was joined: all rows are compared when it is again. */
int mirror_stop_marks(struct mirror *m)
{
	int err = m->here->begin(m->local);

	if (!err)
		err = end_marks(m->local, "replace into lcs_mirror_state(name, value) values ('joined', '')");
	if (!err)
		err = m->here->commit(m->local);
	if (err) {
		mirror_fail_here(m, err, "marks");
		m->here->rollback(m->local);
	}
	m->is_unmarked |= !err;
	return err;
}

int mirror_start_marks(struct mirror *m)
{
	int err = m->here->begin(m->local);

	if (err)
		return mirror_fail_here(m, err, "triggers");
	err = set_triggers(m);
	if (!err)
		err = m->here->commit(m->local);
	if (err)
		m->here->rollback(m->local);
	m->is_unmarked &= err != 0;
	return err;
}

/* ---- marks ---- */

int mirror_is_empty(struct mirror *m, bool *out)
{
	*out = true;
	for (const struct mirror_table *t = m->tables; t && *out; t = t->next) {
		int rows = m->here->run(m->local, &t->local.any, NULL, NULL, NULL);

		if (rows < 0)
			return mirror_fail_here(m, rows, t->name);
		*out = rows == 0;
	}
	return 0;
}

int mirror_waiting(struct mirror *m, uint64_t *waiting, uint64_t *refused)
{
	int64_t n[2] = { 0, 0 };
	int rows = m->here->run(m->local, &stmt_count, NULL, take_numbers, n);

	if (rows < 0)
		return mirror_fail_here(m, rows, "counting what waits");
	*waiting = (uint64_t)(n[0] - n[1]);
	*refused = (uint64_t)n[1];
	return 0;
}

int mirror_highest(struct mirror *m, int64_t *seq)
{
	int rows;

	*seq = 0;
	rows = m->here->run(m->local, &stmt_highest, NULL, take_numbers, seq);
	return rows < 0 ? mirror_fail_here(m, rows, "the last mark") : 0;
}

int mirror_shipped(struct mirror *m, int64_t *seq)
{
	int rows = get_number(m, "shipped", seq);

	return rows < 0 ? rows : 0;
}

int mirror_set_shipped(struct mirror *m, int64_t seq) { return set_number(m, "shipped", seq); }

/* All that is marked by now, not only what goes now: one promise is enough for all of a long line.
 * A copy made after it has these changes, too, so it may go on from there. */
int mirror_promise(struct mirror *m, int64_t seq)
{
	int64_t last = 0;
	int err;

	if (seq <= m->known_seq)
		return 0;
	err = m->here->run(m->local, &stmt_last, NULL, take_numbers, &last);
	if (err < 0)
		return mirror_fail_here(m, err, "the last mark");
	last = last > seq ? last : seq;
	err = set_number(m, "promised", last);
	if (!err)
		m->known_seq = last;
	return err;
}

int mirror_mark_local(struct mirror *m, const struct mirror_table *t)
{
	int64_t from = -1, to;
	int rows;

	for (;; from = to) {
		struct value behind = value_int(from), range[2];

		to = 0;
		rows = m->here->run(m->local, &t->local.chunk_end, &behind, take_numbers, &to);
		if (rows < 0 || to == 0)
			break;
		range[0] = behind;
		range[1] = value_int(to);
		rows = m->here->run(m->local, &t->local.mark, range, NULL, NULL);
		if (rows < 0)
			break;
	}
	return rows < 0 ? mirror_fail_here(m, rows, t->name) : 0;
}

int mirror_try_refused(struct mirror *m)
{
	int rows = m->here->run(m->local, &stmt_retry, NULL, NULL, NULL);

	return rows < 0 ? mirror_fail_here(m, rows, "marks") : 0;
}
