/*
 * utils/epoch.h - deferred freeing for data that is read without locks.
 *
 * Each reader thread registers once and passes a quiet point once per turn of
 * its loop, when it holds no pointer into shared tables. What was unlinked is
 * freed after every registered thread has passed a quiet point since.
 * A thread that is about to sleep goes offline and is not waited for.
 */
#ifndef UTILS_EPOCH_H
#define UTILS_EPOCH_H

#include <stddef.h>

struct epoch_item {			/* embedded in what is to be freed */
	struct epoch_item *next;
	void (*drop)(struct epoch_item *item);
};

/** Per reader thread, which is online then; 0, or -ENOSPC beyond 256 of them. */
int  epoch_thread_register(void);
void epoch_thread_unregister(void);	/* hands its pending items on */

/** Nothing borrowed from shared tables is held by this thread now. Frees what is due. */
void epoch_quiet(void);
void epoch_offline(void);		/* quiet until epoch_online(): before it sleeps */
void epoch_online(void);

/** Any thread: free item (by drop, on some registered thread) after a grace period.
 *  drop may defer other items; in what order items are dropped is not promised. */
void epoch_defer(struct epoch_item *item, void (*drop)(struct epoch_item *item));

/** For shutdown, when no reader is left: free everything pending now. */
void epoch_drain(void);

#endif
