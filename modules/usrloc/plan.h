/*
 * modules/usrloc/plan.h - what one REGISTER makes of an AOR's bindings (RFC 3261 10.3, RFC 5626 6).
 *
 * Pure: looks at a record and at what is wanted, touches nothing.
 */
#ifndef MODULES_USRLOC_PLAN_H
#define MODULES_USRLOC_PLAN_H

#include "modules/usrloc/table.h"

#define PLAN_MAX 256u			/* bindings of one AOR, whatever the configured limit */

struct plan {
	struct binding *keep[PLAN_MAX];	/* the bindings afterwards; new ones have refs 0 */
	unsigned        keep_count;
	struct binding *written[PLAN_MAX];	/* of these, new or changed: to be stored */
	unsigned        written_count;
	struct binding *gone[2 * PLAN_MAX];	/* to be deleted from the store */
	unsigned        gone_count;
};

/** On anything but USRLOC_OK the plan is empty and owns nothing. */
enum usrloc_result plan_make(const struct record *old, const struct usrloc_change *change,
    int64_t now, struct plan *plan);
/** Without the binding of that ruid (empty: without any), and without what has expired. */
void plan_remove(const struct record *old, struct slice ruid, int64_t now, struct plan *plan);
/** Free the new bindings of a plan that will not be carried out. */
void plan_discard(struct plan *plan);

#endif
