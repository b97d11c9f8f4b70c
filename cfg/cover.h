/*
 * cfg/cover.h - how often each line of a script ran, from the counters of its tapes.
 *
 * Only what decides is counted while the script runs (cfg/tape.h); the rest follows: what
 * stands between two decisions ran as often as the first of them turned out that way.
 */
#ifndef CFG_COVER_H
#define CFG_COVER_H

#include "cfg/cfg.h"

struct cover_line {
	const struct cfg_source *source;
	uint32_t                 line;
	uint64_t                 count;
};

/**
 * @param counts  tape_counters() of them, added up over all who ran it
 * @param out     an array in the arena, in the order of the files and lines
 * @return how many lines have code; 0 also if memory is short
 */
unsigned cover_lines(const struct program *p, const uint64_t *counts, struct arena *arena,
    struct cover_line **out);
/** Per cent of a named route's lines that ran; -1: there is no such route. */
int cover_route(const struct program *p, const uint64_t *counts, struct slice name,
    struct arena *arena);

#endif
