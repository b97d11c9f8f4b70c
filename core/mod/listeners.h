/*
 * core/mod/listeners.h - listen lines of a configuration as sockets to be opened.
 */
#ifndef CORE_MOD_LISTENERS_H
#define CORE_MOD_LISTENERS_H

#include "core/mod/server.h"

/**
 * Fill setup->listeners from cfg->listeners: addresses, interface names and "*" are resolved
 * without asking DNS.
 * @return 0, -EINVAL (see diag)
 */
int listeners_read(const struct cfg *cfg, struct diag *diag, struct server_setup *setup);

#endif
