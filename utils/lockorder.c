/*
 * utils/lockorder.c - locks that know their rank.
 */
#include "utils/lockorder.h"

#include "utils/err.h"

#include <errno.h>
#include <time.h>

/* One bit for each rank of which this thread holds a lock. */
static _Thread_local uint32_t held;

_Static_assert(LOCK_RANKS <= 32, "a rank is a bit of held");

static uint32_t bit_of(const struct lock *l)
{
	return (uint32_t)1 << l->rank;
}

void lock_init(struct lock *l, enum lock_rank rank)
{
	lcs_assert(rank < LOCK_RANKS);
	lcs_assert(pthread_mutex_init(&l->mutex, NULL) == 0);
	l->rank = rank;
}

void lock_fini(struct lock *l)
{
	lcs_assert(pthread_mutex_destroy(&l->mutex) == 0);
}

/* The check comes first: a wrong order must not hang now and then, but fail
 * always. */
void lock_take(struct lock *l)
{
	lcs_assert(held < bit_of(l));
	lcs_assert(pthread_mutex_lock(&l->mutex) == 0);
	held |= bit_of(l);
}

void lock_drop(struct lock *l)
{
	lcs_assert((held & bit_of(l)) != 0);
	held &= ~bit_of(l);
	lcs_assert(pthread_mutex_unlock(&l->mutex) == 0);
}

static struct timespec after(int64_t timeout_ms)
{
	struct timespec t;

	lcs_assert(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	t.tv_sec += timeout_ms / 1000;
	t.tv_nsec += timeout_ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

/* The wait takes the lock again at its end, so it must be the last one held. */
int lock_wait(struct lock *l, pthread_cond_t *cond, int64_t timeout_ms)
{
	struct timespec until;
	int err;

	lcs_assert(held >= bit_of(l) && held < bit_of(l) << 1);
	if (timeout_ms < 0) {
		err = pthread_cond_wait(cond, &l->mutex);
	} else {
		until = after(timeout_ms);
		err = pthread_cond_clockwait(cond, &l->mutex, CLOCK_MONOTONIC, &until);
	}
	lcs_assert(err == 0 || err == ETIMEDOUT);
	return -err;
}
