/*
 * parser/hdr.c - header names by perfect hash, and the values of list headers.
 */
#include "parser/hdr.h"

#include "parser/hdr_find.h"
#include "parser/token.h"
#include "utils/arena.h"

#define SINGLE HDR_KIND_SINGLE
#define LIST   HDR_KIND_LIST
#define MANY   HDR_KIND_MANY

const uint8_t hdr_kinds[HDR_KNOWN] = {
	[HDR_OTHER] = HDR_KIND_MANY,
#define HDR(id, name, compact, kind) [HDR_##id] = kind,
	HDR_TABLE(HDR)
#undef HDR
};

static const struct slice names[HDR_KNOWN] = {
#define HDR(id, name, compact, kind) [HDR_##id] = { name, sizeof(name) - 1 },
	HDR_TABLE(HDR)
#undef HDR
};

/* HDR_OTHER is spelled as nothing is; names with more than fifteen letters are not looked for. */
const struct hdr_spelling hdr_spellings[HDR_KNOWN] = {
	[HDR_OTHER] = { "\n", 1 },
#define HDR(id, name, compact, kind) \
	[HDR_##id] = { name ":", (uint16_t)((1u << sizeof(name)) - 1) },
	HDR_TABLE(HDR)
#undef HDR
};

/* Headers without a compact form go to places no letter reaches. */
static const uint8_t compact_forms[256 + HDR_KNOWN] = {
#define HDR(id, name, compact, kind) [compact ? compact : 256 + HDR_##id] = HDR_##id,
	HDR_TABLE(HDR)
#undef HDR
};

static const uint8_t slots[256] = {
#define SLOT(slot, id) [slot] = HDR_##id,
	HDR_HASH_SLOTS(SLOT)
#undef SLOT
};

_Static_assert(HDR_KNOWN <= UINT8_MAX, "header ids fit a byte");

const uint8_t hdr_quick_slots[256] = {
#define SLOT(slot, id) [slot] = HDR_##id,
	HDR_QUICK_SLOTS(SLOT)
#undef SLOT
};

/* First, middle and last letter and the length differ for all names of the
 * table; hdr_hash.awk chose the factor so that the upper byte does too. */
static unsigned slot_of(struct slice name)
{
	uint32_t key = (unsigned char)name.p[0] |
	    (uint32_t)(unsigned char)name.p[name.len / 2] << 8 |
	    (uint32_t)(unsigned char)name.p[name.len - 1] << 16;

	key = (key | 0x202020u) + ((uint32_t)name.len << 24);
	return (uint32_t)(key * HDR_HASH_FACTOR) >> 24;
}

static bool word_eq(const char *a, const char *b)
{
	uint64_t x, y;

	memcpy(&x, a, 8);
	memcpy(&y, b, 8);
	return x == y;
}

static bool half_eq(const char *a, const char *b)
{
	uint32_t x, y;

	memcpy(&x, a, 4);
	memcpy(&y, b, 4);
	return x == y;
}

/*
 * Is the name spelled as the RFC does? Nearly all are, and a call of memcmp()
 * would cost more than this. The last word overlaps the one before it.
 */
static bool is_spelled(const char *a, const char *b, size_t len)
{
	if (len < 4)
		return a[0] == b[0] && a[len / 2] == b[len / 2] && a[len - 1] == b[len - 1];
	if (len < 8)
		return half_eq(a, b) && half_eq(a + len - 4, b + len - 4);
	for (size_t i = 0; i + 8 < len; i += 8)
		if (!word_eq(a + i, b + i))
			return false;
	return word_eq(a + len - 8, b + len - 8);
}

enum hdr_id hdr_by_name(struct slice name)
{
	enum hdr_id id;

	if (name.len == 0)
		return HDR_OTHER;
	if (name.len == 1)
		return (enum hdr_id)compact_forms[(unsigned char)ascii_lower(*name.p)];
	id = (enum hdr_id)slots[slot_of(name)];
	if (name.len != names[id].len)
		return HDR_OTHER;
	if (is_spelled(name.p, names[id].p, name.len) ||
	    slice_eq_nocase(name, names[id]))
		return id;
	return HDR_OTHER;
}

struct slice hdr_name(enum hdr_id id)
{
	return names[id];
}

bool hdr_is(const struct hdr *h, struct slice name)
{
	enum hdr_id id = hdr_by_name(name);

	return id == HDR_OTHER ? slice_eq_nocase(h->name, name) : h->id == id;
}

/* From '<' to the '>' that is not in quotes; 0 if there is none. */
static size_t angle_span(struct slice s)
{
	size_t i = scan_find_among(s, '>', '"', '>');

	for (; i < s.len && s.p[i] != '>'; i++)
		if (s.p[i] == '"') {
			size_t n = token_quoted_span(slice_skip(s, i));

			if (n == 0)
				return 0;
			i += n - 1;
		}
	return i < s.len ? i + 1 : 0;
}

/* Where the first value of the list ends: the comma outside quotes and angle
 * brackets, or the end. What is opened and never closed goes on to the end. */
static size_t value_span(struct slice s)
{
	size_t i = 0, n = 1;

	while (n > 0) {
		i += scan_find_among(slice_skip(s, i), ',', '"', '<');
		if (i == s.len || s.p[i] == ',')
			return i;
		n = s.p[i] == '"' ? scan_quoted_span(slice_skip(s, i)) : angle_span(slice_skip(s, i));
		i += n;
	}
	return s.len;
}

bool hdr_next_value(struct slice *rest, struct slice *value)
{
	while (rest->len > 0) {
		/* Most values have no comma at all, and then nothing else matters. */
		size_t comma = scan_find(*rest, ',');
		size_t n = comma == rest->len ? comma : value_span(*rest);

		*value = token_trim(slice_first(*rest, n));
		*rest = slice_skip(*rest, n + (n < rest->len));
		if (value->len > 0)
			return true;
	}
	return false;
}

bool hdr_take_value(enum hdr_id id, struct slice *rest, struct slice *value)
{
	if (hdr_kind(id) == HDR_KIND_LIST)
		return hdr_next_value(rest, value);
	*value = token_trim(*rest);
	*rest = slice_skip(*rest, rest->len);
	return value->len > 0;
}

struct slice hdr_unfold(struct arena *a, struct slice value)
{
	char *out;
	size_t n = 0;

	if (slice_find(value, '\n') == value.len && slice_find(value, '\r') == value.len)
		return value;
	out = arena_bytes(a, value.len);
	if (!out)
		return SLICE_NULL;
	while (value.len > 0) {
		struct slice gap = token_take(&value, TOKEN_LWS);
		bool folded = slice_find(gap, '\n') < gap.len || slice_find(gap, '\r') < gap.len;

		if (folded)
			gap = SLICE(" ");
		memcpy(out + n, gap.p, gap.len);
		n += gap.len;
		while (value.len > 0 && !token_is(*value.p, TOKEN_LWS)) {
			out[n++] = *value.p;
			value = slice_skip(value, 1);
		}
	}
	return slice_of(out, n);
}
