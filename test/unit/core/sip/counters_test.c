/*
 * test/unit/core/sip/counters_test.c - malformed messages are counted by cause.
 */
#include "test/unit.h"

#include "core/sip/counters.h"

static const char first[] = "first cause", again[] = "first cause", second[] = "second cause";

static uint64_t count_of(const char *reason)
{
	struct defect_count counts[256];
	unsigned n = sip_defects_sum(counts, COUNT(counts));

	for (unsigned i = 0; i < n; i++)
		if (slice_eq(slice_str(counts[i].reason), slice_str(reason)))
			return counts[i].n;
	return 0;
}

static void causes_with_one_text_are_one(void **state)
{
	(void)state;
	sip_count_defect(first);
	sip_count_defect(second);
	sip_count_defect(again);
	sip_count_defect(first);
	assert_int_equal(count_of("first cause"), 3);
	assert_int_equal(count_of("second cause"), 1);
}

static void more_causes_than_rows_are_still_counted(void **state)
{
	static char texts[200][16];
	struct defect_count counts[256];
	uint64_t sum = 0;
	unsigned n;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		snprintf(texts[i], sizeof(texts[i]), "cause %zu", i);
		sip_count_defect(texts[i]);
	}
	n = sip_defects_sum(counts, COUNT(counts));
	for (unsigned i = 0; i < n; i++)
		sum += counts[i].n;
	assert_int_equal(sum, 4 + COUNT(texts));
	assert_true(count_of("other") > 0);
}

UNIT_MAIN(
	cmocka_unit_test(causes_with_one_text_are_one),
	cmocka_unit_test(more_causes_than_rows_are_still_counted),
)
