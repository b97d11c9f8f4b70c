/*
 * mysql - what users have, also in MariaDB or MySQL: the driver for store_mirror.
 */
#include "modules/mysql/driver.h"

#include <errno.h>

/* Before there are threads: the library is not made ready twice at a time. */
static int mysql_load(struct lcs_mod *mod)
{
	(void)mod;
	if (mysql_library_init(0, NULL, NULL) != 0)
		return -ENOMEM;
	return store_backend_register("mysql", &driver_backend);
}

static void mysql_unload(struct lcs_mod *mod)
{
	(void)mod;
	mysql_library_end();
}

LCS_MODULE(mysql,
	.summary = "a mirror of the store in MariaDB or MySQL",
	.load = mysql_load,
	.unload = mysql_unload,
	.flags = MODULE_AT_START,
	.manual =
	    "With this module `store_mirror` may name a database of MariaDB, 10.5 or later. MySQL 8.0.13\n"
	    "and later know the same statements, but are not part of the tests.\n"
	    "\n"
	    "```\n"
	    "loadmodule \"mysql\"\n"
	    "store_mirror = \"mysql://lcs@db.example.com/lcs_contacts\"\n"
	    "store_mirror_live = \"lcs_presence\"\n"
	    "store_mirror_password = \"${file:/etc/lcs/mirror.password}\"\n"
	    "store_mirror_ca = \"/etc/lcs/db-ca.pem\"\n"
	    "```\n"
	    "\n"
	    "Users are served from the store here, and each of its changes is brought to the database\n"
	    "behind that, in order. While the database is away nothing else is different: changes wait on\n"
	    "the disk, also over a restart, and are brought when it is back; `lcsctl store` shows how many\n"
	    "and why. Nothing is doubled, since rows are put by their keys. When more rows wait than\n"
	    "`store_mirror_marks`, no more are noted, and all rows are compared when the database is back.\n"
	    "A row at which the database hangs up three times is set aside, so that the others go on.\n"
	    "\n"
	    "Kept there are, in the database of the URL, contacts and groups, access lists, watchers who\n"
	    "wait for an answer, messages that wait, and XCAP documents; in `store_mirror_live` bindings,\n"
	    "publications and subscriptions. Passwords, keys and what comes from a directory anyway are\n"
	    "not. Tables have the names and columns of the store and `lcs_home`, the number of the server\n"
	    "whose row it is; table `lcs_home` has its name and when it was last heard of. Text is binary,\n"
	    "since what users write need not be UTF-8. Others may read; what they write is overwritten\n"
	    "when the row changes, or by `lcsctl store resync`.\n"
	    "\n"
	    "A server whose store is empty is filled from the database at its start, and does not start\n"
	    "while it cannot be asked. Rows of its name that another store wrote are not touched until\n"
	    "`lcsctl store claim` says that they are this server's.\n"
	    "\n"
	    "The user there needs SELECT, INSERT, UPDATE, DELETE, CREATE and ALTER on both databases;\n"
	    "CREATE and ALTER only until the tables are there.\n",
);
