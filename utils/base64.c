/*
 * utils/base64.c - RFC 4648 section 4, with padding.
 *
 * Decoding is strict: no line breaks (3.1), padding where it belongs (3.2), and
 * no bits set that nobody reads (3.5), so that a token has one spelling only.
 */
#include "utils/base64.h"

#include <errno.h>

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_group(char *out, uint32_t bits)
{
	for (int i = 0; i < 4; i++)
		out[i] = alphabet[bits >> (18 - 6 * i) & 63];
}

size_t base64_encode(char *out, const void *in, size_t len)
{
	const unsigned char *b = in;
	char *p = out;

	for (; len >= 3; len -= 3, b += 3, p += 4)
		put_group(p, (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2]);
	if (len > 0) {
		put_group(p, (uint32_t)b[0] << 16 | (len > 1 ? (uint32_t)b[1] << 8 : 0));
		p[3] = '=';
		if (len == 1)
			p[2] = '=';
		p += 4;
	}
	return (size_t)(p - out);
}

/* 0 to 63, or 64 and more for what is not in the alphabet. */
static uint32_t value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a' + 26);
	if (is_digit(c))
		return (uint32_t)(c - '0' + 52);
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* Four characters, of which the last pad are '='; returns the 24 bits or -1. */
static int32_t group_bits(const char *p, size_t pad)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < 4; i++) {
		uint32_t v = i < 4 - pad ? value_of(p[i]) : 0;

		if (v > 63)
			return -1;
		bits = bits << 6 | v;
	}
	return (int32_t)bits;
}

static size_t padding_of(struct slice s)
{
	if (s.len == 0 || s.p[s.len - 1] != '=')
		return 0;
	return s.p[s.len - 2] == '=' ? 2 : 1;
}

int base64_decode(void *out, size_t *out_len, struct slice s)
{
	unsigned char *b = out;
	size_t pad;

	if (s.len % 4 != 0)
		return -EINVAL;
	pad = padding_of(s);
	for (size_t i = 0; i < s.len; i += 4) {
		size_t short_by = i + 4 == s.len ? pad : 0;
		int32_t bits = group_bits(s.p + i, short_by);

		if (bits < 0 || (bits & ((1 << 8 * short_by) - 1)) != 0)
			return -EINVAL;
		for (size_t j = 0; j < 3 - short_by; j++)
			*b++ = (unsigned char)(bits >> (16 - 8 * j));
	}
	*out_len = (size_t)(b - (unsigned char *)out);
	return 0;
}
