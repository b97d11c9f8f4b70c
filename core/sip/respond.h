/*
 * core/sip/respond.h - answering requests without a transaction, for the other files of the room.
 */
#ifndef CORE_SIP_RESPOND_H
#define CORE_SIP_RESPOND_H

#include "core/sip/ctx.h"

/**
 * Answer a request that has no ctx: malformed, or refused before its owner saw it.
 * Never for ACK. 0, -ENOMEM.
 *
 * @param gen  under which it is answered: for the signature
 */
int respond_raw(struct sip_msg *request, const struct gen *gen,
    const struct response_parts *parts);

/** The To tag of our stateless responses to a request, in the message's arena. */
struct slice respond_tag(struct sip_msg *request);

#endif
