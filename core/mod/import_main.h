/*
 * core/mod/import_main.h - the verb "import": native configurations out of foreign ones.
 */
#ifndef CORE_MOD_IMPORT_MAIN_H
#define CORE_MOD_IMPORT_MAIN_H

#include "core/mod/verb.h"

/**
 * lcs import --from kamailio FILE [-o OUT]: write OUT (or standard output) and a report.
 * @param argv  what stands behind "import"
 * @return exit status: VERB_WRONG if the result does not pass the check yet
 */
int import_main(int argc, char **argv, const char *module_path,
    const struct verb_defines *defines);

#endif
