/*
 * test/oom.c - allocation functions that can be told to fail; see test/oom.h.
 */
#include "test/oom.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);

/* Allocations from first to last (counted from 1) fail; first 0: none does. */
static _Thread_local struct { unsigned made, first, last; bool hit; } plan;

static void plan_set(unsigned first, unsigned last)
{
	plan.made = 0;
	plan.first = first;
	plan.last = last;
	plan.hit = false;
}

void oom_fail_nth(unsigned nth)
{
	plan_set(nth, nth);
}

void oom_fail_from(unsigned nth)
{
	plan_set(nth, UINT_MAX);
}

bool oom_hit(void)
{
	return plan.hit;
}

bool oom_reset(void)
{
	bool hit = plan.hit;

	plan_set(0, 0);
	return hit;
}

/* A round in which nothing failed was the last. */
bool oom_walk_step(unsigned nth)
{
	if (nth == 1 || plan.hit)
		oom_fail_nth(nth);
	else
		oom_reset();
	return plan.first != 0;
}

static bool must_fail(void)
{
	if (plan.first == 0)
		return false;
	plan.made++;
	if (plan.made < plan.first || plan.made > plan.last)
		return false;
	plan.hit = true;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return must_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return must_fail() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return must_fail() ? NULL : __real_realloc(old, size);
}
