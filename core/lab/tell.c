/*
 * core/lab/tell.c - see tell.h.
 */
#include "core/lab/tell.h"

#include "cfg/source.h"

const char *tell_place(struct cfg_span at)
{
	if (!at.source)
		return "?";
	return lab_text("%s:%u:%u", at.source->name, at.line, at.column);
}

struct slice tell_source(struct cfg_span at)
{
	struct slice line = at.source ? source_line(at.source, at.line) : SLICE_NULL;

	if (!line.len)
		return SLICE("?");
	if (at.end_line == at.line && at.end_column > at.column)
		line = slice_first(line, at.end_column - 1);
	return slice_trim(slice_skip(line, at.column - 1));
}

void tell_miss(struct cfg_span at, const struct lab_out *o, const char *fmt, ...)
{
	struct slice why;
	va_list ap;

	(void)o;
	va_start(ap, fmt);
	why = arena_vprintf(lab.arena, fmt, ap);
	va_end(ap);
	lab_fail(at, "%.*s", SLICE_ARG(why));
}
