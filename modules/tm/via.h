/*
 * modules/tm/via.h - the branch parameter by which we know our own requests again.
 */
#ifndef MODULES_TM_VIA_H
#define MODULES_TM_VIA_H

#include "core/lcs.h"

#define TM_BRANCH_CHARS (sizeof(VIA_COOKIE) - 1 + 1 + 16)	/* cookie, 't', id in hex */

/** A new id, which tells the worker whose client it is. */
uint64_t tm_branch_fresh(unsigned worker);
/** The worker that the branch names, whoever wrote it; -1: it is not of our form. */
int tm_branch_worker(struct slice branch);
void tm_branch_text(uint64_t id, char text[TM_BRANCH_CHARS]);
/** true: the branch has our form, *id is the client's - though it may be forgotten. */
bool tm_branch_id(struct slice branch, uint64_t *id);

/** The whole branch, in the arena; mark: lcs_loop_mark() or empty. .p NULL if memory is short. */
struct slice tm_branch_in(struct arena *a, uint64_t id, struct slice mark);

#endif
