/*
 * modules/mysql/reason.c - what an error of the database means, and how it is repaired.
 */
#include "modules/mysql/driver.h"

#include <errmsg.h>
#include <errno.h>
#include <mysqld_error.h>

static const struct { unsigned code; int err; const char *repair; } reasons[] = {
	{ ER_ACCESS_DENIED_ERROR, -EACCES,
	  "check the user in store_mirror and store_mirror_password, and CREATE USER there" },
	{ ER_DBACCESS_DENIED_ERROR, -EACCES,
	  "is the name in store_mirror right, and the database there? Then GRANT SELECT, INSERT, UPDATE, "
	  "DELETE, CREATE, ALTER on it to this user" },
	{ ER_TABLEACCESS_DENIED_ERROR, -EACCES,
	  "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER on its database to this user" },
	{ ER_COLUMNACCESS_DENIED_ERROR, -EACCES,
	  "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER on its database to this user" },
	{ ER_SPECIFIC_ACCESS_DENIED_ERROR, -EACCES, "GRANT what is missing to this user" },
	{ ER_BAD_DB_ERROR, -ENOENT, "CREATE DATABASE there, or correct store_mirror" },
	{ ER_HOST_NOT_PRIVILEGED, -EACCES, "CREATE USER for this server's address there" },
	{ ER_HOST_IS_BLOCKED, -EACCES, "FLUSH HOSTS there" },
	{ ER_CON_COUNT_ERROR, -EAGAIN, "raise max_connections there" },
	{ ER_NET_PACKET_TOO_LARGE, -EILSEQ, "raise max_allowed_packet there" },
	{ ER_OPTION_PREVENTS_STATEMENT, -EROFS, "the database is read only: name the primary server" },
	{ ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, -EROFS, "name the primary server" },
	{ ER_RECORD_FILE_FULL, -ENOSPC, "make room on the database's disk" },
	{ ER_DISK_FULL, -ENOSPC, "make room on the database's disk" },
	{ CR_CONNECTION_ERROR, -ECONNREFUSED, "is the database running, and the socket the right one?" },
	{ CR_CONN_HOST_ERROR, -ECONNREFUSED, "is the database running, and host and port right?" },
	{ CR_UNKNOWN_HOST, -EHOSTUNREACH, "the host in store_mirror has no address" },
	{ CR_SERVER_LOST, -ECONNRESET, "it does not answer (any more): does the database run, and is it that "
	  "what listens there?" },
	/* Its refusal of a long row is lost where it hangs up before all of that was sent. */
	{ CR_SERVER_GONE_ERROR, -ECONNRESET, "it does not answer any more; if it hangs up at one row again "
	  "and again, raise max_allowed_packet there" },
	{ CR_SSL_CONNECTION_ERROR, -EPROTO, "check the database's certificate, store_mirror_ca and "
	  "store_mirror_tls" },
	{ CR_OUT_OF_MEMORY, -ENOMEM, "" },
	/* A row that has no place, whatever else may be right. */
	{ ER_DATA_TOO_LONG, -EILSEQ, "" },
	{ ER_DUP_ENTRY, -EILSEQ, "" },
	{ ER_BAD_NULL_ERROR, -EILSEQ, "" },
	{ ER_WARN_DATA_OUT_OF_RANGE, -EILSEQ, "" },
	{ ER_TRUNCATED_WRONG_VALUE_FOR_FIELD, -EILSEQ, "" },
	{ ER_TOO_LONG_KEY, -EILSEQ, "" },
};

static size_t find(unsigned code)
{
	size_t i = 0;

	while (i < sizeof(reasons) / sizeof(reasons[0]) && reasons[i].code != code)
		i++;
	return i;
}

int driver_errno(unsigned code)
{
	size_t i = find(code);

	return i < sizeof(reasons) / sizeof(reasons[0]) ? reasons[i].err : -EIO;
}

const char *driver_repair(unsigned code)
{
	size_t i = find(code);

	return i < sizeof(reasons) / sizeof(reasons[0]) ? reasons[i].repair : "";
}
