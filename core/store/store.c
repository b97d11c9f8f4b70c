/*
 * core/store/store.c - one writer that commits in batches, readers beside it.
 *
 * Workers put requests into one of two bounded queues; a thread runs them and
 * posts them home. While a batch is being committed the next one gathers, so
 * under load one flush serves many writes.
 */
#include "core/store/store.h"

#include "core/store/migrate.h"
#include "core/store/mirror.h"
#include "core/store/queue.h"
#include "core/store/registry.h"
#include "core/store/turn.h"
#include "utils/err.h"
#include "utils/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define READERS_MAX 8u

static struct store {
	struct store_queue          writes, reads;
	struct store_turn           turn;	/* of the writer, the control thread and the mirror */
	_Atomic bool                on, healthy;
	struct store_conf           conf;
	const struct store_backend *backend;
	struct store_conn          *writer, *control, *readers[READERS_MAX];
	unsigned                    reader_count;
	pthread_t                   writer_thread, reader_threads[READERS_MAX];
	_Atomic uint64_t            read_count, write_count, batch_count, error_count, batch_us;
} store = {
	.writes = STORE_QUEUE_INIT, .reads = STORE_QUEUE_INIT, .turn = STORE_TURN_INIT,
};

/* ---- back to the asker ---- */

static void deliver(struct inbox_item *item)
{
	struct store_request *req = (struct store_request *)(void *)item;

	req->done(req->arg, req->err, &req->rows);
	store_request_free(req);
}

static void send_home(struct store_request *req)
{
	if (req->err)
		atomic_fetch_add(&store.error_count, 1);
	if (!req->done) {
		store_request_free(req);
		return;
	}
	req->item.run = deliver;
	worker_post(req->home, &req->item, INBOX_MUST);
}

/* ---- health: said once when it changes ---- */

static bool is_environment(int err)
{
	return err == -ENOSPC || err == -EROFS || err == -EIO;
}

static void note_health(int err, const char *text)
{
	bool ok = !is_environment(err);

	if (atomic_exchange(&store.healthy, ok) == ok)
		return;
	if (ok)
		log_notice("store", "writes succeed again");
	else
		log_error("store", "cannot write error=\"%s\" detail=\"%s\": requests that need "
		    "durable state get 503 until there is room or permission to write in %s",
		    err_text(err), text, store.conf.url);
}

/* ---- the writer ---- */

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int run_ops(const struct store_request *req)
{
	for (size_t i = 0; i < req->op_count; i++) {
		int n = store.backend->run(store.writer, req->ops[i].stmt, req->ops[i].args,
		    NULL, NULL);

		if (n < 0) {
			log_debug("store", "statement failed name=%s error=\"%s\"",
			    req->ops[i].stmt->name, store.backend->error_text(store.writer));
			return n;
		}
	}
	return 0;
}

/* A request of several operations must not leave half of them behind. */
static int run_request(const struct store_request *req)
{
	int err;

	if (req->op_count == 1)
		return run_ops(req);
	err = store.backend->savepoint(store.writer);
	if (err)
		return err;
	err = run_ops(req);
	if (!is_environment(err))
		store.backend->release(store.writer, err == 0);
	return err;
}

/* 0, or why nothing of the batch is on disk. */
static int run_batch(struct store_request *batch)
{
	const struct store_backend *be = store.backend;
	int err;

	err = be->begin(store.writer);
	for (struct store_request *r = batch; r && !err; r = r->next) {
		r->err = run_request(r);
		if (is_environment(r->err))
			err = r->err;
	}
	if (!err)
		err = be->commit(store.writer);
	note_health(err, err ? be->error_text(store.writer) : "");
	if (err)
		be->rollback(store.writer);
	if (!err)
		mirror_poke();
	return err;
}

static void finish_batch(struct store_request *batch, int err)
{
	while (batch) {
		struct store_request *next = batch->next;

		if (err)
			batch->err = err;
		send_home(batch);
		batch = next;
	}
}

static void gather_company(void)
{
	struct timespec pause = { 0, store.conf.batch_delay * 1000000L };

	if (store.conf.batch_delay > 0)
		nanosleep(&pause, NULL);
}

