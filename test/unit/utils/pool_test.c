/*
 * pool_test - pieces are big enough, come again, and are not handed out twice.
 */
#include "utils/pool.h"
#include "test/oom.h"
#include "test/unit.h"

#include <stdint.h>

#define MANY 3000

static void pieces_do_not_touch(void **state)
{
	struct pool p = { 0 };
	unsigned char *piece[MANY];
	size_t size[MANY];

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		size[i] = i * 7 % 1400;
		piece[i] = pool_get(&p, size[i]);
		assert_non_null(piece[i]);
		assert_int_equal((uintptr_t)piece[i] % 8, 0);
		memset(piece[i], (int)(i % 251), size[i]);
	}
	for (size_t i = 0; i < MANY; i++)
		for (size_t k = 0; k < size[i]; k++)
			assert_int_equal(piece[i][k], i % 251);
	for (size_t i = 0; i < MANY; i++)
		pool_put(&p, piece[i], size[i]);
	pool_fini(&p);
}

static void what_comes_back_is_used_again(void **state)
{
	struct pool p = { 0 };
	void *piece = pool_get(&p, 310);
	uint64_t bytes;

	(void)state;
	pool_put(&p, piece, 310);
	bytes = p.bytes;
	for (int i = 0; i < 10000; i++) {
		piece = pool_get(&p, 290 + i % 25);
		pool_put(&p, piece, 290 + i % 25);
	}
	assert_int_equal(p.bytes, bytes);
	pool_put(&p, NULL, 300);
	pool_fini(&p);
}

static void short_memory_is_said(void **state)
{
	(void)state;
	OOM_WALK(nth) {
		struct pool p = { 0 };
		void *small = pool_get(&p, 100), *large = pool_get(&p, 5000);

		if (small)
			memset(small, 1, 100);
		if (large)
			memset(large, 1, 5000);
		if (!oom_hit())
			assert_true(small && large);
		pool_put(&p, small, 100);
		pool_put(&p, large, 5000);
		pool_fini(&p);
	}
}

UNIT_MAIN(
	cmocka_unit_test(pieces_do_not_touch),
	cmocka_unit_test(what_comes_back_is_used_again),
	cmocka_unit_test(short_memory_is_said))
