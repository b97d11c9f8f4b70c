/*
 * modules/registrar/request.h - a REGISTER as a change of bindings (RFC 3261 10.3).
 */
#ifndef MODULES_REGISTRAR_REQUEST_H
#define MODULES_REGISTRAR_REQUEST_H

#include "modules/registrar/registrar.h"

struct reg_request {
	struct usrloc_change change;	/* count 0: a query */
	bool                 outbound;	/* RFC 5626 was used: say so in the answer */
	/* If it cannot be done: */
	bool                 foreign;	/* for another domain */
	uint16_t             status;
	const char          *reason;
	char                 extra[64];	/* a header line for the refusal */
};

/**
 * Read what a REGISTER asks for. Texts point into the arena of call->ctx.
 * @return 0, -EBADMSG with status and reason, -ENOMEM
 */
int reg_request_read(struct lcs_call *call, struct reg_request *out);

#endif
