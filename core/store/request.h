/*
 * core/store/request.h - one question to the store on its way to a thread and back.
 *
 * One block of memory holds the request, its operations and copies of their
 * texts, so that the asker may forget everything at once.
 */
#ifndef CORE_STORE_REQUEST_H
#define CORE_STORE_REQUEST_H

#include "core/store/backend.h"

struct store_request {
	struct inbox_item     item;	/* for the way home */
	struct store_request *next;	/* in a queue */
	unsigned              home;	/* worker that asked */
	store_done_fn        *done;
	void                 *arg;
	int                   err;
	struct arena         *arena;	/* rows; NULL for writes */
	struct store_rows     rows;
	size_t                size_bytes;	/* of this block */
	size_t                op_count;
	struct store_op       ops[];
};

/** Copies ops and their texts. done is told with arg, on the worker that calls this. The caller's;
 *  NULL if memory is short. */
struct store_request *store_request_new(const struct store_op *ops, size_t count,
    store_done_fn *done, void *arg);
/** With its rows; on any thread, nobody else has it. */
void store_request_free(struct store_request *req);

/** Rows of a read, gathered in the request's arena; a store_row_fn. */
struct store_gather { struct store_request *req; size_t room; struct value *cells; };
void store_gather_row(void *gather, const struct value *cells, unsigned columns);

#endif
