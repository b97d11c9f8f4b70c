/*
 * utils/buf.h - bytes written once and then shared: a growing output buffer.
 *
 * While it is written it has one owner; after that it is immutable and counted,
 * so the same bytes can wait in a send queue and for a retransmission.
 * Errors are sticky: a buffer that ran out of memory says so at the end.
 */
#ifndef UTILS_BUF_H
#define UTILS_BUF_H

#include "utils/ref.h"
#include "utils/slice.h"

struct buf {
	struct ref refs;
	bool       failed;		/* memory was short or the limit was hit */
	uint32_t   limit;		/* 0: none */
	size_t     len, cap;
	char      *data;
	size_t     first_bytes;		/* behind this struct, in one allocation with it */
};

struct buf *buf_new(size_t first_bytes);	/* NULL if memory is short */
/** Once it is written, from any thread. */
struct buf *buf_ref(struct buf *b);
void buf_unref(struct buf **b);

/* More room, or failure: the rest of buf_put(). */
void buf_put_slow(struct buf *b, struct slice s);
/** Append. Memory short, or above the limit: failed, and nothing more is taken. */
static inline void buf_put(struct buf *b, struct slice s)
{
	/* One less, so that nothing at all takes the other way, too. */
	if ((b->failed | b->limit) != 0 || s.len - 1 >= b->cap - b->len) {
		buf_put_slow(b, s);
		return;
	}
	memcpy(b->data + b->len, s.p, s.len);
	b->len += s.len;
}
static inline void buf_put_char(struct buf *b, char c) { buf_put(b, slice_of(&c, 1)); }
void buf_put_u64(struct buf *b, uint64_t n);	/* decimal */
void buf_put_hex(struct buf *b, const void *bytes, size_t len);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/** Room for n bytes to be filled by the caller, NULL if failed; counts at once. */
char *buf_reserve(struct buf *b, size_t n);
static inline struct slice buf_slice(const struct buf *b) { return slice_of(b->data, b->len); }
/** Begin anew in the same memory, also after a failure. Only its one owner. */
void buf_clear(struct buf *b);

#endif
