/*
 * utils/rate.c - see rate.h.
 *
 * A slot is one cache line. Its state word holds the number of a window, the
 * count of that window and the count of the one before, so that one
 * compare-and-swap counts an event. A slot may change hands while another
 * thread counts in it: that event then goes to the wrong key, which an
 * estimate bears.
 */
#include "utils/rate.h"

#include "utils/siphash.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 4
#define LABEL_WORDS (RATE_LABEL_BYTES / sizeof(uint64_t))
#define WINDOW_MASK 0xffffffu		/* comes round after 16 million windows */

struct slot {
	_Atomic uint64_t tag;		/* 0: free */
	_Atomic uint64_t state;
	_Atomic uint64_t label[LABEL_WORDS];
};

struct rate_table {
	struct slot     *slots;
	size_t           mask;		/* of sets of WAYS slots */
	_Atomic uint64_t evicted;
};

struct count { uint32_t window, before, current; };

struct rate_table *rate_new(size_t slots)
{
	struct rate_table *t = calloc(1, sizeof *t);
	size_t sets = 1;

	while (sets * WAYS < slots)
		sets *= 2;
	if (t)
		t->slots = aligned_alloc(sizeof(struct slot), sets * WAYS * sizeof(struct slot));
	if (!t || !t->slots) {
		free(t);
		return NULL;
	}
	memset(t->slots, 0, sets * WAYS * sizeof(struct slot));
	t->mask = sets - 1;
	return t;
}

void rate_free(struct rate_table **t)
{
	if (*t)
		free((*t)->slots);
	free(*t);
	*t = NULL;
}

/* ---- the state word ---- */

static struct count unpack(uint64_t state)
{
	return (struct count){
		.window = (uint32_t)(state >> 40),
		.before = (uint32_t)(state >> 20) & RATE_MAX,
		.current = (uint32_t)state & RATE_MAX,
	};
}

static uint64_t pack(struct count c)
{
	return (uint64_t)c.window << 40 | (uint64_t)c.before << 20 | c.current;
}

/* As it stands in the window with this number. */
static struct count moved_to(struct count c, uint32_t window)
{
	if (c.window == window)
		return c;
	if (((c.window + 1) & WINDOW_MASK) == window)
		return (struct count){ window, c.current, 0 };
	return (struct count){ window, 0, 0 };
}

static struct count as_of(uint64_t state, msec_t now, msec_t window)
{
	return moved_to(unpack(state), (uint32_t)(now / window) & WINDOW_MASK);
}

static uint32_t estimate(struct count c, msec_t now, msec_t window)
{
	uint64_t rest = (uint64_t)(window - now % window);

	return c.current + (uint32_t)(c.before * rest / (uint64_t)window);
}

/* ---- slots ---- */

static struct slot *set_of(const struct rate_table *t, uint64_t hash)
{
	return &t->slots[(hash >> 32 & t->mask) * WAYS];
}

static uint64_t hash_of(struct slice key)
{
	uint64_t hash = siphash(siphash_boot_key(), key);

	return hash ? hash : 1;		/* 0 marks a free slot */
}

static struct slot *find(const struct rate_table *t, uint64_t tag)
{
	struct slot *set = set_of(t, tag);

	for (unsigned i = 0; i < WAYS; i++)
		if (atomic_load_explicit(&set[i].tag, memory_order_relaxed) == tag)
			return &set[i];
	return NULL;
}

static uint32_t busyness(struct slot *s, msec_t now, msec_t window)
{
	if (atomic_load_explicit(&s->tag, memory_order_relaxed) == 0)
		return 0;
	return estimate(as_of(atomic_load_explicit(&s->state, memory_order_relaxed), now, window),
	    now, window);
}

static struct slot *quietest(struct slot *set, msec_t now, msec_t window, uint32_t *busy)
{
	struct slot *best = set;

	*busy = busyness(set, now, window);
	for (unsigned i = 1; i < WAYS && *busy > 0; i++) {
		uint32_t b = busyness(&set[i], now, window);

		if (b < *busy) {
			best = &set[i];
			*busy = b;
		}
	}
	return best;
}

