/*
 * utils/pool.h - memory for many small things of one owner, handed out again and again.
 *
 * Pieces of up to 1 KiB in steps of 16 bytes come from slabs and go back to
 * free lists; nothing is given back to the system before the pool ends.
 * Larger ones are malloc's. A piece may be put into another pool than it came
 * from, if that one ends no later.
 */
#ifndef UTILS_POOL_H
#define UTILS_POOL_H

#include <stddef.h>
#include <stdint.h>

#define POOL_STEP    16u
#define POOL_CLASSES 64u

struct pool_piece { struct pool_piece *next; };

struct pool {
	struct pool_piece *free[POOL_CLASSES];
	struct pool_piece *slabs;
	char              *at, *end;	/* what is left of the newest slab */
	uint64_t           bytes;	/* taken from the system for slabs */
};

/** Not cleared; NULL if memory is short. */
void *pool_get(struct pool *p, size_t size);
/** With the size it was got with. NULL is fine. */
void pool_put(struct pool *p, void *piece, size_t size);
/** Nothing that was handed out may be used any more. */
void pool_fini(struct pool *p);

#endif
