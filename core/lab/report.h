/*
 * core/lab/report.h - what lcs test prints: TAP, JUnit's XML, JSON.
 */
#ifndef CORE_LAB_REPORT_H
#define CORE_LAB_REPORT_H

#include "core/lab/lab.h"

struct test_case {				/* a test, or a test with one of its files */
	struct test_case      *next;
	const struct cfg_test *test;
	unsigned               number;		/* of the test, from 1 */
	const char            *file, *name;
	bool                   has_failed;
	double                 ms;
	const char            *why;		/* "" if it has passed */
	const char            *better;		/* the statement as it would be met, or NULL */
	struct cfg_span        better_at;
};

struct case_list { struct test_case *first, **end; unsigned count, done, failed; };

/** What stands before the first case, on standard output. */
void report_begin(const struct case_list *list, enum lab_format format);
/** As soon as it is known. */
void report_case(struct case_list *list, const struct test_case *c, enum lab_format format);
/** cover: what cover_text() says. */
void report_end(const struct case_list *list, enum lab_format format, const char *path,
    const char *cover);

#endif
