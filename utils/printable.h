/*
 * utils/printable.h - text of strangers on a terminal.
 */
#ifndef UTILS_PRINTABLE_H
#define UTILS_PRINTABLE_H

#include "utils/slice.h"

#include <stdbool.h>

#define PRINTABLE_MOST 4		/* bytes that one becomes, at most */

/**
 * Write a text as a terminal may have it: "\n", "\x1b" for what it would obey (control characters,
 * those of U+0080 to U+009F too, and what turns a line's direction around), "\xff" for what is not
 * UTF-8. The rest stays as it is, backslashes too, so this cannot be read back.
 *
 * @param out    room for PRINTABLE_MOST bytes for each of s; no NUL is written
 * @param lines  line ends and tabs stay: a text of several lines
 * @return the end of what was written
 */
char *printable_put(char *out, struct slice s, bool lines);

#endif
