/*
 * utils/arena.h - memory that lives and dies together, mostly with a message.
 *
 * An arena is used by one thread at a time (it moves with what it belongs to).
 * Nothing is freed by hand. References that the arena holds are dropped, last
 * first, when it dies. Chunks come from a small cache of the calling thread.
 */
#ifndef UTILS_ARENA_H
#define UTILS_ARENA_H

#include "utils/slice.h"

#include <stdarg.h>

#define ARENA_CHUNK_BYTES 8192u		/* first chunk, header included */

struct arena_chunk;
struct arena_hold;
struct arena_secret;

/* Private to arena.c, but for the fast path below. */
struct arena {
	char                *at, *end;	/* free bytes, as far as the cap allows */
	char                *base;	/* where at was when this chunk was begun */
	size_t               used;	/* handed out before base */
	size_t               cap;	/* 0: none */
	size_t               next_bytes;	/* size of the next chunk */
	struct arena_chunk  *chunks;	/* the current one first */
	struct arena_hold   *holds;	/* the last one first */
	struct arena_secret *secrets;
};

/**
 * @param cap_bytes  total that may be allocated; beyond it allocations fail.
 *                   0 means no cap (configuration arenas)
 * @return NULL if memory is short; the arena header lives inside its first chunk
 */
struct arena *arena_new(size_t cap_bytes);
/** The same without a cap, for what stays for hours and of which there are thousands: its first
 *  chunk has only about this much, up to a usual one. */
struct arena *arena_new_small(size_t first_bytes);

/** Drop held references, wipe secrets, give chunks back. NULL is fine; *a is NULL after. */
void arena_free(struct arena **a);

/* Another chunk: the rest of arena_alloc_aligned(). */
void *arena_alloc_slow(struct arena *a, size_t size_bytes, size_t align);

/* Under ASan each allocation is fenced in, which the slow path does. */
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifndef ARENA_ASAN
#define ARENA_ASAN 0
#endif

static inline void *arena_alloc_aligned(struct arena *a, size_t size_bytes, size_t align)
{
	size_t room = (size_t)(a->end - a->at);
	size_t pad = -(uintptr_t)a->at & (align - 1);
	char *p = a->at + pad;

	if (ARENA_ASAN || pad > room || size_bytes > room - pad)
		return arena_alloc_slow(a, size_bytes, align);
	a->at = p + size_bytes;
	return p;
}

/** Aligned for any type; NULL if memory is short or the cap is reached. size 0 is fine. */
static inline void *arena_alloc(struct arena *a, size_t size_bytes)
{
	return arena_alloc_aligned(a, size_bytes, _Alignof(max_align_t));
}
/** The same, zeroed. */
void *arena_zalloc(struct arena *a, size_t size_bytes);
/** Unaligned bytes, for text. */
static inline char *arena_bytes(struct arena *a, size_t size_bytes)
{
	return arena_alloc_aligned(a, size_bytes, 1);
}

/** A copy that lives as long as the arena; .p is NULL if memory is short. */
struct slice arena_dup(struct arena *a, struct slice s);
/** The same, and wiped when the arena dies. */
struct slice arena_dup_secret(struct arena *a, struct slice s);
/** A copy with a NUL behind it; NULL if memory is short. */
char *arena_dup_cstr(struct arena *a, struct slice s);
/** Text by a printf format; .p is NULL if memory is short. */
struct slice arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
struct slice arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/** Pieces one behind the other; .p is NULL if memory is short. */
struct slice arena_join(struct arena *a, const struct slice *pieces, size_t n);
/** A number in decimal, without the price of a format; .p is NULL if memory is short. */
struct slice arena_decimal(struct arena *a, uint64_t n);

/** Run drop(obj) when the arena dies. 0 or -ENOMEM (then drop is not taken over). */
int arena_hold(struct arena *a, void *obj, void (*drop)(void *obj));

/** Bytes handed out so far, alignment and held references included. */
size_t arena_used(const struct arena *a);

/** For thread exit and leak checks: free this thread's chunk cache. */
void arena_thread_flush(void);

#endif
