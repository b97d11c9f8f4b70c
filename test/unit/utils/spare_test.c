/*
 * spare_test - blocks are big enough, come again, and only to who keeps them.
 */
#include "utils/spare.h"
#include "test/oom.h"
#include "test/unit.h"

#include <pthread.h>
#include <stdint.h>

#define MANY 2000

static const size_t sizes[] = { 0, 1, 255, 256, 257, 512, 513, 1024, 2000, 2048, 4095, 4096,
	4097, 100000 };

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void blocks_do_not_touch(void **state)
{
	unsigned char *block[MANY];

	(void)state;
	spare_begin();
	for (unsigned round = 0; round < 3; round++) {
		for (size_t i = 0; i < MANY; i++) {
			block[i] = spare_get(sizes[i % SIZES]);
			assert_non_null(block[i]);
			assert_int_equal((uintptr_t)block[i] % 16, 0);
			memset(block[i], (int)(i % 251), sizes[i % SIZES]);
		}
		for (size_t i = 0; i < MANY; i++)
			for (size_t k = 0; k < sizes[i % SIZES]; k += 97)
				assert_int_equal(block[i][k], i % 251);
		for (size_t i = 0; i < MANY; i++)
			spare_put(block[i], sizes[i % SIZES]);
	}
	spare_put(NULL, 300);
	spare_end();
}

/* Whether an allocation was made is seen by letting it fail. */
static bool allocates(size_t size)
{
	void *block;
	bool hit;

	oom_fail_nth(1);
	block = spare_get(size);
	hit = oom_reset();
	assert_true(hit == !block);
	spare_put(block, size);
	return hit;
}

static void what_comes_back_is_used_again(void **state)
{
	(void)state;
	if (SPARE_BYPASSED)
		return;
	spare_begin();
	spare_put(spare_get(700), 700);
	assert_false(allocates(1000));
	assert_false(allocates(513));
	assert_true(allocates(512));
	assert_true(allocates(1025));
	spare_end();
	assert_true(allocates(700));
}

static void who_does_not_keep_passes_on(void **state)
{
	(void)state;
	spare_put(spare_get(700), 700);
	assert_true(allocates(700));
}

static void *free_it(void *block)
{
	spare_put(block, 300);
	return NULL;
}

static void another_thread_may_give_back(void **state)
{
	pthread_t thread;

	(void)state;
	spare_begin();
	assert_int_equal(pthread_create(&thread, NULL, free_it, spare_get(300)), 0);
	pthread_join(thread, NULL);
	assert_true(allocates(300));
	spare_end();
}

UNIT_MAIN(
	cmocka_unit_test(blocks_do_not_touch),
	cmocka_unit_test(what_comes_back_is_used_again),
	cmocka_unit_test(who_does_not_keep_passes_on),
	cmocka_unit_test(another_thread_may_give_back))
