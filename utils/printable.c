/*
 * utils/printable.c - what a terminal would obey is shown instead.
 */
#include "utils/printable.h"
#include "utils/utf8.h"

static bool is_plain(char c)
{
	return c >= ' ' && c <= '~';
}

static char *put(char *p, struct slice s)
{
	memcpy(p, s.p, s.len);
	return p + s.len;
}

static char short_escape(char c)
{
	return c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : '\0';
}

static char *put_escaped(char *p, struct slice s)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < s.len; i++) {
		unsigned char byte = (unsigned char)s.p[i];
		char c = short_escape(s.p[i]);

		*p++ = '\\';
		*p++ = c ? c : 'x';
		if (!c) {
			*p++ = digits[byte >> 4];
			*p++ = digits[byte & 15];
		}
	}
	return p;
}

/* U+202A to U+202E and U+2066 to U+2069 begin and end another direction. */
static bool turns_around(struct slice one)
{
	unsigned char last = (unsigned char)one.p[one.len - 1];

	return (slice_starts(one, SLICE("\xe2\x80")) && last >= 0xaa && last <= 0xae) ||
	    (slice_starts(one, SLICE("\xe2\x81")) && last >= 0xa6 && last <= 0xa9);
}

/* Control characters, the second set (U+0080 to U+009F) too: terminals obey both. */
static bool is_obeyed(struct slice one)
{
	unsigned char first = (unsigned char)one.p[0];

	if (one.len == 1)
		return first < 0x20 || first == 0x7f;
	return (one.len == 2 && first == 0xc2 && (unsigned char)one.p[1] < 0xa0) || turns_around(one);
}

char *printable_put(char *p, struct slice s, bool lines)
{
	for (;;) {
		size_t len;
		struct slice one;

		p = put(p, slice_take_while(&s, is_plain));
		if (s.len == 0)
			return p;
		len = utf8_len(s);
		one = slice_first(s, len ? len : 1);
		if (lines && (*one.p == '\n' || *one.p == '\t'))
			p = put(p, one);
		else
			p = len == 0 || is_obeyed(one) ? put_escaped(p, one) : put(p, one);
		s = slice_skip(s, one.len);
	}
}
