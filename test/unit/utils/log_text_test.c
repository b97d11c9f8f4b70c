/*
 * The shapes of a log line, and that no byte in it can forge another one.
 */
#include "utils/log_text.h"

#include "test/unit.h"

#include <time.h>
#include <unistd.h>

static const struct log_record plain = {
	.time_ns = 1795251600123456789, .level = LOG_LEVEL_NOTICE,
	.room = { "tm", 2 }, .thread = { "worker 1", 8 }, .text = { "event key=value", 15 },
};

static struct slice line(size_t (*shape)(char *, const struct log_record *),
    const struct log_record *r)
{
	static char out[LOG_LINE_BYTES];

	return slice_of(out, shape(out, r));
}

static void shapes(void **state)
{
	char out[LOG_LINE_BYTES], want[256];

	(void)state;
	assert_slice(line(log_text_line, &plain),
	    "2026-11-21T09:00:00.123Z notice tm [worker 1] event key=value\n");
	assert_slice(line(log_text_json, &plain),
	    "{\"ts\":\"2026-11-21T09:00:00.123Z\",\"level\":\"notice\",\"room\":\"tm\","
	    "\"thread\":\"worker 1\",\"msg\":\"event key=value\"}\n");
	assert_slice(line(log_text_journal, &plain),
	    "PRIORITY=5\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=lcs\nLCS_ROOM=tm\n"
	    "LCS_THREAD=worker 1\nMESSAGE=tm [worker 1] event key=value\n");
	snprintf(want, sizeof(want),
	    "<29>Nov 21 09:00:00 lcs[%d]: notice tm [worker 1] event key=value", (int)getpid());
	assert_slice(slice_of(out, log_text_syslog(out, &plain, LOG_FORMAT_TEXT)), want);
	snprintf(want, sizeof(want), "<29>Nov 21 09:00:00 lcs[%d]: {\"ts\":", (int)getpid());
	assert_true(slice_starts(slice_of(out, log_text_syslog(out, &plain, LOG_FORMAT_JSON)),
	    slice_str(want)));
}

static void levels_and_days(void **state)
{
	static const struct { enum log_level level; int64_t time_ns; const char *begin, *syslog; } cases[] = {
		{ LOG_LEVEL_ERROR, 0, "1970-01-01T00:00:00.000Z error ", "<27>Jan  1 00:00:00 " },
		{ LOG_LEVEL_WARNING, 999999999, "1970-01-01T00:00:00.999Z warning ", "<28>Jan  1 " },
		{ LOG_LEVEL_INFO, 951782400000000000, "2000-02-29T00:00:00.000Z info ", "<30>Feb 29 " },
		{ LOG_LEVEL_DEBUG, 4102444799000000000, "2099-12-31T23:59:59.000Z debug ",
		  "<31>Dec 31 23:59:59 " },
	};
	char out[LOG_LINE_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct log_record r = plain;

		r.level = cases[i].level;
		r.time_ns = cases[i].time_ns;
		assert_true(slice_starts(line(log_text_line, &r), slice_str(cases[i].begin)));
		assert_true(slice_starts(slice_of(out, log_text_syslog(out, &r, LOG_FORMAT_TEXT)),
		    slice_str(cases[i].syslog)));
	}
}

