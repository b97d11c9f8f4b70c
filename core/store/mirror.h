/*
 * core/store/mirror.h - a second copy of what users have, in a database that others can ask.
 *
 * SQLite stays the truth. Triggers there leave a mark for each row that changes, in the change's
 * own transaction; a thread of its own brings the marked rows to the mirror, so that nobody
 * waits for it, and what could not be brought waits on the disk until it can.
 */
#ifndef CORE_STORE_MIRROR_H
#define CORE_STORE_MIRROR_H

#include "core/store/backend.h"
#include "core/store/registry.h"

struct mirror_start {
	const struct store_mirror_conf    *conf;	/* its texts stay */
	const char                        *rest;	/* of its URL, behind "scheme:" */
	const struct store_backend        *remote;	/* the driver of its scheme */
	const char                        *local_rest;	/* the SQLite file */
	const struct store_schemas        *schemas;	/* they stay */
	bool                               sync;	/* as the store's own writer */
	struct store_turn                 *turn;	/* of all who write the file */
};

/**
 * Begin. The schema is there; nobody writes yet. Blocks: a store that has nothing of users yet
 * and was never joined to the mirror is filled from it, or does not start at all if the mirror
 * cannot be asked - it would hide, and then replace, what is there.
 *
 * @param why  thread-local text, with what to do
 * @return 0 or -errno
 */
int  mirror_start(const struct mirror_start *start, const char **why);
/** Nobody writes any more: bring what waits, for a second at most, and end. */
void mirror_stop(void);
/** Control thread: there is no mirror (any more); changes leave no marks. 0 or -errno. */
int  mirror_forget(struct store_conn *local);
/** Something was committed. Any thread. */
void mirror_poke(void);

struct store_mirror_status {
	bool     is_on, is_joined;	/* joined: changes arrive there now */
	uint64_t waiting;		/* rows, as last counted: each second, in an outage at each try */
	uint64_t written;		/* rows brought, since the start */
	uint64_t refused;		/* rows that it would not take, and that wait for a change */
	uint64_t failures;		/* times it could not be reached, or was lost */
	uint64_t overflows;		/* times that too many rows waited to tell them one by one */
	bool     is_unmarked;		/* so it is now: waiting does not grow, all are compared then */
	int64_t  behind;		/* seconds since nothing waited; 0: nothing does */
	char     home[256];
	char     error[512];		/* what is wrong now; empty: nothing */
};
/** Any thread. */
void store_mirror_status(struct store_mirror_status *out);

/** Control thread: compare every row anew. claim: also where the rows there are of another store,
 *  or newer than ours; they become ours. -ENODEV: there is no mirror. */
int  store_mirror_resync(bool claim);

#endif
