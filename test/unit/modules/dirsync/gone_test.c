/*
 * gone_test - who was deleted or disabled by one server's word does not come back by another's.
 */
#include "modules/dirsync/gone.h"
#include "test/unit.h"

#define KIM SLICE("00112233445566778899aabbccddeeff")
#define LEE SLICE("ffeeddccbbaa99887766554433221100")

enum { ONE = 1, TWO = 2 };

static struct gone g;
static bool is_new;

static int end(void **state)
{
	(void)state;
	gone_free(&g);
	return 0;
}

static void another_server_does_not_bring_him_back(void **state)
{
	(void)state;
	gone_note(&g, KIM, ONE, false, 1000);
	assert_int_equal(gone_still(&g, KIM, TWO, 10, &is_new), GONE_DELETED);
	assert_true(is_new);
	assert_int_equal(gone_still(&g, KIM, TWO, 20, &is_new), GONE_DELETED);
	assert_false(is_new);
	assert_int_equal(gone_still(&g, LEE, TWO, 20, &is_new), GONE_NOT);
	assert_false(is_new);
}

static void the_server_that_said_it_brings_him_back(void **state)
{
	(void)state;
	gone_note(&g, KIM, ONE, false, 1000);
	assert_int_equal(gone_still(&g, KIM, ONE, 10, &is_new), GONE_NOT);
	/* and then he is there for all */
	assert_int_equal(gone_still(&g, KIM, TWO, 20, &is_new), GONE_NOT);
}

static void who_hears_of_it_later_can_bring_him_back(void **state)
{
	(void)state;
	gone_note(&g, KIM, ONE, false, 1000);
	assert_int_equal(gone_still(&g, KIM, TWO, 10, &is_new), GONE_DELETED);
	assert_false(gone_again(&g, KIM, TWO, true));
	assert_true(gone_again(&g, KIM, TWO, false));
	assert_int_equal(gone_still(&g, KIM, TWO, 20, &is_new), GONE_NOT);
	assert_false(gone_again(&g, LEE, TWO, false));
}

static void who_was_kept_out_is_looked_at_when_it_is_over(void **state)
{
	(void)state;
	gone_note(&g, KIM, ONE, false, 1000);
	gone_note(&g, LEE, ONE, true, 2000);
	assert_int_equal(gone_still(&g, LEE, TWO, 10, &is_new), GONE_DISABLED);
	assert_false(gone_is_over(&g, 999));
	assert_false(gone_is_over(&g, 1000));	/* kim: nobody asked */
	assert_int_equal(g.count, 1);
	assert_int_equal(gone_still(&g, LEE, TWO, 2000, &is_new), GONE_NOT);
	assert_true(gone_is_over(&g, 2000));
	assert_int_equal(g.count, 0);
	assert_false(gone_is_over(&g, 3000));
}

static void what_is_said_later_counts_in_place_of_the_former(void **state)
{
	(void)state;
	gone_note(&g, KIM, ONE, true, 1000);
	gone_note(&g, KIM, TWO, true, 9000);	/* the same: it stays */
	assert_int_equal(gone_still(&g, KIM, TWO, 10, &is_new), GONE_DISABLED);
	gone_note(&g, KIM, TWO, false, 3000);
	assert_int_equal(g.count, 1);
	assert_int_equal(gone_still(&g, KIM, ONE, 2000, &is_new), GONE_DELETED);
}

static void strange_keys_are_no_news(void **state)
{
	(void)state;
	gone_note(&g, SLICE("00"), ONE, false, 1000);
	gone_note(&g, SLICE("0011223344556677889ZaZbbccddeeff"), ONE, false, 1000);
	assert_int_equal(g.count, 0);
}

static void of_many_the_oldest_are_forgotten(void **state)
{
	char key[33];

	(void)state;
	for (unsigned i = 0; i <= GONE_MAX; i++) {
		snprintf(key, sizeof(key), "%032x", i);
		gone_note(&g, slice_str(key), ONE, false, 1000 + i);
	}
	assert_int_equal(g.count, GONE_MAX);
	snprintf(key, sizeof(key), "%032x", 0);
	assert_int_equal(gone_still(&g, slice_str(key), TWO, 10, &is_new), GONE_NOT);
	snprintf(key, sizeof(key), "%032x", GONE_MAX);
	assert_int_equal(gone_still(&g, slice_str(key), TWO, 10, &is_new), GONE_DELETED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(another_server_does_not_bring_him_back, end),
		cmocka_unit_test_teardown(the_server_that_said_it_brings_him_back, end),
		cmocka_unit_test_teardown(who_hears_of_it_later_can_bring_him_back, end),
		cmocka_unit_test_teardown(who_was_kept_out_is_looked_at_when_it_is_over, end),
		cmocka_unit_test_teardown(what_is_said_later_counts_in_place_of_the_former, end),
		cmocka_unit_test_teardown(strange_keys_are_no_news, end),
		cmocka_unit_test_teardown(of_many_the_oldest_are_forgotten, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
