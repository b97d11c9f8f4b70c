/*
 * core/sup/history.h - the last configurations: who brought them, when, with their text.
 *
 * Kept below the state directory, so that they survive restarts. Control thread.
 */
#ifndef CORE_SUP_HISTORY_H
#define CORE_SUP_HISTORY_H

#include "core/mod/snapshot.h"

#define HISTORY_KEPT 20u

struct history_entry {
	unsigned number;		/* counts up for ever */
	int64_t  when;			/* seconds since 1970 */
	char     who[48];		/* user, or "system" */
	char     how[16];		/* "start", "commit", "signal", "undo", "timeout" */
	char     hash[SNAPSHOT_HASH_CHARS + 1];
	char     result[16];		/* HISTORY_COMMITTED and so on */
	char     detail[200];
};
#define HISTORY_COMMITTED "committed"
#define HISTORY_WAITING   "unconfirmed"
#define HISTORY_UNDONE    "undone"
#define HISTORY_REFUSED   "refused"

/** Read what is there; a directory that cannot be used is logged, and nothing is kept then. */
void history_open(struct slice state_dir);
void history_close(void);

/** Oldest first. */
unsigned history_list(const struct history_entry **out);
/** Number and hash must be known: fills in number and when. texts may be NULL. */
unsigned history_add(struct history_entry *e, const struct snapshot *texts);
void history_set_result(unsigned number, const char *result);
/** NULL if there is none of that number, or it has no text any more. */
struct snapshot *history_texts(unsigned number);

#endif
