/*
 * core/store/mirror_join.c - connect to the mirror, see to its schema, and agree on whose rows
 * are whose; see mirror_room.h.
 *
 * There, lcs_schema says which step of each module's schema the tables have, and lcs_home has a
 * row per server: its number, which all rows carry, the store that may write them, and the number
 * of the last mark that came. By these two a store that was replaced, copied or put back from a
 * backup is known before it does harm, and a database that was put back is filled up.
 */
#include "core/store/mirror_room.h"

#include "utils/log.h"

#include <errno.h>
#include <time.h>

#define MARKS_PER_COMMIT 1000u

static const struct store_stmt
	stmt_has_column = { "mirror_has_column", "select 1 from information_schema.columns where "
		"table_schema = coalesce(nullif(?, ''), database()) and table_name = ? and "
		"column_name = ?", "sss", "i", NULL },
	stmt_step = { "mirror_step", "select step from lcs_schema where module = ?", "s", "i", NULL },
	stmt_set_step = { "mirror_set_step", "replace into lcs_schema(module, step) values (?, ?)", "si",
		NULL, NULL },
	stmt_home = { "mirror_home", "select id, store, seq from lcs_home where name = ?", "s", "isi",
		NULL },
	stmt_new_home = { "mirror_new_home", "insert into lcs_home(name, store, seq, seen) values "
		"(?, ?, 0, ?)", "ssi", NULL, NULL },
	stmt_take_home = { "mirror_take_home", "update lcs_home set store = ?, seq = ?, seen = ? where "
		"id = ? and store = ?", "siiis", NULL, NULL };

/* ---- the schema there ---- */

static const struct { const char *name, *create; } own_tables[] = {
	{ "lcs_schema", "create table lcs_schema(module varbinary(64) not null primary key, "
	    "step integer not null) engine=InnoDB" },
	{ "lcs_home", "create table lcs_home(id integer not null auto_increment primary key, "
	    "name varbinary(255) not null unique, store varbinary(64) not null, "
	    "seq bigint not null, seen bigint not null) engine=InnoDB" },
};

/* Rows (0 or 1), or an error. */
static int has_column(struct mirror *m, const char *database, const char *table, struct slice column)
{
	struct value args[] = { store_text(slice_str(database)), value_string(slice_str(table)),
		value_string(column) };
	int rows = m->there->run(m->remote, &stmt_has_column, args, NULL, NULL);

	return rows < 0 ? mirror_fail_there(m, rows, "information_schema") : rows;
}

static int change_schema(struct mirror *m, const char *sql)
{
	int err = sql ? m->there->script(m->remote, sql) : -ENOMEM;

	return err ? mirror_fail_there(m, err, "making tables") : 0;
}

static int make_own_tables(struct mirror *m)
{
	for (unsigned i = 0; i < 2; i++) {
		int err = has_column(m, NULL, own_tables[i].name, i ? SLICE("id") : SLICE("module"));

		if (err == 0)
			err = change_schema(m, own_tables[i].create);
		if (err < 0)
			return err;
	}
	return 0;
}

static int make_table(struct mirror *m, struct arena *arena, const struct mirror_table *t)
{
	int err = has_column(m, t->database, t->name, SLICE("lcs_home"));

	if (err == 0) {
		log_notice("store", "the SQL mirror gets a table name=%s", t->name);
		return change_schema(m, mirror_table_create(arena, t).p);
	}
	for (unsigned i = 0; i < t->column_count && err > 0; i++) {
		err = has_column(m, t->database, t->name, t->columns[i].name);
		if (err == 0) {
			err = change_schema(m, mirror_table_add(arena, t, &t->columns[i]).p);
			err = err ? err : 1;
		}
	}
	return err < 0 ? err : 0;
}

static void take_int(void *arg, const struct value *cells, unsigned columns)
{
	(void)columns;
	*(int64_t *)arg = cells[0].i;
}

static unsigned last_step(const struct store_schema *schema)
{
	unsigned last = 0;

	for (const struct store_step *s = schema->steps; s && s->number; s++)
		last = s->number;
	return last;
}

/* 1: the tables are of an older step, or not there; 0: of ours. */
static int compare_step(struct mirror *m, const struct store_schema *schema)
{
	struct value arg = value_string(slice_str(schema->module));
	int64_t step = 0;
	int rows = m->there->run(m->remote, &stmt_step, &arg, take_int, &step);

	if (rows < 0)
		return mirror_fail_there(m, rows, "lcs_schema");
	if (step > last_step(schema))
		return mirror_fail(m, -ERANGE, "the tables of module %s there are of step %lld, made by a "
		    "newer version of lcs; this one knows %u: install the newer version here, too",
		    schema->module, (long long)step, last_step(schema));
	return step < last_step(schema);
}

static int set_step(struct mirror *m, const struct store_schema *schema)
{
	struct value args[] = { value_string(slice_str(schema->module)), value_int(last_step(schema)) };
	int rows = m->there->run(m->remote, &stmt_set_step, args, NULL, NULL);

	return rows < 0 ? mirror_fail_there(m, rows, "lcs_schema") : 0;
}

/* Nothing is changed there before all of it is known not to be newer. */
static int make_schema(struct mirror *m)
{
	struct arena *arena = arena_new(0);
	int err = arena ? make_own_tables(m) : mirror_fail(m, -ENOMEM, "out of memory");

	for (const struct mirror_table *t = m->tables; t && err >= 0; t = t->next)
		err = compare_step(m, t->schema);
	for (const struct mirror_table *t = m->tables; t && err >= 0; t = t->next)
		err = make_table(m, arena, t);
	for (const struct mirror_table *t = m->tables; t && err >= 0; t = t->next) {
		err = compare_step(m, t->schema);
		if (err > 0)
			err = set_step(m, t->schema);
	}
	arena_free(&arena);
	return err < 0 ? err : 0;
}

