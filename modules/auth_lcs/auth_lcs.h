/*
 * modules/auth_lcs/auth_lcs.h - what the files of this module share.
 */
#ifndef MODULES_AUTH_LCS_AUTH_LCS_H
#define MODULES_AUTH_LCS_AUTH_LCS_H

#include "modules/auth_lcs/auth_lcs_api.h"
#include "modules/auth_lcs/creds.h"
#include "modules/auth_lcs/text.h"
#include "modules/auth_lcs/window.h"
#include "utils/list.h"

#define SCHEMES_MAX 4u

struct auth_lcs_conf {
	struct slice realm, targetname, schemes;
	int64_t      version, min_version, per_connection;
	msec_t       lifetime, grace;
};

struct auth_lcs_local {
	uint64_t    associations, challenges, accepted, refused, malformed, downgrades, clock, barred;
	uint64_t    signed_messages, verified, unsigned_messages, wrong, replayed, foreign, expired;
	uint64_t    closed;
	struct list guards;		/* connections of this worker that have associations */
	bool        is_up;
};

struct scheme { const struct auth_lcs_scheme *ops; void *state; };

struct auth_lcs {
	struct lcs_mod *mod;
	struct scheme   schemes[SCHEMES_MAX];
	unsigned        scheme_count;
};

static inline struct auth_lcs_local *auth_lcs_stats(const struct auth_lcs *lcs)
{
	return lcs_local(lcs->mod);
}

/** As the message's generation has it. */
static inline const struct auth_lcs_conf *auth_lcs_conf_of(const struct auth_lcs *lcs,
    struct lcs_ctx *ctx)
{
	return lcs_conf(lcs->mod, lcs_ctx_gen(ctx));
}

/* ---- offer.c; texts live as long as the message ---- */
/** In load(): state goes with each call of the scheme. 0 or -ENOSPC. */
int auth_lcs_provide(struct auth_lcs *lcs, const struct auth_lcs_scheme *scheme, void *state);
/** NULL if there is none of that name. */
const struct scheme *auth_lcs_scheme(const struct auth_lcs *lcs, struct slice name);
/** The server's name: parameter targetname, else setting server_name, else empty. */
struct slice auth_lcs_own_name(const struct auth_lcs *lcs, struct lcs_ctx *ctx);
/** It as this scheme writes it; .p NULL if memory is short. */
struct slice auth_lcs_target(const struct auth_lcs *lcs, struct lcs_ctx *ctx,
    const struct scheme *scheme);
/** Names with commas between: the function's argument, else the parameter. */
struct slice auth_lcs_offered(const struct lcs_call *call);
/** The next one of such a list that we have, which is cut behind it; NULL: none. */
const struct scheme *auth_lcs_next_scheme(const struct auth_lcs *lcs, struct slice *list);
/** Is the scheme that a client has chosen among those of a list? */
bool auth_lcs_is_offered(const struct auth_lcs *lcs, struct slice list, const struct scheme *asked);
/** The credentials of one of our schemes in a message; false if there are none. */
bool auth_lcs_creds(const struct auth_lcs *lcs, struct lcs_ctx *ctx, struct lcs_creds *out);

/* ---- sa.c: everything on the connection's owner, but for sa_new() ---- */

struct sa {
	struct list                   node;
	const struct auth_lcs_scheme *scheme;
	void                         *keys;
	struct slice                  opaque, realm, targetname, epid, name, domain;	/* behind it */
	unsigned                      version;
	uint32_t                      sent;	/* the last snum */
	struct sa_window              seen;
	int64_t                       expires;	/* unix seconds: a REGISTER is challenged then */
	int64_t                       ends;	/* everything else is refused */
	uint64_t                      stamp;
	flow_id                       flow;
	struct auth_lcs              *lcs;
	uint64_t                      verified;
	unsigned                      limit;	/* associations of one connection */
	struct list                   held;	/* see held.c */
	unsigned                      held_count;
	msec_t                        held_since;	/* loop time; 0: nothing is held */
};

/** Takes keys, also when it fails (NULL: memory is short). Texts are copied. */
struct sa *sa_new(struct auth_lcs *lcs, const struct auth_lcs_scheme *scheme,
    const struct auth_lcs_handshake *h, const struct sa *texts);
/** With its keys, and what is held; owner of the connection, or nobody has it yet. */
void sa_free(struct sa *sa);
/** In a list of them; NULL: none has it. */
struct sa *sa_by_epid(const struct list *sas, struct slice epid);
struct sa *sa_by_opaque(const struct list *sas, struct slice opaque);
/** What it would have signed: the signature in creds. */
bool sa_verify(struct sa *sa, const struct lcs_creds *creds, const struct sa_fields *f);
#define SA_TEXT_BYTES 1024u		/* of a signature's text, to begin with */
/** The header that signs a message, to to; text is scratch. 0 or a negative error. */
int  sa_sign(struct sa *sa, const struct sa_fields *f, struct buf *text, struct buf *to);

/* ---- received.c ---- */
/** STAGE_RECEIVED. */
enum hook_result sa_received(struct lcs_call *call);

/* ---- guard.c ---- */
/** Any worker: from now on this worker's messages to the flow are signed with it. Takes sa. */
int  sa_attach(struct sa *sa);
/** This worker: forget all, close nothing. */
void sa_forget(struct auth_lcs_local *local);
/** This worker: close the connections of that user, or this one (0: any); who is told why. */
void sa_close_user(struct auth_lcs_local *local, struct slice aor, flow_id flow,
    enum auth_lcs_farewell why);

/** Of this worker's connections; fn may not free them. */
void sa_each(const struct auth_lcs_local *local, void (*fn)(const struct sa *sa, void *arg),
    void *arg);

/* ---- held.c; everything on the flow's owner ---- */
/** The client has been challenged, and may have new keys: what was to be signed waits. */
void held_begin(struct sa *sa);
/** Keep a message back; -EINPROGRESS, or 0: it is not to be held. */
int  held_keep(struct sa *sa, struct slice message);
/** Send what was kept, in its order: it will be signed with what is there now. */
void held_release(struct sa *sa);
/** It is lost. */
void held_drop(struct sa *sa);

/* ---- farewell.c ---- */
/** Owner of the flow: a NOTIFY that says why, and the end of the connection behind it.
 *  0 or -ENOMEM. */
int sa_farewell(const struct sa *sa, enum auth_lcs_farewell why);

/* ---- handshake.c ---- */
enum fn_status auth_lcs_authenticate(struct lcs_call *call);
enum fn_status auth_lcs_is_client(struct lcs_call *call);
/** A scheme has come to a result: the script goes on with it. On the worker of the call. */
void auth_lcs_finished(struct auth_lcs_handshake *h, enum auth_lcs_result result);

/* ---- challenge.c ---- */
enum fn_status auth_lcs_challenge(struct lcs_call *call);

extern const struct lcs_rpc auth_lcs_rpcs[];

#endif
