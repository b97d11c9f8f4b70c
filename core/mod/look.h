/*
 * core/mod/look.h - lcs -c --resolve: do the names of a configuration lead anywhere?
 *
 * The check itself asks nobody. This one may: it is for the machine that the
 * server will run on, with that machine's resolver or the one of dns_servers.
 */
#ifndef CORE_MOD_LOOK_H
#define CORE_MOD_LOOK_H

#include "cfg/cfg.h"

/**
 * Ask DNS for the names of listeners, for server_name, aliases and the hosts of SIP URIs that
 * stand in the script. Waits for the answers.
 * @param diag  an error where clients are told a name that has no address, else warnings (E0412)
 * @return 0, -EINVAL after an error, -ENOMEM, -EIO if there is no resolver
 */
int look_up_names(const struct cfg *cfg, struct diag *diag);

#endif
