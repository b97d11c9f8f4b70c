/*
 * utils/hex.c - bytes as hexadecimal digits and back.
 */
#include "utils/hex.h"

#include <endian.h>
#include <errno.h>

void hex_encode(char *out, const void *in, size_t len)
{
	/* Two digits for each byte: half the steps. */
#define ROW(d) #d "0" #d "1" #d "2" #d "3" #d "4" #d "5" #d "6" #d "7" \
	#d "8" #d "9" #d "a" #d "b" #d "c" #d "d" #d "e" #d "f"
	static const char pairs[] = ROW(0) ROW(1) ROW(2) ROW(3) ROW(4) ROW(5) ROW(6) ROW(7)
	    ROW(8) ROW(9) ROW(a) ROW(b) ROW(c) ROW(d) ROW(e) ROW(f);
#undef ROW
	const unsigned char *bytes = in;

	for (size_t i = 0; i < len; i++)
		memcpy(out + 2 * i, pairs + 2 * (size_t)bytes[i], 2);
}

#define IS_DIGIT 0x40u
#define D(c, value) [c] = IS_DIGIT | (value)

static const unsigned char values[256] = {
	D('0', 0), D('1', 1), D('2', 2), D('3', 3), D('4', 4), D('5', 5), D('6', 6), D('7', 7),
	D('8', 8), D('9', 9), D('a', 10), D('b', 11), D('c', 12), D('d', 13), D('e', 14),
	D('f', 15), D('A', 10), D('B', 11), D('C', 12), D('D', 13), D('E', 14), D('F', 15),
};

int hex_digit(char c)
{
	unsigned value = values[(unsigned char)c];

	return value ? (int)(value & 15) : -1;
}

/* Eight digits make four bytes, all at once: each becomes its value, and that written again
 * must be what was there. */
static bool decode_eight(const char *digits, unsigned char bytes[4])
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t w, letter, value, again;
	uint32_t packed;

	memcpy(&w, digits, sizeof(w));
	w = le64toh(w);
	letter = w >> 6 & ones;
	value = (w & ones * 0x0f) + letter * 9;
	again = value + ones * '0' + ((value + ones * 6) >> 4 & ones) * ('a' - '9' - 1);
	if (again != (w | letter << 5) || (value & ones * 0xf0) != 0)
		return false;
	value = (value << 4 | value >> 8) & 0x00ff00ff00ff00ffu;
	value = (value | value >> 8) & 0x0000ffff0000ffffu;
	packed = htole32((uint32_t)(value | value >> 16));
	memcpy(bytes, &packed, sizeof(packed));
	return true;
}

/* One look at the end tells whether all were digits. */
int hex_decode(void *out, size_t len, struct slice s)
{
	const unsigned char *digits = (const unsigned char *)s.p;
	unsigned char *bytes = out;
	unsigned all = IS_DIGIT;
	size_t i;

	if (s.len / 2 != len || s.len % 2 != 0)
		return -EINVAL;
	for (i = 0; i + 4 <= len; i += 4)
		if (!decode_eight(s.p + 2 * i, bytes + i))
			return -EINVAL;
	for (; i < len; i++) {
		unsigned high = values[digits[2 * i]], low = values[digits[2 * i + 1]];

		all &= high & low;
		bytes[i] = (unsigned char)(high << 4 | (low & 15));
	}
	return all ? 0 : -EINVAL;
}
