/*
 * table.h - what the tests of auth_db have around them: a table of users, and a store that says yes
 * or what it is told to say, and remembers one deleted user; parameters as they are by default
 * (linked with --wrap= these: store_run_all_now, store_run_now, lcs_conf).
 */
#ifndef TEST_UNIT_MODULES_AUTH_DB_TABLE_H
#define TEST_UNIT_MODULES_AUTH_DB_TABLE_H

#include "modules/auth_db/auth_db.h"
#include "test/unit.h"

extern struct auth_db table_db;
extern int            table_store_says;

/** An empty table; watch hears what becomes of its users. For a test's set-up. */
int table_begin(const struct auth_db_watch *watch);
int table_end(void **state);

#endif
