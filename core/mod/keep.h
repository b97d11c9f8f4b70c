/*
 * core/mod/keep.h - what a reload cannot change keeps its value.
 */
#ifndef CORE_MOD_KEEP_H
#define CORE_MOD_KEEP_H

#include "cfg/cfg.h"

#include <jansson.h>

/**
 * Compare a configuration that was just read with the one that runs. Settings and parameters
 * that need a restart get the running value, modules that cannot be unloaded stay; each of
 * these is a warning. A module that cannot join a running server is an error.
 *
 * @param next  of the same loader as now; changed
 * @param restart  list that receives a row of change_row() for each value that waits
 * @return 0, -EINVAL (see diag), -ENOMEM
 */
int keep_running(struct cfg *next, const struct cfg *now, struct diag *diag, json_t *restart);

/** A change for people and programs; when: "now", "reload", "restart". NULL if memory is short. */
json_t *change_row(const char *what, struct slice name, struct slice from, struct slice to,
    const char *when);

/** Equal values, lists by their items. */
bool keep_same(struct value a, struct value b);
/** A value as text for people; "(secret)" if it is one. In the arena. */
struct slice keep_text(const struct cfg_value_at *v, struct arena *arena);
/** The module of that name, or NULL. */
const struct cfg_module *keep_module(const struct cfg *cfg, const char *name);

#endif
