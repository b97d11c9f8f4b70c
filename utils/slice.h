/*
 * utils/slice.h - a pointer and a length: how all wire data is handled.
 *
 * A slice borrows its bytes and is not terminated. Nothing here allocates.
 */
#ifndef UTILS_SLICE_H
#define UTILS_SLICE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *p;
	size_t      len;
};

#define SLICE(lit)   ((struct slice){ "" lit, sizeof(lit) - 1 })
/* The same in the initialiser of a static object. */
#define SLICE_INIT(lit) { "" lit, sizeof(lit) - 1 }
#define SLICE_NULL   ((struct slice){ NULL, 0 })
/* For printf: "%.*s", SLICE_ARG(s) */
#define SLICE_ARG(s) ((int)(s).len), ((s).p ? (s).p : "")

static inline struct slice slice_of(const char *p, size_t len)
{
	return (struct slice){ p, len };
}

/** For terminated strings of our own (never for wire data). */
static inline struct slice slice_str(const char *s)
{
	return (struct slice){ s, s ? strlen(s) : 0 };
}

static inline struct slice slice_between(const char *from, const char *to)
{
	return (struct slice){ from, (size_t)(to - from) };
}

static inline bool slice_is_empty(struct slice s) { return s.len == 0; }

/* NULL + 0 is undefined in C17, so empty slices take the other branch. */
static inline const char *slice_end(struct slice s)
{
	return s.len > 0 ? s.p + s.len : s.p;
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

static inline char ascii_lower(char c)
{
	return (c >= 'A' && c <= 'Z') ? (char)(c | 0x20) : c;
}

/** The same for eight bytes at once, in whatever order they were loaded. */
static inline uint64_t ascii_lower8(uint64_t w)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t low7 = w & (ones * 0x7f);
	uint64_t from_a = low7 + ones * (0x80 - 'A');
	uint64_t past_z = low7 + ones * (0x7f - 'Z');
	uint64_t upper = (from_a ^ past_z) & ~w & (ones * 0x80);

	return w | upper >> 2;
}

static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool is_alpha(char c)
{
	return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}
static inline bool is_alnum(char c) { return is_digit(c) || is_alpha(c); }
/** Linear white space as it stands after unfolding: SP, HTAB, CR, LF. */
static inline bool is_lws(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/** ASCII letters fold, other bytes compare as they are. */
bool slice_eq_nocase(struct slice a, struct slice b);
/** Order by bytes, shorter first when one is the other's beginning; <0, 0, >0. */
int  slice_cmp(struct slice a, struct slice b);
static inline bool slice_starts(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.p, prefix.p, prefix.len) == 0);
}
/** ASCII letters fold, as in slice_eq_nocase(). */
bool slice_starts_nocase(struct slice s, struct slice prefix);
/** Bytes as they are; an empty suffix ends everything. */
bool slice_ends(struct slice s, struct slice suffix);

/** Index of the first c, or s.len if there is none. */
static inline size_t slice_find(struct slice s, char c)
{
	const char *at = s.len > 0 ? memchr(s.p, c, s.len) : NULL;

	return at ? (size_t)(at - s.p) : s.len;
}
/** Index of the first occurrence of needle, or s.len if there is none. */
size_t slice_search(struct slice s, struct slice needle);
/** "*" in pattern stands for any bytes, others for themselves as in slice_eq_nocase(). */
bool slice_fits(struct slice pattern, struct slice s);

/** Without leading and trailing LWS. */
struct slice slice_trim(struct slice s);
void slice_skip_lws(struct slice *s);
/** Copy the bytes to *at, which moves behind them: for texts that lie behind their struct.
 *  Returns the copy. */
static inline struct slice slice_put(char **at, struct slice s)
{
	struct slice copy = slice_of(*at, s.len);

	if (s.len)
		memcpy(*at, s.p, s.len);
	*at += s.len;
	return copy;
}
/** Drop n bytes (at most all) at the front. */
static inline struct slice slice_skip(struct slice s, size_t n)
{
	if (n >= s.len)
		return (struct slice){ slice_end(s), 0 };
	return (struct slice){ s.p + n, s.len - n };
}
static inline struct slice slice_first(struct slice s, size_t n)
{
	return (struct slice){ s.p, n < s.len ? n : s.len };
}

/** Take bytes from the front of *s as long as pred holds; returns what was taken. */
struct slice slice_take_while(struct slice *s, bool (*pred)(char));
/** Take up to the first sep (not included); *s goes on after it, empty if none. */
struct slice slice_split(struct slice *s, char sep);

/* The rest of slice_to_u32(), which nearly always does without. */
int slice_to_u32_slow(struct slice s, uint32_t *out);

/** Decimal digits only, nothing else, no overflow: 0, or -EINVAL / -ERANGE. */
static inline int slice_to_u32(struct slice s, uint32_t *out)
{
	uint32_t n = 0;

	if (s.len - 1 >= 9)		/* none, or as many as may be too much */
		return slice_to_u32_slow(s, out);
	for (const char *p = s.p, *end = p + s.len; p < end; p++) {
		if (!is_digit(*p))
			return -EINVAL;
		n = n * 10 + (uint32_t)(*p - '0');
	}
	*out = n;
	return 0;
}
/** The same with 64 bits. */
int slice_to_u64(struct slice s, uint64_t *out);
int slice_to_i64(struct slice s, int64_t *out);	/* one leading '-' or '+' allowed */

#endif
