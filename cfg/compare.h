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

/**
 * Write the differences, a line each: "-" what only the old one has, "+" what only the
 * new one has, "~" what both have and differs, with when the change applies.
 *
 * @return how many there are
 */
unsigned cfg_compare(const struct cfg *before, const struct cfg *after, struct buf *out);

/** Does one of them apply only after a restart? To be asked before a reload. */
bool cfg_needs_restart(const struct cfg *before, const struct cfg *after);

#endif
