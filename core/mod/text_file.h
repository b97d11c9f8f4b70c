/*
 * core/mod/text_file.h - the file that a verb of the command line works on.
 */
#ifndef CORE_MOD_TEXT_FILE_H
#define CORE_MOD_TEXT_FILE_H

#include "utils/arena.h"

/** Its text, in the arena; what hinders that is told on standard error. 0 or -errno. */
int text_file_read(struct arena *arena, const char *path, struct slice *out);

#endif
