/*
 * utils/pool.c - see pool.h.
 */
#include "utils/pool.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#define SLAB_BYTES 65536u
#define PAGE_BYTES 4096u

/* The address sanitizer shall see every piece come and go. */
#if defined(__SANITIZE_ADDRESS__)
#define POOL_BYPASSED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_BYPASSED 1
#endif
#endif
#ifndef POOL_BYPASSED
#define POOL_BYPASSED 0
#endif

static size_t class_of(size_t size)
{
	return size == 0 ? 0 : (size - 1) / POOL_STEP;
}

static bool is_pooled(size_t size)
{
	return !POOL_BYPASSED && class_of(size) < POOL_CLASSES;
}

/* One call instead of a fault for each page; where the kernel cannot, they come one by one. */
static void touch(const struct pool_piece *slab)
{
#ifdef MADV_POPULATE_WRITE
	uintptr_t mask = PAGE_BYTES - 1, from = ((uintptr_t)slab + mask) & ~mask;

	madvise((void *)from, ((uintptr_t)slab + SLAB_BYTES - from) & ~mask, MADV_POPULATE_WRITE);
#else
	(void)slab;
#endif
}

static bool add_slab(struct pool *p)
{
	struct pool_piece *slab = malloc(SLAB_BYTES);

	if (!slab)
		return false;
	/* A pool that is in use will use it up; the first one may stay nearly empty. */
	if (p->slabs)
		touch(slab);
	slab->next = p->slabs;
	p->slabs = slab;
	p->at = (char *)slab + POOL_STEP;	/* behind the link */
	p->end = (char *)slab + SLAB_BYTES;
	p->bytes += SLAB_BYTES;
	return true;
}

void *pool_get(struct pool *p, size_t size)
{
	size_t class = class_of(size), bytes = (class + 1) * POOL_STEP;
	struct pool_piece *piece;

	if (!is_pooled(size))
		return malloc(size);
	piece = p->free[class];
	if (piece) {
		p->free[class] = piece->next;
		return piece;
	}
	/* What is left at the end of a slab is lost: at most 2%. */
	if ((size_t)(p->end - p->at) < bytes && !add_slab(p))
		return NULL;
	piece = (void *)p->at;
	p->at += bytes;
	return piece;
}

void pool_put(struct pool *p, void *old, size_t size)
{
	struct pool_piece *piece = old;

	if (!piece)
		return;
	if (!is_pooled(size)) {
		free(piece);
		return;
	}
	piece->next = p->free[class_of(size)];
	p->free[class_of(size)] = piece;
}

void pool_fini(struct pool *p)
{
	while (p->slabs) {
		struct pool_piece *slab = p->slabs;

		p->slabs = slab->next;
		free(slab);
	}
	*p = (struct pool){ 0 };
}
