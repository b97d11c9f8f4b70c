/*
 * Arenas: what they hand out, what they refuse, and what happens when they die.
 */
#include "utils/arena.h"

#include "test/oom.h"
#include "test/unit.h"

#if ARENA_ASAN
#include <sanitizer/asan_interface.h>
#endif

static bool is_aligned(const void *p)
{
	return (uintptr_t)p % _Alignof(max_align_t) == 0;
}

/* Many blocks of many sizes, each filled with its own byte and looked at again. */
static void fill(struct arena *a)
{
	struct { unsigned char *p; size_t len; } block[500];

	for (size_t i = 0; i < COUNT(block); i++) {
		block[i].len = i % 7 == 0 ? i * 40 : i % 100;
		block[i].p = i % 2 ? arena_alloc(a, block[i].len) :
		    (void *)arena_bytes(a, block[i].len);
		assert_non_null(block[i].p);
		assert_true(i % 2 == 0 || is_aligned(block[i].p));
		memset(block[i].p, (int)(i & 255), block[i].len);
	}
	for (size_t i = 0; i < COUNT(block); i++)
		for (size_t j = 0; j < block[i].len; j++)
			assert_int_equal(block[i].p[j], i & 255);
	arena_free(&a);
	assert_null(a);
	arena_free(&a);
	arena_thread_flush();
}

static void blocks_do_not_overlap(void **state)
{
	static const size_t first[] = { 0, 1, 500, 1000, 4000, 8192, 100000 };

	(void)state;
	fill(arena_new(0));
	for (size_t i = 0; i < COUNT(first); i++)
		fill(arena_new_small(first[i]));
}

static void copies(void **state)
{
	struct arena *a = arena_new(0);
	char text[1000], *z;

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_slice(arena_dup(a, SLICE("abc")), "abc");
	assert_non_null(arena_dup(a, SLICE_NULL).p);
	assert_slice(arena_dup_secret(a, SLICE("geheim")), "geheim");
	assert_string_equal(arena_dup_cstr(a, SLICE("abc")), "abc");
	assert_string_equal(arena_dup_cstr(a, SLICE_NULL), "");
	assert_slice(arena_printf(a, "%s=%d", "n", 7), "n=7");
	assert_slice(arena_printf(a, "%s", ""), "");
	assert_int_equal(arena_printf(a, "%.*s|", 1000, text).len, 1001);
	assert_slice(arena_join(a, (const struct slice[]){ SLICE("a"), SLICE_NULL, SLICE("@b") }, 3),
	    "a@b");
	assert_slice(arena_join(a, NULL, 0), "");
	z = arena_zalloc(a, 300);
	for (int i = 0; i < 300; i++)
		assert_int_equal(z[i], 0);
	arena_free(&a);
	arena_thread_flush();
}

/* Whatever the sizes are, the cap is reached exactly and never passed. */
static void cap_is_exact(void **state)
{
	static const size_t caps[] = { 1, 100, 4096, 8192, 20000, 300000 };
	static const size_t steps[] = { 1, 16, 100, 1000, 5000 };

	(void)state;
	for (size_t i = 0; i < COUNT(caps); i++)
		for (size_t j = 0; j < COUNT(steps); j++) {
			struct arena *a = arena_new(caps[i]);
			size_t got = 0;

			while (arena_bytes(a, steps[j]))
				got += steps[j];
			assert_true(got + steps[j] > caps[i]);
			while (arena_bytes(a, 1))
				got++;
			assert_int_equal(got, caps[i]);
			assert_int_equal(arena_used(a), caps[i]);
			assert_null(arena_alloc(a, 1));
			assert_int_equal(arena_hold(a, a, NULL), -ENOMEM);
			arena_free(&a);
		}
	arena_thread_flush();
}

static void absurd_sizes_fail(void **state)
{
	static const size_t sizes[] = { SIZE_MAX, SIZE_MAX - 15, SIZE_MAX / 2, SIZE_MAX / 2 + 1 };
	struct arena *a = arena_new(1000);

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		assert_null(arena_alloc(a, sizes[i]));
		assert_null(arena_bytes(a, sizes[i]));
	}
	assert_null(arena_dup_cstr(a, slice_of("x", SIZE_MAX)));
	assert_null(arena_dup_secret(a, slice_of("x", SIZE_MAX)).p);
	assert_non_null(arena_alloc(a, 1000 - 15));
	arena_free(&a);
	arena_thread_flush();
}

static char dropped[8];

static void note_drop(void *obj)
{
	size_t len = strlen(dropped);

	dropped[len] = *(char *)obj;
}

