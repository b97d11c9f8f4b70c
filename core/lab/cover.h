/*
 * core/lab/cover.h - which lines of the script the tests have run, all tests together.
 */
#ifndef CORE_LAB_COVER_H
#define CORE_LAB_COVER_H

#include "core/lab/lab.h"

struct cover_sum;

/** All lines of lab.cfg with code, in memory that children share; NULL if there is none. */
struct cover_sum *cover_new(void);
/** In a child, when its test is over: add what ran. */
void cover_add(struct cover_sum *sum);
/** "lines covered 71 of 96 (74%); uncovered: home.cfg:61-63, 140" in lab.arena. */
const char *cover_text(const struct cover_sum *sum);
/** In the form that lcov reads. 0 or -errno. */
int cover_write_lcov(const struct cover_sum *sum, const char *path);

#endif
