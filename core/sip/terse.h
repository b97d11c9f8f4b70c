/*
 * core/sip/terse.h - responses that need no message.
 *
 * Of the 200 to a NOTIFY of ours nothing is wanted but that it came, and what a next hop says to
 * a relayed request goes on as it is, without our Via. Where no route and no hook sees them a
 * glance at the bytes (parser/glance.h) finds their transaction; index, typed views and ctx,
 * which are most of what a response costs, are not made.
 */
#ifndef CORE_SIP_TERSE_H
#define CORE_SIP_TERSE_H

#include "core/net/flow.h"

/** For net_above.read. */
net_read_fn terse_read;

#endif
