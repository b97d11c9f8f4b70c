/*
 * cfg/regex.h - PCRE2 patterns, compiled once and shared; match data per thread.
 */
#ifndef CFG_REGEX_H
#define CFG_REGEX_H

#include "utils/arena.h"

#define REGEX_CAPTURES 10u		/* $re(0) to $re(9) */

struct regex;

struct regex_error {
	char   text[160];
	size_t offset;			/* into the pattern */
};

/**
 * Compile with JIT where there is one.
 * @return 0, -EINVAL (see *error), -ENOMEM
 */
int regex_compile(struct slice pattern, bool caseless, struct regex **out,
    struct regex_error *error);
void regex_free(struct regex *re);
/** The same as a drop function for arena_hold(). */
void regex_drop(void *re);

/**
 * Search text. Captures are views of text, empty with .p NULL where a group did
 * not take part. Any thread.
 * @return 1 match, 0 none, -ENOMEM, -ETIMEDOUT if it takes too long (backtracking limit)
 */
int regex_match(const struct regex *re, struct slice text,
    struct slice captures[REGEX_CAPTURES]);
/** Match from an offset; *from, *to: the range of the whole match. For substitution. */
int regex_search(const struct regex *re, struct slice text, size_t offset,
    struct slice captures[REGEX_CAPTURES], size_t *from, size_t *to);

/**
 * A pattern that is known only at run time: from this thread's cache of the last
 * REGEX_CACHE_PATTERNS ones, compiled if it is not there. Borrowed until the next call.
 */
#define REGEX_CACHE_PATTERNS 32u
int regex_cached(struct slice pattern, bool caseless, const struct regex **out,
    struct regex_error *error);

/** Give back what this thread keeps; also done when a thread ends. */
void regex_thread_flush(void);

#endif
