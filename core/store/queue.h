/*
 * core/store/queue.h - requests on their way to the store's threads: bounded, first in, first out.
 */
#ifndef CORE_STORE_QUEUE_H
#define CORE_STORE_QUEUE_H

#include "core/store/request.h"
#include "utils/lockorder.h"

struct store_queue {
	struct lock           lock;	/* all of it */
	struct store_request *first, **last;
	unsigned              waiting, limit;
	bool                  stopping;
	pthread_cond_t        filled;
};
#define STORE_QUEUE_INIT { .lock = LOCK_INIT(LOCK_STORE), .filled = PTHREAD_COND_INITIALIZER }

/** Empty it is, and may be filled; limit: how many may wait. Before its threads run. */
void store_queue_open(struct store_queue *q, unsigned limit);

/** Any thread. Takes req on 0 alone; -EAGAIN: full, -ENODEV: closed. */
int store_queue_put(struct store_queue *q, struct store_request *req);

/** Up to max requests, linked; waits for the first. NULL: closed, and nothing is left. */
struct store_request *store_queue_take(struct store_queue *q, unsigned max, unsigned *count);

/** Nothing more comes in; who waits is woken. */
void store_queue_close(struct store_queue *q);

/** How many wait now. Any thread. */
unsigned store_queue_length(struct store_queue *q);

#endif
