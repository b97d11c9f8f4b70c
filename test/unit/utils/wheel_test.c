/*
 * The timing wheel against a model that just remembers when each timer is due.
 */
#include "utils/wheel.h"

#include "test/unit.h"
#include "utils/rand.h"

#define TIMERS 3000

struct model_timer {
	struct timer timer;
	bool               runs;
	msec_t             due;		/* not before this */
	unsigned           fired;
};

static struct wheel wheel;
static struct model_timer timers[TIMERS];
static msec_t clock_now;
static bool is_meddling;		/* timers start and stop others when they fire */
static uint64_t last_tick;

/* From a tick to beyond what the wheel reaches, all magnitudes alike. */
static msec_t random_delay(void)
{
	return (msec_t)(rand_u64() >> (20 + rand_below(44)));
}

static void start(struct model_timer *m, msec_t delay)
{
	m->runs = true;
	m->due = clock_now + (delay > 0 ? delay : 0);
	wheel_start(&wheel, &m->timer, clock_now, delay);
}

static void stop(struct model_timer *m)
{
	m->runs = false;
	wheel_stop(&wheel, &m->timer);
}

static void change_one(void)
{
	struct model_timer *m = &timers[rand_below(TIMERS)];

	if (rand_below(3) == 0)
		stop(m);
	else
		start(m, random_delay());
}

static void fired(struct timer *t)
{
	struct model_timer *m = container_of(t, struct model_timer, timer);

	assert_true(m->runs);
	assert_true(clock_now >= m->due);
	assert_true(wheel.tick >= last_tick);
	assert_true((msec_t)wheel.tick * WHEEL_TICK_MS >= m->due);
	assert_true((msec_t)wheel.tick * WHEEL_TICK_MS <= m->due + WHEEL_TICK_MS);
	assert_false(timer_is_running(t));
	last_tick = wheel.tick;
	m->runs = false;
	m->fired++;
	if (is_meddling)
		change_one();
	if (is_meddling && rand_below(4) == 0)
		start(m, random_delay());
}

static void reset(msec_t now)
{
	clock_now = now;
	last_tick = 0;
	is_meddling = false;
	wheel_init(&wheel, now);
	for (int i = 0; i < TIMERS; i++) {
		timer_init(&timers[i].timer, fired);
		timers[i].runs = false;
		timers[i].fired = 0;
	}
}

/* Nothing that is due is left, and sleep is no longer than until the next. */
static void check_against_model(void)
{
	msec_t first = INT64_MAX, nap = wheel_sleep(&wheel, clock_now);
	size_t running = 0;

	for (int i = 0; i < TIMERS; i++) {
		assert_int_equal(timer_is_running(&timers[i].timer), timers[i].runs);
		if (!timers[i].runs)
			continue;
		running++;
		assert_true(timers[i].due + WHEEL_TICK_MS > clock_now);
		if (timers[i].due < first)
			first = timers[i].due;
	}
	assert_int_equal(wheel.count, running);
	if (running == 0)
		assert_int_equal(nap, -1);
	else
		assert_true(nap >= 0 && nap <= first + WHEEL_TICK_MS - clock_now);
}

static void advance_by(msec_t step)
{
	clock_now += step;
	wheel_advance(&wheel, clock_now);
	check_against_model();
}

static void random_timers_in_random_steps(void **state)
{
	static const msec_t begins[] = { 0, 9, 655359, 1LL << 40 };
	unsigned fires = 0;

	(void)state;
	rand_seed_for_tests(11);
	for (size_t b = 0; b < COUNT(begins); b++) {
		reset(begins[b]);
		for (int step = 0; step < 1500; step++) {
			for (int i = rand_below(20); i > 0; i--)
				change_one();
			advance_by(random_delay() >> rand_below(40));
		}
		for (int i = 0; i < TIMERS; i++)
			fires += timers[i].fired;
	}
	assert_true(fires > 10000);
}

static void timers_that_meddle_with_others(void **state)
{
	(void)state;
	rand_seed_for_tests(12);
	reset(5);
	is_meddling = true;
	for (int i = 0; i < TIMERS; i++)
		start(&timers[i], random_delay());
	for (int step = 0; step < 2000; step++)
		advance_by(random_delay() >> rand_below(40));
}

/* As a worker does it: sleep as long as told. Each timer fires within its tick,
 * and the wake-ups are few: one for a timer, and one for each time it is dealt out. */
static void sleeping_exactly_as_long_as_told(void **state)
{
	unsigned wakes = 0;
	msec_t nap;

	(void)state;
	rand_seed_for_tests(13);
	reset(123);
	for (int i = 0; i < TIMERS; i++)
		start(&timers[i], random_delay());
	while ((nap = wheel_sleep(&wheel, clock_now)) >= 0) {
		assert_true(nap > 0);
		clock_now += nap;
		wheel_advance(&wheel, clock_now);
		wakes++;
	}
	check_against_model();
	for (int i = 0; i < TIMERS; i++)
		assert_int_equal(timers[i].fired, 1);
	/* Delays reach 2^44 ms: beyond the wheel's 2^32 ticks up to 410 rounds. */
	assert_true(wakes < TIMERS * WHEEL_LEVELS + 410);
}

