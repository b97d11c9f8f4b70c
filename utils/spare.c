/*
 * utils/spare.c - see spare.h.
 */
#include "utils/spare.h"

#include <stdbool.h>
#include <stdlib.h>

#define CLASSES     5u
#define FIRST_SHIFT 8			/* the first class has 256 bytes */
#define KEPT_BYTES  (256u * 1024)	/* of one class and thread */

struct spare_block { struct spare_block *next; };

static _Thread_local struct {
	struct spare_block *first[CLASSES];
	unsigned            room[CLASSES];	/* how many more it keeps */
} spare;

/* CLASSES or more: not kept here. */
static unsigned class_of(size_t size)
{
	if (SPARE_BYPASSED)
		return CLASSES;
	if (size <= (size_t)1 << FIRST_SHIFT)
		return 0;
	return 64u - (unsigned)__builtin_clzll(size - 1) - FIRST_SHIFT;
}

static size_t bytes_of(unsigned class)
{
	return (size_t)1 << (FIRST_SHIFT + class);
}

void *spare_get(size_t size)
{
	unsigned class = class_of(size);
	struct spare_block *block;

	if (class >= CLASSES)
		return malloc(size);
	block = spare.first[class];
	if (!block)
		return malloc(bytes_of(class));
	spare.first[class] = block->next;
	spare.room[class]++;
	/* Whoever gets the next one would wait for its first line. */
	__builtin_prefetch(block->next, 1);
	return block;
}

void spare_put(void *old, size_t size)
{
	unsigned class = class_of(size);
	struct spare_block *block = old;

	if (!block)
		return;
	if (class >= CLASSES || spare.room[class] == 0) {
		free(block);
		return;
	}
	block->next = spare.first[class];
	spare.first[class] = block;
	spare.room[class]--;
}

void spare_begin(void)
{
	for (unsigned class = 0; class < CLASSES; class++)
		spare.room[class] = (unsigned)(KEPT_BYTES / bytes_of(class));
}

void spare_end(void)
{
	for (unsigned class = 0; class < CLASSES; class++) {
		struct spare_block *block;

		while ((block = spare.first[class])) {
			spare.first[class] = block->next;
			free(block);
		}
		spare.room[class] = 0;
	}
}
