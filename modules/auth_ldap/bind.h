/*
 * modules/auth_ldap/bind.h - find a user's entry and bind as it, by libldap. It blocks: for threads
 * of a pool.
 */
#ifndef MODULES_AUTH_LDAP_BIND_H
#define MODULES_AUTH_LDAP_BIND_H

#include "modules/dirsearch/ldap_servers_api.h"

struct bind_query {
	struct ldap_servers *servers;
	struct ldap_place    place;	/* who looks for the entry; its uri does not count */
	const char          *base, *address, *filter;	/* filter: in parentheses, or NULL */
	const char          *aor;
	struct slice         password;
	msec_t               timeout;
	/* for the log, where it failed */
	char                 why[160], uri[LDAP_URI_BYTES];
};

/** Was libldap there when this was built? */
bool bind_is_built(void);

/**
 * Is that the password?
 *
 * A bind without a password is anonymous, and good (RFC 4513 5.1.2): an empty one is refused here.
 *
 * @return 0; -EACCES: no; -ENOENT: there is no such entry; -ENOTUNIQ: more than one; -EPERM: the
 *         directory refuses who looks for it; -EHOSTUNREACH, -ETIME, -ENOMEM, -EIO
 */
int bind_check(struct bind_query *q);

#endif
