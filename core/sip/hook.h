/*
 * core/sip/hook.h - modules that look at a message outside the script.
 */
#ifndef CORE_SIP_HOOK_H
#define CORE_SIP_HOOK_H

#include "core/sip/ctx.h"

/**
 * Run the hooks of a stage in their order until one does not pass.
 * Runs on the worker that the stage belongs to (api.h).
 */
enum hook_result hooks_run(struct lcs_ctx *ctx, enum lcs_stage stage);

#endif
