/*
 * What core/run/worker.h promises: starting and stopping in step, and the ways in between.
 */
#include "test/unit.h"

#include "core/run/timer.h"
#include "core/run/worker.h"
#include "utils/list.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>

#define WORKERS 4u

static const struct worker_conf conf = { WORKERS, 8 };

/* ---- parts ---- */

static _Atomic int  started[3], stopped[3];
static _Atomic bool order_wrong, index_wrong;
static int          fail_part = -1;
static unsigned     fail_worker;

static int part_start(unsigned index, void *arg)
{
	int which = (int)(intptr_t)arg;

	if (worker_self() != (int)index || !worker_loop())
		index_wrong = true;
	if (which == fail_part && index == fail_worker)
		return -EIO;
	started[which]++;
	return 0;
}

static void part_stop(unsigned index, void *arg)
{
	int which = (int)(intptr_t)arg;

	if (worker_self() != (int)index)
		index_wrong = true;
	stopped[which]++;
	/* Reverse order: whatever was started later has stopped at least as often. */
	if (which < 2 && stopped[which] > stopped[which + 1])
		order_wrong = true;
}

static void register_parts(void)
{
	static const char *const names[] = { "first", "second", "third" };

	memset((void *)started, 0, sizeof(started));
	memset((void *)stopped, 0, sizeof(stopped));
	order_wrong = index_wrong = false;
	fail_part = -1;
	for (intptr_t i = 0; i < 3; i++) {
		const struct worker_part part = { names[i], part_start, part_stop, (void *)i };

		worker_register(&part);
	}
}

static _Atomic unsigned left_done;

static void do_left(void *arg)
{
	(void)arg;
	left_done++;
}

static int leave_something(unsigned index, void *arg)
{
	(void)arg;
	return worker_post_fn(index, do_left, NULL);
}

/* A client that comes back in the same moment must find what the store had. */
static void what_parts_leave_to_be_done_is_done_before_start_returns(void **state)
{
	const struct worker_part part = { "leaves", leave_something, NULL, NULL };

	(void)state;
	left_done = 0;
	worker_register(&part);
	assert_int_equal(workers_start(&conf), 0);
	assert_int_equal(left_done, WORKERS);
	workers_stop();
}

