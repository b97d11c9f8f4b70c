/*
 * core/run/post.c - a function and its argument as an item for another worker's inbox.
 *
 * The lab has workers of its own and the same need, so this stands apart from theirs.
 */
#include "core/run/worker.h"

#include <errno.h>
#include <stdlib.h>

struct post_fn { struct inbox_item item; void (*fn)(void *arg); void *arg; };

static void run_fn(struct inbox_item *item)
{
	struct post_fn *p = container_of(item, struct post_fn, item), call = *p;

	free(p);
	call.fn(call.arg);
}

int worker_post_fn(unsigned index, void (*fn)(void *arg), void *arg)
{
	struct post_fn *p = malloc(sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->item.run = run_fn;
	p->fn = fn;
	p->arg = arg;
	return worker_post(index, &p->item, INBOX_MUST);
}
