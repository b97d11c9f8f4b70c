/*
 * core/mod/params.h - a module's conf struct, filled from the configuration.
 */
#ifndef CORE_MOD_PARAMS_H
#define CORE_MOD_PARAMS_H

#include "cfg/cfg.h"
#include "core/lcs.h"

/**
 * Make and fill the conf struct of a module; texts and lists live in cfg's arena.
 *
 * @param out  NULL is put there if the module has no conf struct
 * @return 0, -ENOMEM, -EINVAL (a type no conf struct can hold: a defect of the module)
 */
int params_bind(const struct cfg *cfg, const struct cfg_module *m, const struct lcs_module *desc,
    void **out);

/** First parameter that differs between two configurations of a module and needs a restart
 *  to change, or NULL. */
const char *params_need_restart(const struct cfg_module *old, const struct cfg_module *new_one,
    const struct lcs_module *desc);

#endif