static void held_are_dropped_last_first(void **state)
{
	struct arena *a = arena_new(0);
	char names[] = "abc";

	(void)state;
	memset(dropped, 0, sizeof(dropped));
	for (int i = 0; i < 3; i++)
		assert_int_equal(arena_hold(a, &names[i], note_drop), 0);
	assert_string_equal(dropped, "");
	arena_free(&a);
	assert_string_equal(dropped, "cba");
	arena_thread_flush();
}

#if ARENA_ASAN
static void asan_sees_what_is_not_handed_out(void **state)
{
	struct arena *a = arena_new(0);
	char *p = arena_bytes(a, 13), *big = arena_bytes(a, 20000);

	(void)state;
	assert_false(__asan_address_is_poisoned(p + 12));
	assert_true(__asan_address_is_poisoned(p + 13));
	assert_true(__asan_address_is_poisoned(p + 5000));
	assert_false(__asan_address_is_poisoned(big + 19999));
	assert_true(__asan_address_is_poisoned(big + 20000));
	arena_free(&a);
	assert_true(__asan_address_is_poisoned(p));
	assert_true(__asan_address_is_poisoned(big));
	arena_thread_flush();
}
#define ASAN_TESTS cmocka_unit_test(asan_sees_what_is_not_handed_out),
#else
#define ASAN_TESTS
#endif

/* The chunk is back in the cache then, and the next arena gets the same one. */
static void secrets_are_wiped(void **state)
{
	struct arena *a = arena_new(0), *b;
	const char *secret, *plain;
	size_t secret_at, plain_at;
	char *all;

	(void)state;
	plain = arena_dup(a, SLICE("0123456789")).p;
	secret = arena_dup_secret(a, SLICE("0123456789")).p;
	plain_at = (size_t)(plain - (char *)a);
	secret_at = (size_t)(secret - (char *)a);
	arena_free(&a);
	b = arena_new(0);
	all = arena_bytes(b, 2000);
	plain = (char *)b + plain_at;
	secret = (char *)b + secret_at;
	assert_true(plain >= all && secret + 10 <= all + 2000);
	assert_memory_equal(plain, "0123456789", 10);
	assert_memory_equal(secret, "\0\0\0\0\0\0\0\0\0\0", 10);
	arena_free(&b);
	arena_thread_flush();
}

static void chunks_are_cached_and_bounded(void **state)
{
	struct arena *many[200], *a;

	(void)state;
	for (size_t i = 0; i < COUNT(many); i++)
		assert_non_null(many[i] = arena_new(0));
	for (size_t i = 0; i < COUNT(many); i++)
		arena_free(&many[i]);
	oom_fail_from(1);
	for (size_t i = 0; i < 64; i++)
		assert_non_null(many[i] = arena_new(0));
	a = arena_new(0);
	assert_true(oom_reset());
	assert_null(a);
	for (size_t i = 0; i < 64; i++)
		arena_free(&many[i]);
	arena_thread_flush();
	oom_fail_nth(1);
	assert_null(arena_new(0));
	assert_true(oom_reset());
}

static void ignore_drop(void *obj)
{
	(void)obj;
}

/* Fill an arena as a message does; true if everything could be had. */
static bool use(struct arena *a, char *name)
{
	bool ok = arena_alloc(a, 100) && arena_bytes(a, 3000);

	ok &= arena_dup(a, SLICE("abc")).p != NULL;
	ok &= arena_alloc(a, 8000) && arena_alloc(a, 4000) && arena_zalloc(a, 4000);
	ok &= arena_hold(a, name, ignore_drop) == 0;
	ok &= arena_dup_secret(a, SLICE("secret")).p != NULL;
	ok &= arena_printf(a, "%01500d", 5).p != NULL;
	ok &= arena_alloc(a, 100000) != NULL;
	ok &= arena_join(a, (const struct slice[]){ SLICE("abc"), SLICE("d") }, 2).p != NULL;
	return ok;
}

static void every_allocation_may_fail(void **state)
{
	char name = 'a';
	unsigned walked = 0;

	(void)state;
	OOM_WALK(nth) {
		struct arena *a = arena_new(0);
		bool ok = a && use(a, &name);

		assert_int_equal(ok, !oom_hit());
		arena_free(&a);
		arena_thread_flush();
		walked = nth;
	}
	assert_true(walked > 4);
}

UNIT_MAIN(
	cmocka_unit_test(blocks_do_not_overlap),
	cmocka_unit_test(copies),
	cmocka_unit_test(cap_is_exact),
	cmocka_unit_test(absurd_sizes_fail),
	cmocka_unit_test(held_are_dropped_last_first),
	ASAN_TESTS
	cmocka_unit_test(secrets_are_wiped),
	cmocka_unit_test(chunks_are_cached_and_bounded),
	cmocka_unit_test(every_allocation_may_fail))
