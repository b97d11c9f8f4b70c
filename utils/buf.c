/*
 * utils/buf.c - growing, and what a buffer that failed refuses.
 *
 * The first bytes lie behind the struct in one allocation; a buffer that was
 * given the right size at first never makes a second one.
 */
#include "utils/buf.h"

#include "utils/hex.h"
#include "utils/spare.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define GROW_MIN_BYTES 256u

static bool is_inline(const struct buf *b)
{
	return b->data == (const char *)(b + 1);
}

struct buf *buf_new(size_t first_bytes)
{
	struct buf *b;

	if (first_bytes > SIZE_MAX - sizeof(*b))
		return NULL;
	b = spare_get(sizeof(*b) + first_bytes);
	if (!b)
		return NULL;
	ref_init(&b->refs);
	b->first_bytes = first_bytes;
	b->failed = false;
	b->limit = 0;
	b->len = 0;
	b->cap = first_bytes;
	b->data = (char *)(b + 1);
	return b;
}

struct buf *buf_ref(struct buf *b)
{
	ref_get(&b->refs);
	return b;
}

void buf_unref(struct buf **b)
{
	struct buf *dropped = *b;

	*b = NULL;
	if (!dropped || !ref_put(&dropped->refs))
		return;
	if (!is_inline(dropped))
		free(dropped->data);
	spare_put(dropped, sizeof(*dropped) + dropped->first_bytes);
}

/* Bytes that may still be written, now or after growing. */
static size_t allowed(const struct buf *b)
{
	size_t most = b->limit != 0 ? b->limit : SIZE_MAX / 2;

	return b->len < most ? most - b->len : 0;
}

static char *data_of(struct buf *b, size_t cap)
{
	char *data;

	if (!is_inline(b))
		return realloc(b->data, cap);
	data = malloc(cap);
	if (data && b->len > 0)
		memcpy(data, b->data, b->len);
	return data;
}

static bool grow(struct buf *b, size_t n)
{
	size_t cap = b->cap < GROW_MIN_BYTES / 2 ? GROW_MIN_BYTES : b->cap * 2;
	char *data;

	if (cap < b->len + n)
		cap = b->len + n;
	data = data_of(b, cap);
	if (!data)
		return false;
	b->data = data;
	b->cap = cap;
	return true;
}

/* Room for n more bytes; a buffer that has failed once takes nothing more. */
static bool make_room(struct buf *b, size_t n)
{
	if (b->failed)
		return false;
	if (n <= allowed(b) && (n <= b->cap - b->len || grow(b, n)))
		return true;
	b->failed = true;
	return false;
}

char *buf_reserve(struct buf *b, size_t n)
{
	char *p;

	if (!make_room(b, n))
		return NULL;
	p = b->data + b->len;
	b->len += n;
	return p;
}

void buf_put_slow(struct buf *b, struct slice s)
{
	char *p = buf_reserve(b, s.len);

	if (p && s.len > 0)
		memcpy(p, s.p, s.len);
}

void buf_put_u64(struct buf *b, uint64_t n)
{
	char digits[20], *p = digits + sizeof(digits);

	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	buf_put(b, slice_between(p, digits + sizeof(digits)));
}

void buf_put_hex(struct buf *b, const void *bytes, size_t len)
{
	/* Above SIZE_MAX / 4 the reservation fails anyhow, and 2 * len holds. */
	char *p = buf_reserve(b, len <= SIZE_MAX / 4 ? 2 * len : SIZE_MAX);

	if (p)
		hex_encode(p, bytes, len);
}

/* vsnprintf() wants a byte for its NUL, which is not part of the text. */
static int print(struct buf *b, const char *fmt, va_list ap)
{
	size_t room = b->cap - b->len;

	return vsnprintf(room > 0 ? b->data + b->len : NULL, room, fmt, ap);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int len;

	if (b->failed)
		return;
	va_start(ap, fmt);
	len = print(b, fmt, ap);
	va_end(ap);
	if (len >= 0 && (size_t)len >= b->cap - b->len && (size_t)len <= allowed(b) &&
	    grow(b, (size_t)len + 1)) {
		va_start(ap, fmt);
		len = print(b, fmt, ap);
		va_end(ap);
	}
	b->failed = len < 0 || (size_t)len > allowed(b) || (size_t)len >= b->cap - b->len;
	if (!b->failed)
		b->len += (size_t)len;
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}
