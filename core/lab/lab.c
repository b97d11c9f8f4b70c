/*
 * core/lab/lab.c - the test that this process plays: its texts and its verdict.
 */
#include "core/lab/lab.h"

#include <stdlib.h>

struct lab lab = { .out_end = &lab.out };

char *lab_text(const char *fmt, ...)
{
	struct slice s;
	va_list ap;
	char *text;

	va_start(ap, fmt);
	s = arena_vprintf(lab.arena, fmt, ap);
	va_end(ap);
	text = s.p ? arena_dup_cstr(lab.arena, s) : NULL;
	if (!text)
		abort();		/* a test tool without memory has nothing to say */
	return text;
}

void lab_fail(struct cfg_span at, const char *fmt, ...)
{
	struct slice s;
	va_list ap;

	if (lab.failed)
		return;
	va_start(ap, fmt);
	s = arena_vprintf(lab.arena, fmt, ap);
	va_end(ap);
	lab.failed = lab_text("%.*s", SLICE_ARG(s));
	lab.failed_at = at;
}
