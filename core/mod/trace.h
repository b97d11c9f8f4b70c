/*
 * core/mod/trace.h - the flight recorder in words: what happened to a message, and which line
 * of the script decided it. Behind lcsctl trace and coverage, lcs test and lcs explain.
 */
#ifndef CORE_MOD_TRACE_H
#define CORE_MOD_TRACE_H

#include "core/lcs.h"
#include "core/sip/flight.h"

enum trace_level { TRACE_DECISIONS, TRACE_CALLS, TRACE_VALUES };

struct trace_line {			/* texts live in the arena they were asked for in */
	const char  *file;
	uint32_t     line, column;
	struct slice text, value;
};

/**
 * A step, which is on the tape, in words. last_call: the call before it in the same run, or NULL.
 * @return false if the level leaves it out, or it says nothing new
 */
bool trace_step(const struct program *p, const struct tape *tape, uint32_t step,
    const struct tape_step *last_call, enum trace_level level, struct arena *arena,
    struct trace_line *out);

/** "home.cfg:99", without the directories, in the arena. */
struct slice trace_place(struct arena *arena, const struct trace_line *l);

/** The methods trace.show and coverage.show; NULL ends the list. */
extern const struct lcs_rpc trace_rpcs[];

#endif
