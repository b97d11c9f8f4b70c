/*
 * test/oom.h - let the nth allocation of the code under test fail.
 *
 * The test is linked with $(oom_ldflags), which sends malloc, calloc and
 * realloc of the program's own objects through this file. Allocations inside
 * shared libraries are not seen. One thread at a time decides; others pass.
 */
#ifndef TEST_OOM_H
#define TEST_OOM_H

#include <stdbool.h>

/** From now on the nth allocation of this thread (1: the next) fails, once. */
void oom_fail_nth(unsigned nth);
/** From now on every allocation of this thread from the nth on fails. */
void oom_fail_from(unsigned nth);
/** Did an allocation fail since that was asked for? */
bool oom_hit(void);
/** No more failures; returns oom_hit(). */
bool oom_reset(void);

/* Run the body with the 1st, 2nd, ... allocation failing, and a last time with
 * none failing, as oom_hit() tells there. Leave it by the end only. */
#define OOM_WALK(nth) for (unsigned nth = 1; oom_walk_step(nth); nth++)
bool oom_walk_step(unsigned nth);

#endif
