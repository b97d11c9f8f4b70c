/*
 * modules/tm/status.h - the status that a script means, and patterns for it.
 */
#ifndef MODULES_TM_STATUS_H
#define MODULES_TM_STATUS_H

#include "modules/tm/tm.h"

/** In a reply route the response's, in a failure or branch route that of the branch, else the
 *  last one sent; 0: none yet. */
uint16_t tm_status_of(struct lcs_ctx *ctx);

/** Extended regular expression, searched for. 0, -EINVAL (logged), -ENOMEM. */
int tm_status_matches(struct tm_local *local, struct slice pattern, uint16_t status, bool *out);

/** With the worker: expressions that t_check_status() has compiled. */
void tm_patterns_free(struct tm_local *local);

#endif