static void *write_loop(void *arg)
{
	unsigned count;
	struct store_request *batch;

	(void)arg;
	log_thread_name("store writer");
	while ((batch = store_queue_take(&store.writes, store.conf.batch_max, &count))) {
		int64_t begun = now_us();
		int err = run_batch(batch);

		atomic_fetch_add(&store.batch_count, 1);
		atomic_fetch_add(&store.write_count, count);
		atomic_store(&store.batch_us, (uint64_t)(now_us() - begun));
		finish_batch(batch, err);
		gather_company();
	}
	return NULL;
}

/* ---- readers ---- */

static void read_one(struct store_conn *conn, struct store_request *req)
{
	struct store_gather gather = { .req = req };
	int n;

	req->arena = arena_new(0);
	if (!req->arena) {
		req->err = -ENOMEM;
		return;
	}
	n = store.backend->run(conn, req->ops[0].stmt, req->ops[0].args, store_gather_row, &gather);
	if (n >= 0)
		return;
	req->err = n;
	log_error("store", "read failed name=%s error=\"%s\"", req->ops[0].stmt->name,
	    store.backend->error_text(conn));
}

static void *read_loop(void *arg)
{
	struct store_conn *conn = arg;
	struct store_request *req;
	unsigned count;

	log_thread_name("store reader");
	while ((req = store_queue_take(&store.reads, 1, &count))) {
		read_one(conn, req);
		atomic_fetch_add(&store.read_count, 1);
		send_home(req);
	}
	return NULL;
}

/* ---- asking ---- */

int store_run_all(const struct store_op *ops, size_t count, store_done_fn *done, void *arg)
{
	struct store_request *req;
	bool is_read = ops[0].stmt->columns != NULL;
	int err;

	lcs_assert(worker_self() >= 0 && (!is_read || count == 1));
	if (!store_is_on())
		return -ENODEV;
	req = store_request_new(ops, count, done, arg);
	if (!req)
		return -ENOMEM;
	err = store_queue_put(is_read ? &store.reads : &store.writes, req);
	if (err)
		store_request_free(req);
	return err;
}

int store_run(const struct store_stmt *stmt, const struct value *args, store_done_fn *done,
    void *arg)
{
	struct store_op op = { stmt, args };

	return store_run_all(&op, 1, done, arg);
}

static int run_at_control(const struct store_stmt *stmt, const struct value *args, store_row_fn *row,
    void *arg)
{
	int n = store.backend->run(store.control, stmt, args, row, arg);

	if (n < 0)
		log_error("store", "statement failed name=%s error=\"%s\"", stmt->name,
		    store.backend->error_text(store.control));
	if (!stmt->columns)
		note_health(n < 0 ? n : 0, n < 0 ? store.backend->error_text(store.control) : "");
	return n;
}

/*
 * The control thread has a connection of its own. In SQLite it writes between
 * two batches of the writer; other drivers have real sessions.
 */
int store_run_now(const struct store_stmt *stmt, const struct value *args, store_row_fn *row,
    void *arg)
{
	int n;

	lcs_assert(worker_self() < 0);
	if (!store_is_on())
		return -ENODEV;
	if (stmt->columns)
		return run_at_control(stmt, args, row, arg);
	n = run_at_control(stmt, args, row, arg);
	mirror_poke();
	return n;
}

int store_run_all_now(const struct store_op *ops, size_t count)
{
	const struct store_backend *be = store.backend;
	int err;

	lcs_assert(worker_self() < 0);
	if (!store_is_on())
		return -ENODEV;
	err = be->begin(store.control);
	for (size_t i = 0; i < count && !err; i++) {
		int n = run_at_control(ops[i].stmt, ops[i].args, NULL, NULL);

		err = n < 0 ? n : 0;
	}
	if (!err)
		err = be->commit(store.control);
	if (err)
		be->rollback(store.control);
	if (!err)
		mirror_poke();
	return err;
}

/* ---- start and stop ---- */

