/*
 * Dates.
 */
#include "parser/date.h"

#include "test/unit.h"

#include <time.h>

static void dates_are_read_and_written(void **state)
{
	static const struct { const char *text; int64_t seconds; } cases[] = {
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "Wed, 31 Dec 1969 23:59:59 GMT", -1 },
		{ "Sat, 13 Nov 2010 23:29:00 GMT", 1289690940 },
		{ "Tue, 29 Feb 2000 12:00:00 GMT", 951825600 },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", 253402300799 },
		{ "Sat, 01 Jan 0000 00:00:00 GMT", -62167219200 },
		{ "Wed, 01 Mar 1600 00:00:00 GMT", -11670912000 },
	};
	char text[SIP_DATE_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t seconds;

		assert_int_equal(sip_date_parse(slice_str(cases[i].text), &seconds), 0);
		assert_int_equal(seconds, cases[i].seconds);
		assert_int_equal(sip_date_format(seconds, text), SIP_DATE_BYTES - 1);
		assert_string_equal(text, cases[i].text);
	}
}

/* Every day for 400 years, against the C library. */
static void the_calendar_is_the_library_s(void **state)
{
	char got[SIP_DATE_BYTES], want[64];

	(void)state;
	for (int64_t day = -100000; day < 46100; day++) {
		time_t t = (time_t)(day * 86400 + (day & 0xffff));
		struct tm tm;
		int64_t back;

		gmtime_r(&t, &tm);
		strftime(want, sizeof(want), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		assert_int_equal(sip_date_format(t, got), SIP_DATE_BYTES - 1);
		assert_string_equal(got, want);
		assert_int_equal(sip_date_parse(slice_str(got), &back), 0);
		assert_int_equal(back, t);
	}
}

static void others_are_refused(void **state)
{
	static const char *const cases[] = {
		"", "Fri, 01 Jan 2010 16:00:00 EST", "Fri, 01 Jan 2010 16:00:00", "Fri, 1 Jan 2010 16:00:00 GMT",
		"fri, 01 Jan 2010 16:00:00 GMT", "Fri 01 Jan 2010 16:00:00 GMT", "Fri, 00 Jan 2010 16:00:00 GMT",
		"Fri, 32 Jan 2010 16:00:00 GMT", "Fri, 31 Jun 2010 16:00:00 GMT", "Tue, 29 Feb 1900 12:00:00 GMT",
		"Fri, 01 Foo 2010 16:00:00 GMT", "Fri, 01 Jan 10 16:00:00 GMT", "Fri, 01 Jan 2010 24:00:00 GMT",
		"Fri, 01 Jan 2010 16:60:00 GMT", "Fri, 01 Jan 2010 16:00:61 GMT", "Fri, 01 Jan 2010 16:00:00 GMT x",
		"Fri, 01 Jan 2010 16:00:00 gmt", "Fri, -1 Jan 2010 16:00:00 GMT", "Fri, 01 Jan 2010 16:00:0", "F",
	};
	char text[SIP_DATE_BYTES];
	int64_t seconds;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (sip_date_parse(slice_str(cases[i]), &seconds) != -EINVAL)
			fail_msg("%s was taken", cases[i]);
	assert_int_equal(sip_date_format(253402300800, text), 0);
	assert_int_equal(sip_date_format(-62167219201, text), 0);
	assert_int_equal(sip_date_format(INT64_MAX, text), 0);
	assert_int_equal(sip_date_format(INT64_MIN, text), 0);
}

UNIT_MAIN(cmocka_unit_test(dates_are_read_and_written),
    cmocka_unit_test(the_calendar_is_the_library_s), cmocka_unit_test(others_are_refused))
