/*
 * core/lab/tell.h - why a test has failed, and which lines of the script led there.
 */
#ifndef CORE_LAB_TELL_H
#define CORE_LAB_TELL_H

#include "core/lab/lab.h"

/** Fail with that text and, below it, what the script decided before it sent o (NULL: at all). */
void tell_miss(struct cfg_span at, const struct lab_out *o, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/** The text of a place, on one line. */
struct slice tell_source(struct cfg_span at);
/** "home.cfg:236:5" */
const char *tell_place(struct cfg_span at);

#endif
