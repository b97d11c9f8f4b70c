/*
 * core/store/store.h - durable state behind prepared statements.
 *
 * Modules declare statements and schema steps; a backend (SQLite in the server,
 * or a module) runs them. Statements keep to the common SQL subset, are
 * idempotent and may be repeated. Writes are committed in batches; a write is
 * done when its batch is on disk.
 */
#ifndef CORE_STORE_STORE_H
#define CORE_STORE_STORE_H

#include "cfg/value.h"
#include "core/run/worker.h"
#include "utils/addr.h"

struct store_stmt {
	const char *name;		/* unique within its module; for logs and statistics */
	const char *sql;
	const char *args;		/* s text, b blob, i integer, t time (seconds since 1970) */
	const char *columns;		/* of the result; NULL: a write */
	const char *mysql;		/* where the dialect differs; NULL: the same */
};

/** An argument: text or, of an empty slice, "" (SQL's NULL is none of our values). */
static inline struct value store_text(struct slice s)
{
	return value_string(s.len ? s : SLICE(""));
}
/** The same of an address, written to text; "" if it has none. */
static inline struct value store_address(const struct sock_addr *sa, char text[ADDR_TEXT_BYTES])
{
	return store_text(sa->ip.family ? slice_of(text, sock_addr_format(sa, text)) : SLICE_NULL);
}
/** Are these the types of the statement's columns? A row written by other hands may differ. */
static inline bool store_row_fits(const struct store_stmt *stmt, const struct value *cells)
{
	for (unsigned i = 0; stmt->columns[i]; i++)
		if (cells[i].type != (stmt->columns[i] == 's' || stmt->columns[i] == 'b' ?
		    VALUE_STRING : VALUE_INT))
			return false;
	return true;
}

struct store_step { unsigned number; const char *sql; };	/* one schema step; statements by ';' */

/* What of a module's tables is also kept in the SQL mirror (core/store/mirror.h): nothing, what
 * users have made (contacts, access lists, who waits), or what they are doing (bindings,
 * publications, subscriptions). Keys and passwords stay here. */
enum store_share { STORE_LOCAL, STORE_MADE, STORE_LIVE };

/* A module's share: its statements and its schema, applied in order, each once. */
struct store_schema {
	const char              *module;
	const struct store_step *steps;		/* number 0 ends */
	const struct store_stmt *stmts;		/* name NULL ends */
	enum store_share         share;
};

struct store_rows { size_t count; unsigned columns; const struct value *cells; };	/* row by row */

typedef void store_done_fn(void *arg, int err, const struct store_rows *rows);

/**
 * Run a statement, from a worker.
 *
 * @param args  one per letter of stmt->args; texts are copied before return
 * @param done  once, on the calling worker, never before return; for a write when it is
 *              on disk. err: 0, -EIO, -ENOSPC, -EROFS, -EAGAIN (queue full is told by the
 *              return value instead), -EILSEQ (constraint). rows borrowed for the call.
 *              NULL: nobody waits (errors are logged and counted all the same)
 * @return 0, -EAGAIN (queue full), -ENOMEM, -ENODEV (no store configured); done never runs then
 */
int store_run(const struct store_stmt *stmt, const struct value *args, store_done_fn *done, void *arg);

/** Several writes that go to disk together or not at all. The same contract. */
struct store_op { const struct store_stmt *stmt; const struct value *args; };
int store_run_all(const struct store_op *ops, size_t count, store_done_fn *done, void *arg);

/** Control thread only, blocks: for loading at start and for administration. row() may be
 *  NULL; returns rows seen or changed, or a negative error. */
int store_run_now(const struct store_stmt *stmt, const struct value *args,
    void (*row)(void *arg, const struct value *cells, unsigned columns), void *arg);

/** Control thread only, blocks: several writes, on disk together or not at all. 0 or -errno. */
int store_run_all_now(const struct store_op *ops, size_t count);

/** Before store_start(). Kept by reference. */
int store_register(const struct store_schema *schema);

/* A second copy of what users have, in a database that others can ask: core/store/mirror.h. */
struct store_mirror_conf {
	const char *url;		/* "mysql://user@host:port/database"; NULL: none */
	const char *live;		/* another database there for STORE_LIVE; NULL: the same */
	const char *home;		/* whose rows these are, where several servers share it */
	const char *password, *ca;
	unsigned    tls;		/* enum store_tls */
	msec_t      timeout;
	msec_t      retry;		/* what it refuses is tried again after so long */
	uint64_t    marks;		/* rows that may wait in an outage; of more all are compared */
};

/* url: "sqlite:/path/file.db", "none" (store_run gives -ENODEV). sync: an answered write also
 * survives a power cut, not only the end of the process. queue_limit bounds waiting writes and,
 * apart, waiting reads. */
struct store_conf {
	const char *url;
	msec_t      batch_delay;	/* wait for company before a commit; 0: none */
	unsigned    batch_max, queue_limit, readers;
	bool        sync;
	struct store_mirror_conf mirror;
};
/** Open, lock, migrate, start the threads. 0 or -errno, reason logged and in *why (static or
 *  thread-local text). */
int  store_start(const struct store_conf *conf, const char **why);
/** Write everything that waits, close. */
void store_stop(void);
bool store_is_on(void);
/** Writable now? false after a full disk or read-only error until a write succeeds again. */
bool store_is_healthy(void);

struct store_counters { uint64_t reads, writes, batches, errors, queue_now, last_batch_us; };
/** Since store_start(); queue_now is as it is now, last_batch_us in microseconds. Any thread. */
void store_counters(struct store_counters *out);

/* ---- backends ---- */
struct store_backend;			/* table of functions: core/store/backend.h */
int store_backend_register(const char *scheme, const struct store_backend *backend);

#endif
