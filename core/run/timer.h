/*
 * core/run/timer.h - timers of the calling worker.
 */
#ifndef CORE_RUN_TIMER_H
#define CORE_RUN_TIMER_H

#include "core/run/worker.h"

struct timer { struct wheel_timer t; };

static inline void timer_init(struct timer *t, void (*fire)(struct wheel_timer *t))
{
	wheel_timer_init(&t->t, fire);
}
/** (Re)start on this worker; delay in ms. */
static inline void timer_start(struct timer *t, msec_t delay)
{
	wheel_start(loop_wheel(worker_loop()), &t->t, loop_now(worker_loop()), delay);
}
/** Only on the worker that started it. */
static inline void timer_stop(struct timer *t)
{
	wheel_stop(loop_wheel(worker_loop()), &t->t);
}
static inline bool timer_is_running(const struct timer *t)
{
	return wheel_timer_is_running(&t->t);
}

#endif
