/*
 * table.c - see table.h.
 */
#include "test/unit/modules/auth_db/table.h"

struct auth_db table_db;
int            table_store_says;

static char former[2][512];		/* name and key of who was deleted last */

static void keep(char to[512], struct slice s)
{
	assert_true(s.len < 512);
	memcpy(to, s.p, s.len);
	to[s.len] = 0;
}

static void run(const struct store_op *op)
{
	struct slice name = slice_str(op->stmt->name);

	if (slice_eq(name, SLICE("user_note_former"))) {
		keep(former[0], op->args[0].s);
		keep(former[1], op->args[1].s);
	} else if (slice_eq(name, SLICE("user_forget_former")) &&
	    slice_eq(op->args[0].s, slice_str(former[0]))) {
		former[0][0] = 0;
	}
}

int __wrap_store_run_all_now(const struct store_op *ops, size_t count);

int __wrap_store_run_all_now(const struct store_op *ops, size_t count)
{
	for (size_t i = 0; i < count && table_store_says == 0; i++)
		run(&ops[i]);
	return table_store_says;
}

int __wrap_store_run_now(const struct store_stmt *stmt, const struct value *args,
    void (*row)(void *arg, const struct value *cells, unsigned columns), void *arg);

int __wrap_store_run_now(const struct store_stmt *stmt, const struct value *args,
    void (*row)(void *arg, const struct value *cells, unsigned columns), void *arg)
{
	const struct value key = value_string(slice_str(former[1]));

	if (table_store_says)
		return table_store_says;
	if (!former[0][0] || !slice_eq(args[0].s, slice_str(former[0])))
		return 0;
	lcs_assert(slice_eq(slice_str(stmt->name), SLICE("user_former")));
	row(arg, &key, 1);
	return 1;
}

const void *__wrap_lcs_conf(const struct lcs_mod *mod, const struct gen *gen);

const void *__wrap_lcs_conf(const struct lcs_mod *mod, const struct gen *gen)
{
	static const struct auth_db_conf conf = { .inherit = false };

	(void)mod;
	(void)gen;
	return &conf;
}

int table_begin(const struct auth_db_watch *watch)
{
	table_db = (struct auth_db){ .watches = { { watch, NULL } }, .watch_count = 1 };
	table_store_says = 0;
	former[0][0] = 0;
	return epoch_thread_register() != 0 || users_init(&table_db.users) != 0 ? -1 : 0;
}

int table_end(void **state)
{
	(void)state;
	users_fini(&table_db.users);
	epoch_drain();
	epoch_thread_unregister();
	return 0;
}
