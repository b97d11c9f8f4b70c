/*
 * core/run/await.c - see await.h. How long is waited, and by what, is the workers' affair.
 */
#include "core/run/await.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

struct await {
	_Atomic unsigned refs, missing;	/* missing: and one more for await_all() */
	sem_t            all;
	_Alignas(max_align_t) char room[];
};

struct await *await_new(size_t bytes)
{
	struct await *a = calloc(1, sizeof(*a) + bytes);

	if (!a)
		return NULL;
	atomic_init(&a->refs, 1);
	atomic_init(&a->missing, 1);
	sem_init(&a->all, 0, 0);
	return a;
}

void await_unref(struct await **p)
{
	struct await *a = *p;

	*p = NULL;
	if (!a || atomic_fetch_sub(&a->refs, 1) != 1)
		return;
	sem_destroy(&a->all);
	free(a);
}

void *await_room(struct await *a) { return a->room; }

void await_begin(struct await *a)
{
	atomic_fetch_add(&a->refs, 1);
	atomic_fetch_add(&a->missing, 1);
}

static void one_less(struct await *a)
{
	if (atomic_fetch_sub(&a->missing, 1) == 1)
		sem_post(&a->all);
}

void await_end(struct await *a)
{
	one_less(a);
	await_unref(&a);
}

/* Of the one answer that the control thread is at. */
static struct { unsigned depth; msec_t until; } answer;

void await_together(msec_t most)
{
	if (answer.depth++ == 0)
		answer.until = clock_mono() + most;
}

void await_apart(void)
{
	lcs_assert(answer.depth);
	answer.depth--;
}

static msec_t left_of(msec_t most)
{
	msec_t left = answer.depth ? answer.until - clock_mono() : most;

	return left > most ? most : left > 0 ? left : 0;
}

int await_all(struct await *a, msec_t most)
{
	int err;

	one_less(a);
	err = control_wait(&a->all, left_of(most));
	/* That nobody is missing is read here, too: after it all that they wrote is seen, also by a
	 * sanitizer that does not know sem_clockwait(). */
	lcs_assert(err || atomic_load(&a->missing) == 0);
	return err;
}
