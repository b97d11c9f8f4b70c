/*
 * modules/auth/auth_api.h - digest challenges and their check (interface "auth", version 1).
 *
 * Where the secret comes from is the caller's: auth_db asks the store.
 */
#ifndef MODULES_AUTH_AUTH_API_H
#define MODULES_AUTH_AUTH_API_H

#include "core/lcs.h"
#include "parser/auth.h"
#include "utils/digest.h"

struct auth;

enum auth_verdict {
	AUTH_OK,
	AUTH_NO_CREDENTIALS,		/* for this realm and scheme */
	AUTH_STALE,			/* right secret, old or reused nonce: challenge with stale=true */
	AUTH_WRONG,
	AUTH_BAD			/* malformed: 400 */
};

/** What a verdict says in $err; NULL: nothing went wrong, at most credentials are missing. */
static inline const char *auth_verdict_word(enum auth_verdict verdict)
{
	switch (verdict) {
	case AUTH_STALE: return "stale";
	case AUTH_WRONG: return "wrong";
	case AUTH_BAD:   return "malformed";
	default:         return NULL;
	}
}

struct auth_asked {			/* credentials found, waiting for the secret */
	struct auth_credentials cred;
	enum digest_alg         alg;
	struct slice            username, domain;	/* username split at '@', domain may be empty */
};

#define AUTH_OFFERS_MAX 2u

struct auth_api {
	/** Find Digest credentials for a realm in (Proxy-)Authorization; realm empty: any. */
	enum auth_verdict (*find)(struct auth *auth, struct lcs_ctx *ctx, bool proxy,
	    struct slice realm, struct auth_asked *out);
	/** Check against ha1 = H(user:realm:password) as hex digits of asked->alg. Counts the
	 *  nonce's use (replay window). AUTH_OK: lcs_identity() tells who it is. */
	enum auth_verdict (*check)(struct auth *auth, struct lcs_ctx *ctx,
	    const struct auth_asked *asked, struct slice ha1_hex);
	/** Send 401 / 407 with a challenge per configured algorithm, strongest first. */
	int (*challenge)(struct auth *auth, struct lcs_ctx *ctx, bool proxy, struct slice realm, bool stale);

	/* ---- for other protocols (HTTP, RFC 7616): any thread that passes quiet points; the
	 * caller counts, and compares cred.uri with what was asked for ---- */

	/** The same as find() for one value of Authorization. Texts live in the arena or borrow
	 *  from value. */
	enum auth_verdict (*read)(struct auth *auth, struct arena *arena, struct slice value,
	    struct slice realm, struct auth_asked *out);
	/** The same as check(), but nobody's identity is noted. */
	enum auth_verdict (*judge)(struct auth *auth, const struct auth_asked *asked,
	    struct slice method, struct slice ha1_hex);
	/** Values for WWW-Authenticate, strongest first, in the arena; how many. 0: no memory. */
	unsigned (*offers)(struct auth *auth, struct arena *arena, struct slice realm, bool stale,
	    struct slice values[AUTH_OFFERS_MAX]);
};

#endif
