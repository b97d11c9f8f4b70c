/*
 * cfg/load.c - errors of syntax, which any step before the tree may find.
 */
#include "cfg/load.h"

struct diag_item *syntax_error(struct load *ld, unsigned code, struct cfg_span at,
    const char *fmt, ...)
{
	struct diag_item *item;
	struct slice text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(ld->mem.arena, fmt, ap);
	va_end(ap);
	item = load_error(ld, code, at, "%.*s", SLICE_ARG(text));
	if (++ld->syntax_errors < SYNTAX_ERRORS_MAX || ld->gave_up)
		return item;
	ld->gave_up = true;
	diag_help(item, "%u errors of syntax: the rest of the text was not read",
	    SYNTAX_ERRORS_MAX);
	return item;
}
