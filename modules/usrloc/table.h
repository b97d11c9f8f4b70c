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

enum binding_text {
	TEXT_CONTACT, TEXT_PARAMS, TEXT_CALL_ID, TEXT_USER_AGENT, TEXT_INSTANCE, TEXT_PATH,
	TEXT_NODE, TEXT_RUID, TEXTS
};

/* A binding as it is kept. There are as many as clients, so it is packed: the texts lie one
 * behind the other, behind them the addresses, as long as their family needs. */
struct binding {
	struct epoch_item item;
	int64_t           expires;
	flow_id           flow;
	uint32_t          lifetime;	/* expires - changed */
	uint32_t          cseq, reg_id, methods;
	uint16_t          q, listener;
	uint16_t          len[TEXTS];
	uint8_t           refs;		/* records of the owner that hold it: one, or two for a moment */
	uint8_t           transport;
	uint8_t           remote_len, local_len;
	char              text[];
};

struct record {
	struct rtab_node    node;	/* first */
	struct epoch_item   item;
	struct timer        expiry;	/* the owner's: earliest expiry */
	struct usrloc      *ul;
	struct usrloc_aor   pub;
	uint32_t            aor_len;
	struct binding     *list[];	/* behind it the AOR */
};

static inline struct slice record_aor(const struct record *r)
{
	return slice_of((const char *)&r->list[r->pub.count], r->aor_len);
}

static inline uint64_t aor_key(struct slice aor)
{
	return siphash_nocase(siphash_boot_key(), aor);
}
static inline unsigned aor_owner(struct slice aor) { return worker_of(aor_key(aor)); }

static inline int64_t binding_changed(const struct binding *b)
{
	return b->expires - b->lifetime;
}

/** Is there room for its texts in a struct binding? */
bool binding_fits(const struct usrloc_binding *b);
/** Copies of all texts, and a fresh ruid if b->ruid is empty; refs 0. It must fit. NULL: memory. */
struct binding *binding_new(const struct usrloc_binding *b);
/** One of its texts; borrowed. */
struct slice binding_text(const struct binding *b, enum binding_text which);
/** All of it, for readers; texts borrowed. */
void binding_unpack(const struct binding *b, struct usrloc_binding *out);
/** Owner, or before the workers run: free one that no record holds. */
void binding_free_unused(struct binding *b);

/** An unpublished record that holds count bindings (q order is made here). NULL: memory. */
struct record *record_new(struct usrloc *ul, struct slice aor, struct binding *const *bindings,
    unsigned count);
/** Give back a record that was never published. */
void record_discard(struct record *r);

/** Owner: put next (NULL: nothing) in the place of old (NULL: nothing is there); timers move. */
void record_publish(struct usrloc *ul, struct record *old, struct record *next, uint64_t key);
/** Any worker; key is aor_key(aor). Borrowed until its next quiet point. */
const struct record *record_find(const struct usrloc *ul, struct slice aor, uint64_t key);
/** The same for who owns it. */
struct record *record_mine(const struct usrloc *ul, struct slice aor, uint64_t key);

#endif
