/*
 * modules/usrloc/table.h - records: the bindings of one AOR as one immutable snapshot.
 *
 * A record is never changed: its owner publishes the next one in its place.
 * Bindings are shared between a record and its successor; only the owner counts
 * them. Readers hold nothing: epochs keep what they see until their quiet point.
 */
#ifndef MODULES_USRLOC_TABLE_H
#define MODULES_USRLOC_TABLE_H

#include "modules/usrloc/usrloc_api.h"
#include "utils/rtab.h"
#include "utils/siphash.h"

struct binding {
	struct usrloc_binding pub;	/* first; texts behind the struct */
	uint32_t              refs;	/* records of the owner that hold it */
	struct epoch_item     item;
};

struct record {
	struct rtab_node         node;	/* first */
	struct epoch_item        item;
	struct timer             expiry;	/* the owner's: earliest expiry */
	struct usrloc           *ul;
	struct usrloc_aor        pub;
	const struct usrloc_binding *list[];
};

static inline uint64_t aor_key(struct slice aor)
{
	return siphash_nocase(siphash_boot_key(), aor);
}
static inline unsigned aor_owner(struct slice aor) { return worker_of(aor_key(aor)); }

/** A binding with copies of all texts and a fresh ruid if b->ruid is empty; refs 0. NULL: memory. */
struct binding *binding_new(const struct usrloc_binding *b);
/** Owner, or before the workers run: free one that no record holds. */
void binding_free_unused(struct binding *b);

/** An unpublished record that holds count bindings (q order is made here). NULL: memory. */
struct record *record_new(struct usrloc *ul, struct slice aor, struct binding *const *bindings,
    unsigned count);
/** Give back a record that was never published. */
void record_discard(struct record *r);

/** Owner: put next (NULL: nothing) in the place of what is there for aor; timers move. */
void record_publish(struct usrloc *ul, struct slice aor, struct record *next);
/** Any worker; borrowed until its next quiet point. */
const struct record *record_find(const struct usrloc *ul, struct slice aor);

#endif
