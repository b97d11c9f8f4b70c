/*
 * test/fuzz/oracle_fuzz.c - any bytes as a script, run by the machine and by the tree: what
 * both do must be the same.
 */
#include "test/fake/script.h"
#include "test/oracle/oracle.h"

#include "utils/err.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT_MAX_BYTES 20000u

static struct fake_script fake;

static unsigned seed_of(const uint8_t *data, size_t size)
{
	unsigned h = 2166136261u;

	for (size_t i = 0; i < size; i++)
		h = (h ^ data[i]) * 16777619u;
	return h | 1u;
}

static void report(struct slice text, unsigned seed, struct slice why, struct arena *arena)
{
	struct slice small = compare_shrink(&fake, text, seed, arena);

	fprintf(stderr, "%.*s\n%.*s", SLICE_ARG(small), SLICE_ARG(why));
	lcs_assert_failed("machine and tree do the same", __FILE__, __LINE__);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of((const char *)data, size), why = SLICE("");
	struct arena *arena;

	if (!fake.arena && fake_script_init(&fake) != 0)
		return 0;
	if (size > TEXT_MAX_BYTES)
		return 0;
	arena = arena_new(0);
	lcs_assert(arena);
	for (unsigned n = 0; n < 3; n++)
		if (compare_text(&fake, text, seed_of(data, size) + n, arena, &why) ==
		    COMPARED_DIFFERENT)
			report(text, seed_of(data, size) + n, why, arena);
	arena_free(&arena);
	return 0;
}
