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

static inline const struct auth_kerberos_conf *auth_kerberos_conf(const struct auth_kerberos *krb,
    struct lcs_ctx *ctx)
{
	return lcs_conf(krb->mod, lcs_ctx_gen(ctx));
}

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

/** Whom a principal (user@REALM) stands for: whom a rule (principals) names, else whose account it is
 *  by auth_db. aor: in the arena; sip_domain: of the user who is to be signed in. 0; -ENOENT: nobody;
 *  -EPERM: the user has another account, or a rule gives him to another; -ENOTUNIQ. */
int kerberos_whose(const struct auth_kerberos *krb, struct lcs_ctx *ctx, struct slice principal,
    struct slice sip_domain, struct slice *aor);

#endif
