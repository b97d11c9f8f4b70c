/*
 * core/store/queue.c - see queue.h.
 */
#include "core/store/queue.h"

#include <errno.h>

void store_queue_open(struct store_queue *q, unsigned limit)
{
	q->first = NULL;
	q->last = &q->first;
	q->waiting = 0;
	q->limit = limit;
	q->stopping = false;
}

int store_queue_put(struct store_queue *q, struct store_request *req)
{
	int err = 0;

	req->next = NULL;
	lock_take(&q->lock);
	if (q->stopping)
		err = -ENODEV;
	else if (q->waiting >= q->limit)
		err = -EAGAIN;
	if (!err) {
		*q->last = req;
		q->last = &req->next;
		q->waiting++;
		pthread_cond_signal(&q->filled);
	}
	lock_drop(&q->lock);
	return err;
}

/* Cuts the list behind max requests at most. */
static struct store_request *cut(struct store_queue *q, unsigned max, unsigned *count)
{
	struct store_request *first = q->first, **at = &q->first, *rest;

	for (*count = 0; *at && *count < max; (*count)++)
		at = &(*at)->next;
	rest = *at;
	*at = NULL;
	q->first = rest;
	if (!rest)
		q->last = &q->first;
	q->waiting -= *count;
	return first;
}

struct store_request *store_queue_take(struct store_queue *q, unsigned max, unsigned *count)
{
	struct store_request *first;

	lock_take(&q->lock);
	while (!q->first && !q->stopping)
		lock_wait(&q->lock, &q->filled, -1);
	first = cut(q, max, count);
	lock_drop(&q->lock);
	return first;
}

void store_queue_close(struct store_queue *q)
{
	lock_take(&q->lock);
	q->stopping = true;
	pthread_cond_broadcast(&q->filled);
	lock_drop(&q->lock);
}

unsigned store_queue_length(struct store_queue *q)
{
	unsigned length;

	lock_take(&q->lock);
	length = q->waiting;
	lock_drop(&q->lock);
	return length;
}
