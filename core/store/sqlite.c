/*
 * core/store/sqlite.c - the embedded database: SQLite in WAL mode.
 *
 * Statements are prepared once per connection and found again by the address
 * of their declaration.
 */
#include "core/store/backend.h"
#include "core/store/private.h"
#include "core/store/turn.h"

#include "utils/err.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define PREPARED_SLOTS 64u
#define BUSY_MS        5000

struct prepared {
	struct prepared         *next;
	const struct store_stmt *stmt;
	sqlite3_stmt            *handle;
};

struct store_conn {
	sqlite3         *db;
	int              lock_fd;	/* the writer's: one server per file */
	struct prepared *slots[PREPARED_SLOTS];
	struct store_turn *turn;	/* NULL: nobody else writes */
	bool             is_our_turn;
};

static _Thread_local char reason[256];

static int as_errno(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return -EROFS;
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
		return -EILSEQ;
	case SQLITE_NOMEM:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

/* Two servers on one file would each believe its own memory. */
static int lock_file(const char *path, const char **why)
{
	char name[4096];
	int fd;

	if ((size_t)snprintf(name, sizeof(name), "%s.lock", path) >= sizeof(name))
		return -ENAMETOOLONG;
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		*why = "the lock file beside the database cannot be opened: the directory must be there, "
		    "and both files belong to the user that the server runs as";
		return -errno;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	close(fd);
	*why = "another server uses this database";
	return -EBUSY;
}

static void sqlite_close(struct store_conn *conn)
{
	for (unsigned i = 0; i < PREPARED_SLOTS; i++) {
		struct prepared *p = conn->slots[i];

		while (p) {
			struct prepared *next = p->next;

			sqlite3_finalize(p->handle);
			free(p);
			p = next;
		}
	}
	sqlite3_close(conn->db);
	if (conn->lock_fd >= 0)
		close(conn->lock_fd);
	free(conn);
}

static int set_up(struct store_conn *conn, const struct store_open *how)
{
	int rc;

	sqlite3_extended_result_codes(conn->db, 1);
	sqlite3_busy_timeout(conn->db, BUSY_MS);
	rc = sqlite3_exec(conn->db, "pragma journal_mode=wal; pragma foreign_keys=on", NULL, NULL,
	    NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(conn->db, how->sync ? "pragma synchronous=full" :
		    "pragma synchronous=normal", NULL, NULL, NULL);
	if (rc == SQLITE_OK && !how->writer && !how->control)
		rc = sqlite3_exec(conn->db, "pragma query_only=on", NULL, NULL, NULL);
	return as_errno(rc);
}

static int sqlite_open(const struct store_open *how, struct store_conn **out, const char **why)
{
	struct store_conn *conn = calloc(1, sizeof(*conn));
	int err = 0;

	if (!conn)
		return -ENOMEM;
	conn->lock_fd = -1;
	conn->turn = how->turn;
	if (how->writer && strcmp(how->rest, ":memory:") != 0) {
		int fd = lock_file(how->rest, why);

		if (fd < 0) {
			err = fd;
		} else {
			conn->lock_fd = fd;
			err = store_make_private(how->rest, why);
		}
	}
	if (!err) {
		int rc = sqlite3_open_v2(how->rest, &conn->db, SQLITE_OPEN_READWRITE |
		    SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

		err = rc == SQLITE_OK ? set_up(conn, how) : rc == SQLITE_CANTOPEN ? -EACCES :
		    as_errno(rc);
		if (err) {
			snprintf(reason, sizeof(reason), "%s", sqlite3_errmsg(conn->db));
			*why = reason;
		}
	}
	if (err) {
		sqlite_close(conn);
		return err;
	}
	*out = conn;
	return 0;
}

static int exec(struct store_conn *conn, const char *sql)
{
	return as_errno(sqlite3_exec(conn->db, sql, NULL, NULL, NULL));
}

static void take_turn(struct store_conn *conn)
{
	if (!conn->turn || conn->is_our_turn)
		return;
	store_turn_take(conn->turn);
	conn->is_our_turn = true;
}

static void give_turn(struct store_conn *conn)
{
	if (!conn->is_our_turn)
		return;
	conn->is_our_turn = false;
	store_turn_give(conn->turn);
}

static int sqlite_begin(struct store_conn *conn)
{
	int err;

	take_turn(conn);
	err = exec(conn, "begin immediate");
	if (err)
		give_turn(conn);
	return err;
}

/* Who could not commit rolls back, and keeps the turn until then. */
static int sqlite_commit(struct store_conn *conn)
{
	int err = exec(conn, "commit");

	if (!err)
		give_turn(conn);
	return err;
}

static void sqlite_rollback(struct store_conn *conn)
{
	/* SQLite has rolled back by itself after a full disk or an I/O error. */
	if (!sqlite3_get_autocommit(conn->db))
		exec(conn, "rollback");
	give_turn(conn);
}

static int sqlite_savepoint(struct store_conn *conn)
{
	return exec(conn, "savepoint request");
}

static void sqlite_release(struct store_conn *conn, bool keep)
{
	if (!keep)
		exec(conn, "rollback to request");
	exec(conn, "release request");
}

static struct prepared *prepare(struct store_conn *conn, const struct store_stmt *stmt, int *rc)
{
	unsigned slot = (unsigned)((uintptr_t)stmt / sizeof(*stmt)) % PREPARED_SLOTS;
	struct prepared *p;

	for (p = conn->slots[slot]; p; p = p->next)
		if (p->stmt == stmt)
			return p;
	p = calloc(1, sizeof(*p));
	if (!p) {
		*rc = SQLITE_NOMEM;
		return NULL;
	}
	*rc = sqlite3_prepare_v3(conn->db, stmt->sql, -1, SQLITE_PREPARE_PERSISTENT, &p->handle,
	    NULL);
	if (*rc != SQLITE_OK) {
		free(p);
		return NULL;
	}
	p->stmt = stmt;
	p->next = conn->slots[slot];
	conn->slots[slot] = p;
	return p;
}

static int bind_one(sqlite3_stmt *h, int at, char letter, const struct value *v)
{
	if (v->type == VALUE_NULL || (v->type == VALUE_STRING && !v->s.p))
		return sqlite3_bind_null(h, at);
	if (v->type == VALUE_BOOL)
		return sqlite3_bind_int64(h, at, v->b);
	if (v->type == VALUE_INT)
		return sqlite3_bind_int64(h, at, v->i);
	lcs_assert(v->type == VALUE_STRING);
	if (letter == 'b')
		return sqlite3_bind_blob64(h, at, v->s.p, v->s.len, SQLITE_STATIC);
	return sqlite3_bind_text64(h, at, v->s.p, v->s.len, SQLITE_STATIC, SQLITE_UTF8);
}

static struct value column(sqlite3_stmt *h, int at)
{
	switch (sqlite3_column_type(h, at)) {
	case SQLITE_NULL:
		return value_null();
	case SQLITE_INTEGER:
		return value_int(sqlite3_column_int64(h, at));
	default: {
		/* The blob call leaves the bytes alone, whatever the column was declared as. */
		const char *p = sqlite3_column_blob(h, at);

		return value_string(slice_of(p ? p : "", (size_t)sqlite3_column_bytes(h, at)));
	}
	}
}

static int step_all(struct store_conn *conn, sqlite3_stmt *h, store_row_fn *row, void *arg)
{
	int rc, rows = 0;

	while ((rc = sqlite3_step(h)) == SQLITE_ROW) {
		struct value cells[STORE_COLUMNS_MAX];
		int n = sqlite3_column_count(h);

		lcs_assert(n <= (int)STORE_COLUMNS_MAX);
		for (int i = 0; i < n; i++)
			cells[i] = column(h, i);
		if (row)
			row(arg, cells, (unsigned)n);
		rows++;
	}
	if (rc != SQLITE_DONE)
		return as_errno(rc);
	return sqlite3_column_count(h) ? rows : sqlite3_changes(conn->db);
}

static int run_prepared(struct store_conn *conn, struct prepared *p, const struct value *args,
    store_row_fn *row, void *arg)
{
	const struct store_stmt *stmt = p->stmt;
	int rc = SQLITE_OK, result;

	for (int i = 0; stmt->args && stmt->args[i] && rc == SQLITE_OK; i++)
		rc = bind_one(p->handle, i + 1, stmt->args[i], &args[i]);
	result = rc == SQLITE_OK ? step_all(conn, p->handle, row, arg) : as_errno(rc);
	sqlite3_reset(p->handle);
	sqlite3_clear_bindings(p->handle);
	return result;
}

static int sqlite_run(struct store_conn *conn, const struct store_stmt *stmt,
    const struct value *args, store_row_fn *row, void *arg)
{
	int rc = SQLITE_OK, result;
	struct prepared *p = prepare(conn, stmt, &rc);
	bool is_alone;

	if (!p)
		return as_errno(rc);
	is_alone = !stmt->columns && sqlite3_get_autocommit(conn->db);
	if (is_alone)
		take_turn(conn);
	result = run_prepared(conn, p, args, row, arg);
	if (is_alone)
		give_turn(conn);
	return result;
}

static const char *sqlite_error_text(struct store_conn *conn)
{
	return sqlite3_errmsg(conn->db);
}

const struct store_backend store_sqlite = {
	.open = sqlite_open,
	.close = sqlite_close,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.savepoint = sqlite_savepoint,
	.release = sqlite_release,
	.run = sqlite_run,
	.script = exec,
	.error_text = sqlite_error_text,
};
