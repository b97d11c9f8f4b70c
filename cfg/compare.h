/*
 * cfg/compare.h - two configurations: what one means that the other does not.
 *
 * Text, order, comments and the files that things stand in do not count; what is
 * compared is what the checker understood.
 */
#ifndef CFG_COMPARE_H
#define CFG_COMPARE_H

#include "cfg/cfg.h"
#include "utils/buf.h"

/** One difference; what it points to is lent for the call. */
struct cfg_change {
	char                       mark;	/* '-' what only the old one has, '+' only the new one, '~' both */
	const char                *what;	/* setting, parameter, listener, alias, module, const, acl, map,
						 * app, or the kind of a route */
	struct slice               name;	/* parameters with their module's: "tm.fr_timer" */
	const struct cfg_value_at *old_value, *new_value;	/* '~' of what has a value, else NULL */
	struct slice               from, to;	/* else where it stands, "FILE:LINE", or empty */
	enum param_when            when;	/* it applies */
};

typedef void cfg_change_fn(void *arg, const struct cfg_change *change);

/** Tell the differences, one call each. @return 0, or -ENOMEM: not all of them were told */
int cfg_changes(const struct cfg *before, const struct cfg *after, cfg_change_fn *fn, void *arg);

/**
 * Write the differences, a line each, with its mark and when the change applies.
 *
 * @return how many there are
 */
unsigned cfg_compare(const struct cfg *before, const struct cfg *after, struct buf *out);

#endif
