/*
 * core/mod/lifecycle.h - modules coming to life and going: load(), state, worker_start().
 */
#ifndef CORE_MOD_LIFECYCLE_H
#define CORE_MOD_LIFECYCLE_H

#include "core/mod/generation.h"

/**
 * load() of a generation's modules in their order, with their shared state, schema, hooks'
 * rights and control methods entered. Control thread, before the workers and the store.
 * Registers the worker part that makes their per-worker state.
 *
 * @param why  name of the module that refused
 * @return 0 or -errno
 */
int modules_load(const struct lcs_gen *gen, const char **why);
/**
 * The same for those of a later generation that are not there yet, while workers run. What
 * is loaded when it fails goes with modules_unload_unused().
 */
int modules_load_late(const struct lcs_gen *gen, const char **why);
/** Control thread, workers run: those that no generation has any more are unloaded. */
void modules_unload_unused(void);
/** The workers have stopped: per-worker state is freed. */
void modules_forget_locals(void);

/** Does one of them keep state in the store? */
bool modules_need_store(const struct lcs_gen *gen);

#endif
