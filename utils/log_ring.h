/*
 * utils/log_ring.h - log records from one thread to the log thread, without locks;
 * private to utils/log*.c.
 */
#ifndef UTILS_LOG_RING_H
#define UTILS_LOG_RING_H

#include "utils/log_record.h"

#include <stdatomic.h>

struct log_ring;

struct log_ring *log_ring_new(void);	/* NULL if memory is short */
void log_ring_free(struct log_ring **ring);

/* ---- the thread that logs ---- */

/** Copy r in; false if there is no room, which is counted. */
bool log_ring_put(struct log_ring *ring, const struct log_record *r);
/** More than half full? */
bool log_ring_is_filling(struct log_ring *ring);
/** Nothing will be put any more. */
void log_ring_close(struct log_ring *ring);

/* ---- the log thread ---- */

/** The oldest record, borrowed until log_ring_pop(); false if there is none. */
bool log_ring_peek(struct log_ring *ring, struct log_record *r);
void log_ring_pop(struct log_ring *ring);
/** How many were refused since this was last asked. */
unsigned log_ring_take_lost(struct log_ring *ring);
/** Closed, and nothing is left in it: free it. */
bool log_ring_is_finished(struct log_ring *ring);

#endif
