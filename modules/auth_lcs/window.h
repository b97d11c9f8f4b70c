/*
 * modules/auth_lcs/window.h - which running numbers have been seen: the last 256.
 */
#ifndef MODULES_AUTH_LCS_WINDOW_H
#define MODULES_AUTH_LCS_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#define SA_WINDOW 256u

struct sa_window { uint32_t top; uint64_t bits[SA_WINDOW / 64]; };	/* top 0: none yet */

/** Is the number new, and not too old to tell? Counts it then. 0 is never new. */
bool sa_window_take(struct sa_window *w, uint32_t n);

#endif
