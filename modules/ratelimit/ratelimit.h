/*
 * modules/ratelimit/ratelimit.h - what the files of this module share.
 */
#ifndef MODULES_RATELIMIT_RATELIMIT_H
#define MODULES_RATELIMIT_RATELIMIT_H

#include "core/lcs.h"
#include "utils/rate.h"

struct limit { struct slice name; uint32_t count; msec_t window; };

struct ratelimit_conf {
	struct lcs_strings limit, pipe;
	int64_t            max_names, retry_after_min, retry_after_max;
	msec_t             admit_delay, admit_delay_max;
	struct limit      *limits;	/* by prepare: of limit, then of pipe */
	size_t             limit_count;
};

struct ratelimit_local {
	uint64_t allowed, refused, unknown, rejected, admitted, not_admitted;
	msec_t   last_line;		/* of the log: one a second at most */
};
struct ratelimit_shared { struct rate_table *table; };

/* ---- limits.c: limits as they are written ---- */
/** Are all limits written as they must be? 0, or diag says which is not. */
int  limits_check(const struct ratelimit_conf *c, struct diag *diag);
/** Control thread. 0 or -ENOMEM; limits_free() in any case. */
int  limits_read(struct ratelimit_conf *c);
void limits_free(struct ratelimit_conf *c);
const struct limit *limits_find(const struct ratelimit_conf *c, struct slice name);

/* ---- admit.c: is there time for more? ---- */
enum fn_status ratelimit_admit(struct lcs_call *call);
enum fn_status ratelimit_reject(struct lcs_call *call);

/* ---- rpc.c: lcsctl ratelimit ---- */
extern const struct lcs_rpc ratelimit_rpcs[];

#endif
