/*
 * modules/tm/machine.h - one transaction machine: its state and the one timer it needs.
 *
 * The timer that repeats and the timer that ends are two times; a single
 * struct timer runs for whichever comes first.
 */
#ifndef MODULES_TM_MACHINE_H
#define MODULES_TM_MACHINE_H

#include "core/lcs.h"
#include "modules/tm/table.h"

/* Lengths, milliseconds. */
struct tm_times {
	msec_t t1, t2, t4;		/* RFC 3261 17.1.1.1 */
	msec_t answer;			/* timers B and F: how long we wait for a response */
	msec_t ring;			/* timer C */
	msec_t linger;			/* timers D, H, J, L, M: how long copies may come */
};

struct tm_machine {
	struct timer timer;
	msec_t       repeat_at, end_at;	/* loop time; 0: not running */
	uint32_t     interval;		/* between repetitions, now */
	uint8_t      state;		/* enum tm_state */
	bool         reliable;		/* the transport does not lose */
};

/** Timers start; fire gets &m->timer and asks tm_machine_due(). */
void tm_machine_begin(struct tm_machine *m, enum tm_state first, bool reliable,
    const struct tm_times *times, void (*fire)(struct timer *t));

/**
 * Take an input: go to the next state, set the timers, say what is to be done.
 * A state whose end timer is 0 long is passed through: m->state is TM_TERMINATED
 * then, and the actions count nevertheless.
 */
const struct tm_cell *tm_machine_step(struct tm_machine *m, enum tm_input input,
    const struct tm_times *times);

/** In fire(): TM_IN_END or TM_IN_REPEAT. */
enum tm_input tm_machine_due(const struct tm_machine *m);
/** There is nothing to repeat: wait on. */
void tm_machine_wait_on(struct tm_machine *m);
/** Fire TM_IN_REPEAT once, after that time. */
void tm_machine_look_in(struct tm_machine *m, msec_t delay);
/** Another end than the table's, from now; the user's timers. */
void tm_machine_end_in(struct tm_machine *m, msec_t delay);
/** Begin to repeat although the transport is reliable: a 2xx of our own (13.3.1.4). */
void tm_machine_repeat(struct tm_machine *m, const struct tm_times *times);
void tm_machine_stop(struct tm_machine *m);

/** Length of a timer; 0: the state that it would end is not needed. */
msec_t tm_end_length(enum tm_end end, bool reliable, const struct tm_times *times);
/** Time until a client's timer E has grown to T2 (RFC 4320 4.1). */
msec_t tm_patience(const struct tm_times *times);

#endif
