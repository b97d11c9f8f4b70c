/*
 * modules/auth_ntlm/accounts.h - who may sign in by NTLM: hashes in the store and in memory.
 *
 * Truth is the store. The copy in memory is read lock-free by every worker and changed by the
 * control thread after the store has said yes.
 */
#ifndef MODULES_AUTH_NTLM_ACCOUNTS_H
#define MODULES_AUTH_NTLM_ACCOUNTS_H

#include "core/lcs.h"
#include "modules/auth_ntlm/crypt.h"
#include "utils/rtab.h"

struct account {			/* immutable once it is in the table */
	struct rtab_node  by_aor;	/* first */
	struct rtab_node  by_login;
	struct epoch_item item;
	unsigned char     hash[NTLM_KEY_BYTES];
	int64_t           changed;	/* unix seconds */
	size_t            name_len;
	struct slice      aor, login;	/* name@domain; DOMAIN\name or empty; behind the struct */
};

struct accounts { struct rtab *aors, *logins; };

/** Control thread. 0 or -ENOMEM. */
int  accounts_init(struct accounts *a);
void accounts_fini(struct accounts *a);
/** Control thread: read all from the store. Number of accounts, or a negative error. */
int  accounts_load(struct accounts *a);

/** Any worker: borrowed until its next quiet point; NULL if unknown. Without regard to case. */
const struct account *accounts_find(const struct accounts *a, struct slice aor);
const struct account *accounts_by_login(const struct accounts *a, struct slice login);

/* ---- administration: control thread; store first, then memory. 0 or -errno ---- */
int accounts_put(struct accounts *a, struct slice name, struct slice domain,
    const unsigned char hash[NTLM_KEY_BYTES]);
/** login empty: none of its own. -ENOENT, -EEXIST: somebody else's. */
int accounts_set_login(struct accounts *a, struct slice aor, struct slice login);
int accounts_delete(struct accounts *a, struct slice aor);
void accounts_each(const struct accounts *a, void (*fn)(const struct account *account, void *arg),
    void *arg);

extern const struct store_schema accounts_schema;

#endif
