/* core/sup/leap.c: when the clock on the wall was set. */
#include "test/unit.h"

#include "core/sup/leap.h"

static void only_what_was_set_is_told(void **state)
{
	static const struct { msec_t mono; int64_t wall, by; } looks[] = {
		{ 1000, 1700000001, 0 },	/* the first one */
		{ 2000, 1700000002, 0 },
		{ 3000, 1700007203, 7200 },
		{ 4000, 1700007204, 0 },
		{ 5999, 1700007206, 0 },	/* rounding */
		{ 7000, 1700003607, -3600 },
		{ 8000, 1700003610, 0 },	/* a time service's step */
		{ 9000, 1700003613, 0 },
		{ 10000, 1700003615, 5 },	/* several of them */
		{ 3610000, 1700007215, 0 },	/* the process stood still: both clocks went on */
	};
	struct leap l = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		assert_int_equal(leap_look(&l, looks[i].mono, looks[i].wall), looks[i].by);
}

UNIT_MAIN(cmocka_unit_test(only_what_was_set_is_told))
