/*
 * utils/lockorder.h - the few true locks, in the one order they may be taken.
 *
 * A thread may take a lock only if it holds none of the same or a later rank.
 * Checked at run time in every build: the check is a thread-local bit mask.
 * No lock is held across a callback.
 */
#ifndef UTILS_LOCKORDER_H
#define UTILS_LOCKORDER_H

#include <pthread.h>
#include <stdint.h>

enum lock_rank {
	LOCK_CONFIG,			/* control: one configuration change at a time */
	LOCK_EPOCH,			/* registry of reader threads, hand-over of pending items */
	LOCK_JOB_POOL,			/* a pool's queue */
	LOCK_STORE,			/* store's batch */
	LOCK_STORE_MIRROR,		/* what its thread is told, and tells */
	LOCK_NET,			/* connections by remote address (opening only) */
	LOCK_DNS_CACHE,			/* filling the cache */
	LOCK_STATS,			/* statistics registry */
	LOCK_TABLE,			/* one stripe of a table that scripts share */
	LOCK_RTAB,			/* one stripe of a read-mostly table */
	LOCK_LOG,			/* registry of log rings */
	LOCK_RANKS
};

struct lock { pthread_mutex_t mutex; enum lock_rank rank; };
#define LOCK_INIT(rank) { PTHREAD_MUTEX_INITIALIZER, (rank) }

/** Before another thread can see it. */
void lock_init(struct lock *l, enum lock_rank rank);
/** Nobody holds it, and nobody will. */
void lock_fini(struct lock *l);
/** Waits. Asserts that this thread holds none of this rank or a later one. */
void lock_take(struct lock *l);
/** By the thread that has taken it. */
void lock_drop(struct lock *l);
/** Wait on a condition with this lock held; timeout in ms, < 0 for ever.
 *  0 or -ETIMEDOUT. */
int  lock_wait(struct lock *l, pthread_cond_t *cond, int64_t timeout_ms);

#endif
