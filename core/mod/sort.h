/*
 * core/mod/sort.h - modules in an order in which each comes after what it needs.
 */
#ifndef CORE_MOD_SORT_H
#define CORE_MOD_SORT_H

#include "core/mod/loader.h"

/**
 * Order the modules of a configuration, and check that every interface they need is exported
 * by one of them, in the right version.
 *
 * @param out  room for cfg->module_count
 * @return 0, -EINVAL (missing, version or circle: see diag)
 */
int modules_sort(const struct cfg *cfg, struct diag *diag, const struct cfg_module **out);

static inline struct loaded *loaded_of(const struct cfg_module *m)
{
	return (struct loaded *)m->sym->impl;
}

/** The module among those given that exports an interface; NULL if none does. */
const struct cfg_module *modules_exporter(const struct cfg *cfg, const char *iface,
    const struct lcs_iface **found);

#endif
