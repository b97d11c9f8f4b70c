/*
 * core/mod/underway.h - transactions that are not over: how many, and what they hold.
 */
#ifndef CORE_MOD_UNDERWAY_H
#define CORE_MOD_UNDERWAY_H

#include "core/run/gen.h"
#include "utils/slice.h"

/** Control thread; asks each worker. What modules hold the end for (lcs_hold_end()) counts. Without a module that brings transactions: messages
 *  whose script has not ended. */
uint64_t underway_count(void);

#define HOLDER_CALL_ID_MAX 128u
struct holder {				/* of a generation */
	uint64_t transactions;		/* that hold it */
	uint64_t answered;		/* of these, only waiting for copies */
	char     call_id[HOLDER_CALL_ID_MAX];	/* of the oldest that is not answered; "" */
};
/** Control thread; asks each worker. */
void underway_holder(const struct gen *gen, struct holder *out);

#endif
