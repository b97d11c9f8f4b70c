/*
 * core/mod/import_main.h - the verb "import": native configurations out of foreign ones.
 */
#ifndef CORE_MOD_IMPORT_MAIN_H
#define CORE_MOD_IMPORT_MAIN_H

#include "cfg/cfg.h"

/**
 * lcs import --from kamailio FILE [-o OUT]: write OUT (or standard output) and a report.
 * @param argv  what stands behind "import"
 * @return exit status: 0 the result passes the check, 1 it does not yet, 3 unreadable
 */
int import_main(int argc, char **argv, const char *module_path,
    const struct cfg_define *defines, unsigned define_count);

#endif
