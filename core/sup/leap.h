/*
 * core/sup/leap.h - the clock on the wall was set: the log says so.
 *
 * What has a date (bindings, nonces, tickets, certificates) counts by that clock. When it is
 * set, users are gone or passwords refused, and nothing else tells why.
 */
#ifndef CORE_SUP_LEAP_H
#define CORE_SUP_LEAP_H

#include "core/run/loop.h"

#include <stdbool.h>

struct leap {				/* begins as { 0 } */
	int64_t between;		/* seconds of the wall's clock beyond the other one's */
	bool    is_known;
};

/** Seconds by which the wall's clock was set since the last look; 0: not, or by fewer than five,
 *  as a time service does it. @param mono milliseconds of loop_now(), @param wall seconds */
int64_t leap_look(struct leap *l, msec_t mono, int64_t wall);

/** Control thread, every second or so. */
void leap_tick(struct leap *l);

#endif
