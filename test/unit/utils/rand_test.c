/*
 * Random bytes: not constant, not repeated by a child, uniform, fixed for tests.
 */
#include "utils/rand.h"

#include "test/unit.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_zero(const unsigned char *p, size_t len)
{
	unsigned char any = 0;

	for (size_t i = 0; i < len; i++)
		any |= p[i];
	return any == 0;
}

static void bytes_are_filled_to_the_last(void **state)
{
	static const size_t lens[] = { 0, 1, 16, 100, 1023, 1024, 1025, 5000 };
	unsigned char buf[5002];

	(void)state;
	for (size_t i = 0; i < COUNT(lens); i++) {
		size_t len = lens[i];
		bool last_was_set = len == 0;

		for (int try = 0; try < 20; try++) {
			memset(buf, 0, sizeof(buf));
			rand_bytes(buf + 1, len);
			assert_int_equal(buf[0], 0);
			assert_int_equal(buf[len + 1], 0);
			assert_false(len >= 16 && is_zero(buf + 1, 16));
			last_was_set |= len > 0 && buf[len] != 0;
		}
		assert_true(last_was_set);
	}
}

static void *u64_of_thread(void *arg)
{
	*(uint64_t *)arg = rand_u64();
	return NULL;
}

static void threads_and_children_differ(void **state)
{
	uint64_t own, in_thread, in_child;
	pthread_t thread;
	int ends[2];
	pid_t pid;

	(void)state;
	rand_u64();			/* now the buffer is filled */
	assert_int_equal(pthread_create(&thread, NULL, u64_of_thread, &in_thread), 0);
	pthread_join(thread, NULL);
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		own = rand_u64();
		_exit(write(ends[1], &own, sizeof(own)) != sizeof(own));
	}
	own = rand_u64();
	assert_int_equal(read(ends[0], &in_child, sizeof(in_child)), sizeof(in_child));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(ends[0]);
	close(ends[1]);
	assert_true(own != in_child);
	assert_true(own != in_thread);
}

/* 6 sigma of a binomial distribution: fails once in some hundred million runs. */
static void below_is_uniform(void **state)
{
	static const uint32_t tops[] = { 1, 2, 3, 7, 10 };

	(void)state;
	for (size_t t = 0; t < COUNT(tops); t++) {
		unsigned seen[10] = { 0 }, n = tops[t];

		for (int i = 0; i < 100000; i++) {
			uint32_t r = rand_below(n);

			assert_true(r < n);
			seen[r]++;
		}
		for (unsigned i = 0; i < n; i++)
			assert_in_range(seen[i], 100000 / n - (n > 1 ? 950 : 0), 100000 / n + 950);
	}
	/* Here every third draw is thrown away; a biased one favours the low half. */
	for (unsigned i = 0, low = 0; i < 100000; i++) {
		low += rand_below(3u << 30) < (3u << 29);
		if (i == 99999)
			assert_in_range(low, 49000, 51000);
	}
}

static void seeded_stream_is_fixed(void **state)
{
	uint64_t first, second;

	(void)state;
	rand_seed_for_tests(42);
	first = rand_u64();
	second = rand_u64();
	rand_seed_for_tests(42);
	assert_true(rand_u64() == first);
	assert_true(rand_u64() == second);
	rand_seed_for_tests(43);
	assert_true(rand_u64() != first);
}

UNIT_MAIN(
	cmocka_unit_test(bytes_are_filled_to_the_last),
	cmocka_unit_test(threads_and_children_differ),
	cmocka_unit_test(below_is_uniform),
	cmocka_unit_test(seeded_stream_is_fixed))
