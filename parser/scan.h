/*
 * parser/scan.h - inside the parser: finding line ends and colons sixteen bytes at a time.
 *
 * The bytes scanned are followed by SCAN_PAD line ends, so a search always ends and needs no
 * comparison with the end: who gets a place behind his own bytes has found nothing. An index
 * by bytes and memchr() took 2,900 instructions for a MESSAGE, this one takes 1,700.
 */
#ifndef PARSER_SCAN_H
#define PARSER_SCAN_H

#include "parser/token.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#define SCAN_SSE2 1
#else
#define SCAN_SSE2 0
#endif

#define SCAN_PAD 16u

struct scan {
	const char *end;		/* of the bytes; SCAN_PAD line ends follow */
#if SCAN_SSE2
	__m128i     least;		/* the smallest byte seen in each of the sixteen columns */
#endif
};

#if SCAN_SSE2

static inline __m128i scan_load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/** Bit n: byte n is the same in both. */
static inline unsigned scan_same(__m128i a, __m128i b)
{
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b));
}

/** Are those bytes of sixteen the same in both that have their bit set? */
static inline bool scan_is_same(const char *a, const char *b, unsigned bits)
{
	return (scan_same(scan_load(a), scan_load(b)) & bits) == bits;
}

static inline unsigned scan_mask(__m128i block, char c)
{
	return scan_same(block, _mm_set1_epi8(c));
}

/* Of sixty-four bits, since the result of a shorter count would have to be widened. */
static inline size_t scan_first(unsigned mask)
{
	return (size_t)__builtin_ctzll(mask);
}

static inline struct scan scan_begin(const char *end)
{
	return (struct scan){ end, _mm_set1_epi8((char)0xff) };
}

/** The first LF at p or behind it. */
static inline const char *scan_lf(struct scan *s, const char *p)
{
	for (;; p += 16) {
		__m128i block = scan_load(p);
		unsigned hits = scan_mask(block, '\n');

		s->least = _mm_min_epu8(s->least, block);
		if (hits)
			return p + scan_first(hits);
	}
}

/** The same where nothing follows the bytes: their end if there is none, or before it a NUL. */
static inline const char *scan_lf_within(struct scan *s, const char *p)
{
	for (; s->end - p >= 16; p += 16) {
		__m128i block = scan_load(p);
		unsigned hits = scan_mask(block, '\n');

		s->least = _mm_min_epu8(s->least, block);
		if (hits)
			return p + scan_first(hits);
	}
	for (; p < s->end && *p != '\n'; p++)
		if (*p == '\0')
			return s->end;
	return p;
}

/** The first ':' or LF at p or behind it. */
static inline const char *scan_colon(const struct scan *s, const char *p)
{
	(void)s;
	for (;; p += 16) {
		__m128i block = scan_load(p);
		unsigned hits = scan_mask(block, ':') | scan_mask(block, '\n');

		if (hits)
			return p + scan_first(hits);
	}
}

/** Can there have been a NUL where scan_lf() went? No is certain. */
static inline bool scan_may_have_nul(const struct scan *s)
{
	return scan_mask(s->least, '\0') != 0;
}

#else

static inline struct scan scan_begin(const char *end)
{
	return (struct scan){ end };
}

static inline const char *scan_lf(struct scan *s, const char *p)
{
	return memchr(p, '\n', (size_t)(s->end + SCAN_PAD - p));
}

static inline const char *scan_lf_within(struct scan *s, const char *p)
{
	const char *lf = p < s->end ? memchr(p, '\n', (size_t)(s->end - p)) : NULL;

	return lf ? lf : s->end;
}

static inline const char *scan_colon(const struct scan *s, const char *p)
{
	(void)s;
	while (*p != ':' && *p != '\n')
		p++;
	return p;
}

static inline bool scan_may_have_nul(const struct scan *s)
{
	(void)s;
	return true;
}

#endif

#if SCAN_SSE2

/* Less than eight bytes, lowest first, NUL behind them. */
static inline uint64_t scan_word(const char *p, size_t n)
{
	const unsigned char *b = (const unsigned char *)p;
	uint32_t first, last;

	if (n < 4)
		return n == 0 ? 0 : b[0] | (uint64_t)b[n / 2] << 8 * (n / 2) |
		    (uint64_t)b[n - 1] << 8 * (n - 1);
	memcpy(&first, p, 4);
	memcpy(&last, p + n - 4, 4);
	return first | (uint64_t)last << 8 * (n - 4);
}

/** Less than sixteen, and nothing behind them need be readable: NUL stands there. */
static inline __m128i scan_few(const char *p, size_t n)
{
	uint64_t low, high = 0;

	if (n < 8)
		return _mm_set_epi64x(0, (int64_t)scan_word(p, n));
	memcpy(&low, p, 8);
	memcpy(&high, p + n - 8, 8);
	return _mm_set_epi64x(n == 8 ? 0 : (int64_t)(high >> 8 * (16 - n)), (int64_t)low);
}

#endif

