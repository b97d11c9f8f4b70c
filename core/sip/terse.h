/*
 * core/sip/terse.h - answers that need no message.
 *
 * Of the 200 to a NOTIFY nothing is wanted but that it came. Where no route and no hook sees it
 * its branch and method are found in the bytes, and its transaction is told; index, typed views
 * and ctx, which are most of what a response costs, are not made.
 */
#ifndef CORE_SIP_TERSE_H
#define CORE_SIP_TERSE_H

#include "core/net/flow.h"

/** For net_set_reader(). */
net_reader_fn terse_read;

#endif
