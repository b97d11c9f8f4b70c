/* core/sup/reclaim.c: when memory is given back, and that it is. */
#include "test/unit.h"

#include "core/sup/reclaim.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MB ((size_t)1 << 20)

static void some_may_be_resident_beyond_what_is_in_use(void **state)
{
	static const struct { size_t resident, in_use, stuck; bool is_worth; } cases[] = {
		{ 30 * MB, 10 * MB, 0, false },	/* a small server is left alone */
		{ 37 * MB, 10 * MB, 0, true },
		{ 126 * MB, 100 * MB, 0, false },
		{ 130 * MB, 100 * MB, 0, true },
		{ 430 * MB, 400 * MB, 0, false },
		{ 440 * MB, 400 * MB, 0, true },
		{ 440 * MB, 400 * MB, 30 * MB, false },	/* that much is there for good */
		{ 450 * MB, 400 * MB, 30 * MB, true },
		{ 10 * MB, 100 * MB, 0, false },	/* swapped out */
		{ 0, 0, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(reclaim_is_worth(cases[i].resident, cases[i].in_use,
		    cases[i].stuck), cases[i].is_worth);
}

static size_t resident(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	size_t size, pages;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%zu %zu", &size, &pages), 2);
	fclose(f);
	return pages * 4096;
}

#define BLOCKS 30000u
#define BLOCK  8000u

/* One in sixteen stays, so that the rest lies between what is in use. */
static void what_is_free_between_what_is_used_is_given_back(void **state)
{
	static char *blocks[BLOCKS];
	struct reclaim r = { 0 };
	size_t full;
	bool is_glibc;

	(void)state;
	for (unsigned i = 0; i < BLOCKS; i++) {
		blocks[i] = malloc(BLOCK);
		assert_non_null(blocks[i]);
		memset(blocks[i], 1, BLOCK);
	}
	full = resident();
	/* A sanitizer's malloc keeps what it has. */
	is_glibc = mallinfo2().uordblks >= (size_t)BLOCKS * BLOCK;
	for (unsigned i = 0; i < BLOCKS; i++)
		if (i % 16)
			free(blocks[i]);
	reclaim_tick(&r, 1000);
	assert_true(!is_glibc || resident() < full / 3);
	for (unsigned i = 0; i < BLOCKS; i += 16)
		free(blocks[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(some_may_be_resident_beyond_what_is_in_use),
		cmocka_unit_test(what_is_free_between_what_is_used_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
