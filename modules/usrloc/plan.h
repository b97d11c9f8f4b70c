/*
 * modules/usrloc/plan.h - what one REGISTER makes of an AOR's bindings (RFC 3261 10.3, RFC 5626 6).
 *
 * Pure: looks at a record and at what is wanted, touches nothing and owns nothing.
 */
#ifndef MODULES_USRLOC_PLAN_H
#define MODULES_USRLOC_PLAN_H

#include "modules/usrloc/table.h"

#define PLAN_MAX 256u			/* bindings of one AOR, whatever the configured limit */

struct plan {
	struct record_part    keep[PLAN_MAX];	/* the bindings afterwards */
	unsigned              keep_count;
	unsigned              written_count;	/* of these, new or changed: to be stored */
	const struct binding *gone[PLAN_MAX];	/* to be deleted from the store */
	unsigned              gone_count;
};

static inline bool plan_changes_anything(const struct plan *p)
{
	return p->written_count || p->gone_count;
}

/**
 * @return USRLOC_OK also for a copy of the request that made what is there: a
 *         plan that changes nothing. On anything else the plan is of no use.
 */
enum usrloc_result plan_make(const struct record *old, const struct usrloc_change *change,
    int64_t now, struct plan *plan);
/** Without those, and without what has expired. */
void plan_remove(const struct record *old, const struct usrloc_which *which, int64_t now,
    struct plan *plan);

#endif
