/*
 * utils/ref.h - counted objects.
 *
 * An object embeds struct ref first; x_ref() and x_unref(&p) are written with
 * these by the object's own file. Counting is safe from every thread.
 */
#ifndef UTILS_REF_H
#define UTILS_REF_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ref { _Atomic uint32_t n; };

static inline void ref_init(struct ref *r) { atomic_init(&r->n, 1); }

static inline void ref_get(struct ref *r)
{
	atomic_fetch_add_explicit(&r->n, 1, memory_order_relaxed);
}

/** Several at once: for one holder who hands them out. */
static inline void ref_get_many(struct ref *r, uint32_t n)
{
	atomic_fetch_add_explicit(&r->n, n, memory_order_relaxed);
}

static inline bool ref_put_many(struct ref *r, uint32_t n)
{
	return atomic_fetch_sub_explicit(&r->n, n, memory_order_acq_rel) == n;
}

/** true for whoever dropped the last one and must free the object.
 *  The only holder sees 1 and needs no locked instruction: nobody else can
 *  be counting. No fence here, for ThreadSanitizer does not understand them. */
static inline bool ref_put(struct ref *r)
{
	if (atomic_load_explicit(&r->n, memory_order_acquire) == 1)
		return true;
	return atomic_fetch_sub_explicit(&r->n, 1, memory_order_acq_rel) == 1;
}

static inline uint32_t ref_count(const struct ref *r)
{
	return atomic_load_explicit(&r->n, memory_order_relaxed);
}

#endif
