/*
 * core/mod/symbols.h - from descriptor tables to the tables the script is checked with.
 */
#ifndef CORE_MOD_SYMBOLS_H
#define CORE_MOD_SYMBOLS_H

#include "core/mod/loader.h"

/** Fill m->sym from m->desc; m->mod.index must be set. 0, -EINVAL with *why (a defect of the
 *  module), -ENOMEM. */
int symbols_of_module(struct arena *arena, struct loaded *m, const char **why);

/** The symbols that need no module: settings, variables and functions of the core. NULL if
 *  memory is short. */
const struct sym_module *symbols_of_core(struct arena *arena);

/** The symbols of a descriptor that was not loaded for a configuration (NULL: of the core).
 *  NULL if memory is short, or the descriptor has a defect. */
const struct sym_module *symbols_of_desc(const struct lcs_module *m, struct arena *arena);

#endif
