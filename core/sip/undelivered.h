/*
 * core/sip/undelivered.h - what the network says about requests that did not arrive.
 */
#ifndef CORE_SIP_UNDELIVERED_H
#define CORE_SIP_UNDELIVERED_H

#include "core/net/flow.h"

/** For net_above.undelivered: finds the branch in what was sent and asks every worker's
 *  transactions for it. Nothing happens if that is not a request of a transaction. */
net_undelivered_fn sip_undelivered;

#endif
