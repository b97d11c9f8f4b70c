/*
 * best_test - which of two final responses goes upstream (RFC 3261 16.7, item 6).
 */
#include "modules/tm/best.h"
#include "test/unit.h"

static const struct { uint16_t better, worse; } pairs[] = {
	{ 600, 302 }, { 603, 486 }, { 699, 200 + 100 }, { 604, 401 },
	{ 300, 400 }, { 302, 486 }, { 305, 503 },
	{ 486, 500 }, { 404, 503 }, { 408, 500 }, { 487, 500 },
	{ 401, 404 }, { 407, 404 }, { 401, 415 }, { 407, 484 }, { 415, 404 }, { 420, 486 },
	{ 484, 404 }, { 404, 408 }, { 486, 408 }, { 486, 487 }, { 480, 430 }, { 404, 478 },
	{ 500, 503 }, { 504, 503 }, { 513, 503 },
};

static void the_better_one_wins(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++)
		if (tm_rank(pairs[i].better, false) >= tm_rank(pairs[i].worse, false))
			fail_msg("%u is not better than %u", pairs[i].better, pairs[i].worse);
}

static void what_a_next_hop_said_comes_before_what_we_made(void **state)
{
	(void)state;
	for (uint16_t status = 300; status < 700; status++)
		assert_true(tm_rank(status, false) < tm_rank(status, true));
	assert_true(tm_rank(487, false) < tm_rank(408, true));
	assert_true(tm_rank(408, true) < tm_rank(500, false));
}

static void a_class_never_gives_way_to_another(void **state)
{
	static const uint16_t order[] = { 6, 3, 4, 5 };

	(void)state;
	for (size_t i = 0; i + 1 < COUNT(order); i++)
		for (uint16_t a = 0; a < 100; a++)
			for (uint16_t b = 0; b < 100; b++)
				assert_true(tm_rank(order[i] * 100 + a, true) <
				    tm_rank(order[i + 1] * 100 + b, false));
}

UNIT_MAIN(
	cmocka_unit_test(the_better_one_wins),
	cmocka_unit_test(what_a_next_hop_said_comes_before_what_we_made),
	cmocka_unit_test(a_class_never_gives_way_to_another))
