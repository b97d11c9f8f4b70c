/*
 * modules/usrloc/table.h - records: the bindings of one AOR as one immutable snapshot.
 *
 * A record is never changed: its owner publishes the next one in its place. It
 * is one piece of memory with all bindings in it, for most users have one.
 * Readers hold nothing: epochs keep what they see until their quiet point.
 */
#ifndef MODULES_USRLOC_TABLE_H
#define MODULES_USRLOC_TABLE_H

#include "modules/usrloc/usrloc_api.h"
#include "utils/list.h"
#include "utils/rtab.h"
#include "utils/siphash.h"

_Static_assert(USRLOC_PARTS == RTAB_PARTS, "each() visits parts of the table");

enum binding_text {
	TEXT_CONTACT, TEXT_PARAMS, TEXT_CALL_ID, TEXT_USER_AGENT, TEXT_INSTANCE, TEXT_PATH,
	TEXT_NODE, TEXT_RUID, TEXTS
};

/* A binding as it is kept. There are as many as clients, so it is packed: the texts lie one
 * behind the other, behind them the addresses, as long as their family needs, and the flow. */
struct binding {
	uint32_t expires;		/* unix seconds, which is good until 2106 */
	uint32_t lifetime;		/* expires - changed */
	uint32_t cseq, reg_id, methods;
	uint16_t q, listener;
	uint8_t  transport;
	uint8_t  remote_len, local_len, flow_len;
	uint16_t len[TEXTS];
	char     text[];
};

struct record {
	struct rtab_node  node;		/* first */
	union {
		struct list       due;	/* published: in its owner's list of what runs out */
		struct epoch_item item;	/* replaced: until every reader has gone on */
	};
	struct usrloc    *ul;
	struct usrloc_aor pub;
	uint32_t          size;		/* bytes of all this */
	uint32_t          aor_len;
	uint32_t          at[];		/* where in it each binding begins; then comes the AOR */
};

static inline struct slice record_aor(const struct record *r)
{
	return slice_of((const char *)&r->at[r->pub.count], r->aor_len);
}

static inline const struct binding *record_binding(const struct record *r, unsigned i)
{
	return (const void *)((const char *)r + r->at[i]);
}

static inline uint64_t aor_key(struct slice aor) { return lcs_user_key(aor); }
static inline unsigned aor_owner(struct slice aor) { return worker_of(aor_key(aor)); }

static inline int64_t binding_changed(const struct binding *b)
{
	return (int64_t)b->expires - b->lifetime;
}

/** Is there room for its texts in a struct binding? */
bool binding_fits(const struct usrloc_binding *b);
/** One of its texts; borrowed. */
struct slice binding_text(const struct binding *b, enum binding_text which);
/** All of it, for readers; texts borrowed. */
void binding_unpack(const struct binding *b, struct usrloc_binding *out);

/* What a record is made of: bindings that another record has, and new ones. */
struct record_part {
	const struct binding        *have;	/* what is there now; NULL: nothing */
	const struct usrloc_binding *want;	/* what takes its place; NULL: it stays */
	const struct binding        *made;	/* of want, in the new record */
};

/**
 * An unpublished record. Texts are copied; a want keeps the ruid of what it
 * replaces, or else gets a fresh one if it brings none. It must fit.
 *
 * @param parts  are put in the order of q, and made is set
 * @return NULL if memory is short
 */
struct record *record_new(struct usrloc *ul, struct slice aor, struct record_part *parts,
    unsigned count);
/** Give back a record that nobody can see. */
void record_discard(struct record *r);

/** Owner: put next (NULL: nothing) in the place of old (NULL: nothing is there). */
void record_publish(struct usrloc *ul, struct record *old, struct record *next, uint64_t key);
/** Any worker; key is aor_key(aor). Borrowed until its next quiet point. */
const struct record *record_find(const struct usrloc *ul, struct slice aor, uint64_t key);
/** The same for who owns it. */
struct record *record_mine(const struct usrloc *ul, struct slice aor, uint64_t key);

#endif
