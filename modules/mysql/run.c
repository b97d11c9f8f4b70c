/*
 * modules/mysql/run.c - prepared statements of MariaDB and MySQL; see driver.h.
 *
 * Statements are prepared once per connection and found again by the address of their
 * declaration. Texts travel as bytes: no character set is asked.
 */
#include "modules/mysql/driver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CELL_BYTES 1024u

struct cell {				/* of a result */
	char         *bytes;
	unsigned long room, len;
	long long     number;
	my_bool       is_null, is_cut;
};

struct driver_prepared {
	struct driver_prepared  *next;
	const struct store_stmt *stmt;
	MYSQL_STMT              *handle;
	unsigned                 arg_count, column_count;
	struct cell             *cells;
	MYSQL_BIND              *columns;
};

static int note(struct store_conn *conn, MYSQL_STMT *handle, const char *name)
{
	unsigned code = mysql_stmt_errno(handle);
	const char *repair = driver_repair(code);

	snprintf(conn->text, sizeof(conn->text), "%s: %.380s (%u)%s%s", name,
	    mysql_stmt_error(handle), code, *repair ? ": " : "", repair);
	return driver_errno(code);
}

static int no_memory(struct store_conn *conn)
{
	snprintf(conn->text, sizeof(conn->text), "out of memory");
	return -ENOMEM;
}

/* ---- preparing ---- */

static void free_prepared(struct driver_prepared *p)
{
	for (unsigned i = 0; p->cells && i < p->column_count; i++)
		free(p->cells[i].bytes);
	free(p->cells);
	free(p->columns);
	if (p->handle)
		mysql_stmt_close(p->handle);
	free(p);
}

void driver_forget_prepared(struct store_conn *conn)
{
	for (unsigned i = 0; i < DRIVER_SLOTS; i++) {
		while (conn->slots[i]) {
			struct driver_prepared *p = conn->slots[i];

			conn->slots[i] = p->next;
			free_prepared(p);
		}
	}
}

static bool is_number(char letter) { return letter == 'i' || letter == 't'; }

static void bind_cell(MYSQL_BIND *b, struct cell *c, char letter)
{
	*b = (MYSQL_BIND){ .is_null = &c->is_null, .length = &c->len, .error = &c->is_cut };
	if (is_number(letter)) {
		b->buffer_type = MYSQL_TYPE_LONGLONG;
		b->buffer = &c->number;
		return;
	}
	b->buffer_type = MYSQL_TYPE_BLOB;
	b->buffer = c->bytes;
	b->buffer_length = c->room;
}

/* Room for what a statement returns; a cell grows when something longer comes. */
static bool make_cells(struct driver_prepared *p)
{
	if (p->column_count == 0)
		return true;
	p->cells = calloc(p->column_count, sizeof(*p->cells));
	p->columns = calloc(p->column_count, sizeof(*p->columns));
	for (unsigned i = 0; p->cells && p->columns && i < p->column_count; i++) {
		struct cell *c = &p->cells[i];

		c->room = CELL_BYTES;
		c->bytes = malloc(c->room);
		if (!c->bytes)
			return false;
		bind_cell(&p->columns[i], c, p->stmt->columns[i]);
	}
	return p->cells && p->columns;
}

static const char *sql_of(const struct store_stmt *stmt)
{
	return stmt->mysql ? stmt->mysql : stmt->sql;
}

static struct driver_prepared *make_prepared(struct store_conn *conn, const struct store_stmt *stmt,
    int *err)
{
	struct driver_prepared *p = calloc(1, sizeof(*p));
	const char *sql = sql_of(stmt);

	if (!p) {
		*err = no_memory(conn);
		return NULL;
	}
	p->stmt = stmt;
	p->arg_count = stmt->args ? (unsigned)strlen(stmt->args) : 0;
	p->column_count = stmt->columns ? (unsigned)strlen(stmt->columns) : 0;
	lcs_assert(p->arg_count <= DRIVER_COLUMNS && p->column_count <= DRIVER_COLUMNS);
	p->handle = mysql_stmt_init(conn->db);
	if (!p->handle || !make_cells(p)) {
		*err = no_memory(conn);
	} else if (mysql_stmt_prepare(p->handle, sql, strlen(sql)) != 0) {
		*err = note(conn, p->handle, stmt->name);
	} else if (mysql_stmt_param_count(p->handle) != p->arg_count ||
	    mysql_stmt_field_count(p->handle) != p->column_count) {
		snprintf(conn->text, sizeof(conn->text), "%s: the statement is not what it says",
		    stmt->name);
		*err = -EINVAL;
	}
	if (!*err)
		return p;
	free_prepared(p);
	return NULL;
}

