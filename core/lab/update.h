/*
 * core/lab/update.h - lcs test --update: what came in place of what was expected.
 */
#ifndef CORE_LAB_UPDATE_H
#define CORE_LAB_UPDATE_H

#include "core/lab/report.h"

/** Ask for each case that knows better (or not, if yes), and rewrite the files. 0 or -errno. */
int update_files(const struct case_list *list, bool yes);

#endif
