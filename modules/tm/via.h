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

/** The header but for the end of its line. */
void tm_put_via(struct buf *out, const struct sip_hop *hop, struct slice branch);

/**
 * Our Via above all others. The way is written as it is known now, so that ACK
 * and CANCEL, made later, carry the very same value (RFC 3261 9.1, 17.1.1.3).
 * mark: lcs_loop_mark() or empty, in the arena. 0 or -ENOMEM.
 */
int tm_add_via(struct arena *a, const struct sip_edit **last, uint64_t id,
    struct slice mark, const struct sip_hop *hop);

#endif
