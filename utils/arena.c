/*
 * utils/arena.c - chunks, their cache, and what happens when an arena dies.
 *
 * The first chunk begins with the arena itself. Chunks of ARENA_CHUNK_BYTES go
 * back to a cache of the thread that frees them, so a message costs no malloc
 * once the worker is warm. Under ASan all that is not handed out is poisoned.
 */
#include "utils/arena.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#if ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define GAP_BYTES 16u			/* poisoned behind each allocation */
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define GAP_BYTES 0u
#endif

#define CACHE_CHUNKS    64		/* per thread: 512 KiB */
#define SMALL_MIN_BYTES 512u
#define CHUNK_MAX_BYTES (64u * 1024)	/* chunks of long-lived arenas grow up to this */
#define PRINTF_BYTES    256		/* longer texts are formatted twice */

struct arena_chunk {
	struct arena_chunk *next;
	size_t              size;	/* this header included */
	_Alignas(max_align_t) char bytes[];
};

struct arena_hold {
	struct arena_hold *next;
	void              *obj;
	void             (*drop)(void *obj);
};

struct arena_secret {
	struct arena_secret *next;
	size_t               len;
	char                 bytes[];
};

static _Thread_local struct {
	struct arena_chunk *first;
	unsigned            n;
} cache;

static size_t chunk_room(const struct arena_chunk *c)
{
	return c->size - offsetof(struct arena_chunk, bytes);
}

static struct arena_chunk *chunk_new(size_t size)
{
	struct arena_chunk *c = cache.first;

	if (size == ARENA_CHUNK_BYTES && c) {
		cache.first = c->next;
		cache.n--;
		return c;
	}
	c = malloc(size);
	if (!c)
		return NULL;
	c->size = size;
	ASAN_POISON_MEMORY_REGION(c->bytes, chunk_room(c));
	return c;
}

static void chunk_release(struct arena_chunk *c)
{
	ASAN_UNPOISON_MEMORY_REGION(c->bytes, chunk_room(c));
	free(c);
}

static void chunk_free(struct arena_chunk *c)
{
	if (c->size != ARENA_CHUNK_BYTES || cache.n >= CACHE_CHUNKS) {
		chunk_release(c);
		return;
	}
	ASAN_POISON_MEMORY_REGION(c->bytes, chunk_room(c));
	c->next = cache.first;
	cache.first = c;
	cache.n++;
}

void arena_thread_flush(void)
{
	while (cache.first) {
		struct arena_chunk *c = cache.first;

		cache.first = c->next;
		chunk_release(c);
	}
	cache.n = 0;
}

size_t arena_used(const struct arena *a)
{
	return a->used + (ARENA_ASAN ? 0 : (size_t)(a->at - a->base));
}

/* End the current chunk's free bytes where the cap says, so that the fast path
 * has one comparison. Under ASan the gaps would count, and the cap is compared. */
static void clip(struct arena *a)
{
	struct arena_chunk *c = a->chunks;
	size_t allowed = a->cap - a->used;

	a->end = c->bytes + chunk_room(c);
	if (!ARENA_ASAN && a->cap != 0 && allowed < (size_t)(a->end - a->base))
		a->end = a->base + allowed;
}

static void begin_chunk(struct arena *a, struct arena_chunk *c, size_t taken)
{
	a->chunks = c;
	a->base = a->at = c->bytes + taken;
	clip(a);
}

static struct arena *begin(size_t cap_bytes, size_t first_bytes)
{
	struct arena_chunk *c = chunk_new(first_bytes);
	struct arena *a;

	if (!c)
		return NULL;
	a = (struct arena *)(void *)c->bytes;
	ASAN_UNPOISON_MEMORY_REGION(a, sizeof(*a));
	*a = (struct arena){ .cap = cap_bytes, .next_bytes = first_bytes };
	c->next = NULL;
	begin_chunk(a, c, sizeof(*a) + GAP_BYTES);
	return a;
}

struct arena *arena_new(size_t cap_bytes) { return begin(cap_bytes, ARENA_CHUNK_BYTES); }

struct arena *arena_new_small(size_t first_bytes)
{
	size_t size = first_bytes + offsetof(struct arena_chunk, bytes) + sizeof(struct arena);

	return begin(0, size < SMALL_MIN_BYTES ? SMALL_MIN_BYTES :
	    size < ARENA_CHUNK_BYTES ? size : ARENA_CHUNK_BYTES);
}

static void drop_held(struct arena *a)
{
	while (a->holds) {
		struct arena_hold *h = a->holds;

		a->holds = h->next;
		h->drop(h->obj);
	}
}

static void wipe_secrets(struct arena *a)
{
	for (struct arena_secret *s = a->secrets; s; s = s->next)
		explicit_bzero(s->bytes, s->len);
}

void arena_free(struct arena **a)
{
	struct arena *dying = *a;
	struct arena_chunk *c, *next;

	*a = NULL;
	if (!dying)
		return;
	drop_held(dying);
	wipe_secrets(dying);
	for (c = dying->chunks; c; c = next) {
		next = c->next;
		chunk_free(c);
	}
}

static size_t pad_for(const char *p, size_t align)
{
	return -(uintptr_t)p & (align - 1);
}

static bool fits(const struct arena *a, size_t size, size_t align)
{
	size_t room = (size_t)(a->end - a->at);
	size_t pad = pad_for(a->at, align);

	return pad <= room && size <= room - pad;
}

