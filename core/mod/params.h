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

#endif
