/*
 * modules/auth_ldap/auth_ldap.h - what the files of this module share.
 */
#ifndef MODULES_AUTH_LDAP_AUTH_LDAP_H
#define MODULES_AUTH_LDAP_AUTH_LDAP_H

#include "modules/auth_ldap/auth_ldap_api.h"
#include "modules/dirsearch/ldap_servers_api.h"
#include "utils/rate.h"

#define AUTH_LDAP_POOL "auth_ldap"

struct auth_ldap_conf {
	struct slice uri, base, bind_dn, password, ca, address, filter;
	msec_t       timeout;
};

struct auth_ldap_local {
	uint64_t accepted, wrong, unknown, down, late, refused, busy, server, switches;
};

struct auth_ldap {
	struct lcs_mod     *mod;
	struct ldap_servers servers;
	struct rate_table  *said;	/* what the log has been told */
};

/* ---- ask.c ---- */
int auth_ldap_check(struct auth_ldap *l, struct slice aor, struct slice password,
    auth_ldap_done_fn *done, void *arg);

#endif
