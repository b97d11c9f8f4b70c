/*
 * modules/auth_db/directory_api.h - users who are kept in a directory (of interface "auth_db").
 *
 * They are rows of the same table as those made here, marked with the key of their entry. Whoever
 * follows the directory says what he sees there; nobody else changes these rows, and he changes no
 * others.
 */
#ifndef MODULES_AUTH_DB_DIRECTORY_API_H
#define MODULES_AUTH_DB_DIRECTORY_API_H

#include "core/lcs.h"

struct auth_db;

enum auth_db_change {
	AUTH_DB_SAME,
	AUTH_DB_ADDED,
	AUTH_DB_CHANGED,
	AUTH_DB_GONE,
	AUTH_DB_CLASH			/* why says with whom; its user, if it has one, is locked out */
};

struct auth_db_entry {
	struct slice key;		/* never empty */
	bool         gone;		/* deleted there, or no user any more: the key is all that counts */
	bool         enabled;
	struct slice aor;		/* name@domain; out: of one that is gone, until a quiet point */
	struct slice account, account_domain, display_name, home;
	/* The entry's name as ldap_dn_plain() makes it (modules/dirsearch/ldap_dn_api.h), so that by
	 * its end it can be told in which units it is; empty: too long. */
	struct slice dn;
	/* Secrets, in hex as they are stored: NT hash, MD5 and SHA-256 of name:domain:password;
	 * empty: it has none. With any of them no other password counts. */
	struct slice nt_hash, ha1[2];
	/* out */
	enum auth_db_change change;
	const char  *why;
};

/* Control thread, all of it. */
struct auth_db_directory_api {
	/** On disk when it returns, some hundred at a time. Who is disabled or gone is signed out.
	 *  0 or -errno of the store; then entries that were not written say AUTH_DB_SAME, and it
	 *  is safe to say all of them again. */
	int (*apply)(struct auth_db *db, struct auth_db_entry *entries, unsigned count);
	/** The keys of all users who have one; nothing is changed meanwhile. */
	void (*each)(struct auth_db *db, void (*fn)(struct slice key, void *arg), void *arg);
};

#endif
