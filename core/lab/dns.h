/*
 * core/lab/dns.h - a resolver whose answers the test writes down.
 *
 * Takes the place of core/dns/resolve.c and what is behind it at link time.
 */
#ifndef CORE_LAB_DNS_H
#define CORE_LAB_DNS_H

#include "core/dns/resolve.h"

/** One more hop for a name, after those it has. */
void fake_dns_add(const char *name, enum sip_transport t, const struct sock_addr *addr);
/** Answers for this name come so much later; err: instead of hops, or 0. */
void fake_dns_slow(const char *name, msec_t delay, int err);
/** Names that nobody has added lead to made-up addresses, each name to its own (198.18.1.n);
 *  those below ".invalid" to none (RFC 6761 6.4). */
void fake_dns_any(bool on);
/** Once asked, answered at once from then on (a cache)? Default: every question waits a step. */
void fake_dns_cache(bool on);

#endif
