/*
 * core/store/migrate.c - numbered schema steps, each applied once.
 */
#include "core/store/migrate.h"

#include "utils/log.h"

#include <errno.h>
#include <stdio.h>

static _Thread_local char reason[256];

static const struct store_stmt stmt_step_of = {
	"schema_step", "select step from lcs_schema where module = ?", "s", "i", NULL
};
static const struct store_stmt stmt_set_step = {
	"schema_set_step", "replace into lcs_schema(module, step) values (?, ?)", "si", NULL, NULL
};

static int fail(const char **why, int err, const char *module, unsigned step, const char *text)
{
	snprintf(reason, sizeof(reason), "schema of module %s, step %u: %s", module, step, text);
	*why = reason;
	return err;
}

static void take_step(void *arg, const struct value *cells, unsigned columns)
{
	if (columns == 1 && cells[0].type == VALUE_INT)
		*(int64_t *)arg = cells[0].i;
}

unsigned store_last_step(const struct store_schema *schema)
{
	unsigned last = 0;

	for (const struct store_step *s = schema->steps; s && s->number; s++)
		last = s->number;
	return last;
}

static int apply(const struct store_backend *be, struct store_conn *conn,
    const char *module, const struct store_step *step, const char **why)
{
	struct value args[2] = { value_string(slice_str(module)), value_int(step->number) };
	int err = be->begin(conn);

	if (!err)
		err = be->script(conn, step->sql);
	if (!err) {
		int changed = be->run(conn, &stmt_set_step, args, NULL, NULL);

		err = changed < 0 ? changed : 0;
	}
	if (!err)
		err = be->commit(conn);
	if (!err)
		return 0;
	fail(why, err, module, step->number, be->error_text(conn));
	be->rollback(conn);
	return err;
}

static int migrate_one(const struct store_backend *be, struct store_conn *conn,
    const struct store_schema *schema, const char **why)
{
	struct value arg = value_string(slice_str(schema->module));
	int64_t have = 0;
	int err = be->run(conn, &stmt_step_of, &arg, take_step, &have);

	if (err < 0)
		return fail(why, err, schema->module, 0, be->error_text(conn));
	if (have > store_last_step(schema))
		return fail(why, -ERANGE, schema->module, (unsigned)have,
		    "the database was made by a newer version of lcs");
	for (const struct store_step *s = schema->steps; s && s->number; s++) {
		if (s->number <= have)
			continue;
		err = apply(be, conn, schema->module, s, why);
		if (err)
			return err;
		log_notice("store", "schema step applied module=%s step=%u", schema->module,
		    s->number);
	}
	return 0;
}

int store_migrate(const struct store_backend *be, struct store_conn *conn,
    const struct store_schemas *schemas, const char **why)
{
	int err = be->script(conn, "create table if not exists lcs_schema("
	    "module varchar(64) not null primary key, step integer not null)");

	if (err)
		return fail(why, err, "core", 0, be->error_text(conn));
	for (unsigned i = 0; i < schemas->count && !err; i++)
		err = migrate_one(be, conn, schemas->list[i], why);
	return err;
}
