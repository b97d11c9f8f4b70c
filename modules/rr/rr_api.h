/*
 * modules/rr/rr_api.h - Routes of ours, for other modules (interface "rr", version 1).
 */
#ifndef MODULES_RR_RR_API_H
#define MODULES_RR_RR_API_H

#include "core/lcs.h"

struct rr;

#define RR_TOKEN_CHARS 33

struct rr_api {
	/** A user part that names a connection; loose_route() leads what carries it back there.
	 *  The text is not terminated. */
	void (*token)(struct rr *rr, flow_id flow, char text[RR_TOKEN_CHARS]);
	/** Parameters of the Route of ours that was taken off this request, without the leading
	 *  ';'; empty if there was none. */
	struct slice (*taken_params)(struct rr *rr, struct lcs_ctx *ctx);
	/** Is this URI one of ours: a token, a listener's address, one of our names? */
	bool (*is_own)(struct rr *rr, struct lcs_ctx *ctx, const struct sip_uri *uri);
};

#endif
