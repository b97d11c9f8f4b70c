/*
 * utils/utf8.c - see utf8.h.
 */
#include "utils/utf8.h"

/* What follows the first byte is narrowed where RFC 3629 excludes overlong forms, surrogates
 * and what is above U+10FFFF. */
size_t utf8_len(struct slice s)
{
	const unsigned char *b = (const unsigned char *)s.p;
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (b[0] < 0x80)
		return 1;
	if (b[0] < 0xc2 || b[0] > 0xf4)
		return 0;
	len = b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
	low = b[0] == 0xe0 ? 0xa0 : b[0] == 0xf0 ? 0x90 : low;
	high = b[0] == 0xed ? 0x9f : b[0] == 0xf4 ? 0x8f : high;
	if (s.len < len || b[1] < low || b[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((b[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

void utf8_scrub(char *text, size_t len)
{
	for (size_t at = 0, n; at < len; at += n ? n : 1) {
		n = utf8_len(slice_of(text + at, len - at));
		if (n == 0)
			text[at] = '?';
	}
}
