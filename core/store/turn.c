/*
 * core/store/turn.c - numbers, as at a counter.
 */
#include "core/store/turn.h"

void store_turn_take(struct store_turn *t)
{
	uint64_t mine;

	lock_take(&t->lock);
	mine = t->next++;
	while (t->now != mine)
		lock_wait(&t->lock, &t->given, -1);
	lock_drop(&t->lock);
}

void store_turn_give(struct store_turn *t)
{
	lock_take(&t->lock);
	t->now++;
	pthread_cond_broadcast(&t->given);
	lock_drop(&t->lock);
}
