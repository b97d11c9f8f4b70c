/*
 * utils/hex.c - bytes as hexadecimal digits and back.
 */
#include "utils/hex.h"

#include <errno.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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

#if defined(__SSE2__)
/* Bytes from first up to last: all ones there, else zero. */
static inline __m128i in_range(__m128i block, char first, char last)
{
	return _mm_and_si128(_mm_cmpgt_epi8(block, _mm_set1_epi8((char)(first - 1))),
	    _mm_cmplt_epi8(block, _mm_set1_epi8((char)(last + 1))));
}

/* Sixteen digits make eight bytes, all at once. */
static inline bool decode_sixteen(const char *digits, unsigned char bytes[8])
{
	__m128i block = _mm_loadu_si128((const __m128i *)(const void *)digits);
	__m128i letter = in_range(_mm_or_si128(block, _mm_set1_epi8(0x20)), 'a', 'f');
	__m128i value = _mm_add_epi8(_mm_and_si128(block, _mm_set1_epi8(0x0f)),
	    _mm_and_si128(letter, _mm_set1_epi8(9)));
	__m128i pair = _mm_or_si128(_mm_slli_epi16(value, 4), _mm_srli_epi16(value, 8));

	pair = _mm_packus_epi16(_mm_and_si128(pair, _mm_set1_epi16(0xff)), pair);
	_mm_storel_epi64((__m128i *)(void *)bytes, pair);
	return _mm_movemask_epi8(_mm_or_si128(letter, in_range(block, '0', '9'))) == 0xffff;
}
#endif

/* One look at the end tells whether all were digits. */
int hex_decode(void *out, size_t len, struct slice s)
{
	const unsigned char *digits = (const unsigned char *)s.p;
	unsigned char *bytes = out;
	unsigned all = IS_DIGIT;
	size_t i = 0;

	if (s.len / 2 != len || s.len % 2 != 0)
		return -EINVAL;
#if defined(__SSE2__)
	for (; i + 8 <= len; i += 8)
		if (!decode_sixteen(s.p + 2 * i, bytes + i))
			return -EINVAL;
#endif
	for (; i < len; i++) {
		unsigned high = values[digits[2 * i]], low = values[digits[2 * i + 1]];

		all &= high & low;
		bytes[i] = (unsigned char)(high << 4 | (low & 15));
	}
	return all ? 0 : -EINVAL;
}
