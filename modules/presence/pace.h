/*
 * modules/presence/pace.h - how long a watcher waits when nothing happens, by how often he was
 * told lately (RFC 6446 7, adaptive-min-rate).
 */
#ifndef MODULES_PRESENCE_PACE_H
#define MODULES_PRESENCE_PACE_H

#include "utils/wheel.h"

struct pace;				/* of one subscription; its owner's */

/**
 * The one for a rate, of which gap is the reciprocal, in milliseconds; 0: none is wanted.
 * *pace stays if its rate is the same, else it begins anew: as if it had kept that rate so far.
 * @return 0, or -ENOMEM (nothing changed)
 */
int    pace_set(struct pace **pace, msec_t gap, msec_t now);
/** Of its rate; 0 for NULL. */
msec_t pace_gap(const struct pace *pace);
/** A notice goes out now. @return how long to wait for the next, at most, > 0 */
msec_t pace_sent(struct pace *pace, msec_t now);
/** NULL is fine; *pace is NULL after. */
void   pace_free(struct pace **pace);

#endif
