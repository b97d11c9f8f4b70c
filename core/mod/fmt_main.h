/*
 * core/mod/fmt_main.h - the verb "fmt": configurations in their usual layout.
 */
#ifndef CORE_MOD_FMT_MAIN_H
#define CORE_MOD_FMT_MAIN_H

#include "cfg/cfg.h"

/**
 * lcs fmt [-w] [--check] FILE...: print, write back, or only look.
 * @param argv  what stands behind "fmt"
 * @return exit status: 0 fine, 1 errors of syntax or (--check) another layout, 3 unreadable
 */
int fmt_main(int argc, char **argv, const struct cfg_define *defines, unsigned define_count);

#endif