/* ---- every row ---- */

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

/* ---- an empty store is filled ---- */

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

/* All or nothing; what it brought needs no way back. */
static int fill(struct mirror *m)
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

/* ---- whose rows ---- */

struct home { int64_t id, seq; char store[80]; bool is_there; };

static void take_home(void *arg, const struct value *cells, unsigned columns)
{
	struct home *h = arg;
	size_t len = cells[1].s.len < sizeof(h->store) ? cells[1].s.len : 0;

	(void)columns;
	h->id = cells[0].i;
	h->seq = cells[2].i;
	if (len)
		memcpy(h->store, cells[1].s.p, len);
	h->store[len] = '\0';
	h->is_there = true;
}

static int find_home(struct mirror *m, struct home *h)
{
	struct value name = value_string(slice_str(m->start.conf->home));
	int rows;

	*h = (struct home){ .id = 0 };
	rows = m->there->run(m->remote, &stmt_home, &name, take_home, h);
	if (rows < 0)
		return mirror_fail_there(m, rows, "lcs_home");
	m->home = h->id;
	return 0;
}

static int make_home(struct mirror *m, struct home *h)
{
	struct value args[] = { value_string(slice_str(m->start.conf->home)),
		value_string(slice_str(m->id)), value_int(time(NULL)) };
	int rows = m->there->run(m->remote, &stmt_new_home, args, NULL, NULL);

	return rows < 0 ? mirror_fail_there(m, rows, "lcs_home") : find_home(m, h);
}

static int take_over(struct mirror *m, struct home *h, int64_t seq)
{
	struct value args[] = { value_string(slice_str(m->id)), value_int(seq), value_int(time(NULL)),
		value_int(h->id), value_string(slice_str(h->store)) };
	int rows = m->there->run(m->remote, &stmt_take_home, args, NULL, NULL);

	if (rows < 0)
		return mirror_fail_there(m, rows, "lcs_home");
	if (rows == 0)
		return mirror_fail(m, -EAGAIN, "another server changed lcs_home at the same time");
	h->seq = m->known_seq = seq;
	return 0;
}

static int refuse(struct mirror *m, bool is_ours)
{
	if (is_ours)
		return mirror_fail(m, -EPERM, "the mirror has newer rows of the home \"%s\" than this "
		    "store, which may be a backup or a copy: to go on with what is here: lcsctl store claim; with "
		    "what is there: stop the server, move its store away, start it",
		    m->start.conf->home);
	return mirror_fail(m, -EPERM, "the rows of the home \"%s\" there were written from another "
	    "store: give each server a store_mirror_home of its own; if this server is the right one: "
	    "lcsctl store claim; to go on with what is there: stop it, move its store away, start it",
	    m->start.conf->home);
}

struct state { bool at_start, claim, joined_here, joined, empty; int64_t highest, shipped; };

static int know_state(struct mirror *m, struct state *s)
{
	int err = mirror_is_joined(m, &s->joined_here, &s->joined);

	if (!err)
		err = mirror_is_empty(m, &s->empty);
	if (!err)
		err = mirror_shipped(m, &s->shipped);
	return err ? err : mirror_highest(m, &s->highest);
}

/* Every row is compared after it, also if we fall before that is done. */
static int claim_home(struct mirror *m, struct home *h, int64_t seq)
{
	int err = mirror_set_joined(m, false);

	return err ? err : take_over(m, h, seq);
}

static int settle(struct mirror *m, struct home *h, const struct state *s)
{
	bool is_ours = slice_eq(slice_str(h->store), slice_str(m->id));
	bool may_fill = h->is_there && s->at_start && s->empty && !s->joined;
	bool has_lost = is_ours && !s->claim && h->seq < s->shipped;
	int err = 0;

	if (!h->is_there)
		err = make_home(m, h);
	else if (!may_fill && !s->claim && (!is_ours || h->seq > m->known_seq))
		return refuse(m, is_ours);
	else if (may_fill)
		err = take_over(m, h, s->highest);
	else if (s->claim)
		err = claim_home(m, h, s->highest);
	if (err)
		return err;
	m->last_seq = h->seq;
	if (may_fill)
		return fill(m);
	if (has_lost)
		log_warning("store", "the SQL mirror has lost what it had, as one put back from a backup: "
		    "every row is compared home=%s", m->start.conf->home);
	else if (s->joined_here && is_ours && !s->claim)
		return 0;
	err = mirror_mark_all(m);
	return err ? err : mirror_set_joined(m, true);
}

static int agree(struct mirror *m, bool at_start, bool claim)
{
	struct state s = { .at_start = at_start, .claim = claim };
	struct home h;
	int err = make_schema(m);

	if (!err)
		err = find_home(m, &h);
	if (!err)
		err = know_state(m, &s);
	return err ? err : settle(m, &h, &s);
}

/* ---- the connection ---- */

void mirror_part(struct mirror *m)
{
	if (m->remote)
		m->there->close(m->remote);
	m->remote = NULL;
}

int mirror_join(struct mirror *m, bool at_start, bool claim)
{
	const struct store_mirror_conf *conf = m->start.conf;
	const struct store_login login = { .password = conf->password, .ca = conf->ca,
		.tls = (enum store_tls)conf->tls, .timeout = conf->timeout };
	const struct store_open how = { .rest = m->start.rest, .control = true, .login = &login };
	struct store_conn *conn = NULL;
	const char *why = "";
	int err = m->there->open(&how, &conn, &why);

	if (err)
		return mirror_fail(m, err, "%s", why);
	m->remote = conn;
	err = agree(m, at_start, claim);
	if (err)
		mirror_part(m);
	return err;
}
