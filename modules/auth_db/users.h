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

struct user {				/* immutable once it is in the table */
	struct rtab_node  node;		/* first */
	struct epoch_item item;
	bool              enabled;
	int64_t           changed;	/* unix seconds */
	/* [0]: H(name:domain:password), [1]: H(name@domain:domain:password); hex */
	char              ha1[2][2][2 * DIGEST_MAX_BYTES];	/* [form][alg] */
	size_t            name_len;
	struct slice      aor;		/* name@domain, behind the struct */
};

struct users { struct rtab *table; };

/** Control thread. 0 or -ENOMEM. */
int  users_init(struct users *u);
void users_fini(struct users *u);
/** Control thread: (re)read everything from the store. Number of users, or a negative error. */
int  users_load(struct users *u);

/** Any worker: borrowed until its next quiet point; NULL if unknown. aor: name@domain, any case. */
const struct user *users_find(const struct users *u, struct slice aor);
static inline struct slice user_ha1(const struct user *user, bool full_name, enum digest_alg alg)
{
	return slice_of(user->ha1[full_name][alg], 2 * digest_size(alg));
}

/* ---- administration: control thread; store first, then memory. 0 or -errno ---- */
int users_put(struct users *u, struct slice name, struct slice domain, struct slice password,
    bool must_be_new);			/* -EEXIST / -ENOENT */
int users_enable(struct users *u, struct slice aor, bool enabled);
int users_delete(struct users *u, struct slice aor);
void users_each(const struct users *u, void (*fn)(const struct user *user, void *arg), void *arg);

extern const struct store_schema users_schema;

#endif
