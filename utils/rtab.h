/*
 * utils/rtab.h - hash table read by all threads without locks.
 *
 * Readers may be any registered epoch thread; a found node stays valid until
 * the reader's next quiet point. Writers are serialised per stripe by a lock
 * that is held only for linking and unlinking (writers are the owners of the
 * nodes, so they never want the same node). Nodes are immutable to readers
 * except for fields their owner declares atomic.
 */
#ifndef UTILS_RTAB_H
#define UTILS_RTAB_H

#include "utils/epoch.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct rtab;
struct rtab_node {			/* embedded; private to rtab.c */
	struct rtab_node *_Atomic next;
	uint64_t          hash;		/* not as given: see rtab.c */
};

typedef bool rtab_match_fn(const struct rtab_node *node, const void *key);

struct rtab *rtab_new(size_t slots_hint);	/* NULL if memory is short; grows by itself */
void rtab_free(struct rtab **t);		/* no readers any more; nodes are the owner's */
size_t rtab_count(const struct rtab *t);

/** The first with that hash that match() takes; NULL if there is none. It stays until this
 *  thread's next quiet point. */
const struct rtab_node *rtab_find(const struct rtab *t, uint64_t hash,
    rtab_match_fn *match, const void *key);
/** A search for that hash, or an insertion, comes later: begin to fetch where it will start. */
void rtab_foresee(const struct rtab *t, uint64_t hash);
/** It comes soon: begin to fetch what it will look at. */
void rtab_expect(const struct rtab *t, uint64_t hash);
/** By the node's owner, who looked first: two nodes with one key are not noticed. */
void rtab_insert(struct rtab *t, struct rtab_node *node, uint64_t hash);
/** Unlinks; free it by epoch_defer(). */
void rtab_remove(struct rtab *t, struct rtab_node *node);
/** Put new in old's place in one step for readers; free old by epoch_defer(). */
void rtab_replace(struct rtab *t, struct rtab_node *old, struct rtab_node *new_node);
/** Visit all nodes; within one call no quiet point is passed. Nodes that come
 *  or go meanwhile may be seen or not, none is seen twice. When no thread reads any
 *  more, fn may free the node it was given (before rtab_free()). */
void rtab_each(const struct rtab *t,
    void (*fn)(const struct rtab_node *node, void *arg), void *arg);
/** The same for one of RTAB_PARTS parts, each node being in the same one all the time: whoever
 *  visits all of them again and again does so bit by bit. fn may remove the node it was given. */
#define RTAB_PARTS 32u
void rtab_each_in(const struct rtab *t, unsigned part,
    void (*fn)(const struct rtab_node *node, void *arg), void *arg);

#endif
