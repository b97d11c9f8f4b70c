/*
 * core/sip/dispatch.h - a message's way from the flow room to the script and on.
 */
#ifndef CORE_SIP_DISPATCH_H
#define CORE_SIP_DISPATCH_H

#include "core/net/flow.h"

/** Take what core/net delivers from now on. Control thread, before workers_start(). */
void dispatch_start(void);

/** What core/net calls; public for tests. */
net_deliver_fn dispatch_deliver;

#endif
