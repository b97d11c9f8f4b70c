/*
 * core/sip/steer.h - to the worker that will deal with a message, before it is parsed.
 *
 * What a message becomes (its index, typed views, its ctx) is some thousand bytes that the
 * other core would have to fetch; the bytes themselves are a few hundred. So the flow room
 * looks for Call-ID (of a REGISTER: To) in them, and sends them on as they are, if they are not
 * what is dealt with wherever it comes. That is a guess: who parses the message finds its owner
 * again, and passes it on if it was wrong.
 */
#ifndef CORE_SIP_STEER_H
#define CORE_SIP_STEER_H

#include "core/net/flow.h"

/** For net_above.take. */
net_take_fn steer_take;

/** On a worker, while net delivers a message: when the worker that read it began its turn. */
msec_t steer_received_at(void);

/** The key of whoever owns the message in these bytes, as lcs_key() or lcs_user_key() make it,
 *  if that can be seen without parsing. Any thread. */
bool steer_key(struct slice bytes, uint64_t *key);

/** lcs_key() of a Call-ID, remembered from the last time on this thread. */
uint64_t steer_call_key(struct slice call_id);

#endif
