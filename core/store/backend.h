/*
 * core/store/backend.h - what a database driver must bring.
 *
 * A connection is used by one thread at a time; the store has one for its
 * writer, one per reader and one for the control thread. Everything may block.
 */
#ifndef CORE_STORE_BACKEND_H
#define CORE_STORE_BACKEND_H

#include "core/store/store.h"

#define STORE_COLUMNS_MAX 40u		/* of a table, and of a statement's rows */

struct store_conn;			/* the driver's */
struct store_turn;

typedef void store_row_fn(void *arg, const struct value *cells, unsigned columns);

enum store_tls { STORE_TLS_NO, STORE_TLS_ENCRYPT, STORE_TLS_VERIFY };

struct store_login {			/* to a database on another machine */
	const char    *password, *ca;	/* ca: a file of certificates; NULL: the system's */
	enum store_tls tls;
	msec_t         timeout;		/* for connecting, and for each answer */
};

struct store_open {			/* how to open a connection */
	const char *rest;		/* the URL behind "scheme:" */
	bool        writer;		/* the one that writes; opened first, locks the database */
	bool        sync;
	bool        control;		/* the control thread's: may write now and then */
	struct store_turn *turn;	/* of all who write this database from here; NULL: nobody else */
	const struct store_login *login;	/* NULL: it is to be the store itself */
};

struct store_backend {
	/* 0 or -errno with *why (static or thread-local text). */
	int  (*open)(const struct store_open *how, struct store_conn **out, const char **why);
	void (*close)(struct store_conn *conn);
	int  (*begin)(struct store_conn *conn);
	int  (*commit)(struct store_conn *conn);
	void (*rollback)(struct store_conn *conn);
	/* Inside a transaction: operations of one request stand or fall together. */
	int  (*savepoint)(struct store_conn *conn);
	void (*release)(struct store_conn *conn, bool keep);
	/* Rows seen, or rows changed; or -EIO, -ENOSPC, -EROFS, -EILSEQ, -ENOMEM. */
	int  (*run)(struct store_conn *conn, const struct store_stmt *stmt,
	    const struct value *args, store_row_fn *row, void *arg);
	/* Schema statements separated by ';': at the start, or inside a transaction. */
	int  (*script)(struct store_conn *conn, const char *sql);
	const char *(*error_text)(struct store_conn *conn);
	/* Any thread, the only one for which that is so: what waits on the connection's network
	 * fails soon. NULL: nothing waits so long. */
	void (*interrupt)(struct store_conn *conn);
};

extern const struct store_backend store_sqlite;

#endif
