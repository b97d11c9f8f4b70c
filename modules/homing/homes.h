/*
 * modules/homing/homes.h - where users live, in memory beside the store.
 *
 * Read by every worker without locks, changed by the control thread after the store has said yes.
 */
#ifndef MODULES_HOMING_HOMES_H
#define MODULES_HOMING_HOMES_H

#include "core/lcs.h"
#include "utils/rtab.h"

struct home {				/* immutable once it is in the table */
	struct rtab_node  node;		/* first */
	struct epoch_item item;
	int64_t           changed;	/* unix seconds */
	struct slice      aor, server;	/* behind the struct */
};

struct homes { struct rtab *table; };

/** Control thread. 0 or -ENOMEM. */
int  homes_init(struct homes *h);
void homes_fini(struct homes *h);
/** Control thread: (re)read everything from the store. How many, or a negative error. */
int  homes_load(struct homes *h);
/** Any worker: borrowed until its next quiet point; NULL: nobody said. aor: any case. */
const struct home *homes_find(const struct homes *h, struct slice aor);
/** Control thread; store first. Empty server: forget. 0, -ENOENT (to forget), -ENOMEM, the store's. */
int  homes_set(struct homes *h, struct slice aor, struct slice server);
/** Can this be the name of a server? */
bool homes_is_server(struct slice text);
void homes_each(const struct homes *h, void (*fn)(const struct home *home, void *arg), void *arg);

extern const struct store_schema homes_schema;

#endif
