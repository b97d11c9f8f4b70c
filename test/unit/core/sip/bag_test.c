/*
 * test/unit/core/sip/bag_test.c - values and flags of a transaction.
 */
#include "test/unit.h"

#include "core/sip/bag.h"

#define NAME SLICE("x")

static struct lcs_bag *bag;

static int setup(void **state)
{
	(void)state;
	bag = bag_new(0);
	return bag ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	lcs_bag_unref(&bag);
	assert_null(bag);
	return 0;
}

static void pushed_values_come_back_latest_first(void **state)
{
	static const struct { int64_t nth; int64_t value; } cases[] = {
		{ 0, 3 }, { 1, 2 }, { 2, 1 }, { -1, 1 }, { -3, 3 },
	};

	(void)state;
	for (int64_t i = 1; i <= 3; i++)
		assert_int_equal(bag_push(bag, NAME, value_int(i)), 0);
	assert_int_equal(bag_count(bag, NAME), 3);
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(bag_get(bag, NAME, cases[i].nth).i, cases[i].value);
	assert_true(value_is_null(bag_get(bag, NAME, 3)));
	assert_true(value_is_null(bag_get(bag, NAME, -4)));
}

static void assignment_replaces_all(void **state)
{
	(void)state;
	bag_push(bag, NAME, value_int(1));
	bag_push(bag, NAME, value_int(2));
	assert_int_equal(bag_set(bag, NAME, value_string(SLICE("one"))), 0);
	assert_int_equal(bag_count(bag, NAME), 1);
	assert_slice(bag_get(bag, NAME, 0).s, "one");
	assert_int_equal(bag_set(bag, NAME, value_null()), 0);
	assert_true(value_is_null(bag_get(bag, NAME, 0)));
}

static void texts_are_copied(void **state)
{
	char text[] = "before", name[] = "name";

	(void)state;
	bag_set(bag, slice_str(name), value_string(slice_str(text)));
	text[0] = name[0] = 'X';
	assert_slice(bag_get(bag, SLICE("name"), 0).s, "before");
}

static void groups_and_plain_names_are_apart(void **state)
{
	(void)state;
	assert_int_equal(bag_set_field(bag, NAME, 0, SLICE("a"), value_int(1)), 0);
	assert_int_equal(bag_set_field(bag, NAME, 0, SLICE("b"), value_int(2)), 0);
	assert_int_equal(bag_set_field(bag, NAME, 0, SLICE("a"), value_int(3)), 0);
	assert_int_equal(bag_field(bag, NAME, 0, SLICE("a")).i, 3);
	assert_int_equal(bag_field(bag, NAME, 0, SLICE("b")).i, 2);
	assert_true(value_is_null(bag_get(bag, NAME, 0)));
	assert_int_equal(bag_set_field(bag, NAME, 0, SLICE("a"), value_null()), 0);
	assert_true(value_is_null(bag_field(bag, NAME, 0, SLICE("a"))));
	assert_int_equal(bag_field(bag, NAME, 0, SLICE("b")).i, 2);
	/* A new group lies on top of the others. */
	assert_int_equal(bag_push_field(bag, NAME, SLICE("a"), value_int(7)), 0);
	assert_int_equal(bag_field(bag, NAME, 0, SLICE("a")).i, 7);
	assert_true(value_is_null(bag_field(bag, NAME, 0, SLICE("b"))));
	assert_int_equal(bag_field(bag, NAME, 1, SLICE("b")).i, 2);
	assert_int_equal(bag_field(bag, NAME, -1, SLICE("b")).i, 2);
	assert_int_equal(bag_field(bag, NAME, -2, SLICE("a")).i, 7);
	assert_true(value_is_null(bag_field(bag, NAME, 2, SLICE("a"))));
	assert_true(value_is_null(bag_field(bag, NAME, -3, SLICE("a"))));
	assert_int_equal(bag_set_field(bag, NAME, 1, SLICE("b"), value_int(8)), 0);
	assert_int_equal(bag_field(bag, NAME, 1, SLICE("b")).i, 8);
	assert_int_equal(bag_set_field(bag, NAME, 2, SLICE("b"), value_int(8)), -ENOENT);
}

static void flags_have_numbers_or_names(void **state)
{
	(void)state;
	assert_int_equal(lcs_bag_set_flag(bag, SLICE("0"), true), 0);
	assert_int_equal(lcs_bag_set_flag(bag, SLICE("63"), true), 0);
	assert_true(lcs_bag_flag(bag, SLICE("63")));
	assert_true(bag_flag_bits(bag) == (1ull | 1ull << 63));
	assert_int_equal(lcs_bag_set_flag(bag, SLICE("64"), true), 0);	/* a name like any other */
	assert_true(lcs_bag_flag(bag, SLICE("64")));
	assert_true(bag_flag_bits(bag) == (1ull | 1ull << 63));
	assert_int_equal(lcs_bag_set_flag(bag, SLICE("acc"), true), 0);
	assert_true(lcs_bag_flag(bag, SLICE("acc")));
	assert_int_equal(lcs_bag_set_flag(bag, SLICE("acc"), false), 0);
	assert_false(lcs_bag_flag(bag, SLICE("acc")));
	assert_int_equal(lcs_bag_set_flag(bag, SLICE("never"), false), 0);
}

static void the_cap_holds(void **state)
{
	struct lcs_bag *small = bag_new(2048);
	int err = 0;

	(void)state;
	for (int i = 0; i < 1000 && !err; i++)
		err = bag_push(small, NAME, value_string(SLICE("sixteen bytes...")));
	assert_int_equal(err, -ENOMEM);
	assert_slice(bag_get(small, NAME, 0).s, "sixteen bytes...");
	lcs_bag_unref(&small);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
UNIT_MAIN(
	TEST(pushed_values_come_back_latest_first),
	TEST(assignment_replaces_all),
	TEST(texts_are_copied),
	TEST(groups_and_plain_names_are_apart),
	TEST(flags_have_numbers_or_names),
	TEST(the_cap_holds),
)
