/*
 * utils/rand.c - a buffer per thread, filled by getrandom().
 *
 * What was handed out is wiped at once, so a later look at the memory shows no
 * tag or nonce of the past. A child process starts with an empty buffer, or it
 * would repeat its parent's numbers.
 */
#include "utils/rand.h"

#include "utils/err.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>

#define POOL_BYTES 1024

static _Thread_local struct {
	size_t        left;		/* good bytes, at the end of bytes */
	bool          is_fixed;		/* for tests: fixed is the state */
	uint64_t      fixed;
	unsigned char bytes[POOL_BYTES];
} pool;

static void forget_in_child(void)
{
	pool.left = 0;
	explicit_bzero(pool.bytes, sizeof(pool.bytes));
}

static void watch_forks(void)
{
	lcs_assert(pthread_atfork(NULL, NULL, forget_in_child) == 0);
}

static void from_kernel(void *out, size_t len)
{
	unsigned char *p = out;

	while (len > 0) {
		ssize_t n = getrandom(p, len, 0);

		/* Without randomness nothing we send would be safe. */
		lcs_assert(n > 0 || errno == EINTR);
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
}

/* SplitMix64 (Steele, Lea and Flood, 2014): good enough to be a fixed stream. */
static uint64_t next_fixed(void)
{
	uint64_t z = pool.fixed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static void refill(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	uint64_t word;

	pthread_once(&once, watch_forks);
	if (!pool.is_fixed)
		from_kernel(pool.bytes, POOL_BYTES);
	for (size_t i = 0; pool.is_fixed && i < POOL_BYTES; i += sizeof(word)) {
		word = next_fixed();
		memcpy(pool.bytes + i, &word, sizeof(word));
	}
	pool.left = POOL_BYTES;
}

static inline void take(unsigned char *out, size_t len)
{
	unsigned char *from = pool.bytes + POOL_BYTES - pool.left;

	memcpy(out, from, len);
	explicit_bzero(from, len);
	pool.left -= len;
}

void rand_bytes(void *out, size_t len)
{
	unsigned char *p = out;

	while (len > 0) {
		size_t n;

		if (pool.left == 0)
			refill();
		n = len < pool.left ? len : pool.left;
		take(p, n);
		p += n;
		len -= n;
	}
}

uint64_t rand_u64(void)
{
	uint64_t n;

	if (pool.left >= sizeof(n))
		take((unsigned char *)&n, sizeof(n));
	else
		rand_bytes(&n, sizeof(n));
	return n;
}

/* The high half of a product is uniform once the few low halves that would make
 * some results likelier are thrown away (Lemire, 2019). */
uint32_t rand_below(uint32_t n)
{
	uint32_t uneven = -n % n;
	uint64_t product;

	do {
		uint32_t r;

		rand_bytes(&r, sizeof(r));
		product = (uint64_t)r * n;
	} while ((uint32_t)product < uneven);
	return (uint32_t)(product >> 32);
}

void rand_seed_for_tests(uint64_t seed)
{
	pool.left = 0;
	pool.is_fixed = true;
	pool.fixed = seed;
}
