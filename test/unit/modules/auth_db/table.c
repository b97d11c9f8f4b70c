/*
 * table.c - see table.h.
 */
#include "test/unit/modules/auth_db/table.h"

struct auth_db table_db;
int            table_store_says;

int __wrap_store_run_all_now(const struct store_op *ops, size_t count);

int __wrap_store_run_all_now(const struct store_op *ops, size_t count)
{
	(void)ops;
	(void)count;
	return table_store_says;
}

int table_begin(const struct auth_db_watch *watch)
{
	table_db = (struct auth_db){ .watches = { { watch, NULL } }, .watch_count = 1 };
	table_store_says = 0;
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
