/*
 * core/sup/leap.c - see leap.h.
 */
#include "core/sup/leap.h"

#include "utils/log.h"

#define SMALL_S 5

int64_t leap_look(struct leap *l, msec_t mono, int64_t wall)
{
	int64_t between = wall - mono / 1000, by = between - l->between;

	/* Small steps of a time service are not kept: they add up until they count. */
	if (l->is_known && by > -SMALL_S && by < SMALL_S)
		return 0;
	if (!l->is_known)
		by = 0;
	l->between = between;
	l->is_known = true;
	return by;
}

void leap_tick(struct leap *l)
{
	int64_t by = leap_look(l, clock_mono(), clock_wall());

	if (by)
		log_warning("sup", "the system's clock was set %s by %lld s: who is registered, and "
		    "whose sign-in holds, is counted by it; look at the time service (chrony, "
		    "ntpd, systemd-timesyncd)", by > 0 ? "forward" : "back",
		    (long long)(by > 0 ? by : -by));
}
