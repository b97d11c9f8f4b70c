/*
 * utils/count.h - counters of one writer that others read while it runs.
 *
 * Relaxed loads and stores: a reader sees a value that was right a moment ago and
 * never half of one; the writer pays no locked instruction.
 */
#ifndef UTILS_COUNT_H
#define UTILS_COUNT_H

#include <stdint.h>

/** Only the thread that owns the counter. */
static inline void count_by(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/** What was counted elsewhere, or a gauge. Only the thread that owns it. */
static inline void count_put(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, n, __ATOMIC_RELAXED);
}

/** Any thread. */
static inline uint64_t count_read(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

#endif
