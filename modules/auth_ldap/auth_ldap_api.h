/*
 * modules/auth_ldap/auth_ldap_api.h - is this a user's password in the directory (interface
 * "auth_ldap", version 1).
 */
#ifndef MODULES_AUTH_LDAP_AUTH_LDAP_API_H
#define MODULES_AUTH_LDAP_AUTH_LDAP_API_H

#include "core/lcs.h"

struct auth_ldap;

enum auth_ldap_verdict {
	AUTH_LDAP_OK,
	AUTH_LDAP_WRONG,		/* or there is no such entry, or it may not sign in */
	AUTH_LDAP_UNAVAILABLE		/* nobody could say so */
};

/* On the worker that asked, once, not before check() returns. */
typedef void auth_ldap_done_fn(void *arg, enum auth_ldap_verdict verdict);

struct auth_ldap_api {
	/** A worker. aor: name@domain. Both texts are copied. An empty password is wrong.
	 *  0; -EAGAIN (too many wait), -ENOMEM: then done never runs. */
	int (*check)(struct auth_ldap *l, struct slice aor, struct slice password,
	    auth_ldap_done_fn *done, void *arg);
};

#endif
