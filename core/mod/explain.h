/*
 * core/mod/explain.h - lcs explain CODE: the page of a message.
 */
#ifndef CORE_MOD_EXPLAIN_H
#define CORE_MOD_EXPLAIN_H

#include <stdbool.h>

/** Is this word the code of a message: E0201, W0502? */
bool explain_is_code(const char *word);
/**
 * lcs explain CODE..., lcs explain --all [--markdown].
 * @param argv  what stands behind "explain", one word at least
 * @return exit status
 */
int explain_main(int argc, char **argv);

#endif
