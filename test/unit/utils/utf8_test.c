/*
 * Text that is UTF-8 stays, what is not gets a mark, byte for byte.
 */
#include "utils/utf8.h"

#include "test/unit.h"

static const struct { const char *text, *shown; } cases[] = {
	{ "", "" }, { "plain\t\n\x7f", "plain\t\n\x7f" },
	{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" }, { "\xe2\x82\xac", "\xe2\x82\xac" },
	{ "\xf0\x9d\x84\x9e", "\xf0\x9d\x84\x9e" },
	{ "gr\xfc\xdf", "gr??" },		/* Latin-1 */
	{ "a\x80" "b", "a?b" }, { "\xc3", "?" }, { "\xe2\x82", "??" }, { "\xe2\x82z", "??z" },
	{ "\xc0\xaf", "??" }, { "\xe0\x9f\xbf", "???" },	/* overlong */
	{ "\xed\xa0\x80", "???" },		/* a surrogate */
	{ "\xf4\x90\x80\x80", "????" }, { "\xff\xfe", "??" }
};

static void scrubbed(void **state)
{
	char text[32];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(text, sizeof(text), "%s", cases[i].text);
		utf8_scrub(text, strlen(text));
		assert_string_equal(text, cases[i].shown);
	}
}

UNIT_MAIN(
	cmocka_unit_test(scrubbed))
