/*
 * core/mod/fmt_main.h - the verb "fmt": configurations in their usual layout.
 */
#ifndef CORE_MOD_FMT_MAIN_H
#define CORE_MOD_FMT_MAIN_H

#include "core/mod/verb.h"

/**
 * lcs fmt [-w] [--check] FILE...: print, write back, or only look.
 * @param argv  what stands behind "fmt"
 * @return exit status: VERB_WRONG after errors of syntax or (--check) of another layout
 */
int fmt_main(int argc, char **argv, const struct verb_defines *defines);

#endif
