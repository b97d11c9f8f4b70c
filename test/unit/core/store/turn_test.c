/*
 * Who waits for the turn gets it before who had it a moment ago.
 */
#include "core/store/turn.h"

#include "test/unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define OTHERS 3u

static struct store_turn turn = STORE_TURN_INIT;
static _Atomic unsigned served, order[OTHERS];

/* Numbers that are given out and not served yet. */
static uint64_t people(void)
{
	uint64_t n;

	lock_take(&turn.lock);
	n = turn.next - turn.now;
	lock_drop(&turn.lock);
	return n;
}

static void *wait_in_line(void *arg)
{
	unsigned *name = arg;

	store_turn_take(&turn);
	order[served++] = *name;
	store_turn_give(&turn);
	return NULL;
}

static void who_comes_again_is_behind_who_waits(void **state)
{
	static const struct timespec pause = { 0, 1000000 };
	unsigned names[OTHERS] = { 1, 2, 3 };
	pthread_t others[OTHERS];

	(void)state;
	store_turn_take(&turn);
	for (unsigned i = 0; i < OTHERS; i++) {
		assert_int_equal(pthread_create(&others[i], NULL, wait_in_line, &names[i]), 0);
		while (people() < i + 2)
			nanosleep(&pause, NULL);
	}
	assert_int_equal(served, 0);
	/* As the control thread does, whose next change is ready at once. */
	store_turn_give(&turn);
	store_turn_take(&turn);
	assert_int_equal(served, OTHERS);
	for (unsigned i = 0; i < OTHERS; i++)
		assert_int_equal(order[i], names[i]);
	store_turn_give(&turn);
	for (unsigned i = 0; i < OTHERS; i++)
		pthread_join(others[i], NULL);
	assert_int_equal(people(), 0);
}

UNIT_MAIN(
	cmocka_unit_test(who_comes_again_is_behind_who_waits))
