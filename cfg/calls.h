/*
 * cfg/calls.h - who calls and arms whom, and what each module is loaded for.
 */
#ifndef CFG_CALLS_H
#define CFG_CALLS_H

#include "cfg/cfg.h"
#include "utils/buf.h"

/** The call graph: a tree for each route that nothing in the script calls. */
void calls_text(const struct cfg *cfg, struct buf *out);
/** The same for Graphviz; arming is dashed. */
void calls_dot(const struct cfg *cfg, struct buf *out);
/** Modules in the order in which they start: where loaded, who needs them, what is used. */
void modules_text(const struct cfg *cfg, struct buf *out);

#endif
