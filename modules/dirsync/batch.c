/*
 * modules/dirsync/batch.c - what goes from the thread to control.
 */
#include "modules/dirsync/dirsync.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

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

void batch_append(struct dirsync *d, struct dirsync_batch *b)
{
	*d->last = b;
	d->last = &b->next;
	d->waiting++;
}

int batch_kick(struct dirsync *d)
{
	const uint64_t one = 1;

	/* A count that is full wakes, too. */
	return write(d->kick, &one, sizeof(one)) < 0 && errno != EAGAIN ? -errno : 0;
}