static int open_all(const char *rest, const char **why)
{
	struct store_open how = { .rest = rest, .writer = true, .sync = store.conf.sync,
		.turn = &store.turn };
	int err = store.backend->open(&how, &store.writer, why);

	if (!err)
		err = store_migrate(store.backend, store.writer, store_schemas(), why);
	how.writer = false;
	how.control = true;
	if (!err)
		err = store.backend->open(&how, &store.control, why);
	how.control = false;
	store.reader_count = 0;
	for (unsigned i = 0; i < store.conf.readers && i < READERS_MAX && !err; i++) {
		err = store.backend->open(&how, &store.readers[i], why);
		if (!err)
			store.reader_count++;
	}
	return err;
}

/* Before anybody writes; see mirror.h. */
static int open_mirror(const char *local_rest, const char **why)
{
	const struct store_mirror_conf *conf = &store.conf.mirror;
	struct mirror_start start = { .conf = conf, .local_rest = local_rest,
		.turn = &store.turn, .schemas = store_schemas(), .sync = store.conf.sync };

	if (store.backend != &store_sqlite) {
		*why = "store_mirror needs a store in SQLite";
		return conf->url ? -EINVAL : 0;
	}
	if (!conf->url)
		return mirror_forget(store.control);
	start.remote = store_backend_of(conf->url, &start.rest);
	if (!start.remote || start.remote == &store_sqlite) {
		*why = "no driver for the URL of store_mirror: for \"mysql://user@host/database\" "
		    "the configuration needs loadmodule \"mysql\"";
		return -EPROTONOSUPPORT;
	}
	return mirror_start(&start, why);
}

static void close_all(void)
{
	for (unsigned i = 0; i < store.reader_count; i++)
		store.backend->close(store.readers[i]);
	store.reader_count = 0;
	if (store.control)
		store.backend->close(store.control);
	if (store.writer)
		store.backend->close(store.writer);
	store.control = store.writer = NULL;
}

static int start_threads(const char **why)
{
	int err = pthread_create(&store.writer_thread, NULL, write_loop, NULL);

	for (unsigned i = 0; i < store.reader_count && !err; i++)
		err = pthread_create(&store.reader_threads[i], NULL, read_loop, store.readers[i]);
	/* With half of its threads the process cannot go on; the caller ends it. */
	if (err)
		*why = "no threads for the store";
	return -err;
}

int store_start(const struct store_conf *conf, const char **why)
{
	const char *rest;
	int err;

	*why = "";
	store.conf = *conf;
	if (slice_eq(slice_str(conf->url), SLICE("none")))
		return 0;
	store.backend = store_backend_of(conf->url, &rest);
	if (!store.backend) {
		*why = "no driver for this kind of store URL";
		return -EPROTONOSUPPORT;
	}
	store_queue_open(&store.writes, conf->queue_limit);
	store_queue_open(&store.reads, conf->queue_limit);
	atomic_store(&store.healthy, true);
	err = open_all(rest, why);
	if (!err)
		err = open_mirror(rest, why);
	if (!err)
		err = start_threads(why);
	if (err) {
		log_error("store", "cannot open url=%s error=\"%s\" detail=\"%s\"", conf->url,
		    err_text(err), *why);
		close_all();
		return err;
	}
	atomic_store(&store.on, true);
	return 0;
}

void store_stop(void)
{
	if (!atomic_exchange(&store.on, false))
		return;
	store_queue_close(&store.writes);
	store_queue_close(&store.reads);
	pthread_join(store.writer_thread, NULL);
	for (unsigned i = 0; i < store.reader_count; i++)
		pthread_join(store.reader_threads[i], NULL);
	mirror_stop();
	close_all();
}

bool store_is_on(void)
{
	return atomic_load_explicit(&store.on, memory_order_acquire);
}

bool store_is_healthy(void)
{
	return atomic_load_explicit(&store.healthy, memory_order_relaxed);
}

void store_counters(struct store_counters *out)
{
	*out = (struct store_counters){
		.reads = store.read_count, .writes = store.write_count,
		.batches = store.batch_count, .errors = store.error_count,
		.last_batch_us = store.batch_us,
		.queue_now = store_queue_length(&store.writes) + store_queue_length(&store.reads),
	};
}
