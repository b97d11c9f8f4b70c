/*
 * core/run/timer.h - timers of the calling worker (struct timer: utils/wheel.h).
 */
#ifndef CORE_RUN_TIMER_H
#define CORE_RUN_TIMER_H

#include "core/run/worker.h"

/** (Re)start on this worker; delay in ms. */
static inline void timer_start(struct timer *t, msec_t delay)
{
	wheel_start(loop_wheel(worker_loop()), t, loop_now(worker_loop()), delay);
}
/** Only on the worker that started it. */
static inline void timer_stop(struct timer *t)
{
	wheel_stop(loop_wheel(worker_loop()), t);
}

#endif
