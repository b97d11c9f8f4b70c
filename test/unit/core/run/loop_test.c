/*
 * What core/run/loop.h promises: one turn, its order, its clock.
 */
#include "test/unit.h"

#include "core/run/loop.h"
#include "utils/list.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

static char trace[64];

static void note(char c)
{
	size_t n = strlen(trace);

	assert_true(n + 1 < sizeof(trace));
	trace[n] = c;
	trace[n + 1] = '\0';
}

struct fixture {
	struct loop       *loop;
	int                ends[2];
	struct watch       watch, other;
	struct timer timer;
	struct loop_task   a, b;
};

static struct fixture f;

static void readable(struct watch *w, uint32_t events)
{
	char c;

	assert_true(events & EPOLLIN);
	assert_int_equal(read(w->fd, &c, 1), 1);
	note('r');
	loop_at_end(f.loop, &f.a);
	loop_at_end(f.loop, &f.a);
}

static void fired(struct timer *t)
{
	(void)t;
	note('t');
}

static void task_a(struct loop_task *t)
{
	(void)t;
	note('a');
	loop_at_end(f.loop, &f.b);
}

static void task_b(struct loop_task *t)
{
	(void)t;
	note('b');
}

static int set_up(void **state)
{
	(void)state;
	memset(&f, 0, sizeof(f));
	trace[0] = '\0';
	f.loop = loop_new();
	assert_non_null(f.loop);
	assert_int_equal(pipe(f.ends), 0);
	f.watch = (struct watch){ f.ends[0], readable };
	timer_init(&f.timer, fired);
	loop_task_init(&f.a, task_a);
	loop_task_init(&f.b, task_b);
	assert_int_equal(loop_watch(f.loop, &f.watch, EPOLLIN), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	loop_free(&f.loop);
	assert_null(f.loop);
	loop_free(&f.loop);
	close(f.ends[0]);
	close(f.ends[1]);
	return 0;
}

static void start_timer(msec_t delay)
{
	wheel_start(loop_wheel(f.loop), &f.timer, loop_now(f.loop), delay);
}

static void events_come_first_then_timers_then_tasks(void **state)
{
	(void)state;
	start_timer(20);
	while (trace[0] == '\0')
		loop_turn(f.loop, -1);
	assert_string_equal(trace, "t");
	trace[0] = '\0';

	start_timer(0);
	do
		loop_turn(f.loop, 1);
	while (loop_now(f.loop) % WHEEL_TICK_MS != 0);
	trace[0] = '\0';
	start_timer(1);
	assert_int_equal(write(f.ends[1], "x", 1), 1);
	/* The byte is there at once, the timer within two ticks. */
	while (!strchr(trace, 't'))
		loop_turn(f.loop, -1);
	assert_string_equal(trace, "rabt");
}

static void a_task_queued_twice_runs_once(void **state)
{
	(void)state;
	loop_at_end(f.loop, &f.b);
	loop_at_end(f.loop, &f.b);
	loop_turn(f.loop, 0);
	assert_string_equal(trace, "b");
	loop_turn(f.loop, 0);
	assert_string_equal(trace, "b");
}

static void waiting_tasks_keep_the_loop_from_sleeping(void **state)
{
	(void)state;
	loop_at_end(f.loop, &f.a);
	loop_turn(f.loop, -1);
	assert_string_equal(trace, "ab");
}

static void a_turn_waits_no_longer_than_asked(void **state)
{
	msec_t before = loop_now(f.loop);

	(void)state;
	loop_turn(f.loop, 30);
	assert_in_range(loop_now(f.loop) - before, 29, 10000);
	assert_string_equal(trace, "");
}

static void the_clock_stands_still_within_a_turn(void **state)
{
	msec_t before = loop_now(f.loop);
	struct timespec begun, now;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &begun);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - begun.tv_sec) * 1000 + (now.tv_nsec - begun.tv_nsec) / 1000000 < 5);
	assert_int_equal(loop_now(f.loop), before);
	loop_turn(f.loop, 0);
	assert_true(loop_now(f.loop) >= before + 4);
	assert_in_range(loop_wall(f.loop), time(NULL) - 2, time(NULL) + 1);
}

/* ---- unwatch ---- */

static void ready_and_unwatch_other(struct watch *w, uint32_t events)
{
	(void)events;
	note('1');
	loop_unwatch(f.loop, w == &f.watch ? &f.other : &f.watch);
}

/* Both were fetched by one epoll_wait(); the one that is handled first silences the other. */
static void nothing_comes_after_unwatch(void **state)
{
	int fd = dup(f.ends[0]);

	(void)state;
	f.watch.ready = ready_and_unwatch_other;
	f.other = (struct watch){ fd, ready_and_unwatch_other };
	assert_int_equal(loop_watch(f.loop, &f.other, EPOLLIN), 0);
	assert_int_equal(write(f.ends[1], "x", 1), 1);
	loop_turn(f.loop, -1);
	assert_string_equal(trace, "1");
	close(fd);
}

