/*
 * modules/auth/auth.h - what the files of this module share.
 */
#ifndef MODULES_AUTH_AUTH_H
#define MODULES_AUTH_AUTH_H

#include "modules/auth/auth_api.h"
#include "modules/auth/nonce.h"

struct auth_conf {
	msec_t       nonce_expire;
	int64_t      nonce_slots;
	struct slice secret, algorithms, qop, md5_only;
	bool         md5, sha256;	/* from algorithms, by prepare */
};

/* "Method:URI" that was asked for last, and its hash: clients of one domain that register, as
 * most who are asked do, name the same. */
struct auth_request {
	enum digest_alg alg;
	size_t          len;		/* of text; 0: none yet */
	char            text[96], hex[2 * DIGEST_MAX_BYTES];
};

struct auth_local {			/* of one worker */
	uint64_t            challenges, accepted, copies, wrong, stale, malformed;
	struct auth_request last;
};

struct auth { struct lcs_mod *mod; struct nonces nonces; };

static inline const struct auth_conf *auth_conf_of(struct auth *auth, struct lcs_ctx *ctx)
{
	return lcs_conf(auth->mod, lcs_ctx_gen(ctx));
}

/** One header's value; what auth_find() looks for in all of them. */
enum auth_verdict auth_read(const struct auth_conf *conf, struct arena *arena, struct slice value,
    struct slice realm, struct auth_asked *out);
/** Any thread; nothing is counted but the nonce's use. now: unix seconds. */
enum auth_verdict auth_judge(struct auth *auth, const struct auth_conf *conf,
    const struct auth_asked *asked, struct slice method, struct slice ha1_hex, int64_t now);
/** What auth_api.h promises of find(), check() and challenge(); the context's worker. */
enum auth_verdict auth_find(struct auth *auth, struct lcs_ctx *ctx, bool proxy,
    struct slice realm, struct auth_asked *out);
enum auth_verdict auth_check(struct auth *auth, struct lcs_ctx *ctx,
    const struct auth_asked *asked, struct slice ha1_hex);
/* What is asked for, by whichever algorithm: one nonce for all, since the client answers one. */
struct auth_offer { struct slice realm, nonce, qop; bool stale; };
/** The value of a header that challenges, without its end of line. */
void auth_put_challenge(struct buf *b, const struct auth_offer *offer, struct slice alg);
int auth_challenge(struct auth *auth, struct lcs_ctx *ctx, bool proxy, struct slice realm,
    bool stale);
/** nc of credentials; 0: none, or none that can be read. */
uint32_t auth_nonce_count(struct slice nc);
/** Drop the credentials of a realm, so that they do not travel on. 0 or -ENOMEM. */
int auth_consume(struct lcs_ctx *ctx, bool proxy, struct slice realm);

#endif
