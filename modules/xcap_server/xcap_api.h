/*
 * modules/xcap_server/xcap_api.h - lists of users that have an address (interface "xcap",
 * version 1).
 *
 * A user makes them by rls-services documents (RFC 4826 section 4): "alice-work@example.com".
 */
#ifndef MODULES_XCAP_SERVER_XCAP_API_H
#define MODULES_XCAP_SERVER_XCAP_API_H

#include "core/lcs.h"

struct xcap;				/* the module's state */

struct xcap_service {
	struct slice        owner;	/* whose it is: alice@example.com; only she may use it */
	bool                is_group;	/* it stands for a group of her contacts, by name */
	struct slice        group;
	const struct slice *uris;	/* else for these: "sip:bob@example.com" */
	unsigned            count;
};

struct xcap_api {
	/** Any worker. Texts live in the arena. 0, -ENOENT: there is no such service; -ENOMEM. */
	int (*find_service)(struct xcap *x, struct arena *arena, struct slice aor,
	    struct xcap_service *out);
};

#endif
