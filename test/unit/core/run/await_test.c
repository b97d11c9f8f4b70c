/*
 * What core/run/await.h promises: all that was begun has ended, or the wait is given up, and whoever
 * ends late ends in peace.
 */
#include "test/unit.h"

#include "core/run/await.h"

#include <errno.h>

#define WORKERS 3u
#define ERRANDS 50u
#define LONG    60000

struct errand { struct await *await; int number; };

static const struct worker_conf conf = { WORKERS, 8 };
static struct errand errands[ERRANDS];
static struct await *held;

static void carry_out(void *arg)
{
	struct errand *e = arg;

	((int *)await_room(e->await))[e->number] = e->number;
	await_end(e->await);
}

static void all_have_ended_when_the_wait_is_over(void **state)
{
	struct await *a = await_new(ERRANDS * sizeof(int));
	const int *room;

	(void)state;
	assert_non_null(a);
	room = await_room(a);
	for (unsigned i = 0; i < ERRANDS; i++) {
		assert_int_equal(room[i], 0);
		errands[i] = (struct errand){ a, (int)i };
		await_begin(a);
		assert_int_equal(worker_post_fn(i % WORKERS, carry_out, &errands[i]), 0);
	}
	assert_int_equal(await_all(a, LONG), 0);
	for (unsigned i = 0; i < ERRANDS; i++)
		assert_int_equal(room[i], i);
	await_unref(&a);
	assert_null(a);
}

static void nothing_to_wait_for_is_no_wait(void **state)
{
	struct await *a = await_new(0);

	(void)state;
	assert_int_equal(await_all(a, 1), 0);
	await_unref(&a);
	await_unref(&a);
}

static void end_held(void *arg)
{
	(void)arg;
	*(int *)await_room(held) = 7;
	await_end(held);
}

static void who_ends_after_the_wait_was_given_up_writes_to_what_is_still_there(void **state)
{
	(void)state;
	held = await_new(sizeof(int));
	await_begin(held);
	struct await *mine = held;

	assert_int_equal(await_all(mine, 20), -ETIMEDOUT);
	await_unref(&mine);
	assert_int_equal(worker_post_fn(0, end_held, NULL), 0);
}

static void what_is_part_of_one_answer_shares_its_time(void **state)
{
	struct await *late = await_new(0), *done = await_new(0), *alone = await_new(0);
	msec_t begun = clock_mono();

	(void)state;
	await_begin(late);
	await_together(20);
	await_together(LONG);
	assert_int_equal(await_all(late, LONG), -ETIMEDOUT);
	assert_true(clock_mono() - begun < LONG);
	assert_int_equal(await_all(done, LONG), 0);
	await_apart();
	await_apart();
	assert_int_equal(await_all(alone, LONG), 0);
	await_end(late);
	await_unref(&late);
	await_unref(&done);
	await_unref(&alone);
}

static int start(void **state)
{
	(void)state;
	return workers_start(&conf);
}

static int stop(void **state)
{
	(void)state;
	workers_stop();
	return 0;
}

UNIT_MAIN(
	cmocka_unit_test_setup_teardown(all_have_ended_when_the_wait_is_over, start, stop),
	cmocka_unit_test_setup_teardown(what_is_part_of_one_answer_shares_its_time, start, stop),
	cmocka_unit_test_setup_teardown(nothing_to_wait_for_is_no_wait, start, stop),
	cmocka_unit_test_setup_teardown(
	    who_ends_after_the_wait_was_given_up_writes_to_what_is_still_there, start, stop))
