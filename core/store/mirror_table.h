/*
 * core/store/mirror_table.h - one mirrored table: its columns, and the statements made of them.
 *
 * Names are quoted with backticks, which SQLite and MariaDB both take; a module's column may
 * have a name that one of them has as a word.
 */
#ifndef CORE_STORE_MIRROR_TABLE_H
#define CORE_STORE_MIRROR_TABLE_H

#include "core/store/backend.h"

#define MIRROR_KEYS_MAX    4u		/* of one table; lcs_mirror_mark has as many columns */
#define MIRROR_COLUMNS_MAX STORE_COLUMNS_MAX

struct mirror_column {
	struct slice name;
	char         letter;		/* s text, b blob, i integer */
	unsigned     key;		/* place in the primary key, from 1; 0: none */
	unsigned     length;		/* of "varchar(n)"; 0: not said */
};

struct mirror_table {
	struct mirror_table       *next;
	const struct store_schema *schema;
	const char                *name;
	struct slice               remote_name;	/* with its database, quoted */
	const char                *database;	/* NULL: the one that the connection has chosen */
	struct mirror_column       columns[MIRROR_COLUMNS_MAX];
	const struct mirror_column *keys[MIRROR_KEYS_MAX];
	unsigned                   column_count, key_count;
	struct {			/* here, in SQLite */
		struct store_stmt row;		/* by its key */
		struct store_stmt any;		/* a row, if there are some */
		struct store_stmt insert;
		struct store_stmt chunk_end;	/* the last rowid of the next thousands behind one */
		struct store_stmt mark;		/* all between two rowids */
		struct store_stmt mark_one;	/* by its key */
	} local;
	struct {			/* there; the first argument is the home's number */
		struct store_stmt put, gone, keys, all;
	} remote;
};

/**
 * Look at a table in SQLite and make its statements, in the arena. Blocks.
 *
 * @param database  where it is in the mirror; NULL: in the connection's own
 * @return 0, -ENOENT (no such table any more), -EINVAL (no primary key, or too many columns),
 *         -ENOMEM, or what the driver says
 */
int mirror_table_read(struct arena *arena, const struct store_backend *be, struct store_conn *conn,
    const struct store_schema *schema, const char *name, const char *database,
    struct mirror_table **out);

/** SQL that makes the triggers by which each change leaves a mark; those there are go first.
 *  .p is NULL if memory is short. */
struct slice mirror_table_triggers(struct arena *arena, const struct mirror_table *t);

/** SQL that makes the table there, or adds one column. .p is NULL if memory is short. */
struct slice mirror_table_create(struct arena *arena, const struct mirror_table *t);
struct slice mirror_table_add(struct arena *arena, const struct mirror_table *t,
    const struct mirror_column *c);

#endif
