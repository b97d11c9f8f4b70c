/*
 * utils/wheel.h - hierarchical timing wheel; only a data structure, no clock.
 *
 * Ticks of 10 ms, four levels of 256: about 497 days. Start and stop are O(1).
 * One owner thread. Times are milliseconds of the owner's clock.
 */
#ifndef UTILS_WHEEL_H
#define UTILS_WHEEL_H

#include "utils/list.h"

#include <stdint.h>

typedef int64_t msec_t;

#define WHEEL_TICK_MS 10
#define WHEEL_SLOTS   256
#define WHEEL_LEVELS  4

struct timer {
	struct list node;		/* empty list when not running */
	uint64_t    due;		/* tick */
	void      (*fire)(struct timer *t);
};

struct wheel {
	uint64_t    tick;		/* last tick that was run */
	size_t      count;
	uint64_t    map[WHEEL_LEVELS][WHEEL_SLOTS / 64];	/* slots that are not empty */
	struct list slot[WHEEL_LEVELS][WHEEL_SLOTS];
};

/** Empty. now is where its time begins; later calls never go back. */
void wheel_init(struct wheel *w, msec_t now);
/** Before anything else is done with it. fire() runs on the wheel's owner. */
void timer_init(struct timer *t, void (*fire)(struct timer *t));
static inline bool timer_is_running(const struct timer *t)
{
	return !list_is_empty(&t->node);
}
/** (Re)start: fires once, not before now + delay, at most one tick later. A delay
 *  below 0 counts as 0. One beyond the reach of the wheel is kept too. */
void wheel_start(struct wheel *w, struct timer *t, msec_t now, msec_t delay);
/** Harmless if it does not run. */
void wheel_stop(struct wheel *w, struct timer *t);
/** Fire what is due; a timer may start or stop any timer in its fire(). */
void wheel_advance(struct wheel *w, msec_t now);
/** Milliseconds until the next timer can be due (a lower bound), -1 if none runs. */
msec_t wheel_sleep(const struct wheel *w, msec_t now);

#endif
