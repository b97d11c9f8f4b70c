/*
 * modules/presence/pub.h - publications: what endpoints and modules say of a user. His owner's.
 */
#ifndef MODULES_PRESENCE_PUB_H
#define MODULES_PRESENCE_PUB_H

#include "modules/presence/presence.h"

struct pub {
	struct list          node;	/* in user->pubs */
	struct presence_user *user;
	struct package      *pkg;
	struct presence_publication info;
	struct slice         call_id;	/* of the PUBLISH that made it what it is */
	uint32_t             cseq;
	flow_id              flow;	/* of its endpoint; 0: none, or not yet back */
	bool                 is_bound;	/* has an endpoint */
	bool                 is_awaited;	/* read back, its endpoint has not come yet */
	bool                 is_volatile;
	struct timer         expiry;
	char                 id[TAG_CHARS], etag[TAG_CHARS];
	char                 text[];
};

/* What a PUBLISH or a module wants. */
struct pub_change {
	struct package      *pkg;
	struct slice         etag, source;	/* which; both empty: a new one */
	struct slice         content_type, body;	/* empty content_type: as it is */
	void                *doc;	/* of the body; freed, or handed on */
	int64_t              expires;	/* seconds from now; 0: none */
	flow_id              flow;
	bool                 is_bound, is_volatile, is_removal;
	struct slice         call_id;
	uint32_t             cseq;
	/* Owner, once. err: 0, -ENOENT (no such etag), -E2BIG, -ENOMEM, or the store's. */
	void               (*done)(struct pub_change *c, int err);
	/* on the way */
	struct presence_user *user;
	struct pub          *old, *next;
	struct slice         etag_now;	/* in done: of what there is now */
};

/* ---- publish.c ---- */
/** For user_take_turn(); arg is a struct pub_change, which tells its done and ends the turn. */
void pub_change_in_turn(struct presence_user *u, void *arg);
bool pub_takes_type(const struct package *pkg, struct slice type);
const struct presence_publication *pub_next(const struct presence_user *u,
    const struct presence_package *pk, const struct presence_publication *prev);
int  pub_by_module(struct presence_user *u, const struct presence_source *s,
    presence_done_fn *done, void *arg);
/** One that was in the store, to be linked; NULL if memory is short. */
struct pub *pub_restore(struct presence_user *u, const struct pub_change *c, void *doc);
void pub_link(struct pub *pub);
void pubs_flow_gone(struct presence_user *u, flow_id flow);
/** What an LCS endpoint has set by setPresence. */
void pubs_endpoint_gone(struct presence_user *u, struct slice epid);
/** All that was published by him, or for him by modules. */
void pubs_forget(struct presence_user *u);
void pubs_free(struct presence_user *u);

/* ---- published.c ---- */
enum fn_status presence_handle_publish(struct lcs_call *call);

/* ---- journal.c ---- */
/** done NULL: nobody waits. */
void presence_put_pub(const struct pub *pub, store_done_fn *done, void *arg);
void presence_delete_pub(struct slice id, store_done_fn *done, void *arg);

#endif
