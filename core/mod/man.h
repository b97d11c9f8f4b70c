/*
 * core/mod/man.h - the manual of a module, made from its descriptor.
 */
#ifndef CORE_MOD_MAN_H
#define CORE_MOD_MAN_H

#include "core/lcs.h"

enum man_format { MAN_TEXT, MAN_MARKDOWN, MAN_ROFF, MAN_JSON };

/** Write to a stdio stream; NULL describes the core (settings, variables, functions).
 *  0, or -ENOMEM. */
int man_write(const struct lcs_module *m, enum man_format format, void *file);

/** The same as a JSON object, a new reference; NULL if memory is short. */
json_t *man_json(const struct lcs_module *m);

/**
 * lcs module show NAME [--json|--man|--markdown], lcs module list: reads descriptors only.
 * @param argv  what stands behind "module"
 * @return exit status
 */
int man_main(int argc, char **argv, const char *module_path);

#endif
