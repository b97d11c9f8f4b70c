/*
 * cfg/tape.h - what a run of a script did, step by step, in fixed memory.
 *
 * A tape is a ring that its owner (a worker) writes and reads; the oldest steps are written
 * over. A step says where and how it turned out, nothing else: which message it was stands
 * with whoever gave the run its number. No text of a message goes onto a tape but the first
 * eight bytes of what a function returned, and the phrase of an answer that is the script's own.
 */
#ifndef CFG_TAPE_H
#define CFG_TAPE_H

#include "cfg/diag.h"
#include "cfg/value.h"

struct program;
struct fiber;

enum tape_kind {
	TAPE_CALL = 1,			/* a function came back; detail: type of the value; its
					 * text: $err, if the function set that */
	TAPE_BRANCH,			/* a condition; detail: 1 if the jump was taken */
	TAPE_ROUTE,			/* into route(NAME) */
	TAPE_WAIT,			/* a function waits */
	TAPE_LATE,			/* a deadline passed: its else block is next */
	TAPE_END,			/* detail: enum vm_status */
	TAPE_REPLY,			/* value: status that the server sent */
	TAPE_RELAY,			/* value: where to, as core/sip/flight.c packs it;
					 * 0: not known yet; detail: 1 if it is IPv4 */
	TAPE_TEXT			/* value: eight bytes more of what the step before says */
};

struct tape_step {			/* 16 bytes */
	uint32_t run;			/* whose */
	uint32_t where;			/* pc << 8 | kind << 4 | detail */
	uint64_t value;
};
_Static_assert(sizeof(struct tape_step) == 16, "one step is 16 bytes");

struct tape {
	struct tape_step *steps;
	uint32_t          mask;		/* steps - 1; their number is a power of two */
	uint32_t          at;		/* steps ever written, modulo 2**32 */
};

/* How often instructions ran: two counters for each, by its outcome (a condition that jumped,
 * a call whose value was false, null or 0: [0] and [1]), then one for each route as a top. */
static inline size_t tape_counters(unsigned code_count, unsigned route_count)
{
	return 2 * (size_t)code_count + route_count;
}

static inline uint32_t step_pc(const struct tape_step *s) { return s->where >> 8; }
static inline enum tape_kind step_kind(const struct tape_step *s) { return s->where >> 4 & 0xf; }
static inline unsigned step_detail(const struct tape_step *s) { return s->where & 0xf; }

/** Record this run from its first instruction on; before vm_run(). counts: tape_counters(). */
void tape_begin(struct tape *tape, struct fiber *f, uint32_t run, uint32_t *counts);
/** A step of the host's own, at the place where the run is. f may be one without a tape. */
void tape_note(struct fiber *f, enum tape_kind kind, unsigned detail, uint64_t value);

/** Text for the step that was noted last; what is longer than TAPE_TEXT_MAX is cut. */
#define TAPE_TEXT_MAX 40u
void tape_note_text(struct fiber *f, struct slice text);

/* ---- reading ---- */

/** The text that was noted with the step at this place; empty if there is none. */
struct slice tape_text(struct arena *arena, const struct tape *t, uint32_t at);
/** The value of a call, as the script would write it; texts are cut after eight bytes. */
struct slice tape_value_text(struct arena *arena, const struct tape_step *s);
/** What stands at the place of a step: a call with its arguments, a condition, a route. */
struct slice tape_source_text(const struct program *p, const struct tape_step *s);
/** Is the value of the condition at this step true? A jump may stand for either. */
bool tape_condition(const struct program *p, const struct tape_step *s);
/** A condition that only says what the call before it has said already. */
bool tape_is_echo(const struct program *p, const struct tape_step *before,
    const struct tape_step *s);

#endif
