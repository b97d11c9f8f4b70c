/*
 * core/store/turn.h - who writes next, where a database takes one writer at a time.
 *
 * SQLite makes the others look again every 100 ms until five seconds are over: where the disk
 * is slow and administration goes on and on, or the mirror has much to bring, the server's
 * writer never found it free. Here whoever comes first is first.
 */
#ifndef CORE_STORE_TURN_H
#define CORE_STORE_TURN_H

#include "utils/lockorder.h"

#include <pthread.h>
#include <stdint.h>

struct store_turn {
	struct lock    lock;
	pthread_cond_t given;
	uint64_t       next, now;	/* the number that the next one gets; the one whose turn it is */
};
#define STORE_TURN_INIT { LOCK_INIT(LOCK_STORE), PTHREAD_COND_INITIALIZER, 0, 0 }

/** Wait for one's turn, behind all who wait already. Holds no lock afterwards: what is done
 *  in it may take its time and locks of its own. Not by who has it. */
void store_turn_take(struct store_turn *t);
/** By who has it. */
void store_turn_give(struct store_turn *t);

#endif
