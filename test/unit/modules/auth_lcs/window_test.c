/*
 * The window of running numbers that have been seen.
 */
#include "modules/auth_lcs/window.h"

#include "test/unit.h"

static void test_once_each(void **state)
{
	struct sa_window w = { 0 };

	(void)state;
	assert_false(sa_window_take(&w, 0));
	for (uint32_t n = 1; n < 1000; n++) {
		assert_true(sa_window_take(&w, n));
		assert_false(sa_window_take(&w, n));
	}
}

static void test_out_of_order(void **state)
{
	struct sa_window w = { 0 };

	(void)state;
	assert_true(sa_window_take(&w, 300));
	assert_true(sa_window_take(&w, 45));	/* the oldest that can be told */
	assert_false(sa_window_take(&w, 44));
	assert_true(sa_window_take(&w, 299));
	assert_false(sa_window_take(&w, 299));
	assert_false(sa_window_take(&w, 300));
	assert_true(sa_window_take(&w, 301));
	assert_false(sa_window_take(&w, 45));
}

static void test_far_ahead(void **state)
{
	struct sa_window w = { 0 };

	(void)state;
	assert_true(sa_window_take(&w, 5));
	assert_true(sa_window_take(&w, 4000000000u));
	assert_false(sa_window_take(&w, 5));
	assert_true(sa_window_take(&w, 4000000000u - 255));
	assert_false(sa_window_take(&w, 4000000000u - 256));
	assert_true(sa_window_take(&w, UINT32_MAX));
	assert_false(sa_window_take(&w, UINT32_MAX));
}

/* What was passed over in one jump has not been seen. */
static void test_gaps(void **state)
{
	struct sa_window w = { 0 };

	(void)state;
	for (uint32_t n = 1; n <= 256; n++)
		assert_true(sa_window_take(&w, n));
	assert_true(sa_window_take(&w, 356));
	for (uint32_t n = 257; n < 356; n++)
		assert_true(sa_window_take(&w, n));
	for (uint32_t n = 101; n <= 256; n++)
		assert_false(sa_window_take(&w, n));
}

UNIT_MAIN(
	cmocka_unit_test(test_once_each),
	cmocka_unit_test(test_out_of_order),
	cmocka_unit_test(test_far_ahead),
	cmocka_unit_test(test_gaps),
)