static void exact_times(void **state)
{
	static const struct { msec_t now, delay, fires_at; } cases[] = {
		{ 0, 0, 10 }, { 0, 1, 10 }, { 0, 10, 10 }, { 0, 11, 20 }, { 0, -5, 10 },
		{ 5, 0, 10 }, { 5, 5, 10 }, { 5, 6, 20 }, { 1000, 500, 1500 },
		{ 0, 2560, 2560 }, { 0, 2550, 2550 }, { 7, 655360, 655370 },
		{ 2550, 10, 2560 }, { 3, 167772160, 167772170 },
		{ 0, 42949672950, 42949672950 }, { 0, 42949672960, 42949672960 },
		{ 0, 1LL << 50, (1LL << 50) + 6 },
	};
	struct model_timer *m = timers;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		reset(cases[i].now);
		start(m, cases[i].delay);
		clock_now = cases[i].fires_at - 1;
		wheel_advance(&wheel, clock_now);
		assert_int_equal(m->fired, 0);
		clock_now++;
		wheel_advance(&wheel, clock_now);
		assert_int_equal(m->fired, 1);
		assert_int_equal(wheel_sleep(&wheel, clock_now), -1);
	}
}

/* The owner may not have advanced the wheel for long when it starts a timer. */
static void starting_on_a_wheel_that_lags(void **state)
{
	(void)state;
	reset(0);
	clock_now = 1000000;
	start(&timers[0], 20);
	assert_true(wheel_sleep(&wheel, clock_now) <= 20);
	advance_by(19);
	assert_int_equal(timers[0].fired, 0);
	advance_by(1);
	assert_int_equal(timers[0].fired, 1);
	/* And a clock that goes back does nothing. */
	start(&timers[0], 20);
	wheel_advance(&wheel, 0);
	assert_int_equal(timers[0].fired, 1);
}

static void check_maps_are_empty(void)
{
	for (int level = 0; level < WHEEL_LEVELS; level++)
		for (int i = 0; i < WHEEL_SLOTS / 64; i++)
			assert_true(wheel.map[level][i] == 0);
}

static struct timer batch[4];
static unsigned batch_fired;

/* The first to fire stops one of its batch, starts another anew and then the
 * last one for the next tick. */
static void meddle_in_batch(struct timer *t)
{
	batch_fired += 1u << 8 * (t - batch);
	if (batch_fired != 1)
		return;
	wheel_stop(&wheel, &batch[1]);
	wheel_start(&wheel, &batch[2], clock_now, 100);
	wheel_stop(&wheel, &batch[3]);
	wheel_start(&wheel, &batch[3], clock_now, 0);
}

static void one_batch_may_change_itself(void **state)
{
	(void)state;
	reset(0);
	for (int i = 0; i < 4; i++) {
		timer_init(&batch[i], meddle_in_batch);
		wheel_start(&wheel, &batch[i], 0, 30);
	}
	clock_now = 30;
	wheel_advance(&wheel, clock_now);
	assert_int_equal(batch_fired, 0x00000001);
	assert_int_equal(wheel.count, 2);
	assert_int_equal(wheel_sleep(&wheel, 30), 10);
	wheel_advance(&wheel, 40);
	assert_int_equal(batch_fired, 0x01000001);
	wheel_advance(&wheel, 1000);
	assert_int_equal(batch_fired, 0x01010001);
	assert_int_equal(wheel_sleep(&wheel, 1000), -1);
	check_maps_are_empty();
}

static void stop_forgets_the_slot(void **state)
{
	(void)state;
	reset(0);
	start(&timers[0], 100000);
	start(&timers[1], 50);
	start(&timers[2], 50);
	stop(&timers[1]);
	assert_int_equal(wheel_sleep(&wheel, 0), 50);
	stop(&timers[2]);
	stop(&timers[2]);
	assert_true(wheel_sleep(&wheel, 0) > 50);
	stop(&timers[0]);
	assert_int_equal(wheel_sleep(&wheel, 0), -1);
	check_maps_are_empty();
}

UNIT_MAIN(
	cmocka_unit_test(exact_times),
	cmocka_unit_test(starting_on_a_wheel_that_lags),
	cmocka_unit_test(one_batch_may_change_itself),
	cmocka_unit_test(stop_forgets_the_slot),
	cmocka_unit_test(random_timers_in_random_steps),
	cmocka_unit_test(timers_that_meddle_with_others),
	cmocka_unit_test(sleeping_exactly_as_long_as_told))
