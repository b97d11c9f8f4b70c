/*
 * core/lab/store.c - see store.h.
 */
#include "core/lab/store.h"

#include "core/store/migrate.h"
#include "core/store/registry.h"
#include "core/store/request.h"
#include "core/lab/run.h"
#include "utils/list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PATH_BYTES 512u

static struct {
	struct store_conn    *conn;
	struct store_request *first, **end;
	char                  path[PATH_BYTES];
	bool                  hold, keep, in_memory, stepping;
	int                   fail, fail_now;
	struct store_counters counters;
} store;

void fake_store_fail(int err) { store.fail = err; }
void fake_store_fail_now(int err) { store.fail_now = err; }
void fake_store_hold(bool hold) { store.hold = hold; }
void fake_store_in_memory(bool on) { store.in_memory = on; }
void fake_store_keep(bool keep) { store.keep = keep; }

/* ---- one request ---- */

static bool is_write(const struct store_request *req)
{
	return req->ops[0].stmt->columns == NULL;
}

static int read_rows(struct store_request *req)
{
	struct store_gather gather = { .req = req };
	int n;

	req->arena = arena_new(0);
	if (!req->arena)
		return -ENOMEM;
	n = store_sqlite.run(store.conn, req->ops[0].stmt, req->ops[0].args, store_gather_row, &gather);
	return n < 0 ? n : req->err;
}

static int write_all(const struct store_request *req)
{
	int n = store.fail ? store.fail : store_sqlite.begin(store.conn);

	for (size_t i = 0; n >= 0 && i < req->op_count; i++)
		n = store_sqlite.run(store.conn, req->ops[i].stmt, req->ops[i].args, NULL, NULL);
	if (store.fail)
		return n;
	if (n >= 0)
		return store_sqlite.commit(store.conn);
	store_sqlite.rollback(store.conn);
	return n;
}

static void answer(struct inbox_item *item)
{
	struct store_request *req = container_of(item, struct store_request, item);

	if (req->done)
		req->done(req->arg, req->err, req->err ? NULL : &req->rows);
	store_request_free(req);
}

static bool step(void)
{
	struct store_request *req = store.hold ? NULL : store.first;

	if (!req)
		return false;
	store.first = req->next;
	if (!store.first)
		store.end = &store.first;
	req->err = is_write(req) ? write_all(req) : read_rows(req);
	store.counters.errors += req->err != 0;
	req->item.run = answer;
	worker_post(req->home, &req->item, INBOX_MUST);
	return true;
}

/* ---- store.h ---- */

int store_run_all(const struct store_op *ops, size_t count, store_done_fn *done, void *arg)
{
	struct store_request *req;

	if (!store.conn)
		return -ENODEV;
	req = store_request_new(ops, count, done, arg);
	if (!req)
		return -ENOMEM;
	req->next = NULL;
	*store.end = req;
	store.end = &req->next;
	if (is_write(req))
		store.counters.writes++;
	else
		store.counters.reads++;
	return 0;
}

int store_run(const struct store_stmt *stmt, const struct value *args, store_done_fn *done,
    void *arg)
{
	const struct store_op op = { stmt, args };

	return store_run_all(&op, 1, done, arg);
}

int store_run_now(const struct store_stmt *stmt, const struct value *args, store_row_fn *row,
    void *arg)
{
	if (!store.conn)
		return -ENODEV;
	if (store.fail_now && !stmt->columns)
		return store.fail_now;
	return store_sqlite.run(store.conn, stmt, args, row, arg);
}

int store_run_all_now(const struct store_op *ops, size_t count)
{
	int err = store.conn ? store.fail_now : -ENODEV;

	if (err)
		return err;
	err = store_sqlite.begin(store.conn);

	for (size_t i = 0; i < count && !err; i++) {
		int n = store_sqlite.run(store.conn, ops[i].stmt, ops[i].args, NULL, NULL);

		err = n < 0 ? n : 0;
	}
	if (!err)
		return store_sqlite.commit(store.conn);
	store_sqlite.rollback(store.conn);
	return err;
}

static int open_file(const char **why)
{
	struct store_open how = { .rest = store.in_memory ? ":memory:" : store.path,
		.writer = true };
	int fd;

	if (!store.in_memory && !store.path[0]) {
		snprintf(store.path, sizeof(store.path), "%s/lcs-store-XXXXXX",
		    getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
		fd = mkstemp(store.path);
		if (fd < 0)
			return -errno;
		close(fd);
	}
	return store_sqlite.open(&how, &store.conn, why);
}

int store_start(const struct store_conf *conf, const char **why)
{
	int err = open_file(why);

	(void)conf;
	if (!err)
		err = store_migrate(&store_sqlite, store.conn, store_schemas(), why);
	store.end = &store.first;
	if (!store.stepping)
		fake_each_step(step);
	store.stepping = true;
	return err;
}

/* With the lock beside it, and what a log that was not closed leaves. */
static void remove_file(void)
{
	static const char *const ends[] = { "", ".lock", "-wal", "-shm" };
	char name[PATH_BYTES + 8];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", store.path, ends[i]);
		unlink(name);
	}
	store.path[0] = '\0';
}

void store_stop(void)
{
	store.hold = false;
	while (step())
		;
	if (store.conn)
		store_sqlite.close(store.conn);
	store.conn = NULL;
	store_registry_clear();
	if (!store.keep && store.path[0])
		remove_file();
}

bool store_is_on(void) { return store.conn != NULL; }
bool store_is_healthy(void) { return store.fail == 0; }
void store_counters(struct store_counters *out) { *out = store.counters; }
