/*
 * modules/usrloc/usrloc.h - what the files of this module share.
 */
#ifndef MODULES_USRLOC_USRLOC_H
#define MODULES_USRLOC_USRLOC_H

#include "modules/usrloc/plan.h"
#include "modules/usrloc/table.h"
#include "utils/htab.h"
#include "utils/pool.h"

#define DUE_SLOTS 512u			/* seconds in the ring of what runs out */

struct usrloc_conf {
	struct slice journal;		/* before, after, off */
	msec_t       purge_interval;
	bool         before, after;	/* from journal, by prepare */
	struct slice node;		/* this server's name, by prepare */
};

typedef void due_fn(struct usrloc *ul, struct record *r);

struct usrloc_local {
	uint64_t     users, bindings, changes, expired, out_of_order, too_many, store_failures;
	struct htab  busy;		/* AORs whose change is on its way to disk */
	struct timer purge;		/* worker 0 */
	struct timer look;		/* for what has run out, while there is anything */
	due_fn      *on_due;
	int64_t      looked_at;		/* second up to which that was done */
	struct list  due[DUE_SLOTS];
	struct usrloc *ul;
};

#define USRLOC_WATCHES_MAX 4u

struct usrloc {
	struct lcs_mod *mod;
	struct { usrloc_watch_fn *fn; void *arg; } watches[USRLOC_WATCHES_MAX];
	struct { usrloc_dropped_fn *fn; void *arg; } on_dropped;	/* one is enough: who signs off */
	unsigned        watch_count;
	struct rtab    *table;
	bool            loaded;
	_Atomic bool    none_left_behind;	/* in the store, of what has run out */
	struct pool     loaded_pool;	/* records that were there before the workers */
	struct usrloc_pool {
		struct pool pool;
		char        gap[128];	/* two cache lines: they are fetched in pairs */
	} pools[WORKERS_MAX];		/* each its worker's, but as long-lived as the table */
};

/** This worker's. */
static inline struct usrloc_local *usrloc_local_of(const struct usrloc *ul)
{
	return lcs_local(ul->mod);
}
static inline const struct usrloc_conf *usrloc_conf_of(const struct usrloc *ul)
{
	return lcs_conf(ul->mod, gen_peek());
}

/* ---- change.c ---- */
/* As struct usrloc_api says. */
int  usrloc_change(struct usrloc *ul, const struct usrloc_change *c, usrloc_done_fn *done, void *arg);
int  usrloc_remove(struct usrloc *ul, struct slice aor, const struct usrloc_which *which,
    usrloc_done_fn *done, void *arg);
/** Owner: is a change of it on its way to disk? */
bool usrloc_is_busy(struct usrloc *ul, struct slice aor, uint64_t key);

/* ---- expire.c ---- */
/** Owner: some binding of this record, which is in no list of due.c, has run out. A due_fn. */
void usrloc_expire(struct usrloc *ul, struct record *r);

/* ---- due.c ---- */
/** With the worker: fn is called on it. */
void due_start(struct usrloc_local *local, due_fn *fn);
void due_stop(struct usrloc_local *local);
/** Owner: fn is called when its first binding has run out, not before the next second; the
 *  record is in no list then. */
void due_add(struct usrloc_local *local, struct record *r);

/* ---- journal.c ---- */
extern const struct store_schema usrloc_schema;
/** Write a plan that a record was made of; done as for store_run_all(). */
int  journal_write(struct slice node, struct slice aor, const struct plan *plan,
    store_done_fn *done, void *arg);
/** Control thread, at start: read all bindings that are still good into the table. Count or error. */
int  journal_load(struct usrloc *ul, struct slice node);
/** Worker: delete the row of a binding that has run out. What is left behind a purge takes. */
void journal_forget(struct usrloc *ul, struct slice aor, const struct binding *b);
/** The same for all rows that ran out before, in unix seconds; reads the whole table. */
void journal_purge(struct usrloc *ul, int64_t before);

/* ---- event.c ---- */
extern const struct lcs_var usrloc_vars[];
/** Owner: event_route[usrloc:contact-expired] for a binding. */
void usrloc_event_expired(struct usrloc *ul, struct slice aor, const struct binding *b);

extern const struct lcs_rpc usrloc_rpcs[];

#endif
