/*
 * core/lab/run.h - clock, loop, workers and job pools in one thread, driven by the test.
 *
 * Takes the place of core/run at link time (but for gen.c, which is real). Time
 * stands still until fake_advance_to(); all workers are this thread, one after the
 * other, so that a run is the same every time.
 */
#ifndef CORE_LAB_RUN_H
#define CORE_LAB_RUN_H

#include "core/run/job.h"

#define FAKE_WALL_START 1700000000	/* 2023-11-14 22:13:20 UTC */

/** Virtual milliseconds since the first use. */
msec_t fake_now(void);

/** The wall clock says this now (seconds since 1970) and goes on from there. */
void fake_set_wall(int64_t seconds);

/** Run fn as if on that worker, then what it left to do at the end of the turn. */
void fake_as_worker(unsigned index, void (*fn)(void *arg), void *arg);

/** Do everything that is due now: inboxes, tasks, jobs. */
void fake_settle(void);

/** Let the clock run until then, firing every timer at its time; settles after each. */
void fake_advance_to(msec_t until);

/** Jobs stay queued until they are let go; their deadlines count. */
void fake_hold_jobs(bool hold);

/** That worker takes nothing out of its inbox until it is let go; worker_on_each() reaches it all the
 *  same, as it does one that was asked before what is in there came. */
void fake_hold_worker(unsigned index, bool hold);
/** From now on handlers begin so long after what they handle was received (a worker that is
 *  behind); 0: at once. */
void fake_be_late(msec_t late);
/** The next n posts that may be refused are (a worker that is behind). */
void fake_refuse_posts(unsigned n);

/** Called in every step of fake_settle(); for stores and resolvers that answer "later". */
void fake_each_step(bool (*step)(void));

#endif
