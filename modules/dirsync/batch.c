/*
 * modules/dirsync/batch.c - what goes from the thread to control.
 */
#include "modules/dirsync/dirsync.h"

#include <stdlib.h>

struct dirsync_batch *batch_new(void)
{
	struct dirsync_batch *b = calloc(1, sizeof(*b));

	if (b)
		b->arena = arena_new(0);
	if (b && b->arena)
		return b;
	free(b);
	return NULL;
}

void batch_free(struct dirsync_batch **b)
{
	if (!*b)
		return;
	ids_free(&(*b)->ids);
	arena_free(&(*b)->arena);
	free(*b);
	*b = NULL;
}