static struct driver_prepared *prepare(struct store_conn *conn, const struct store_stmt *stmt,
    int *err)
{
	unsigned slot = (unsigned)((uintptr_t)stmt / sizeof(*stmt)) % DRIVER_SLOTS;
	struct driver_prepared *p;

	for (p = conn->slots[slot]; p; p = p->next)
		if (p->stmt == stmt)
			return p;
	p = make_prepared(conn, stmt, err);
	if (!p)
		return NULL;
	p->next = conn->slots[slot];
	conn->slots[slot] = p;
	return p;
}

/* ---- arguments ---- */

struct bound { MYSQL_BIND list[DRIVER_COLUMNS]; long long numbers[DRIVER_COLUMNS]; };

static void bind_arg(struct bound *b, unsigned i, const struct value *v)
{
	MYSQL_BIND *to = &b->list[i];

	*to = (MYSQL_BIND){ .buffer_type = MYSQL_TYPE_NULL };
	if (v->type == VALUE_NULL || (v->type == VALUE_STRING && !v->s.p))
		return;
	if (v->type == VALUE_INT || v->type == VALUE_BOOL) {
		b->numbers[i] = v->type == VALUE_INT ? v->i : v->b;
		to->buffer_type = MYSQL_TYPE_LONGLONG;
		to->buffer = &b->numbers[i];
		return;
	}
	lcs_assert(v->type == VALUE_STRING);
	to->buffer_type = MYSQL_TYPE_BLOB;
	to->buffer = (void *)(uintptr_t)v->s.p;
	to->buffer_length = v->s.len;
}

static int execute(struct store_conn *conn, struct driver_prepared *p, const struct value *args)
{
	struct bound bound;

	for (unsigned i = 0; i < p->arg_count; i++)
		bind_arg(&bound, i, &args[i]);
	if (p->arg_count && mysql_stmt_bind_param(p->handle, bound.list) != 0)
		return note(conn, p->handle, p->stmt->name);
	if (mysql_stmt_execute(p->handle) != 0)
		return note(conn, p->handle, p->stmt->name);
	return 0;
}

/* ---- rows ---- */

/* What was longer than its cell is fetched again, and there is room for the next one. */
static int fetch_rest(struct store_conn *conn, struct driver_prepared *p, unsigned i)
{
	struct cell *c = &p->cells[i];
	char *bytes;

	if (is_number(p->stmt->columns[i]) || c->is_null || c->len <= c->room)
		return 0;
	bytes = realloc(c->bytes, c->len);
	if (!bytes)
		return no_memory(conn);
	c->bytes = bytes;
	c->room = c->len;
	bind_cell(&p->columns[i], c, p->stmt->columns[i]);
	if (mysql_stmt_fetch_column(p->handle, &p->columns[i], i, 0) != 0)
		return note(conn, p->handle, p->stmt->name);
	return mysql_stmt_bind_result(p->handle, p->columns) ? note(conn, p->handle, p->stmt->name) : 0;
}

static int take_row(struct store_conn *conn, struct driver_prepared *p, store_row_fn *row, void *arg)
{
	struct value cells[DRIVER_COLUMNS];

	for (unsigned i = 0; i < p->column_count; i++) {
		struct cell *c = &p->cells[i];
		int err = fetch_rest(conn, p, i);

		if (err)
			return err;
		cells[i] = c->is_null ? value_null() : is_number(p->stmt->columns[i]) ?
		    value_int(c->number) : value_string(slice_of(c->bytes, c->len));
	}
	if (row)
		row(arg, cells, p->column_count);
	return 0;
}

static int fetch_all(struct store_conn *conn, struct driver_prepared *p, store_row_fn *row, void *arg)
{
	int rows = 0, rc = mysql_stmt_bind_result(p->handle, p->columns), err = 0;

	if (rc)
		return note(conn, p->handle, p->stmt->name);
	while (!err) {
		rc = mysql_stmt_fetch(p->handle);
		if (rc != 0 && rc != MYSQL_DATA_TRUNCATED)
			break;
		err = take_row(conn, p, row, arg);
		rows++;
	}
	if (!err && rc != MYSQL_NO_DATA)
		err = note(conn, p->handle, p->stmt->name);
	mysql_stmt_free_result(p->handle);
	return err ? err : rows;
}

int driver_run(struct store_conn *conn, const struct store_stmt *stmt, const struct value *args,
    store_row_fn *row, void *arg)
{
	int err = 0;
	struct driver_prepared *p = prepare(conn, stmt, &err);

	if (!err)
		err = execute(conn, p, args);
	if (err)
		return err;
	return p->column_count ? fetch_all(conn, p, row, arg) :
	    (int)mysql_stmt_affected_rows(p->handle);
}
