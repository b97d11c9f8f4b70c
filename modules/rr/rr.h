/*
 * modules/rr/rr.h - what the files of this module share.
 */
#ifndef MODULES_RR_RR_H
#define MODULES_RR_RR_H

#include "modules/rr/rr_api.h"
#include "modules/rr/seal.h"
#include "modules/rr/token.h"

struct rr { struct lcs_mod *mod; };

struct rr_conf {
	bool         append_fromtag, enable_full_lr, flow_tokens;
	struct slice preloaded, dialogs, secret;
	bool         ours_only;		/* dialogs = ours; by prepare, as the key */
	struct siphash_key seal;
};

struct rr_local {
	uint64_t recorded, followed, to_flow, strict, preloaded, foreign, unsealed;
};

/* ---- record.c: Record-Route ---- */
/* record_route() and its relatives: the manual says what each does. */
enum fn_status rr_record(struct lcs_call *call);
enum fn_status rr_record_preset(struct lcs_call *call);
enum fn_status rr_remove(struct lcs_call *call);
enum fn_status rr_add_param(struct lcs_call *call);

/* ---- route.c: Route ---- */
struct rr_taken {			/* what was taken off a request; in its arena */
	struct slice params;		/* of the last Route of ours */
	bool         leads_on;		/* Routes of others are left, or it named a connection */
	bool         sealed;		/* we gave it out for this dialog */
};
/** What loose_route() or the hook took off this request, or NULL. */
const struct rr_taken *rr_taken(struct lcs_ctx *ctx);
/** Does a Route's URI lead here: an address we listen on, a name of ours, or a token of ours? */
bool rr_is_own(struct lcs_ctx *ctx, const struct sip_uri *uri);
/** Is a Route value one that we gave out for the dialog of this request, in the form that nearly
 *  all have? Its parameters then. false: it is to be taken apart. */
bool rr_is_plain(struct lcs_ctx *ctx, const struct rr_conf *conf, struct slice value,
    struct slice *params);
/* loose_route() (RFC 3261 16.4), check_route_param(), is_direction(). */
enum fn_status rr_loose_route(struct lcs_call *call);
enum fn_status rr_check_param(struct lcs_call *call);
enum fn_status rr_is_direction(struct lcs_call *call);
/** Requests outside a dialog that bring Routes along. */
enum hook_result rr_on_request(struct lcs_call *call);

#endif
