/*
 * core/lab/steps.h - what the script did in the lab, step by step, with more about each step
 * than the server's recorder keeps: variables that were read, mocks that answered.
 */
#ifndef CORE_LAB_STEPS_H
#define CORE_LAB_STEPS_H

#include "core/mod/trace.h"

/** Steps that were recorded so far, on this worker: where the next one will be. */
uint32_t steps_now(void);

/* ---- while the script runs ---- */
/** A variable was read for the step that comes next. */
void steps_note_get(const struct sym_var *v, struct value key, struct value value);
/** The call that comes next was answered by a mock, or by none of those there are. */
void steps_note_mock(bool matched);

/* ---- looking back ---- */
/** What was noted for a step; "" if nothing. */
const char *steps_note(uint32_t at);
/** The run that was on when so many steps had been recorded; NULL if there was none. */
const struct flight_run *steps_run_at(uint32_t at);

typedef void steps_each_fn(uint32_t at, const struct tape_step *s, const struct trace_line *l,
    void *arg);
/** Steps of a run before so many had been recorded, in order. */
void steps_each(const struct flight_run *r, uint32_t before, enum trace_level level,
    steps_each_fn *fn, void *arg);

/** Counters of all workers under the current generation; NULL if memory is short. */
const uint64_t *steps_counts(struct arena *arena);

#endif
