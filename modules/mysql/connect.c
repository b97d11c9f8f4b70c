/*
 * modules/mysql/connect.c - connections to MariaDB and MySQL; see driver.h.
 */
#include "modules/mysql/driver.h"
#include "modules/mysql/url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* What stands in a statement is ours, and a value that does not fit is an error. Who waits for a lock
 * hears so before we give up on the answer: then it is a lock, and not a server that hung up. */
#define SESSION "set session sql_mode = 'STRICT_ALL_TABLES', innodb_lock_wait_timeout = %u, " \
	"lock_wait_timeout = %u"

static _Thread_local char reason[512];

static int note(struct store_conn *conn, int err)
{
	unsigned code = mysql_errno(conn->db);
	const char *repair = driver_repair(code);

	snprintf(conn->text, sizeof(conn->text), "%.400s (%u)%s%s", mysql_error(conn->db), code,
	    *repair ? ": " : "", repair);
	return err;
}

/* ---- opening ---- */

static void set_tls(MYSQL *db, const struct store_login *login, bool is_local)
{
	my_bool yes = 1, verify = login->tls == STORE_TLS_VERIFY;

	if (login->tls == STORE_TLS_NO || is_local)
		return;
	if (login->ca)
		mysql_options(db, MYSQL_OPT_SSL_CA, login->ca);
	mysql_options(db, MYSQL_OPT_SSL_ENFORCE, &yes);
	mysql_options(db, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

static void set_options(MYSQL *db, const struct store_login *login, bool is_local)
{
	unsigned seconds = (unsigned)((login->timeout + 999) / 1000), no_files = 0;
	unsigned wait = seconds > 2 ? seconds - 1 : 1;
	char session[sizeof(SESSION) + 2 * 10];

	snprintf(session, sizeof(session), SESSION, wait, wait);
	mysql_options(db, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
	mysql_options(db, MYSQL_OPT_READ_TIMEOUT, &seconds);
	mysql_options(db, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
	mysql_options(db, MYSQL_OPT_LOCAL_INFILE, &no_files);
	mysql_options(db, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_options(db, MYSQL_INIT_COMMAND, session);
	set_tls(db, login, is_local);
}

/* Rows found count as changed, even if they are as they were: so a row that is not there shows. */
static int reach(struct store_conn *conn, const struct mysql_url *url,
    const struct store_login *login)
{
	bool is_local = url->socket[0] != '\0';

	set_options(conn->db, login, is_local);
	if (!mysql_real_connect(conn->db, is_local ? NULL : url->host, url->user, login->password,
	    url->database, url->port, is_local ? url->socket : NULL, CLIENT_FOUND_ROWS)) {
		int err = driver_errno(mysql_errno(conn->db));

		note(conn, err);
		return err;
	}
	atomic_store(&conn->fd, (int)mysql_get_socket(conn->db));
	return 0;
}

static void driver_close(struct store_conn *conn)
{
	atomic_store(&conn->fd, -1);
	driver_forget_prepared(conn);
	if (conn->db)
		mysql_close(conn->db);
	free(conn);
}

static int driver_open(const struct store_open *how, struct store_conn **out, const char **why)
{
	struct store_conn *conn;
	struct mysql_url url;
	int err;

	if (!how->login) {
		*why = "a store in MariaDB or MySQL alone would stop the server whenever that is away: "
		    "leave store as it is and give the URL to store_mirror";
		return -EINVAL;
	}
	err = mysql_url_parse(slice_str(how->rest), &url, why);
	if (err)
		return err;
	if (!workers_are_real()) {
		*why = "a test of a configuration asks no database";
		return -ENOTCONN;
	}
	conn = calloc(1, sizeof(*conn));
	if (!conn)
		return -ENOMEM;
	atomic_init(&conn->fd, -1);
	conn->db = mysql_init(NULL);
	err = conn->db ? reach(conn, &url, how->login) : -ENOMEM;
	if (!err) {
		*out = conn;
		return 0;
	}
	snprintf(reason, sizeof(reason), "%s", conn->db ? conn->text : "out of memory");
	*why = reason;
	driver_close(conn);
	return err;
}

/* ---- statements without arguments ---- */

static int query(struct store_conn *conn, struct slice sql)
{
	if (mysql_real_query(conn->db, sql.p, sql.len) == 0)
		return 0;
	return note(conn, driver_errno(mysql_errno(conn->db)));
}

static int driver_begin(struct store_conn *conn) { return query(conn, SLICE("start transaction")); }
static int driver_commit(struct store_conn *conn) { return query(conn, SLICE("commit")); }

/* What went wrong before is to be told, not that there is no connection any more. */
static void driver_rollback(struct store_conn *conn)
{
	mysql_rollback(conn->db);
}

static int driver_savepoint(struct store_conn *conn)
{
	return query(conn, SLICE("savepoint request"));
}

static void driver_release(struct store_conn *conn, bool keep)
{
	if (!keep)
		query(conn, SLICE("rollback to savepoint request"));
	query(conn, SLICE("release savepoint request"));
}

static int driver_script(struct store_conn *conn, const char *sql)
{
	struct slice rest = slice_str(sql);
	int err = 0;

	while (rest.len && !err) {
		struct slice one = slice_trim(slice_split(&rest, ';'));

		err = one.len ? query(conn, one) : 0;
	}
	return err;
}

static const char *driver_error_text(struct store_conn *conn) { return conn->text; }

static void driver_interrupt(struct store_conn *conn)
{
	int fd = atomic_load(&conn->fd);

	if (fd >= 0)
		shutdown(fd, SHUT_RDWR);
}

const struct store_backend driver_backend = {
	.open = driver_open,
	.close = driver_close,
	.begin = driver_begin,
	.commit = driver_commit,
	.rollback = driver_rollback,
	.savepoint = driver_savepoint,
	.release = driver_release,
	.run = driver_run,
	.script = driver_script,
	.error_text = driver_error_text,
	.interrupt = driver_interrupt,
};
