/*
 * modules/auth_db/auth_db.h - what the files of this module share.
 */
#ifndef MODULES_AUTH_DB_AUTH_DB_H
#define MODULES_AUTH_DB_AUTH_DB_H

#include "modules/auth/auth_api.h"
#include "modules/auth_db/auth_db_api.h"
#include "modules/auth_db/directory_api.h"
#include "modules/auth_db/users.h"
#include "modules/usrloc/usrloc_api.h"

#define AUTH_DB_WATCHES 16u

struct auth_db_local { uint64_t accepted, refused, unknown, disabled; };

struct auth_db {
	struct lcs_mod        *mod;
	struct users           users;
	const struct auth_api *auth;
	struct auth           *auth_state;
	const struct usrloc_api *usrloc;	/* NULL: not loaded */
	struct usrloc         *usrloc_state;
	struct { const struct auth_db_watch *watch; void *arg; } watches[AUTH_DB_WATCHES];
	unsigned               watch_count;
};

struct auth_db_conf { bool inherit; };

/* ---- former.c ---- */
/**
 * A user with that name is to be added; key: of his entry in the directory, empty: made here. What
 * is kept of a deleted user of that name is put aside if that was somebody else, unless this one
 * inherits. 0, or -errno: then he is not to be added.
 */
int  former_succeed(struct auth_db *db, struct slice aor, struct slice key, bool inherits);
/** See auth_db_api.h. */
int  former_expect(struct auth_db *db, struct slice aor);
/** 1: a deleted user of that name has left what expect() would put aside; 0; or -errno. */
int  former_is_there(struct auth_db *db, struct slice aor);

/* ---- news.c ---- */
/** What is kept under aor belongs to former from now on. 1, 0 if that is nothing, or -errno. */
int  news_succeeded(struct auth_db *db, struct slice aor, struct slice former);
int  news_password(struct auth_db *db, struct slice name, struct slice domain,
    struct slice password);
/** He was added with this name. */
int  news_named(struct auth_db *db, struct slice aor, struct slice display_name);
/** What others have made of a password that was set here does not count any more. */
void news_password_gone(struct auth_db *db, struct slice aor);
void news_dn_changed(struct auth_db *db, struct slice aor);
/** Signed out, too, which is on disk before return, or was said to have failed. */
void news_locked_out(struct auth_db *db, struct slice aor, bool deleted);
/** The same without waiting for the disk. */
void news_one_of_many_locked_out(struct auth_db *db, struct slice aor, bool deleted);
/** Both are users; the lists of from become those of to, and from is deleted - or to, if that
 *  fails. 0 or -errno; -ETIMEDOUT: what the store has not said in time may go over yet. */
int  news_move(struct auth_db *db, struct slice from, struct slice to);

extern const struct auth_db_directory_api auth_db_directory;
extern const struct lcs_rpc auth_db_rpcs[];

#endif
