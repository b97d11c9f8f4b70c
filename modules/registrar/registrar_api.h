/*
 * modules/registrar/registrar_api.h - what others add to the answers of REGISTERs (interface
 * "registrar", version 1).
 */
#ifndef MODULES_REGISTRAR_REGISTRAR_API_H
#define MODULES_REGISTRAR_REGISTRAR_API_H

#include "core/lcs.h"

struct registrar;

struct registrar_answer {
	struct lcs_ctx *ctx;
	struct slice    aor;
	int64_t         expires;	/* seconds that the request's own binding has; 0: none */
	bool            was_there;	/* the same contact or instance was bound before */
};

struct registrar_api {
	/** In load(): put() appends header lines (with CRLF) to every 200; on the call's owner.
	 *  0 or -ENOSPC. */
	int (*on_answer)(struct registrar *reg, void (*put)(void *arg,
	    const struct registrar_answer *answer, struct buf *lines), void *arg);
};

#endif
