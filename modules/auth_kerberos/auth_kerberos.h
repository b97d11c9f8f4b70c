/*
 * modules/auth_kerberos/auth_kerberos.h - what the files of this module share.
 */
#ifndef MODULES_AUTH_KERBEROS_AUTH_KERBEROS_H
#define MODULES_AUTH_KERBEROS_AUTH_KERBEROS_H

#include "modules/auth_db/auth_db_api.h"
#include "modules/auth_lcs/auth_lcs_api.h"

#define KERBEROS_POOL "gss"
#define PRINCIPAL_BYTES 512u

struct auth_kerberos_conf {
	struct slice       keytab, replay_cache, service;
	struct lcs_strings realms, principals;
	msec_t             timeout;
};

struct auth_kerberos_local {
	uint64_t accepted, wrong, other_service, clock, expired, replayed, unknown, ambiguous,
	         unreachable;
};

struct auth_kerberos {
	struct lcs_mod            *mod;
	const struct auth_lcs_api *lcs;
	struct auth_lcs           *lcs_state;
	const struct auth_db_api  *db;	/* NULL: not loaded */
	struct auth_db            *db_state;
};

/* ---- gss.c: everything that touches GSSAPI ---- */

struct ticket {			/* one token's examination */
	/* in; C strings, empty: the library's own choice */
	const char *keytab, *replay_cache;
	const char *service;		/* "sip/sip.example.com" */
	struct slice token;
	/* out */
	void       *context;		/* ours, see ticket_free(); NULL: refused */
	char        principal[PRINCIPAL_BYTES];
	int64_t     lifetime;		/* seconds that the ticket is good for */
	char        why[256];		/* for the log */
};

/** May block. 0, -EACCES, -EBADMSG (no token, or not for one leg), -ENOENT (no key for that
 *  service, or a ticket for another one), -ETIME (clock skew), -EKEYEXPIRED, -EALREADY
 *  (replayed), -EIO. */
int  ticket_accept(struct ticket *t);
int  ticket_sign(void *context, struct slice text, unsigned char mac[AUTH_LCS_MAC_MAX]);
bool ticket_verify(void *context, struct slice text, struct slice mac);
void ticket_free(void *context);

/* ---- names.c ---- */

/** Does a rule (principals) say whom a principal stands for? *aor is in the arena then. */
bool kerberos_rule(struct arena *arena, const struct auth_kerberos_conf *conf,
    struct slice principal, struct slice *aor);
/** "user@REALM" as the account that auth_db looks for; its plain is the AOR that the principal's
 *  own names make, in the arena. -EINVAL: it is nobody who signs in. */
int kerberos_account(struct arena *arena, const struct auth_kerberos_conf *conf,
    struct slice principal, struct slice sip_domain, struct auth_db_account *out);

#endif