static void an_unwatched_descriptor_is_silent_and_can_come_back(void **state)
{
	(void)state;
	assert_int_equal(write(f.ends[1], "xy", 2), 2);
	loop_unwatch(f.loop, &f.watch);
	loop_turn(f.loop, 0);
	assert_string_equal(trace, "");
	assert_int_equal(loop_watch(f.loop, &f.watch, EPOLLIN), 0);
	loop_turn(f.loop, 0);
	assert_string_equal(trace, "rab");
	assert_int_equal(loop_rewatch(f.loop, &f.watch, 0), 0);
	loop_turn(f.loop, 0);
	assert_string_equal(trace, "rab");
}

static void watching_what_is_no_descriptor_fails(void **state)
{
	struct watch bad = { -1, readable };

	(void)state;
	assert_int_equal(loop_watch(f.loop, &bad, EPOLLIN), -EBADF);
	assert_int_equal(loop_watch(f.loop, &f.watch, EPOLLIN), -EEXIST);
}

/* ---- what is done around the wait ---- */

static bool may_sleep;
static msec_t slow_ms;

static bool before_sleep(void *arg)
{
	assert_ptr_equal(arg, trace);
	note('<');
	return may_sleep;
}

static void after_sleep(void *arg)
{
	(void)arg;
	note('>');
}

static void was_slow(void *arg, msec_t took)
{
	(void)arg;
	slow_ms = took;
}

static void set_sleep(void)
{
	const struct loop_sleep sleep = { before_sleep, after_sleep, was_slow, trace };

	loop_set_sleep(f.loop, &sleep);
	slow_ms = 0;
}

static void who_has_work_does_not_sleep(void **state)
{
	(void)state;
	set_sleep();
	may_sleep = false;
	loop_turn(f.loop, -1);
	assert_string_equal(trace, "<>");
	loop_turn(f.loop, 0);
	assert_string_equal(trace, "<>>");
	may_sleep = true;
	assert_int_equal(write(f.ends[1], "x", 1), 1);
	loop_turn(f.loop, -1);
	assert_string_equal(trace, "<>><>rab");
}

static void dawdle(struct loop_task *t)
{
	struct timespec begun, now;

	(void)t;
	clock_gettime(CLOCK_MONOTONIC, &begun);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - begun.tv_sec) * 1000 + (now.tv_nsec - begun.tv_nsec) / 1000000 <
	    LOOP_SLOW_MS + 20);
}

static void a_slow_handler_is_noticed_and_a_quick_one_is_not(void **state)
{
	struct loop_task slow;

	(void)state;
	set_sleep();
	/* A machine that is busy may take the CPU away from a quick one. */
	for (unsigned tries = 0; tries < 20; tries++) {
		slow_ms = 0;
		loop_at_end(f.loop, &f.b);
		loop_turn(f.loop, 0);
		if (slow_ms == 0)
			break;
	}
	assert_int_equal(slow_ms, 0);
	loop_task_init(&slow, dawdle);
	loop_at_end(f.loop, &slow);
	loop_turn(f.loop, 0);
	assert_in_range(slow_ms, LOOP_SLOW_MS, 10000);
}

static int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void turns_with(unsigned turns, unsigned messages)
{
	for (unsigned i = 0; i < turns; i++) {
		loop_turn(f.loop, 0);
		loop_came(f.loop, messages);
	}
}

static void busy_turns_keep_a_distance_and_others_do_not(void **state)
{
	int64_t begun;
	uint64_t pauses;

	(void)state;
	turns_with(100, 1);
	assert_int_equal(loop_pauses(f.loop), 0);
	turns_with(20, 10);
	pauses = loop_pauses(f.loop);
	begun = now_us();
	turns_with(50, 10);
	pauses = loop_pauses(f.loop) - pauses;
	/* A machine that is busy itself may make a turn long enough. */
	assert_true(now_us() - begun >= 49 * 200);
	assert_in_range(pauses, 0, 50);
	/* What has plenty to do goes on. */
	turns_with(1, 1000);
	pauses = loop_pauses(f.loop);
	turns_with(50, 1000);
	assert_int_equal(loop_pauses(f.loop), pauses);
	/* And when it is over, it is. */
	turns_with(100, 0);
	pauses = loop_pauses(f.loop);
	turns_with(50, 0);
	assert_int_equal(loop_pauses(f.loop), pauses);
}

/* What is to be done at once does not wait for company. */
static void tasks_are_not_kept_waiting(void **state)
{
	uint64_t pauses;

	(void)state;
	turns_with(20, 10);
	loop_at_end(f.loop, &f.b);
	pauses = loop_pauses(f.loop);
	loop_turn(f.loop, -1);
	assert_int_equal(loop_pauses(f.loop), pauses);
	assert_string_equal(trace, "b");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

UNIT_MAIN(
	TEST(events_come_first_then_timers_then_tasks),
	TEST(a_task_queued_twice_runs_once),
	TEST(busy_turns_keep_a_distance_and_others_do_not),
	TEST(tasks_are_not_kept_waiting),
	TEST(waiting_tasks_keep_the_loop_from_sleeping),
	TEST(a_turn_waits_no_longer_than_asked),
	TEST(the_clock_stands_still_within_a_turn),
	TEST(nothing_comes_after_unwatch),
	TEST(an_unwatched_descriptor_is_silent_and_can_come_back),
	TEST(watching_what_is_no_descriptor_fails),
	TEST(who_has_work_does_not_sleep),
	TEST(a_slow_handler_is_noticed_and_a_quick_one_is_not))
