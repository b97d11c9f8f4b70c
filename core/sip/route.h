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

/** Log and count what made a run fail. */
void route_report_failure(struct lcs_ctx *ctx);

#endif
