/*
 * modules/presence_winfo/presence_winfo.h - what the files of this module share.
 */
#ifndef MODULES_PRESENCE_WINFO_PRESENCE_WINFO_H
#define MODULES_PRESENCE_WINFO_PRESENCE_WINFO_H

#include "modules/auth_db/auth_db_api.h"
#include "modules/presence/presence_api.h"
#include "utils/list.h"

#define CHANGES_MAX 64u			/* of one user, kept for partial documents */

struct winfo_conf { int64_t max_waiting; msec_t wait_time; };

struct winfo_local {
	uint64_t    waiting, dropped;
	struct list awaited;		/* parts with somebody who waits; not ready before the first */
};

struct winfo {
	struct lcs_mod *mod;
	const struct presence_api *presence;
	struct presence *presence_state;
	int            part;
	const struct presence_package *pk;	/* "presence", found at first use */
	struct loaded *loaded;		/* waiting.c: rows until the workers have taken them */
};

struct waiting {			/* somebody who wants to watch, and has no answer yet */
	struct list  node;
	struct slice watcher, name;	/* behind this struct */
	int64_t      since;
};

struct change {				/* a watcher as he was when something happened to him */
	uint64_t seq;
	char     id[24];
	char    *xml;
};

struct winfo_part {			/* of one user; zeroed at first */
	struct winfo *w;
	struct presence_user *user;
	struct list   awaited;		/* among its worker's, while anybody waits */
	struct list   waiting;
	unsigned      waiting_count;
	unsigned      listeners;	/* subscriptions to presence.winfo */
	uint64_t      seq;		/* of the last change */
	struct change *changes;		/* CHANGES_MAX of them by seq; NULL: nobody has listened */
};

/** The part, ready for use. */
static inline struct winfo_part *winfo_part(struct winfo *w, struct presence_user *u)
{
	struct winfo_part *part = w->presence->part(u, w->part);

	if (!part->w) {
		part->w = w;
		part->user = u;
		list_init(&part->awaited);
		list_init(&part->waiting);
	}
	return part;
}

/* ---- waiting.c ---- */
extern const struct store_schema winfo_schema;
/** He waits. true if he did not before. */
bool waiting_add(struct winfo *w, struct presence_user *u, struct slice watcher,
    struct slice name);
/** NULL: he does not wait. */
const struct waiting *waiting_find(struct winfo_part *part, struct slice watcher);
/** Those who need not wait any more go. told: what became of him is told of his subscription;
 *  .p NULL: of nobody's. */
void waiting_review(struct winfo *w, struct presence_user *u, struct slice told);
/** This one waits no more, whatever the rights say; .p NULL: nobody does. */
void waiting_forget(struct winfo *w, struct presence_user *u, struct slice watcher);
/** This one is no user any more: waits for nobody of this worker's. */
void waiting_forget_all(struct winfo *w, struct slice watcher);
void waiting_free(struct winfo_part *part);
/** Control thread, at start: read who waits. Who has begun to before oldest, unix seconds, does not
 *  any more. */
int  waiting_load(struct winfo *w, int64_t oldest);
void waiting_adopt(struct winfo *w);
void waiting_fini(struct winfo *w);

/* ---- document.c ---- */
int  winfo_build(void *arg, struct presence_user *u, unsigned view,
    const struct presence_sub *one, struct presence_body **out);
int  wpending_build(void *arg, struct presence_user *u, unsigned view,
    const struct presence_sub *one, struct presence_body **out);
/** Keep what happened for partial documents, if anybody listens. */
void winfo_note(struct winfo *w, struct presence_user *u, const struct presence_sub *sub);
/** The same of somebody who has no subscription: he waits, or does not any more. */
void winfo_note_waiting(struct winfo *w, struct presence_user *u, const struct waiting *who,
    const char *status, enum presence_sub_event event);
/** How many subscriptions to presence has he? */
unsigned winfo_subs_of(struct winfo *w, struct presence_user *u, struct slice watcher);

extern const struct presence_package winfo_package, wpending_package;

#endif
