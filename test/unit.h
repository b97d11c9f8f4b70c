/*
 * test/unit.h - what every unit test begins with: cmocka, TAP on standard output.
 *
 * cmocka's assertions leave a test by longjmp, so only the main thread may use
 * them; other threads note what they saw and the main thread asserts it.
 * skip() is not used: cmocka 1.1.5 prints "not ok" for it.
 */
#ifndef TEST_UNIT_H
#define TEST_UNIT_H

#include "utils/slice.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define assert_slice(s, text)                                              \
	do {                                                               \
		struct slice got_ = (s), want_ = slice_str(text);          \
		if (!slice_eq(got_, want_))                                \
			fail_msg("\"%.*s\" is not \"%.*s\"",               \
			    SLICE_ARG(got_), SLICE_ARG(want_));            \
	} while (0)

/* Wait for what another thread does. That it comes is the point, not when. */
#define await(condition)                                                   \
	do {                                                               \
		for (int ms_ = 0; !(condition) && ms_ < 60000; ms_++)      \
			poll(NULL, 0, 1);                                  \
		assert_true(condition);                                    \
	} while (0)

/* The arguments are cmocka_unit_test(...) and its relatives. */
#define UNIT_MAIN(...)                                                     \
	int main(void)                                                     \
	{                                                                  \
		static const struct CMUnitTest tests[] = { __VA_ARGS__ };  \
		cmocka_set_message_output(CM_OUTPUT_TAP);                  \
		return cmocka_run_group_tests(tests, NULL, NULL);          \
	}

#endif
