/*
 * core/store/mirror_schema.c - the tables there: made, and brought to our step.
 *
 * lcs_schema says which step of each module's schema they have. A server that is older than the
 * tables keeps off.
 */
#include "core/store/migrate.h"
#include "core/store/mirror_room.h"

#include "utils/log.h"

#include <errno.h>

static const struct store_stmt
	stmt_has_column = { "mirror_has_column", "select 1 from information_schema.columns where "
		"table_schema = coalesce(nullif(?, ''), database()) and table_name = ? and "
		"column_name = ?", "sss", "i", NULL },
	stmt_step = { "mirror_step", "select step from lcs_schema where module = ?", "s", "i", NULL },
	stmt_set_step = { "mirror_set_step", "replace into lcs_schema(module, step) values (?, ?)", "si",
		NULL, NULL };

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

/* 1: the tables are of an older step, or not there; 0: of ours. */
static int compare_step(struct mirror *m, const struct store_schema *schema)
{
	struct value arg = value_string(slice_str(schema->module));
	int64_t step = 0;
	int rows = m->there->run(m->remote, &stmt_step, &arg, take_int, &step);

	if (rows < 0)
		return mirror_fail_there(m, rows, "lcs_schema");
	if (step > store_last_step(schema))
		return mirror_fail(m, -ERANGE, "the tables of module %s there are of step %lld, made by a "
		    "newer version of lcs; this one knows %u: install the newer version here, too",
		    schema->module, (long long)step, store_last_step(schema));
	return step < store_last_step(schema);
}

static int set_step(struct mirror *m, const struct store_schema *schema)
{
	struct value args[] = { value_string(slice_str(schema->module)), value_int(store_last_step(schema)) };
	int rows = m->there->run(m->remote, &stmt_set_step, args, NULL, NULL);

	return rows < 0 ? mirror_fail_there(m, rows, "lcs_schema") : 0;
}

/* Nothing is changed there before all of it is known not to be newer. */
int mirror_make_schema(struct mirror *m)
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
