/*
 * Who may find whom: rules on units, inherited by those below them.
 */
#include "modules/dirsearch/search.h"

#include "test/unit.h"

#define S(text) { text, sizeof(text) - 1 }

static const struct rule rules[] = {
	{ S("Board"), S("all"), false },
	{ S("Board"), S("assistant@example.com"), true },
	{ S("Sales"), S("example.org"), false },
	{ S("Sales/North"), S("all"), true },
	{ S("Sales/North/Secret"), S("example.org"), false },
	{ S("Sales/North/Secret"), S("bob@example.org"), true },
};

static const struct { const char *ou, *asker; bool allowed; } cases[] = {
	{ "", "x@example.com", true },				/* no rule */
	{ "Board", "x@example.com", false },
	{ "board/Chair", "x@example.com", false },		/* inherited */
	{ "Boarding", "x@example.com", true },			/* another unit */
	{ "Board", "Assistant@example.com", true },		/* a user before all */
	{ "Sales", "x@example.com", true },
	{ "Sales", "x@example.org", false },
	{ "Sales/South", "x@example.org", false },
	{ "Sales/North", "x@example.org", true },		/* the deeper unit decides */
	{ "Sales/North/Secret", "x@example.org", false },
	{ "Sales/North/Secret/Deep", "bob@example.org", true },
	{ "Sales/North/Secret", "x@example.net", true },
};

static void test_the_deepest_unit_that_says_anything_decides(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (rules_allow(rules, COUNT(rules), slice_str(cases[i].ou),
		    slice_str(cases[i].asker)) != cases[i].allowed)
			fail_msg("%s for %s", cases[i].ou, cases[i].asker);
	assert_true(rules_allow(NULL, 0, SLICE("Board"), SLICE("x@example.com")));
}

static void test_a_rule_for_the_top_is_for_all_units(void **state)
{
	static const struct rule top[] = { { S(""), S("all"), false }, { S("Open"), S("all"), true } };

	(void)state;
	assert_false(rules_allow(top, 2, SLICE(""), SLICE("a@b")));
	assert_false(rules_allow(top, 2, SLICE("Closed"), SLICE("a@b")));
	assert_true(rules_allow(top, 2, SLICE("Open/Door"), SLICE("a@b")));
}

UNIT_MAIN(
	cmocka_unit_test(test_the_deepest_unit_that_says_anything_decides),
	cmocka_unit_test(test_a_rule_for_the_top_is_for_all_units))
