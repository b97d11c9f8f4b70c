/*
 * core/sip/route.h - the script's runs, for the other files of the room.
 */
#ifndef CORE_SIP_ROUTE_H
#define CORE_SIP_ROUTE_H

#include "core/sip/ctx.h"

/** Does the generation's script have the nameless route of this kind? */
static inline bool route_exists(const struct lcs_ctx *ctx, enum route_kind kind)
{
	return ctx->gen->route[kind] >= 0;
}

/**
 * Fill the place in the script into this worker's note: for panic reports. What is asked
 * for rarely must not cost every call of a function. May be called from a signal handler.
 */
void route_note_place(void);

/* ---- host.c: what the machine asks of the core ---- */
extern const struct vm_host route_host;	/* arg: the ctx */

/**
 * Let another host stand between the machine and the core (core/lab: mocks, explanations);
 * NULL: nobody. Before workers run.
 */
void route_set_host(const struct vm_host *host);
/** As host_call_now(), with fn in place of what the module brought. */
enum fn_status host_call_as(struct lcs_ctx *ctx, const struct sym_func *f, lcs_fn *fn,
    const struct value *argv, unsigned argc, struct value *ret);
/** Call a function of the script; FN_SUSPENDED: a count of ctx was taken for the wait. */
enum fn_status host_call_now(struct lcs_ctx *ctx, const struct sym_func *f,
    const struct value *argv, unsigned argc, struct value *ret);

/* ---- within.c: blocks that have only so long ---- */
/** For the machine: a block begins that has so long, and ends; level: how many are around it. */
void within_push(void *ctx, usec_t after, unsigned level);
void within_pop(void *ctx, unsigned level);
/** The run is over: no deadline of it counts any more. */
void within_forget(struct lcs_ctx *ctx);

/* ---- route.c ---- */
/** A deadline has passed while the run waits: it goes on in the else block. */
void route_expire(struct lcs_ctx *ctx, unsigned level);

#endif
