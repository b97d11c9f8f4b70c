/*
 * utils/htab.h - intrusive hash table of one owner thread; grows by itself.
 *
 * Hashes must be keyed where the key comes from the wire: utils/siphash.h.
 */
#ifndef UTILS_HTAB_H
#define UTILS_HTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct htab_node { struct htab_node *next; uint64_t hash; };

/* For each chain its first node, and a byte that says which nodes it cannot have. */
struct htab_chains { struct htab_node **first; uint8_t *marks; };

struct htab {
	struct htab_chains now;
	size_t             mask;	/* chains - 1 */
	size_t             count;
	struct htab_chains old;		/* while growing: those not moved yet */
	size_t             moved;
};

typedef bool htab_match_fn(const struct htab_node *node, const void *key);

/** 0 or -ENOMEM. slots is rounded up to a power of two. */
int  htab_init(struct htab *t, size_t slots);
/** Frees the slots, not the nodes. */
void htab_fini(struct htab *t);
/** Cannot fail: if growing fails the chains just get longer. */
void htab_insert(struct htab *t, struct htab_node *node, uint64_t hash);
void htab_remove(struct htab *t, struct htab_node *node);
/** First node with that hash for which match says yes, or NULL. */
struct htab_node *htab_find(const struct htab *t, uint64_t hash,
    htab_match_fn *match, const void *key);
/** Next match behind node in the same chain, or NULL. */
struct htab_node *htab_find_next(const struct htab_node *node,
    htab_match_fn *match, const void *key);
/** Calls fn for every node; fn may remove (only) the node it was given,
 *  and free it; it may not insert. */
void htab_each(struct htab *t, void (*fn)(struct htab_node *node, void *arg), void *arg);

#endif
