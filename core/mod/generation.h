/*
 * core/mod/generation.h - one configuration on its way to being current, and to its end.
 *
 * generation_build() makes everything aside; generation_prepare() asks the
 * modules; generation_commit() makes it current and cannot fail. Control thread.
 */
#ifndef CORE_MOD_GENERATION_H
#define CORE_MOD_GENERATION_H

#include "core/mod/loader.h"

/**
 * From a read configuration to a generation: modules in order, parameters bound, checked by
 * their modules, hooks ordered. Nothing of a module runs but check().
 *
 * @param cfg  taken over on 0, else the caller's
 * @return 0, -EINVAL (see diag), -ENOMEM
 */
int generation_build(struct loader *l, struct cfg *cfg, struct diag *diag, struct lcs_gen **out);

/** Ask all modules' prepare(), in order. On failure those that had prepared are told
 *  retire(). @param why  name of the module that refused */
int generation_prepare(struct lcs_gen *gen, const char **why);
/** commit() of all modules, then the current pointer. Takes over *gen. */
void generation_commit(struct lcs_gen **gen);
/** Give up one that was built, or prepared, and not committed. */
void generation_drop(struct lcs_gen **gen);

/** Its modules in the order of loading. */
unsigned generation_modules(const struct lcs_gen *gen, struct loaded *const **out);

#endif
