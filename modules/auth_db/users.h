/*
 * modules/auth_db/users.h - the users of this server, in memory beside the store.
 *
 * Truth is the store. The copy in memory is read lock-free by every worker and
 * changed by the control thread after the store has said yes.
 */
#ifndef MODULES_AUTH_DB_USERS_H
#define MODULES_AUTH_DB_USERS_H

#include "core/lcs.h"
#include "utils/digest.h"
#include "utils/rtab.h"

struct user_texts {
	struct slice name, domain;
	struct slice key;		/* of the entry in a directory; empty: made here */
	struct slice account, account_domain, display_name, home;	/* from there; may be empty */
	struct slice dn;		/* of that entry, see directory_api.h; empty: not known */
};

struct user {				/* immutable once it is in the table */
	struct rtab_node  node;		/* first */
	struct rtab_node  by_key;	/* if it has a key */
	struct rtab_node  by_account;	/* if it has an account */
	struct epoch_item item;
	bool              enabled;
	bool              has_password;	/* else ha1 says nothing */
	bool              by_directory;	/* its secrets are those of its entry there */
	int64_t           changed;	/* unix seconds */
	/* [0]: H(name:domain:password), [1]: H(name@domain:domain:password); hex; empty: unknown */
	char              ha1[2][2][2 * DIGEST_MAX_BYTES];	/* [form][alg] */
	char              nt_hash[32];	/* hex, by the directory; empty: unknown */
	struct slice      aor;		/* name@domain; all texts lie behind the struct */
	struct user_texts texts;
};

struct users { struct rtab *table, *keys, *accounts; bool has_former; };

/** Control thread. 0 or -ENOMEM. */
int  users_init(struct users *u);
void users_fini(struct users *u);
/** Control thread: (re)read everything from the store. Number of users, or a negative error. */
int  users_load(struct users *u);

/** Any worker: borrowed until its next quiet point; NULL if unknown. aor: name@domain, any case. */
const struct user *users_find(const struct users *u, struct slice aor);
/** The one whose entry in the directory has this key. */
const struct user *users_by_key(const struct users *u, struct slice key);
/** Empty if there is no password. */
static inline struct slice user_ha1(const struct user *user, bool full_name, enum digest_alg alg)
{
	const char *hex = user->ha1[full_name][alg];

	return slice_of(hex, user->has_password && hex[0] ? 2 * digest_size(alg) : 0);
}

/** Empty if there is none. */
static inline struct slice user_nt_hash(const struct user *user)
{
	return slice_of(user->nt_hash, user->nt_hash[0] ? sizeof(user->nt_hash) : 0);
}

/* ---- accounts.c ---- */

/** Control thread: old is to go out of the index by accounts, user to come into it; either may be
 *  NULL or without an account. */
void accounts_link(struct users *u, struct user *old, struct user *user);
struct auth_db_account;
/** What auth_db_api has as by_account. */
int accounts_whose(const struct users *u, const struct auth_db_account *who, struct slice *aor);

/* ---- administration: control thread; store first, then memory. 0 or -errno ---- */
/** t: name, domain and, for a new one, display_name. -EEXIST / -ENOENT; -EPERM: the directory has his
 *  password. */
int users_put(struct users *u, const struct user_texts *t, struct slice password, bool must_be_new);
/* By what another server kept: MD5 in hex, lower case; full may be empty. -EEXIST. */
int users_adopt(struct users *u, struct slice name, struct slice domain, struct slice md5,
    struct slice md5_full);
int users_enable(struct users *u, struct slice aor, bool enabled);
/** is_noted: what is kept under his name is not for somebody else who gets it. */
int users_delete(struct users *u, struct slice aor, bool is_noted);

/* A new one to put, or one in the table that goes; is_noted: as for users_delete(). */
struct users_step { struct user *user; bool gone, is_noted; };
/** A user that is in no table yet, enabled, without a password; NULL if memory is short. */
struct user *user_new(const struct user_texts *t);
void user_free(struct user *user);	/* wiped; NULL is fine */
/** No digest and no hash any more, and none by the directory. */
void user_forget_password(struct user *user);
/** Enabled as old is, and with its password if the name is the same. */
struct user *user_like(const struct user *old, const struct user_texts *t);
/** All of them, or none. New ones are taken, even when it fails. */
int users_commit(struct users *u, const struct users_step *all, unsigned count);
/** The key of a deleted user of that name (lower case), to row; 1, 0 (nobody) or -errno. */
int users_find_former(const struct users *u, const struct value *name,
    void (*row)(void *arg, const struct value *cells, unsigned columns), void *arg);
/** Nobody had that name before, as far as is remembered. 0 or -errno. */
int users_forget_former(const struct users *u, const struct value *name);
#define FORMER_AOR 400u
/** former.c: what is written of a user who is deleted; text holds his name. */
void former_args(struct value args[static 3], const struct user *user, char text[static FORMER_AOR]);
void users_each(const struct users *u, void (*fn)(const struct user *user, void *arg), void *arg);

extern const struct store_schema users_schema;

#endif
