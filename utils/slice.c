/*
 * utils/slice.c - comparing, searching and cutting slices.
 */
#include "utils/slice.h"

static bool words_eq_nocase(uint64_t x, uint64_t y)
{
	return x == y || ascii_lower8(x) == ascii_lower8(y);
}

static bool eight_eq_nocase(const char *a, const char *b)
{
	uint64_t x, y;

	memcpy(&x, a, 8);
	memcpy(&y, b, 8);
	return words_eq_nocase(x, y);
}

/* Four to seven bytes: the first four and the last four, which may overlap. */
static bool few_eq_nocase(const char *a, const char *b, size_t len)
{
	uint32_t x[2], y[2];

	memcpy(&x[0], a, 4);
	memcpy(&x[1], a + len - 4, 4);
	memcpy(&y[0], b, 4);
	memcpy(&y[1], b + len - 4, 4);
	return words_eq_nocase((uint64_t)x[0] << 32 | x[1], (uint64_t)y[0] << 32 | y[1]);
}

static bool bytes_eq_nocase(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (ascii_lower(a[i]) != ascii_lower(b[i]))
			return false;
	return true;
}

bool slice_eq_nocase(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	if (a.len < 4)
		return bytes_eq_nocase(a.p, b.p, a.len);
	if (a.len < 8)
		return few_eq_nocase(a.p, b.p, a.len);
	for (size_t i = 0; i < a.len - 8; i += 8)
		if (!eight_eq_nocase(a.p + i, b.p + i))
			return false;
	/* The last eight, some of which may have been looked at already. */
	return eight_eq_nocase(a.p + a.len - 8, b.p + a.len - 8);
}

int slice_cmp(struct slice a, struct slice b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common > 0 ? memcmp(a.p, b.p, common) : 0;

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

bool slice_starts_nocase(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len &&
	    slice_eq_nocase(slice_first(s, prefix.len), prefix);
}

bool slice_ends(struct slice s, struct slice suffix)
{
	return s.len >= suffix.len &&
	    slice_eq(slice_skip(s, s.len - suffix.len), suffix);
}

size_t slice_search(struct slice s, struct slice needle)
{
	const char *hit;

	if (needle.len == 0)
		return 0;
	if (needle.len > s.len)
		return s.len;
	hit = memmem(s.p, s.len, needle.p, needle.len);
	return hit ? (size_t)(hit - s.p) : s.len;
}

struct slice slice_trim(struct slice s)
{
	slice_skip_lws(&s);
	while (s.len > 0 && is_lws(s.p[s.len - 1]))
		s.len--;
	return s;
}

void slice_skip_lws(struct slice *s)
{
	while (s->len > 0 && is_lws(*s->p)) {
		s->p++;
		s->len--;
	}
}

bool slice_fits(struct slice pattern, struct slice s)
{
	size_t p = 0, at = 0, star = pattern.len, mark = 0;

	while (at < s.len) {
		if (p < pattern.len && pattern.p[p] == '*') {
			star = p++;
			mark = at;
		} else if (p < pattern.len && ascii_lower(pattern.p[p]) == ascii_lower(s.p[at])) {
			p++;
			at++;
		} else if (star < pattern.len) {
			/* Only the last star need try again: it can take what those before it could. */
			p = star + 1;
			at = ++mark;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.p[p] == '*')
		p++;
	return p == pattern.len;
}

struct slice slice_take_while(struct slice *s, bool (*pred)(char))
{
	struct slice taken;
	size_t n = 0;

	while (n < s->len && pred(s->p[n]))
		n++;
	taken = slice_first(*s, n);
	*s = slice_skip(*s, n);
	return taken;
}

struct slice slice_split(struct slice *s, char sep)
{
	size_t n = slice_find(*s, sep);
	struct slice part = slice_first(*s, n);

	*s = slice_skip(*s, n + (n < s->len));
	return part;
}

int slice_to_u64(struct slice s, uint64_t *out)
{
	uint64_t n = 0;
	bool over = false;

	if (s.len == 0)
		return -EINVAL;
	for (size_t i = 0; i < s.len; i++) {
		if (!is_digit(s.p[i]))
			return -EINVAL;
		over |= __builtin_mul_overflow(n, 10u, &n);
		over |= __builtin_add_overflow(n, (unsigned)(s.p[i] - '0'), &n);
	}
	if (over)
		return -ERANGE;
	*out = n;
	return 0;
}

int slice_to_u32_slow(struct slice s, uint32_t *out)
{
	uint64_t n;
	int err = slice_to_u64(s, &n);

	if (err)
		return err;
	if (n > UINT32_MAX)
		return -ERANGE;
	*out = (uint32_t)n;
	return 0;
}

int slice_to_i64(struct slice s, int64_t *out)
{
	bool minus = s.len > 0 && *s.p == '-';
	bool sign = minus || (s.len > 0 && *s.p == '+');
	uint64_t n;
	int err = slice_to_u64(slice_skip(s, sign), &n);

	if (err)
		return err;
	if (n > (uint64_t)INT64_MAX + minus)
		return -ERANGE;
	/* 0 - n in unsigned arithmetic also reaches INT64_MIN. */
	*out = (int64_t)(minus ? 0 - n : n);
	return 0;
}
