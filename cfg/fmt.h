/*
 * cfg/fmt.h - a configuration in its usual layout (language 10).
 */
#ifndef CFG_FMT_H
#define CFG_FMT_H

#include "cfg/cfg.h"

/**
 * Lay out a configuration: four spaces, one statement a line, "=" of neighbours below
 * each other. Comments and directives stay where they are, lines are never joined.
 * Control thread; may read files that it imports.
 *
 * @param name   of the file, for messages and as the start of imports
 * @param out    the new text, in the arena; lives as long as it
 *
 * @return 0, -EINVAL with the errors of syntax in diag, -ENOMEM
 */
int cfg_fmt(const char *name, struct slice text, const struct cfg_host *host,
    struct diag *diag, struct arena *arena, struct slice *out);

#endif
