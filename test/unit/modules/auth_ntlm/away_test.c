/*
 * away_test - what is said of domains that do not answer: each change once, and none of them all the time.
 */
#include "modules/auth_ntlm/away.h"
#include "test/unit.h"

#include <stdio.h>

#define ONE SLICE("ONE")
#define TWO SLICE("two")

static struct away a;

static int begin(void **state)
{
	(void)state;
	away_init(&a);
	return 0;
}

static int end(void **state)
{
	(void)state;
	away_fini(&a);
	return 0;
}

static void each_change_is_said_once(void **state)
{
	(void)state;
	assert_false(away_note(&a, ONE, false, 0));
	assert_true(away_note(&a, ONE, true, 1));
	assert_false(away_note(&a, SLICE("one"), true, 2));
	assert_true(away_note(&a, ONE, false, 3));
	assert_false(away_note(&a, ONE, false, 4));
}

static void one_domain_is_not_another(void **state)
{
	(void)state;
	assert_true(away_note(&a, ONE, true, 0));
	for (int i = 0; i < 100; i++) {
		assert_false(away_note(&a, TWO, false, i));
		assert_false(away_note(&a, ONE, true, i));
	}
	assert_true(away_note(&a, TWO, true, 200));
	assert_true(away_note(&a, ONE, false, 201));
	assert_false(away_note(&a, TWO, true, 202));
}

static void who_comes_and_goes_is_told_of_once_a_minute(void **state)
{
	unsigned away = 0, back = 0;

	(void)state;
	for (msec_t now = 0; now < 5 * AWAY_SAY_MS; now += 1000) {
		away += away_note(&a, ONE, true, now);
		back += away_note(&a, ONE, false, now + 500);
	}
	assert_int_equal(away, 5);
	assert_int_equal(back, 5);
}

static void what_was_left_out_is_said_if_it_lasts(void **state)
{
	(void)state;
	assert_true(away_note(&a, ONE, true, 0));
	assert_true(away_note(&a, ONE, false, 10));
	assert_false(away_note(&a, ONE, true, 20));
	assert_false(away_note(&a, ONE, true, AWAY_SAY_MS - 1));
	assert_true(away_note(&a, ONE, true, AWAY_SAY_MS));
}

/* Names come from clients. */
static void invented_domains_have_no_more_places_than_there_are(void **state)
{
	unsigned said = 0;

	(void)state;
	for (unsigned i = 0; i < 10 * AWAY_DOMAINS; i++) {
		char name[32];
		int n = snprintf(name, sizeof(name), "X%u", i);

		said += away_note(&a, slice_of(name, (size_t)n), true, 1);
	}
	assert_int_equal(said, AWAY_DOMAINS);
	assert_int_equal(a.count, AWAY_DOMAINS);
	assert_true(away_note(&a, ONE, false, 2));
	assert_false(away_note(&a, SLICE(""), false, 3));
}

static unsigned say_of_many(const char *prefix, msec_t now)
{
	unsigned said = 0;

	for (unsigned i = 0; i < 2 * AWAY_DOMAINS; i++) {
		char name[32];
		int n = snprintf(name, sizeof(name), "%s%u", prefix, i);

		said += away_note(&a, slice_of(name, (size_t)n), true, now);
	}
	return said;
}

static void invented_domains_do_not_keep_their_places(void **state)
{
	(void)state;
	assert_int_equal(say_of_many("X", 0), AWAY_DOMAINS);
	assert_false(away_note(&a, ONE, true, AWAY_SAY_MS - 1));
	assert_true(away_note(&a, ONE, true, AWAY_SAY_MS));
	assert_true(away_note(&a, TWO, true, AWAY_SAY_MS));
	assert_true(away_note(&a, ONE, false, AWAY_SAY_MS + 1));
	assert_false(away_note(&a, TWO, true, AWAY_SAY_MS + 1));
	assert_int_equal(a.count, AWAY_DOMAINS);
}

static void so_many_are_said_in_a_minute_and_no_more(void **state)
{
	(void)state;
	say_of_many("X", 0);
	assert_in_range(say_of_many("Y", AWAY_SAY_MS), 1, AWAY_DOMAINS);
	assert_int_equal(say_of_many("Z", AWAY_SAY_MS + 1), 0);
}

static void long_names_and_none_count_as_one(void **state)
{
	char name[AWAY_NAME_BYTES + 1];

	(void)state;
	memset(name, 'a', sizeof(name));
	assert_true(away_note(&a, slice_of(name, sizeof(name)), true, 0));
	assert_false(away_note(&a, SLICE(""), true, 1));
	assert_true(away_note(&a, slice_of(name, AWAY_NAME_BYTES), true, 2));
	assert_true(away_note(&a, SLICE(""), false, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_change_is_said_once, begin, end),
		cmocka_unit_test_setup_teardown(one_domain_is_not_another, begin, end),
		cmocka_unit_test_setup_teardown(who_comes_and_goes_is_told_of_once_a_minute, begin, end),
		cmocka_unit_test_setup_teardown(what_was_left_out_is_said_if_it_lasts, begin, end),
		cmocka_unit_test_setup_teardown(invented_domains_have_no_more_places_than_there_are, begin,
		    end),
		cmocka_unit_test_setup_teardown(invented_domains_do_not_keep_their_places, begin, end),
		cmocka_unit_test_setup_teardown(so_many_are_said_in_a_minute_and_no_more, begin, end),
		cmocka_unit_test_setup_teardown(long_names_and_none_count_as_one, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
