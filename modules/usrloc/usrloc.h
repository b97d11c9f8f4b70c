/*
 * modules/usrloc/usrloc.h - what the files of this module share.
 */
#ifndef MODULES_USRLOC_USRLOC_H
#define MODULES_USRLOC_USRLOC_H

#include "modules/usrloc/plan.h"
#include "modules/usrloc/table.h"
#include "utils/htab.h"

struct usrloc_conf {
	struct slice journal;		/* before, after, off */
	msec_t       purge_interval;
	bool         before, after;	/* from journal, by prepare */
};

struct usrloc_local {
	uint64_t     users, bindings, changes, expired, out_of_order, too_many, store_failures;
	struct htab  busy;		/* AORs whose change is on its way to disk */
	struct timer purge;		/* worker 0 */
	struct usrloc *ul;
};

struct usrloc {
	struct lcs_mod *mod;
	struct rtab    *table;
	bool            loaded;
};

/* ---- change.c ---- */
int  usrloc_change(struct usrloc *ul, const struct usrloc_change *c, usrloc_done_fn *done, void *arg);
int  usrloc_remove(struct usrloc *ul, struct slice aor, struct slice ruid);
/** Owner: some binding of this AOR has run out. */
void usrloc_expire(struct usrloc *ul, struct slice aor);

/* ---- table.c ---- */
/** Owner: (re)start a record's timer by its earliest expiry. */
void record_arm(struct record *r);

/* ---- journal.c ---- */
extern const struct store_schema usrloc_schema;
/** Write a plan; done as for store_run_all(). */
int  journal_write(struct slice aor, const struct plan *plan, store_done_fn *done, void *arg);
/** Control thread, at start: read all bindings that are still good into the table. Count or error. */
int  journal_load(struct usrloc *ul);
/** Worker: delete what ran out long ago. */
void journal_purge(int64_t before);

/* ---- event.c ---- */
extern const struct lcs_var usrloc_vars[];
/** Owner: event_route[usrloc:contact-expired] for a binding. */
void usrloc_event_expired(struct usrloc *ul, struct slice aor, const struct binding *b);

extern const struct lcs_rpc usrloc_rpcs[];

#endif
