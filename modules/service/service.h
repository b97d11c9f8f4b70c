/*
 * modules/service/service.h - what the files of this module share.
 */
#ifndef MODULES_SERVICE_SERVICE_H
#define MODULES_SERVICE_SERVICE_H

#include "modules/service/service_api.h"
#include "utils/xml_read.h"

struct service_conf {
	int64_t max_body, max_depth, max_nodes;
	bool    trust_from;
};

struct service_local {
	uint64_t requests, carried_out, refused, bad_body, unknown, forbidden;
};

#define SERVICE_OPERATIONS_MAX 32u

struct service {
	struct lcs_mod                 *mod;
	const struct service_operation *ops[SERVICE_OPERATIONS_MAX];
	unsigned                        count;
};

/* Why a request is refused before any operation sees it; status 0: it is not. */
struct service_refusal {
	uint16_t     status;
	struct slice reason;		/* in the arena or static */
	const char  *extra;		/* a header line or "" */
};

/* ---- envelope.c ---- */
/**
 * Read a body: asked->operation and asked->body.
 * @return 0, -EBADMSG with *why, -ENOMEM
 */
int service_read_body(struct arena *arena, struct slice body, const struct service_conf *conf,
    struct service_asked *asked, struct service_refusal *why);
/** An envelope around what is XML already. .p NULL if memory is short. */
struct slice service_wrap(struct arena *arena, struct slice body);

/* ---- who.c ---- */
/**
 * From, To, Request-URI and the proved identity into asked.
 * @param trust_from  who has proved nothing is whom From names
 * @param is_self  one user in all four places
 * @return 0, -EBADMSG with *why, -ENOMEM
 */
int service_read_people(struct lcs_ctx *ctx, bool trust_from, struct arena *arena,
    struct service_asked *asked, bool *is_self, struct service_refusal *why);

#endif
