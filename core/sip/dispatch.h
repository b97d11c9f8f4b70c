/*
 * core/sip/dispatch.h - a message's way from the flow room to the script and on.
 */
#ifndef CORE_SIP_DISPATCH_H
#define CORE_SIP_DISPATCH_H

#include "core/net/flow.h"

/** Take what core/net delivers from now on. Control thread, before workers_start(). */
void dispatch_start(void);

/**
 * The server is about to end: what would begin something new gets 503 with Retry-After from
 * now on; copies, responses, ACK, CANCEL and requests inside dialogs pass. Control thread.
 */
void dispatch_refuse_new(bool refuse);

/** What core/net calls; public for tests. */
net_deliver_fn dispatch_deliver;

#endif