/** Is there a byte up to max, as CR for line ends, or blank? Nothing need be behind these bytes. */
static inline bool scan_has_upto(struct slice s, char max)
{
	const char *p = s.p, *end = slice_end(s);

#if SCAN_SSE2
	const __m128i most = _mm_set1_epi8(max);

	for (; end - p >= 16; p += 16) {
		__m128i block = scan_load(p);

		if (scan_same(_mm_min_epu8(block, most), block))
			return true;
	}
#endif
	for (; p < end; p++)
		if ((unsigned char)*p <= (unsigned char)max)
			return true;
	return false;
}

/** slice_find() of anything but NUL, quicker for what is as short as values are. */
static inline size_t scan_find(struct slice s, char c)
{
	size_t at = 0;

#if SCAN_SSE2
	unsigned hits;

	if (s.len < 16) {
		hits = scan_mask(scan_few(s.p, s.len), c);
		return hits ? scan_first(hits) : s.len;
	}
	for (;; at = at + 32 <= s.len ? at + 16 : s.len - 16) {
		hits = scan_mask(scan_load(s.p + at), c);
		if (hits)
			return at + scan_first(hits);
		if (at + 16 == s.len)
			return s.len;
	}
#else
	while (at < s.len && s.p[at] != c)
		at++;
	return at;
#endif
}

/** The first of three bytes, none of them NUL. */
static inline size_t scan_find_among(struct slice s, char a, char b, char c)
{
	size_t at = 0;

#if SCAN_SSE2
	for (; at < s.len; at += 16) {
		__m128i block = s.len - at < 16 ? scan_few(s.p + at, s.len - at) :
		    scan_load(s.p + at);
		unsigned hits = scan_mask(block, a) | scan_mask(block, b) | scan_mask(block, c);

		if (hits)
			return at + scan_first(hits);
	}
	return s.len;
#else
	while (at < s.len && s.p[at] != a && s.p[at] != b && s.p[at] != c)
		at++;
	return at;
#endif
}

/** Behind the quote that ends the string with its quote at p; NULL if there is none, or a backslash
 *  before it. */
static inline const char *scan_string_end(const char *p, const char *end)
{
	p += 1 + scan_find_among(slice_between(p + 1, end), '"', '\\', '"');
	return p < end && *p == '"' ? p + 1 : NULL;
}

/** token_quoted_span() of what begins with a quote, quicker where nothing is escaped. */
static inline size_t scan_quoted_span(struct slice s)
{
	const char *end = scan_string_end(s.p, slice_end(s));

	return end ? (size_t)(end - s.p) : token_quoted_span(s);
}

/* Long values and host names are most of what the short ways read: these two look at sixteen
 * bytes in 20 instructions, token_end() at five. The NUL behind the last fifteen ends both. */

#if SCAN_SSE2
/* Bytes from first on, no more than span behind it. */
static inline __m128i scan_in(__m128i block, char first, char span)
{
	__m128i off = _mm_sub_epi8(block, _mm_set1_epi8(first));

	return _mm_cmpeq_epi8(_mm_min_epu8(off, _mm_set1_epi8(span)), off);
}

static inline __m128i scan_is(__m128i block, char c)
{
	return _mm_cmpeq_epi8(block, _mm_set1_epi8(c));
}

/* No TOKEN_HOST: bit n for byte n. */
static inline unsigned scan_no_host(__m128i block)
{
	__m128i letters = scan_in(_mm_or_si128(block, _mm_set1_epi8(0x20)), 'a', 25);
	__m128i others = _mm_or_si128(scan_in(block, '-', 1), scan_is(block, '_'));
	__m128i all = _mm_or_si128(_mm_or_si128(letters, scan_in(block, '0', 9)), others);

	return (unsigned)_mm_movemask_epi8(all) ^ 0xffff;
}

/* No TOKEN_VALUE. '<' and '>' differ by one bit. */
static inline unsigned scan_no_value(__m128i block)
{
	__m128i angles = scan_is(_mm_or_si128(block, _mm_set1_epi8(2)), '>');
	__m128i low = _mm_or_si128(scan_in(block, 0, ' '), scan_is(block, 0x7f));
	__m128i seps = _mm_or_si128(scan_is(block, ';'), scan_is(block, ','));
	__m128i all = _mm_or_si128(_mm_or_si128(low, seps), _mm_or_si128(angles, scan_is(block, '"')));

	return (unsigned)_mm_movemask_epi8(all);
}
#endif

/** token_end() of TOKEN_HOST. */
static inline const char *scan_host_end(const char *p, const char *end)
{
#if SCAN_SSE2
	for (; end - p >= 16; p += 16) {
		unsigned hits = scan_no_host(scan_load(p));

		if (hits)
			return p + scan_first(hits);
	}
	return p + scan_first(scan_no_host(scan_few(p, (size_t)(end - p))));
#else
	return token_end(p, end, TOKEN_HOST);
#endif
}

/** token_end() of TOKEN_VALUE. */
static inline const char *scan_value_end(const char *p, const char *end)
{
#if SCAN_SSE2
	for (; end - p >= 16; p += 16) {
		unsigned hits = scan_no_value(scan_load(p));

		if (hits)
			return p + scan_first(hits);
	}
	return p + scan_first(scan_no_value(scan_few(p, (size_t)(end - p))));
#else
	return token_end(p, end, TOKEN_VALUE);
#endif
}

#endif
