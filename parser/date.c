/*
 * parser/date.c - RFC 1123 dates without locale, time zone or libc state.
 */
#include "parser/date.h"

#include "parser/token.h"

#include <errno.h>
#include <stdio.h>

#define DAY_SECONDS 86400

static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char months[12][4] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
};

struct civil { int64_t year; unsigned month, day; };	/* both from 1 */

/*
 * Days since 1970-01-01 in the Gregorian calendar. Years are counted from
 * March, so that the leap day is the last of its year and a month's first day
 * follows from a line through the 153 days of each five months.
 */
static int64_t days_of(struct civil c)
{
	int64_t year = c.month > 2 ? c.year : c.year - 1;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t of_era = year - era * 400;
	int64_t month = c.month > 2 ? c.month - 3 : c.month + 9;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	    (153 * month + 2) / 5 + c.day - 1 - 719468;
}

static struct civil civil_of(int64_t day)
{
	int64_t since = day + 719468;
	int64_t era = (since >= 0 ? since : since - 146096) / 146097;
	int64_t of_era = since - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;
	struct civil c;

	c.day = (unsigned)(of_year - (153 * month + 2) / 5 + 1);
	c.month = (unsigned)(month < 10 ? month + 3 : month - 9);
	c.year = year + era * 400 + (c.month <= 2);
	return c;
}

static int name_index(struct slice s, const char (*names)[4], int n)
{
	for (int i = 0; i < n; i++)
		if (slice_eq(s, slice_of(names[i], 3)))
			return i;
	return -1;
}

static bool take_number(struct slice *s, size_t digits, uint32_t max, unsigned *out)
{
	uint32_t n;

	if (slice_to_u32(slice_first(*s, digits), &n) != 0 || s->len < digits || n > max)
		return false;
	*s = slice_skip(*s, digits);
	*out = n;
	return true;
}

static bool take_text(struct slice *s, struct slice text)
{
	if (!slice_starts(*s, text))
		return false;
	*s = slice_skip(*s, text.len);
	return true;
}

static bool take_civil(struct slice *s, struct civil *c)
{
	unsigned year;
	int month;

	if (!take_number(s, 2, 31, &c->day) || c->day == 0 || !take_text(s, SLICE(" ")))
		return false;
	month = name_index(slice_first(*s, 3), months, 12);
	*s = slice_skip(*s, 3);
	if (month < 0 || !take_text(s, SLICE(" ")) || !take_number(s, 4, 9999, &year))
		return false;
	c->month = (unsigned)month + 1;
	c->year = year;
	return true;
}

int sip_date_parse(struct slice s, int64_t *seconds)
{
	unsigned hour, minute, second;
	struct civil c, again;

	s = slice_trim(s);
	if (name_index(slice_first(s, 3), days, 7) < 0)
		return -EINVAL;
	s = slice_skip(s, 3);
	if (!take_text(&s, SLICE(", ")) || !take_civil(&s, &c) || !take_text(&s, SLICE(" ")) ||
	    !take_number(&s, 2, 23, &hour) || !take_text(&s, SLICE(":")) ||
	    !take_number(&s, 2, 59, &minute) || !take_text(&s, SLICE(":")) ||
	    !take_number(&s, 2, 60, &second) || !slice_eq(s, SLICE(" GMT")))
		return -EINVAL;
	again = civil_of(days_of(c));
	if (again.day != c.day)
		return -EINVAL;		/* 31 Jun, 29 Feb of most years */
	*seconds = days_of(c) * DAY_SECONDS + hour * 3600 + minute * 60 + second;
	return 0;
}

size_t sip_date_format(int64_t seconds, char text[SIP_DATE_BYTES])
{
	int64_t day = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0);
	unsigned rest = (unsigned)((seconds % DAY_SECONDS + DAY_SECONDS) % DAY_SECONDS);
	struct civil c;
	int len;

	text[0] = '\0';
	if (day < -719528 || day >= 2932897)
		return 0;
	c = civil_of(day);
	len = snprintf(text, SIP_DATE_BYTES, "%s, %02u %s %04u %02u:%02u:%02u GMT",
	    days[((day + 4) % 7 + 7) % 7], c.day % 100, months[c.month - 1],
	    (unsigned)c.year % 10000, rest / 3600 % 24, rest / 60 % 60, rest % 60);
	return len == SIP_DATE_BYTES - 1 ? (size_t)len : 0;
}