static void write_label(struct slot *s, struct slice key)
{
	uint64_t words[LABEL_WORDS] = { 0 };

	if (key.len)
		memcpy(words, key.p, key.len < sizeof words ? key.len : sizeof words);
	for (unsigned i = 0; i < LABEL_WORDS; i++)
		atomic_store_explicit(&s->label[i], words[i], memory_order_relaxed);
}

static struct slot *claim(struct rate_table *t, uint64_t tag, struct slice key, msec_t now,
    msec_t window)
{
	uint32_t busy;
	struct slot *s = quietest(set_of(t, tag), now, window, &busy);

	if (busy > 0)
		atomic_fetch_add_explicit(&t->evicted, 1, memory_order_relaxed);
	/* Free while it changes, so that nobody takes the old key for the new one. */
	atomic_store_explicit(&s->tag, 0, memory_order_relaxed);
	atomic_store_explicit(&s->state, 0, memory_order_release);
	write_label(s, key);
	atomic_store_explicit(&s->tag, tag, memory_order_release);
	return s;
}

static struct slot *slot_of(struct rate_table *t, struct slice key, msec_t now, msec_t window)
{
	uint64_t tag = hash_of(key);
	struct slot *s = find(t, tag);

	return s ? s : claim(t, tag, key, now, window);
}

/* ---- counting ---- */

/* The estimate with this event; limit 0: none. Above it nothing is written. */
static uint32_t count_one(struct slot *s, msec_t now, msec_t window, uint32_t limit)
{
	uint64_t was = atomic_load_explicit(&s->state, memory_order_relaxed);
	uint32_t sum;

	for (;;) {
		struct count c = as_of(was, now, window);

		if (c.current < RATE_MAX)
			c.current++;
		sum = estimate(c, now, window);
		if (limit && sum > limit)
			return sum;
		if (atomic_compare_exchange_weak_explicit(&s->state, &was, pack(c),
		    memory_order_relaxed, memory_order_relaxed))
			return sum;
	}
}

uint32_t rate_add(struct rate_table *t, struct slice key, msec_t now, msec_t window)
{
	return count_one(slot_of(t, key, now, window), now, window, 0);
}

bool rate_try(struct rate_table *t, struct slice key, msec_t now, msec_t window,
    uint32_t limit)
{
	return limit > 0 && count_one(slot_of(t, key, now, window), now, window, limit) <= limit;
}

bool rate_forget(struct rate_table *t, struct slice key)
{
	struct slot *s = find(t, hash_of(key));

	if (s)
		atomic_store_explicit(&s->tag, 0, memory_order_relaxed);
	return s != NULL;
}

/* ---- looking ---- */

uint32_t rate_look(const struct rate_table *t, struct slice key, msec_t now, msec_t window)
{
	struct slot *s = find(t, hash_of(key));

	return s ? busyness(s, now, window) : 0;
}

static bool read_slot(struct slot *s, msec_t now, msec_t window, struct rate_seen *out)
{
	uint64_t tag = atomic_load_explicit(&s->tag, memory_order_acquire), words[LABEL_WORDS];
	struct count c = as_of(atomic_load_explicit(&s->state, memory_order_relaxed), now, window);

	for (unsigned i = 0; i < LABEL_WORDS; i++)
		words[i] = atomic_load_explicit(&s->label[i], memory_order_relaxed);
	memcpy(out->label, words, sizeof words);
	out->label_len = strnlen(out->label, sizeof out->label);
	out->count = estimate(c, now, window);
	return tag && c.current + c.before > 0 &&
	    tag == atomic_load_explicit(&s->tag, memory_order_relaxed);
}

void rate_each(const struct rate_table *t, msec_t now, msec_t window,
    void (*fn)(const struct rate_seen *seen, void *arg), void *arg)
{
	struct rate_seen seen;

	for (size_t i = 0; i < (t->mask + 1) * WAYS; i++)
		if (read_slot(&t->slots[i], now, window, &seen))
			fn(&seen, arg);
}

uint64_t rate_evicted(const struct rate_table *t)
{
	return atomic_load_explicit(&t->evicted, memory_order_relaxed);
}
