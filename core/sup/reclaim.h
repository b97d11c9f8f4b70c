/*
 * core/sup/reclaim.h - memory that a crowd has needed goes back to the system.
 *
 * When ten thousand clients sign in at once, what their messages and transactions took is
 * free afterwards, but lies between things that stay, and malloc keeps it.
 */
#ifndef CORE_SUP_RECLAIM_H
#define CORE_SUP_RECLAIM_H

#include "core/run/loop.h"

#include <stdbool.h>
#include <stddef.h>

struct reclaim {			/* begins as { 0 } */
	msec_t next;
	size_t stuck;			/* bytes that could not be given back last time, fading */
};

/** Is so much resident beyond what is in use that it is worth asking for it? Bytes. */
bool reclaim_is_worth(size_t resident, size_t in_use, size_t stuck);

/** Control thread, every second or so: look now and then, and give back what is free. Workers
 *  that allocate may wait some milliseconds meanwhile. */
void reclaim_tick(struct reclaim *r, msec_t now);

#endif
