/*
 * modules/registrar/features.h - what endpoints say they can do, and whom a caller prefers
 * (RFC 3840, RFC 3841).
 */
#ifndef MODULES_REGISTRAR_FEATURES_H
#define MODULES_REGISTRAR_FEATURES_H

#include "modules/usrloc/usrloc_api.h"

/* Features that were asked for beside those that an endpoint declared. */
struct feature_fit {
	unsigned asked, declared;	/* how many, and of them declared at all */
	bool     contradicts;		/* one is declared to be something else */
};

/** asked: ";video;methods=\"INVITE\"", what is no feature in it does not count. */
struct feature_fit features_compare(struct arena *arena, struct slice asked,
    const struct usrloc_binding *b);
/** Does it declare any? Who does not is not judged by them (RFC 3841 7.2.3). */
bool features_any(const struct usrloc_binding *b);

#define PREFER_MAX   16u	/* values of Accept-Contact and Reject-Contact that are looked at */
#define PREFER_NEVER (-1)

struct prefer {
	struct arena *arena;
	unsigned      count;		/* 0: the caller has no wishes */
	struct prefer_rule { struct slice features; bool rejects, must, is_explicit; } *rules;
};

/** What the request says; texts are borrowed from it, rules are in its arena. 0 or -ENOMEM. */
int prefer_read(struct lcs_ctx *ctx, struct prefer *out);
/** How well an endpoint fits, 0 to 1000, or PREFER_NEVER (RFC 3841 7.2.4). */
int prefer_rank(const struct prefer *p, const struct usrloc_binding *b);

#endif
