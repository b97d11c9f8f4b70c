/*
 * core/store/request.c - copy a question in, gather its rows.
 */
#include "core/store/request.h"

#include "utils/spare.h"

#include <errno.h>

static size_t arg_count(const struct store_stmt *stmt)
{
	return stmt->args ? strlen(stmt->args) : 0;
}

static size_t text_bytes(const struct store_op *op)
{
	size_t sum = 0;

	for (size_t i = 0; i < arg_count(op->stmt); i++)
		if (op->args[i].type == VALUE_STRING)
			sum += op->args[i].s.len;
	return sum;
}

static void copy_args(struct value *to, const struct store_op *from, char **text)
{
	for (size_t i = 0; i < arg_count(from->stmt); i++) {
		to[i] = from->args[i];
		if (to[i].type != VALUE_STRING || !to[i].s.p)
			continue;
		memcpy(*text, from->args[i].s.p, to[i].s.len);
		to[i].s.p = *text;
		*text += to[i].s.len;
	}
}

struct store_request *store_request_new(const struct store_op *ops, size_t count,
    store_done_fn *done, void *arg)
{
	size_t values = 0, text = 0, size;
	struct store_request *req;
	struct value *args;
	char *at;

	for (size_t i = 0; i < count; i++) {
		values += arg_count(ops[i].stmt);
		text += text_bytes(&ops[i]);
	}
	size = sizeof(*req) + count * sizeof(*ops) + values * sizeof(*args) + text;
	req = spare_get(size);
	if (!req)
		return NULL;
	*req = (struct store_request){ .size_bytes = size, .op_count = count, .done = done,
	    .arg = arg, .home = (unsigned)worker_self() };
	args = (struct value *)(void *)&req->ops[count];
	at = (char *)(args + values);
	for (size_t i = 0; i < count; i++) {
		copy_args(args, &ops[i], &at);
		req->ops[i] = (struct store_op){ ops[i].stmt, args };
		args += arg_count(ops[i].stmt);
	}
	return req;
}

void store_request_free(struct store_request *req)
{
	arena_free(&req->arena);
	spare_put(req, req->size_bytes);
}

static bool make_room(struct store_gather *g, unsigned columns)
{
	size_t room = g->room ? 2 * g->room : 8;
	struct value *cells;

	if (g->req->rows.count < g->room)
		return true;
	cells = arena_alloc(g->req->arena, room * columns * sizeof(*cells));
	if (!cells)
		return false;
	if (g->room)
		memcpy(cells, g->cells, g->room * columns * sizeof(*cells));
	g->cells = cells;
	g->room = room;
	return true;
}

void store_gather_row(void *arg, const struct value *cells, unsigned columns)
{
	struct store_gather *g = arg;
	struct store_rows *rows = &g->req->rows;
	struct value *to;

	if (g->req->err)
		return;
	if (!make_room(g, columns)) {
		g->req->err = -ENOMEM;
		return;
	}
	to = &g->cells[rows->count * columns];
	for (unsigned i = 0; i < columns; i++) {
		to[i] = value_copy(g->req->arena, cells[i]);
		if (to[i].type != cells[i].type)
			g->req->err = -ENOMEM;
	}
	rows->columns = columns;
	rows->cells = g->cells;
	rows->count++;
}
