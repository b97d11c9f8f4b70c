/*
 * core/sip/plan.h - what a message's way reads of its generation and of the loaded modules.
 *
 * core/mod fills these before a generation is committed; from then on they are
 * immutable, but for a module's per-worker state, which its worker owns.
 */
#ifndef CORE_SIP_PLAN_H
#define CORE_SIP_PLAN_H

#include "cfg/cfg.h"
#include "core/sip/api.h"

struct lcs_module;			/* the descriptor: core/lcs.h, to the right of here */

struct lcs_mod {
	const struct lcs_module *desc;
	const char              *name;
	unsigned                 index;	/* from 1; 0 means the core itself */
	void                    *shared;
	void                    *local[WORKERS_MAX];
};

struct plan_hook {
	enum hook_result (*run)(struct lcs_call *call);
	struct lcs_mod    *mod;
	const void        *conf;
};

struct plan_hooks { const struct plan_hook *items; unsigned count; };

struct lcs_gen {
	struct gen            gen;	/* first: struct gen * and struct lcs_gen * are one */
	struct cfg           *cfg;	/* owned; what is below lives in its arena */
	const struct program *program;
	struct vm_limits      limits;
	int                   route[ROUTE_KINDS];	/* the one without a name, or -1 */
	struct plan_hooks     hooks[STAGE_COUNT];
	struct lcs_mod      **mods;	/* by index; [0] is NULL */
	const void          **confs;	/* by index; NULL: not part of this generation */
	unsigned              mod_count;	/* length of both */
	struct slice          signature;
	struct slice          server_name;
	unsigned              max_targets;
	uint32_t             *counts[WORKERS_MAX];	/* each its worker's: flight.c */
};

static inline struct lcs_gen *plan_of(struct gen *gen) { return (struct lcs_gen *)gen; }

/** Fill in what a function of a module gets besides its arguments. index 0: the core. */
static inline void plan_call(struct lcs_call *call, struct lcs_ctx *ctx,
    const struct lcs_gen *gen, unsigned index, unsigned worker)
{
	struct lcs_mod *mod = gen->mods[index];

	*call = (struct lcs_call){ .ctx = ctx, .mod = mod };
	if (!mod)
		return;
	call->conf = gen->confs[index];
	call->local = mod->local[worker];
	call->shared = mod->shared;
}

#endif
