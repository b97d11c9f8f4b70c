/*
 * modules/mysql/driver.h - a connection to MariaDB or MySQL behind struct store_backend.
 */
#ifndef MODULES_MYSQL_DRIVER_H
#define MODULES_MYSQL_DRIVER_H

#include "core/lcs.h"

#include <mysql.h>

#define DRIVER_SLOTS   64u
#define DRIVER_COLUMNS 64u

struct driver_prepared;

struct store_conn {
	MYSQL                  *db;
	_Atomic int             fd;	/* for who interrupts; -1: none */
	char                    text[512];	/* of the last error */
	struct driver_prepared *slots[DRIVER_SLOTS];
};

/** A negative code for an error of the server or the library. -EILSEQ: only this row's fault. */
int driver_errno(unsigned code);
/** What the operator can do about it; "" if there is nothing to say. */
const char *driver_repair(unsigned code);

/** struct store_backend's run(). */
int  driver_run(struct store_conn *conn, const struct store_stmt *stmt, const struct value *args,
    store_row_fn *row, void *arg);
void driver_forget_prepared(struct store_conn *conn);

extern const struct store_backend driver_backend;

#endif
