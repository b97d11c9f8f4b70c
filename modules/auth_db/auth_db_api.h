/*
 * modules/auth_db/auth_db_api.h - who is a user, and news of them (interface "auth_db", version 1).
 */
#ifndef MODULES_AUTH_DB_AUTH_DB_API_H
#define MODULES_AUTH_DB_AUTH_DB_API_H

#include "core/lcs.h"
#include "utils/digest.h"

struct auth_db;
struct auth_db_directory_api;

enum auth_db_state { AUTH_DB_UNKNOWN, AUTH_DB_DISABLED, AUTH_DB_ENABLED };

/* For those who keep something of users beside ours. Control thread; each may be NULL. */
struct auth_db_watch {
	/* A password was set, and is stored here. 0 or -errno, which the administrator is told. */
	int  (*password)(void *arg, struct slice name, struct slice domain, struct slice password);
	/* Added here, with this name for people. 0 or -errno, which the administrator is told. */
	int  (*named)(void *arg, struct slice aor, struct slice display_name);
	/* The directory has his secrets from now on: those made here are to be forgotten. */
	void (*password_gone)(void *arg, struct slice aor);
	/* Disabled or deleted: must not be signed in any more. aor: name@domain. */
	void (*locked_out)(void *arg, struct slice aor, bool deleted);
	/* A user has another address from now on; both are users at that moment, and the old one
	 * is deleted next. 0 or -errno: then the new one goes again, and it may be said once more. */
	int  (*renamed)(void *arg, struct slice from, struct slice to);
	/* After renamed() of all. is_done: they have agreed, rights and lists have gone over, and
	 * the old one is deleted, and locked_out() has been said of it. Else all is to be as it
	 * was, and locked_out() is said of the new one next. */
	void (*moved)(void *arg, struct slice from, struct slice to, bool is_done);
	/* Somebody else gets the name of a user who was deleted: what was kept under it goes to
	 * another name, which nobody can have. Before he is there. 1, 0 if there was nothing, or
	 * -errno: he is not added. */
	int  (*succeeded)(void *arg, struct slice aor, struct slice former);
	/* The name (DN) of his entry is another: he may be in another unit now. */
	void (*dn_changed)(void *arg, struct slice aor);
};

struct auth_db_account {		/* of a domain, as who signs in with it names it */
	struct slice name;
	struct slice domain;		/* empty: it is not known of which */
	bool         is_short;		/* domain is a NetBIOS name, or may be one */
	struct slice plain;		/* whose it is if no user has it; .p NULL: nobody's */
};

struct auth_db_api {
	/** Any worker. aor: name@domain, any case. */
	enum auth_db_state (*state)(struct auth_db *db, struct slice aor);
	/** In load(). 0 or -ENOSPC. */
	int (*watch)(struct auth_db *db, const struct auth_db_watch *watch, void *arg);
	/** Any thread that passes quiet points: the secret H(name:domain:password) as hex digits,
	 *  or with name@domain for the name. Users are in memory, so nobody waits. Empty: there
	 *  is no such user. Borrowed until the thread's next quiet point. */
	struct slice (*ha1)(struct auth_db *db, struct slice aor, bool full_name,
	    enum digest_alg alg);
	const struct auth_db_directory_api *directory;	/* directory_api.h */
	/** Any worker: the home server that the directory has for a user, as it stands there;
	 *  empty: none. Borrowed until the worker's next quiet point. */
	struct slice (*home)(struct auth_db *db, struct slice aor);
	/** Control thread: all users for whom the directory has one. */
	void (*each_home)(struct auth_db *db, void (*fn)(struct slice aor, struct slice home, void *arg),
	    void *arg);
	/**
	 * Any worker: whose account is it? That of the user whom the directory gives it, whatever
	 * his address is; else plain's - unless the directory gives him another one, be it of the
	 * same name in another domain.
	 *
	 * @param aor  name@domain; until the worker's next quiet point, or who->plain itself
	 * @return 0; -ENOENT: nobody's; -EPERM: plain has another account; -ENOTUNIQ: several
	 *         users have it
	 */
	int (*by_account)(struct auth_db *db, const struct auth_db_account *who, struct slice *aor);
	/** Any worker: the NT hash, 32 hex digits, that the directory has of a user's password;
	 *  borrowed until the next quiet point. by_directory: his secrets are there, so one that
	 *  was made here does not count, even where this is empty. */
	struct slice (*nt_hash)(struct auth_db *db, struct slice aor, bool *by_directory);
	/** Any worker: the name (DN) of a user's entry in the directory, as struct auth_db_entry has
	 *  it; empty: he was made here. Borrowed until the worker's next quiet point. */
	struct slice (*dn)(struct auth_db *db, struct slice aor);
	/** Control thread: all users. dn may be empty. */
	void (*each)(struct auth_db *db, void (*fn)(void *arg, struct slice aor, struct slice dn),
	    void *arg);
	/** Control thread, blocks: the administrator is about to keep something for who is to come
	 *  under this name, who is none yet. What a deleted user of that name has left is put
	 *  aside first, as it would be when he comes. 0 or -errno: nothing is to be kept. */
	int (*expect)(struct auth_db *db, struct slice aor);
	/** Control thread, blocks: would expect() put anything aside? 1, 0 or -errno; nothing is
	 *  changed. */
	int (*has_former)(struct auth_db *db, struct slice aor);
};

#endif
