/*
 * core/dns/hop.h - lists of hops, inside the room.
 */
#ifndef CORE_DNS_HOP_H
#define CORE_DNS_HOP_H

#include "core/dns/resolve.h"

/** With room for that many hops and, behind them, for a name. NULL: memory. */
struct hop_list *hop_list_new(unsigned room, size_t name_bytes);
bool hop_is_shunned(const struct sip_hop *hop, msec_t now);
void hop_list_shunned_last(struct hop_list *l, msec_t now);

#endif
