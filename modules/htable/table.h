/*
 * modules/htable/table.h - tables of the whole server: a key, a number or text, an expiry.
 *
 * A table is cut into stripes. The stripe owns its items: whoever works on one holds its
 * lock for as long as it takes to copy in or out, and calls nobody meanwhile. So what a
 * worker wrote the next one reads, and counting up is one step.
 */
#ifndef MODULES_HTABLE_TABLE_H
#define MODULES_HTABLE_TABLE_H

#include "cfg/value.h"
#include "utils/wheel.h"

struct table;

struct table_spec {			/* as configured: name=>size=8;autoexpire=60;... */
	struct slice name;
	unsigned     bits;		/* size: 2^bits slots */
	msec_t       expire;		/* 0: never */
	bool         update_expire;	/* writing again begins the time anew */
	bool         has_initial;
	int64_t      initial;		/* what a key that is not there reads as */
	uint64_t     max_items;
};

struct table *table_new(const struct table_spec *spec);	/* NULL if memory is short */
void table_free(struct table **t);
struct slice table_name(const struct table *t);
uint64_t table_count(const struct table *t);
unsigned table_slots(const struct table *t);
/** A new configuration: expiry, initial value and limit apply to what is written from now. */
void table_configure(struct table *t, const struct table_spec *spec);
msec_t table_expire(const struct table *t);

/* Times are of clock_mono(), from the caller. Any thread. */

/** A copy in the arena; VALUE_NULL if there is none (or the initial value). 0 or -ENOMEM. */
int table_get(struct table *t, struct slice key, msec_t now, struct arena *arena,
    struct value *out);
/** A number, truth, duration or text; others are kept as text. VALUE_NULL removes.
 *  0, -ENOMEM, -ENOSPC (max_items). */
int table_set(struct table *t, struct slice key, struct value value, msec_t now);
/** Add in one step; a key that is not there counts as its initial value or 0.
 *  0, -EINVAL (no number there), -ERANGE, -ENOMEM, -ENOSPC. */
int table_add(struct table *t, struct slice key, int64_t by, msec_t now, int64_t *out);
bool table_remove(struct table *t, struct slice key);
/** Milliseconds until the item goes, 0: never, -1: there is none. */
msec_t table_time_left(struct table *t, struct slice key, msec_t now);
/** Let it go after so long, 0: never; false if there is none. */
bool table_set_time_left(struct table *t, struct slice key, msec_t left, msec_t now);

/* ---- all of them ---- */
struct table_item { struct slice key; struct value value; msec_t left; };	/* left 0: never */
struct table_items { size_t count; struct table_item *items; };
/** Copies of all that has not expired, in no order. 0 or -ENOMEM. */
int table_copy(struct table *t, msec_t now, struct arena *arena, struct table_items *out);
/** Remove all. @return how many */
uint64_t table_clear(struct table *t);
/** Take out what has expired: copies in the arena; arena NULL: just forget it. 0 or -ENOMEM. */
int table_sweep(struct table *t, msec_t now, struct arena *arena, struct table_items *out);

#endif