/* What is not valid UTF-8: RFC 3629 sections 3 and 10, each kind once. */
static void escapes(void **state)
{
	static const struct { const char *in, *text, *json; } cases[] = {
		{ "a\nb\r\tc", "a\\nb\\r\\tc", "a\\nb\\r\\tc" },
		{ "\x1b[31m\x01\x7f", "\\x1b[31m\\x01\\x7f", "\\u001b[31m\\u0001\\u007f" },
		{ "DOMAIN\\user \"x\"", "DOMAIN\\user \"x\"", "DOMAIN\\\\user \\\"x\\\"" },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
		  "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "\xc2\x9b" "1m", "\\xc2\\x9b" "1m", "\xc2\x9b" "1m" },	/* a C1 control */
		{ "\xe2\x80\xaetxt.\xe2\x81\xa9", "\\xe2\\x80\\xaetxt.\\xe2\\x81\\xa9",	/* backwards */
		  "\xe2\x80\xaetxt.\xe2\x81\xa9" },
		{ "\xe2\x80\xa6\xe2\x81\xaa", "\xe2\x80\xa6\xe2\x81\xaa", "\xe2\x80\xa6\xe2\x81\xaa" },
		{ "\xff", "\\xff", "\\ufffd" },
		{ "\x80x", "\\x80x", "\\ufffdx" },				/* alone */
		{ "\xc3", "\\xc3", "\\ufffd" },					/* cut */
		{ "\xc3(", "\\xc3(", "\\ufffd(" },
		{ "\xc0\xaf", "\\xc0\\xaf", "\\ufffd\\ufffd" },			/* overlong */
		{ "\xe0\x80\xaf", "\\xe0\\x80\\xaf", "\\ufffd\\ufffd\\ufffd" },
		{ "\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf", "\\ufffd\\ufffd\\ufffd\\ufffd" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80", "\\ufffd\\ufffd\\ufffd" },	/* surrogate */
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\ufffd\\ufffd\\ufffd\\ufffd" },
		{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
		{ "\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80", "\\ufffd\\ufffd\\ufffd\\ufffd" },
	};
	char want[256];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct log_record r = plain;

		r.text = slice_str(cases[i].in);
		snprintf(want, sizeof(want), "2026-11-21T09:00:00.123Z notice tm [worker 1] %s\n",
		    cases[i].text);
		assert_slice(line(log_text_line, &r), want);
		snprintf(want, sizeof(want), ",\"msg\":\"%s\"}\n", cases[i].json);
		assert_true(slice_ends(line(log_text_json, &r), slice_str(want)));
	}
}

static void names_are_escaped_too(void **state)
{
	struct log_record r = plain;
	struct slice journal;

	(void)state;
	r.room = SLICE("a\nb");
	r.thread = SLICE("c\nd");
	assert_slice(line(log_text_line, &r),
	    "2026-11-21T09:00:00.123Z notice a\\nb [c\\nd] event key=value\n");
	journal = line(log_text_journal, &r);
	assert_true(slice_search(journal, SLICE("LCS_ROOM=a\\nb\nLCS_THREAD=c\\nd\n")) < journal.len);
}

/* The longest line that can be, of each shape: ASan knows where out ends. */
static void longest_lines_fit(void **state)
{
	static const int bytes[] = { 0x01, 0x7f, 0xff, '"', '\n' };
	char *out = malloc(LOG_LINE_BYTES), text[LOG_TEXT_MAX];
	struct log_record r = plain;

	(void)state;
	for (size_t i = 0; i < COUNT(bytes); i++) {
		memset(text, bytes[i], sizeof(text));
		r.text = slice_of(text, sizeof(text));
		r.room = r.thread = slice_of(text, LOG_NAME_MAX);
		assert_in_range(log_text_line(out, &r), LOG_TEXT_MAX, LOG_LINE_BYTES);
		assert_in_range(log_text_json(out, &r), LOG_TEXT_MAX, LOG_LINE_BYTES);
		assert_in_range(log_text_journal(out, &r), LOG_TEXT_MAX, LOG_LINE_BYTES);
		assert_in_range(log_text_syslog(out, &r, LOG_FORMAT_JSON), LOG_TEXT_MAX,
		    LOG_LINE_BYTES);
	}
	free(out);
}

static int in_utc(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	return 0;
}

UNIT_MAIN(
	cmocka_unit_test_setup(shapes, in_utc),
	cmocka_unit_test_setup(levels_and_days, in_utc),
	cmocka_unit_test(escapes),
	cmocka_unit_test(names_are_escaped_too),
	cmocka_unit_test(longest_lines_fit))