static void *carve(struct arena *a, size_t size, size_t align)
{
	char *p = a->at + pad_for(a->at, align);

	ASAN_UNPOISON_MEMORY_REGION(p, size);
	if (!ARENA_ASAN) {
		a->at = p + size;
		return p;
	}
	a->used += size;
	/* The gap may end beyond the chunk: then nothing fits any more. */
	size += GAP_BYTES;
	a->at = size < (size_t)(a->end - p) ? p + size : a->end;
	return p;
}

/* A chunk of its own behind the current one, which goes on being filled. */
static void *alloc_big(struct arena *a, size_t size)
{
	struct arena_chunk *c;

	c = chunk_new(offsetof(struct arena_chunk, bytes) + size);
	if (!c)
		return NULL;
	c->next = a->chunks->next;
	a->chunks->next = c;
	ASAN_UNPOISON_MEMORY_REGION(c->bytes, size);
	a->used = arena_used(a) + size;
	a->base = a->at;
	clip(a);
	return c->bytes;
}

/* Of a chunk it would waste the rest of, or not fit into at all. */
static size_t big_bytes(const struct arena *a)
{
	return (a->next_bytes < ARENA_CHUNK_BYTES ? a->next_bytes : ARENA_CHUNK_BYTES) / 2;
}

static int add_chunk(struct arena *a)
{
	struct arena_chunk *c = chunk_new(a->next_bytes);

	if (!c)
		return -ENOMEM;
	if (a->next_bytes < CHUNK_MAX_BYTES)
		a->next_bytes *= 2;
	c->next = a->chunks;
	a->used = arena_used(a);
	begin_chunk(a, c, 0);
	return 0;
}

void *arena_alloc_slow(struct arena *a, size_t size_bytes, size_t align)
{
	size_t used = arena_used(a);

	/* Everything is aligned under ASan: it cannot poison parts of a word. */
	if (ARENA_ASAN)
		align = _Alignof(max_align_t);
	if (a->cap != 0 && (used >= a->cap ? size_bytes > 0 : size_bytes > a->cap - used))
		return NULL;
	if (size_bytes > SIZE_MAX / 2)
		return NULL;
	if (fits(a, size_bytes, align))
		return carve(a, size_bytes, align);
	if (size_bytes >= big_bytes(a))
		return alloc_big(a, size_bytes);
	if (add_chunk(a) != 0)
		return NULL;
	return fits(a, size_bytes, align) ? carve(a, size_bytes, align) : NULL;
}

void *arena_zalloc(struct arena *a, size_t size_bytes)
{
	void *p = arena_alloc(a, size_bytes);

	if (p)
		memset(p, 0, size_bytes);
	return p;
}

struct slice arena_dup(struct arena *a, struct slice s)
{
	char *p = arena_bytes(a, s.len);

	if (!p)
		return SLICE_NULL;
	if (s.len > 0)
		memcpy(p, s.p, s.len);
	return slice_of(p, s.len);
}

struct slice arena_dup_secret(struct arena *a, struct slice s)
{
	struct arena_secret *secret;

	if (s.len > SIZE_MAX / 4)
		return SLICE_NULL;
	secret = arena_alloc(a, sizeof(*secret) + s.len);
	if (!secret)
		return SLICE_NULL;
	if (s.len > 0)
		memcpy(secret->bytes, s.p, s.len);
	secret->len = s.len;
	secret->next = a->secrets;
	a->secrets = secret;
	return slice_of(secret->bytes, s.len);
}

struct slice arena_join(struct arena *a, const struct slice *pieces, size_t n)
{
	size_t len = 0;
	char *p, *at;

	for (size_t i = 0; i < n; i++)
		len += pieces[i].len;
	p = at = arena_bytes(a, len);
	for (size_t i = 0; p && i < n; at += pieces[i++].len)
		if (pieces[i].len)
			memcpy(at, pieces[i].p, pieces[i].len);
	return p ? slice_of(p, len) : SLICE_NULL;
}

char *arena_dup_cstr(struct arena *a, struct slice s)
{
	char *p = s.len < SIZE_MAX ? arena_bytes(a, s.len + 1) : NULL;

	if (!p)
		return NULL;
	if (s.len > 0)
		memcpy(p, s.p, s.len);
	p[s.len] = '\0';
	return p;
}

struct slice arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	char text[PRINTF_BYTES], *p;
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	p = len >= 0 ? arena_bytes(a, (size_t)len + 1) : NULL;
	if (p && (size_t)len < sizeof(text))
		memcpy(p, text, (size_t)len + 1);
	else if (p)
		vsnprintf(p, (size_t)len + 1, fmt, again);
	va_end(again);
	return p ? slice_of(p, (size_t)len) : SLICE_NULL;
}

struct slice arena_printf(struct arena *a, const char *fmt, ...)
{
	struct slice s;
	va_list ap;

	va_start(ap, fmt);
	s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

struct slice arena_decimal(struct arena *a, uint64_t n)
{
	char digits[20], *p = digits + sizeof(digits);

	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	return arena_dup(a, slice_between(p, digits + sizeof(digits)));
}

int arena_hold(struct arena *a, void *obj, void (*drop)(void *obj))
{
	struct arena_hold *h = arena_alloc(a, sizeof(*h));

	if (!h)
		return -ENOMEM;
	*h = (struct arena_hold){ a->holds, obj, drop };
	a->holds = h;
	return 0;
}
