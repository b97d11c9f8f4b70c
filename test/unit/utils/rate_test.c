/*
 * Rates by key: the window slides, limits hold, memory does not grow, threads
 * lose nothing.
 */
#include "utils/rate.h"

#include "test/oom.h"
#include "test/unit.h"

#include <pthread.h>

#define WINDOW 1000

static struct rate_table *table_of(size_t slots)
{
	struct rate_table *t = rate_new(slots);

	assert_non_null(t);
	return t;
}

static void the_window_slides(void **state)
{
	static const struct { msec_t now; uint32_t sum; } steps[] = {
		{ 10000, 1 }, { 10000, 2 }, { 10900, 3 }, { 10999, 4 },
		{ 11000, 5 },		/* all of the last window still counts */
		{ 11500, 4 },		/* half of its four, and two of this one */
		{ 12000, 3 },
		{ 14000, 1 },		/* nothing in the window before */
		{ 14000 + (1 << 24) * (msec_t)WINDOW + 5000, 1 },	/* numbers came round */
	};
	struct rate_table *t = table_of(16);

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++)
		assert_int_equal(rate_add(t, SLICE("key"), steps[i].now, WINDOW), steps[i].sum);
	rate_free(&t);
	assert_null(t);
	rate_free(&t);
}

static void what_is_refused_is_not_counted(void **state)
{
	struct rate_table *t = table_of(16);
	unsigned allowed = 0;

	(void)state;
	for (msec_t now = 50000; now < 60000; now++)
		allowed += rate_try(t, SLICE("busy"), now, WINDOW, 100);
	assert_in_range(allowed, 950, 1050);
	assert_false(rate_try(t, SLICE("nobody"), 50000, WINDOW, 0));
	rate_free(&t);
}

static void counts_do_not_overflow(void **state)
{
	struct rate_table *t = table_of(4);
	uint32_t sum = 0;

	(void)state;
	for (unsigned i = 0; i < RATE_MAX + 10; i++)
		sum = rate_add(t, SLICE("k"), 5000, WINDOW);
	assert_int_equal(sum, RATE_MAX);
	rate_free(&t);
}

static void note(const struct rate_seen *seen, void *arg)
{
	struct rate_seen *best = arg;

	if (seen->count > best->count)
		*best = *seen;
}

static void a_flood_of_keys_leaves_the_busy_one(void **state)
{
	struct rate_table *t = table_of(64);
	struct rate_seen best = { .count = 0 };
	char key[16];

	(void)state;
	for (unsigned i = 0; i < 200; i++)
		rate_add(t, SLICE("flooder"), 7000, WINDOW);
	for (int i = 0; i < 100000; i++) {
		int len = snprintf(key, sizeof key, "%d", i);

		rate_add(t, (struct slice){ key, (size_t)len }, 7000 + i % 500, WINDOW);
	}
	assert_int_equal(rate_add(t, SLICE("flooder"), 7500, WINDOW), 201);
	assert_true(rate_evicted(t) > 90000);
	rate_each(t, 7500, WINDOW, note, &best);
	assert_int_equal(best.count, 201);
	assert_slice(((struct slice){ best.label, best.label_len }), "flooder");
	rate_free(&t);
}

static void forgotten_and_long_keys(void **state)
{
	struct rate_table *t = table_of(16);
	struct rate_seen best = { .count = 0 };
	struct slice wordy = SLICE("a key that is much longer than the forty-eight bytes kept of it");

	(void)state;
	assert_int_equal(rate_add(t, wordy, 100, WINDOW), 1);
	assert_int_equal(rate_add(t, SLICE_NULL, 100, WINDOW), 1);
	assert_true(rate_forget(t, SLICE_NULL));
	rate_each(t, 100, WINDOW, note, &best);
	assert_int_equal(best.label_len, RATE_LABEL_BYTES);
	assert_true(rate_forget(t, wordy));
	assert_false(rate_forget(t, wordy));
	assert_int_equal(rate_add(t, wordy, 100, WINDOW), 1);
	rate_free(&t);
}

static void *add_many(void *arg)
{
	for (unsigned i = 0; i < 20000; i++)
		rate_add(arg, SLICE("shared"), 3000, WINDOW);
	return NULL;
}

static void threads_count_together(void **state)
{
	struct rate_table *t = table_of(16);
	pthread_t threads[4];

	(void)state;
	rate_add(t, SLICE("shared"), 3000, WINDOW);
	for (size_t i = 0; i < COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_many, t), 0);
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(rate_add(t, SLICE("shared"), 3000, WINDOW), 80002);
	rate_free(&t);
}

static void no_memory_is_told(void **state)
{
	(void)state;
	oom_fail_from(1);
	assert_null(rate_new(8));
	assert_true(oom_reset());
}

UNIT_MAIN(
	cmocka_unit_test(the_window_slides),
	cmocka_unit_test(what_is_refused_is_not_counted),
	cmocka_unit_test(counts_do_not_overflow),
	cmocka_unit_test(a_flood_of_keys_leaves_the_busy_one),
	cmocka_unit_test(forgotten_and_long_keys),
	cmocka_unit_test(threads_count_together),
	cmocka_unit_test(no_memory_is_told))