static void every_part_starts_on_every_worker_before_start_returns(void **state)
{
	(void)state;
	register_parts();
	assert_int_equal(workers_start(&conf), 0);
	assert_int_equal(worker_count(), WORKERS);
	assert_int_equal(worker_self(), -1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(started[i], WORKERS);
	workers_stop();
	for (int i = 0; i < 3; i++)
		assert_int_equal(stopped[i], WORKERS);
	assert_false(order_wrong);
	assert_false(index_wrong);
	assert_int_equal(worker_count(), 0);
	workers_stop();
}

static void one_part_that_fails_stops_all_and_is_told(void **state)
{
	(void)state;
	for (fail_worker = 0; fail_worker < WORKERS; fail_worker++) {
		register_parts();
		fail_part = 1;
		assert_int_equal(workers_start(&conf), -EIO);
		assert_int_equal(worker_count(), 0);
		/* What was started is stopped, no more and no less. */
		for (int i = 0; i < 3; i++)
			assert_int_equal(stopped[i], started[i]);
		assert_int_equal(started[1], WORKERS - 1);
	}
	register_parts();
	assert_int_equal(workers_start(&conf), 0);
	workers_stop();
}

/* ---- posting ---- */

static _Atomic unsigned runs;
static _Atomic bool     wrong;

static void count_on(void *arg)
{
	if (worker_self() != (int)(intptr_t)arg)
		wrong = true;
	runs++;
}

static void a_function_runs_on_the_worker_it_was_posted_to(void **state)
{
	(void)state;
	runs = 0;
	wrong = false;
	assert_int_equal(workers_start(&conf), 0);
	for (unsigned n = 0; n < 1000; n++)
		assert_int_equal(worker_post_fn(n % WORKERS, count_on,
		    (void *)(intptr_t)(n % WORKERS)), 0);
	await(runs == 1000);
	workers_stop();
	assert_false(wrong);
}

struct ball { struct inbox_item item; unsigned at, left; };

static void bounce(struct inbox_item *item)
{
	struct ball *ball = container_of(item, struct ball, item);

	if (worker_self() != (int)ball->at)
		wrong = true;
	runs++;
	if (ball->left-- == 0)
		return;
	ball->at = (ball->at + 1) % WORKERS;
	worker_post(ball->at, &ball->item, INBOX_MUST);
}

/* Each hop finds the next worker asleep or about to sleep: no wake-up may be lost. */
static void no_wake_up_is_lost(void **state)
{
	struct ball balls[3];

	(void)state;
	runs = 0;
	wrong = false;
	assert_int_equal(workers_start(&conf), 0);
	for (unsigned i = 0; i < 3; i++) {
		balls[i] = (struct ball){ .item.run = bounce, .at = i, .left = 20000 };
		worker_post(i, &balls[i].item, INBOX_MUST);
	}
	for (int ms = 0; runs < 3 * 20001 && ms < 60000; ms++)
		poll(NULL, 0, 1);
	assert_int_equal(runs, 3 * 20001);
	assert_false(wrong);
	workers_stop();
}

/* What is on its way when the stop is asked for still arrives, on its worker. */
static void stopping_runs_what_is_under_way(void **state)
{
	struct ball balls[WORKERS];

	(void)state;
	runs = 0;
	wrong = false;
	assert_int_equal(workers_start(&conf), 0);
	for (unsigned i = 0; i < WORKERS; i++) {
		balls[i] = (struct ball){ .item.run = bounce, .at = i, .left = 1000 };
		worker_post(i, &balls[i].item, INBOX_MUST);
	}
	workers_stop();
	assert_int_equal(runs, WORKERS * 1001);
	assert_false(wrong);
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void wait_at_gate(void *arg)
{
	(void)arg;
	runs++;
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
}

static void nothing(struct inbox_item *item)
{
	(void)item;
	runs++;
}

static void a_full_inbox_refuses_what_may_be_refused(void **state)
{
	static struct inbox_item items[16];
	unsigned posted = 0;

	(void)state;
	runs = 0;
	assert_int_equal(workers_start(&conf), 0);
	pthread_mutex_lock(&gate);
	assert_int_equal(worker_post_fn(1, wait_at_gate, NULL), 0);
	await(runs == 1);
	for (unsigned i = 0; i < 15; i++) {
		items[i].run = nothing;
		posted += worker_post(1, &items[i], INBOX_MAY_REFUSE) == 0;
	}
	assert_in_range(posted, 7, 8);
	assert_in_range(worker_inbox_depth(1), 8, 9);
	items[15].run = nothing;
	assert_int_equal(worker_post(1, &items[15], INBOX_MUST), 0);
	pthread_mutex_unlock(&gate);
	await(runs == 1 + posted + 1);
	await(worker_inbox_depth(1) == 0);
	workers_stop();
}

static unsigned visited[WORKERS], visits;

static void visit(unsigned index, void *arg)
{
	assert_ptr_equal(arg, visited);
	if (worker_self() != (int)index)
		wrong = true;
	visited[visits++] = index;
}

static void on_each_visits_all_one_after_the_other(void **state)
{
	(void)state;
	wrong = false;
	visits = 0;
	assert_int_equal(workers_start(&conf), 0);
	worker_on_each(visit, visited);
	workers_stop();
	assert_int_equal(visits, WORKERS);
	for (unsigned i = 0; i < WORKERS; i++)
		assert_int_equal(visited[i], i);
	assert_false(wrong);
}

/* ---- keys ---- */

static void keys_spread_evenly_and_stay(void **state)
{
	unsigned hits[WORKERS] = { 0 };
	uint64_t key = 1;

	(void)state;
	assert_int_equal(workers_start(&conf), 0);
	for (unsigned i = 0; i < 40000; i++) {
		key = key * 6364136223846793005u + 1442695040888963407u;
		assert_true(worker_of(key) < WORKERS);
		assert_int_equal(worker_of(key), worker_of(key));
		hits[worker_of(key)]++;
	}
	for (unsigned i = 0; i < WORKERS; i++)
		assert_in_range(hits[i], 9000, 11000);
	assert_int_equal(worker_of(UINT64_MAX), WORKERS - 1);
	assert_int_equal(worker_of(0), 0);
	workers_stop();
}

/* ---- timers ---- */

static struct timer timer;

static void fired(struct timer *t)
{
	if (worker_self() != 2 || t != &timer)
		wrong = true;
	runs++;
}

static void start_timer(void *arg)
{
	timer_init(&timer, fired);
	timer_start(&timer, (msec_t)(intptr_t)arg);
	if (!timer_is_running(&timer))
		wrong = true;
}

static void start_and_stop_timer(void *arg)
{
	start_timer(arg);
	timer_stop(&timer);
	if (timer_is_running(&timer))
		wrong = true;
}

static void a_timer_wakes_its_sleeping_worker(void **state)
{
	(void)state;
	runs = 0;
	wrong = false;
	assert_int_equal(workers_start(&conf), 0);
	worker_post_fn(2, start_and_stop_timer, (void *)(intptr_t)1);
	worker_post_fn(2, start_timer, (void *)(intptr_t)40);
	await(runs == 1);
	workers_stop();
	assert_int_equal(runs, 1);
	assert_false(wrong);
}

/* ---- the heart ---- */

static void a_beat_is_even_while_asleep_and_odd_while_busy(void **state)
{
	static struct worker_heart hearts[WORKERS_MAX];
	uint64_t busy;

	(void)state;
	runs = 0;
	worker_set_hearts(hearts);
	assert_int_equal(workers_start(&conf), 0);
	for (unsigned i = 0; i < WORKERS; i++) {
		await(atomic_load(&hearts[i].beat) % 2 == 0);
		assert_true(atomic_load(&hearts[i].tid) > 0);
	}
	pthread_mutex_lock(&gate);
	worker_post_fn(3, wait_at_gate, NULL);
	await(runs == 1);
	busy = atomic_load(&hearts[3].beat);
	assert_int_equal(busy % 2, 1);
	pthread_mutex_unlock(&gate);
	await(atomic_load(&hearts[3].beat) > busy);
	assert_true(worker_turns(3) >= busy / 2);
	workers_stop();
	worker_set_hearts(NULL);
}

static _Atomic bool is_enough;

static void run_again(struct inbox_item *item)
{
	if (!is_enough)
		worker_post((unsigned)worker_self(), item, INBOX_MUST);
}

/* Overload is no reason to be ended: turns go by, though there is never time to sleep. */
static void a_beat_goes_on_when_there_is_no_sleep(void **state)
{
	static struct worker_heart hearts[WORKERS_MAX];
	struct inbox_item item = { .run = run_again };
	uint64_t first;

	(void)state;
	is_enough = false;
	worker_set_hearts(hearts);
	assert_int_equal(workers_start(&conf), 0);
	worker_post(3, &item, INBOX_MUST);
	await(atomic_load(&hearts[3].beat) % 2 == 1);
	first = atomic_load(&hearts[3].beat);
	for (unsigned i = 1; i < 20; i++) {
		await(atomic_load(&hearts[3].beat) >= first + 2 * i);
		assert_int_equal(atomic_load(&hearts[3].beat) % 2, 1);
	}
	is_enough = true;
	await(atomic_load(&hearts[3].beat) % 2 == 0);
	workers_stop();
	worker_set_hearts(NULL);
}

UNIT_MAIN(
	cmocka_unit_test(every_part_starts_on_every_worker_before_start_returns),
	cmocka_unit_test(what_parts_leave_to_be_done_is_done_before_start_returns),
	cmocka_unit_test(one_part_that_fails_stops_all_and_is_told),
	cmocka_unit_test(a_function_runs_on_the_worker_it_was_posted_to),
	cmocka_unit_test(no_wake_up_is_lost),
	cmocka_unit_test(stopping_runs_what_is_under_way),
	cmocka_unit_test(a_full_inbox_refuses_what_may_be_refused),
	cmocka_unit_test(on_each_visits_all_one_after_the_other),
	cmocka_unit_test(keys_spread_evenly_and_stay),
	cmocka_unit_test(a_timer_wakes_its_sleeping_worker),
	cmocka_unit_test(a_beat_is_even_while_asleep_and_odd_while_busy),
	cmocka_unit_test(a_beat_goes_on_when_there_is_no_sleep))
