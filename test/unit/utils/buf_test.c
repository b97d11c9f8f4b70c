/*
 * Output buffers: growing, the limit, and errors that stick.
 */
#include "utils/buf.h"

#include "test/oom.h"
#include "test/unit.h"

static void everything_that_can_be_put(void **state)
{
	struct buf *b = buf_new(4);

	(void)state;
	buf_put(b, SLICE("abc"));
	buf_put(b, SLICE_NULL);
	buf_put_char(b, '|');
	buf_put_u64(b, 0);
	buf_put_char(b, '|');
	buf_put_u64(b, UINT64_MAX);
	buf_put_char(b, '|');
	buf_put_hex(b, "\x01\xab\xff", 3);
	buf_printf(b, "|%d|%s", -5, "x");
	memcpy(buf_reserve(b, 2), "yz", 2);
	assert_false(b->failed);
	assert_slice(buf_slice(b), "abc|0|18446744073709551615|01abff|-5|xyz");
	buf_clear(b);
	assert_int_equal(buf_slice(b).len, 0);
	buf_unref(&b);
	assert_null(b);
	buf_unref(&b);
}

static void grows_and_keeps_what_it_has(void **state)
{
	(void)state;
	for (size_t first = 0; first < 300; first += 7) {
		struct buf *b = buf_new(first);
		char line[16];

		for (int i = 0; i < 1000; i++)
			buf_printf(b, "line %d\n", i);
		assert_false(b->failed);
		for (int i = 0; i < 1000; i++) {
			struct slice all = buf_slice(b);
			int len = snprintf(line, sizeof(line), "line %d\n", i);

			if (i == 0)
				assert_true(slice_starts(all, slice_str(line)));
			assert_true(slice_search(all, slice_of(line, (size_t)len)) < all.len);
		}
		buf_unref(&b);
	}
}

static void limit_is_exact_and_failure_sticks(void **state)
{
	(void)state;
	for (int how = 0; how < 3; how++) {
		struct buf *b = buf_new(4);

		b->limit = 10;
		if (how == 0)
			buf_put(b, SLICE("0123456789"));
		else if (how == 1)
			buf_printf(b, "%s", "0123456789");
		else
			for (int i = 0; i < 10; i++)
				buf_put_char(b, (char)('0' + i));
		assert_false(b->failed);
		assert_slice(buf_slice(b), "0123456789");
		buf_put(b, SLICE(""));
		assert_false(b->failed);
		if (how == 1)
			buf_printf(b, "%c", 'x');
		else
			buf_put_char(b, 'x');
		assert_true(b->failed);
		buf_clear(b);
		assert_false(b->failed);
		buf_put(b, SLICE("01234567890"));
		assert_true(b->failed);
		buf_put(b, SLICE("0"));
		buf_printf(b, "%d", 1);
		assert_null(buf_reserve(b, 1));
		assert_int_equal(b->len, 0);
		buf_unref(&b);
	}
}

static void absurd_sizes_fail(void **state)
{
	struct buf *b = buf_new(10);

	(void)state;
	assert_null(buf_new(SIZE_MAX));
	assert_null(buf_reserve(b, SIZE_MAX));
	assert_true(b->failed);
	buf_clear(b);
	buf_put_hex(b, "x", SIZE_MAX / 2 + 2);
	assert_true(b->failed);
	buf_unref(&b);
}

static void counted(void **state)
{
	struct buf *b = buf_new(10), *other = buf_ref(b);

	(void)state;
	buf_put(b, SLICE("abc"));
	buf_unref(&b);
	assert_slice(buf_slice(other), "abc");
	assert_int_equal(ref_count(&other->refs), 1);
	buf_unref(&other);
}

static void write_much(struct buf *b)
{
	for (int i = 0; i < 200; i++) {
		buf_put(b, SLICE("0123456789"));
		buf_printf(b, "%s", "abcdefghij");
	}
}

static void every_allocation_may_fail(void **state)
{
	unsigned walked = 0;

	(void)state;
	OOM_WALK(nth) {
		struct buf *b = buf_new(100);

		if (b)
			write_much(b);
		assert_int_equal(b && !b->failed, !oom_hit());
		assert_true(!b || b->failed || b->len == 4000);
		/* A failed buffer can be used again. */
		if (b) {
			buf_clear(b);
			buf_put(b, SLICE("x"));
			assert_slice(buf_slice(b), "x");
		}
		buf_unref(&b);
		walked = nth;
	}
	assert_true(walked > 4);
}

UNIT_MAIN(
	cmocka_unit_test(everything_that_can_be_put),
	cmocka_unit_test(grows_and_keeps_what_it_has),
	cmocka_unit_test(limit_is_exact_and_failure_sticks),
	cmocka_unit_test(absurd_sizes_fail),
	cmocka_unit_test(counted),
	cmocka_unit_test(every_allocation_may_fail))
