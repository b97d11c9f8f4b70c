/*
 * utils/log_ring.c - a ring of bytes with one writer and one reader.
 *
 * A record lies in one piece; where it would go over the end, the rest of the
 * ring is a filler. Positions only grow; their place is the low bits.
 */
#include "utils/log_ring.h"

#include <stdlib.h>

#define RING_BYTES (64u * 1024)
#define ALIGN      8u
#define LINE_BYTES 128			/* two cache lines: they are fetched in pairs */

struct head {
	uint32_t size;			/* of all, a multiple of ALIGN */
	uint16_t text_len;
	uint8_t  room_len, thread_len;
	/* A filler ends here, and has no thread. */
	int64_t  time_ns;
	uint32_t level;
	uint32_t unused;
};

struct log_ring {
	_Atomic uint64_t put_at;	/* written by the thread that logs */
	uint64_t         known_taken;	/* taken_at when it last looked */
	_Atomic unsigned lost;
	atomic_bool      is_closed;
	char             gap[LINE_BYTES];
	_Atomic uint64_t taken_at;	/* written by the log thread */
	char             gap2[LINE_BYTES];
	_Alignas(ALIGN) char bytes[RING_BYTES];
};

_Static_assert(RING_BYTES > 8 * (sizeof(struct head) + LOG_TEXT_MAX + 2 * LOG_NAME_MAX),
    "several of the longest records must fit");

struct log_ring *log_ring_new(void)
{
	struct log_ring *ring = malloc(sizeof(*ring));

	if (!ring)
		return NULL;
	/* Not calloc: most of the bytes are never touched. */
	atomic_init(&ring->put_at, 0);
	atomic_init(&ring->taken_at, 0);
	atomic_init(&ring->lost, 0);
	atomic_init(&ring->is_closed, false);
	ring->known_taken = 0;
	return ring;
}

void log_ring_free(struct log_ring **ring)
{
	free(*ring);
	*ring = NULL;
}

static size_t place(uint64_t position)
{
	return position % RING_BYTES;
}

/* ---- the thread that logs ----------------------------------------------- */

static uint64_t put_position(const struct log_ring *ring)
{
	return atomic_load_explicit(&ring->put_at, memory_order_relaxed);
}

/* The reader's position is on a line that it keeps writing: look only if needed. */
static bool has_room(struct log_ring *ring, uint64_t end)
{
	if (end - ring->known_taken <= RING_BYTES)
		return true;
	ring->known_taken = atomic_load_explicit(&ring->taken_at, memory_order_acquire);
	return end - ring->known_taken <= RING_BYTES;
}

static void fill(struct log_ring *ring, uint64_t from, uint32_t size)
{
	struct head *h = (struct head *)(void *)&ring->bytes[place(from)];

	h->size = size;
	h->text_len = h->room_len = h->thread_len = 0;
}

static void copy_in(struct log_ring *ring, uint64_t at, uint32_t size,
    const struct log_record *r)
{
	struct head *h = (struct head *)(void *)&ring->bytes[place(at)];
	char *p = (char *)(h + 1);

	h->size = size;
	h->text_len = (uint16_t)r->text.len;
	h->room_len = (uint8_t)r->room.len;
	h->thread_len = (uint8_t)r->thread.len;
	h->time_ns = r->time_ns;
	h->level = r->level;
	memcpy(p, r->room.p, r->room.len);
	memcpy(p + r->room.len, r->thread.p, r->thread.len);
	memcpy(p + r->room.len + r->thread.len, r->text.p, r->text.len);
}

bool log_ring_put(struct log_ring *ring, const struct log_record *r)
{
	size_t bytes = sizeof(struct head) + r->room.len + r->thread.len + r->text.len;
	uint32_t size = (uint32_t)(bytes + ALIGN - 1) / ALIGN * ALIGN;
	uint64_t at = put_position(ring);
	uint32_t to_end = (uint32_t)(RING_BYTES - place(at));
	uint64_t begin = size <= to_end ? at : at + to_end;

	if (!has_room(ring, begin + size)) {
		atomic_fetch_add_explicit(&ring->lost, 1, memory_order_relaxed);
		return false;
	}
	if (begin != at)
		fill(ring, at, to_end);
	copy_in(ring, begin, size, r);
	/* Sequentially consistent: the caller looks next whether the log thread
	 * sleeps, which looks at this before it does. */
	atomic_store(&ring->put_at, begin + size);
	return true;
}

bool log_ring_is_filling(struct log_ring *ring)
{
	/* Room for half a ring more? */
	return !has_room(ring, put_position(ring) + RING_BYTES / 2);
}

void log_ring_close(struct log_ring *ring)
{
	atomic_store_explicit(&ring->is_closed, true, memory_order_release);
}

/* ---- the log thread ----------------------------------------------------- */

static const struct head *first(struct log_ring *ring)
{
	uint64_t at = atomic_load_explicit(&ring->taken_at, memory_order_relaxed);

	if (at == atomic_load(&ring->put_at))
		return NULL;
	return (const struct head *)(const void *)&ring->bytes[place(at)];
}

bool log_ring_peek(struct log_ring *ring, struct log_record *r)
{
	const struct head *h = first(ring);
	const char *p;

	if (h && h->thread_len == 0) {	/* a filler; a record follows it always */
		log_ring_pop(ring);
		h = first(ring);
	}
	if (!h)
		return false;
	p = (const char *)(h + 1);
	r->time_ns = h->time_ns;
	r->level = (enum log_level)h->level;
	r->room = slice_of(p, h->room_len);
	r->thread = slice_of(p + h->room_len, h->thread_len);
	r->text = slice_of(slice_end(r->thread), h->text_len);
	return true;
}

void log_ring_pop(struct log_ring *ring)
{
	uint64_t at = atomic_load_explicit(&ring->taken_at, memory_order_relaxed);

	atomic_store_explicit(&ring->taken_at, at + first(ring)->size, memory_order_release);
}

unsigned log_ring_take_lost(struct log_ring *ring)
{
	if (atomic_load_explicit(&ring->lost, memory_order_relaxed) == 0)
		return 0;
	return atomic_exchange_explicit(&ring->lost, 0, memory_order_relaxed);
}

bool log_ring_is_finished(struct log_ring *ring)
{
	/* In this order: what was put before closing is seen then. */
	return atomic_load_explicit(&ring->is_closed, memory_order_acquire) && !first(ring) &&
	    atomic_load_explicit(&ring->lost, memory_order_relaxed) == 0;
}
