/*
 * core/store/mirror_room.h - what the files of the mirror share. Its thread owns all of it; before
 * that thread there is the control thread.
 */
#ifndef CORE_STORE_MIRROR_ROOM_H
#define CORE_STORE_MIRROR_ROOM_H

#include "core/store/mirror.h"
#include "core/store/mirror_table.h"
#include "utils/arena.h"

#define MIRROR_ID_CHARS 32u

struct mirror {
	struct mirror_start         start;
	const struct store_backend *here, *there;	/* drivers: SQLite, and the mirror's */
	struct store_conn          *local, *remote;	/* remote: NULL when not connected */
	struct arena               *arena;		/* tables and their statements */
	struct mirror_table        *tables;
	char                        id[MIRROR_ID_CHARS + 1];	/* of this store, for good */
	struct slice                place;		/* where, and of which schema, it was joined */
	int64_t                     home;		/* our number there */
	int64_t                     last_seq;		/* in lcs_home, as we read or wrote it last */
	int64_t                     known_seq;		/* promised: a higher one there is not from this store */
	uint64_t                    marks_most;		/* that may wait while it is away */
	bool                        is_unmarked;	/* too many waited: no change leaves a mark */
	uint64_t                    doubt;		/* hash of a row at which it hung up; 0: none */
	unsigned                    doubt_times;	/* one after the other */
	struct {			/* rows that it does not take, since that was last said */
		unsigned    count;
		const char *table;	/* of the first one, which key is */
		char        key[200], why[300];
	}                           refused;
	char                        why[512];		/* of the last error */
};

/** Note why; @return err */
int  mirror_fail(struct mirror *m, int err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/** The same with the driver's text behind it. */
int  mirror_fail_here(struct mirror *m, int err, const char *what);
int  mirror_fail_there(struct mirror *m, int err, const char *what);

/* ---- mirror_local.c: marks and state in SQLite ---- */

/** Open, make what is missing, look at the tables, set the triggers. */
int  mirror_local_open(struct mirror *m);
void mirror_local_close(struct mirror *m);
/** Was it joined to this place, with this schema? */
int  mirror_is_joined(struct mirror *m, bool *here, bool *anywhere);
int  mirror_set_joined(struct mirror *m, bool joined);
/** The number in lcs_home when marks went here last; 0: never. Set it inside a transaction. */
int  mirror_shipped(struct mirror *m, int64_t *seq);
int  mirror_set_shipped(struct mirror *m, int64_t seq);
/** Are all mirrored tables empty? */
int  mirror_is_empty(struct mirror *m, bool *out);
/** Rows that wait, and the highest number a mark ever had. */
int  mirror_waiting(struct mirror *m, uint64_t *waiting, uint64_t *refused);
int  mirror_highest(struct mirror *m, int64_t *seq);
/** Before anything with a number up to seq goes there: keep here, on the disk, that it may be ours.
 *  What was copied from this store before does not know it, and so is not let in. */
int  mirror_promise(struct mirror *m, int64_t seq);
/** From now on this is another store, as far as the mirror is concerned. */
int  mirror_new_id(struct mirror *m);
/** No mark for each change any more, and none waits: every row is to be compared. */
int  mirror_stop_marks(struct mirror *m);
int  mirror_start_marks(struct mirror *m);
/** Mark all rows that are here; a few thousand in a transaction. */
int  mirror_mark_local(struct mirror *m, const struct mirror_table *t);
/** What was refused is tried again. */
int  mirror_try_refused(struct mirror *m);

/* ---- mirror_schema.c ---- */

/** Make or extend the tables there; nothing is changed if one of them is of a newer version. */
int  mirror_make_schema(struct mirror *m);

/* ---- mirror_rows.c ---- */

/** Mark every row that is here or there. */
int  mirror_mark_all(struct mirror *m);
/** Fetch every row of ours from there, into a store that is empty. */
int  mirror_fill(struct mirror *m);

/* ---- mirror_join.c ---- */

/** Connect, see to the schema, find or make our home. at_start: this store may be filled.
 *  claim: whatever is there is ours. 0 or -errno with why, and the connection closed. */
int  mirror_join(struct mirror *m, bool at_start, bool claim);
void mirror_part(struct mirror *m);
/** Joined: mark every row, here and there; what that makes is no outage's. */
int  mirror_compare_all(struct mirror *m);
/** Begin: m is zeroed. A store that is empty and was never joined is joined, and filled, before
 *  this returns; any other one joins later. 0 or -errno with why; m is to be closed then, too. */
int  mirror_open(struct mirror *m, const struct mirror_start *start);

/* ---- mirror_ship.c ---- */

/** Bring the next rows; *count: how many, 0 when nothing waits. 0 or -errno with why. */
int  mirror_ship(struct mirror *m, unsigned *count, unsigned *refused);
/** Log what was refused since it was last said: thousands of rows for one reason are one line. */
void mirror_say_refused(struct mirror *m);

/** Say that we live; inside a transaction it keeps others from our rows until its end.
 *  -EPERM: our home has been taken over, or somebody else wrote as we. */
int  mirror_guard(struct mirror *m, int64_t seq);

#endif
