/*
 * core/dns/resolve.h - from a SIP URI to the hops worth trying (RFC 3263).
 */
#ifndef CORE_DNS_RESOLVE_H
#define CORE_DNS_RESOLVE_H

#include "core/run/worker.h"
#include "parser/hop.h"
#include "parser/uri.h"
#include "utils/ref.h"

struct resolve;				/* one question under way */

struct hop_list { struct ref refs; unsigned count; size_t bytes; struct sip_hop hops[]; };
/** Counted and immutable; any thread may hold one. */
struct hop_list *hop_list_ref(struct hop_list *l);
void hop_list_unref(struct hop_list **l);

typedef void resolve_done_fn(void *arg, int err, const struct hop_list *hops);

/**
 * Find the transport, address and port to reach a URI, best hop first.
 *
 * NAPTR, SRV and A/AAAA are asked in turn (RFC 3263 4.1, 4.2); a numeric
 * host or an explicit port skips what it answers. Only transports for which
 * there is a listener or that the URI names are considered. Hops that failed
 * lately (resolve_shun) come last.
 *
 * @param uri      borrowed until this function returns
 * @param timeout  milliseconds for the whole question, not per packet; > 0
 * @param done     runs once, on the calling worker, never before return;
 *                 hops is borrowed for that call, hop_list_ref() to keep it.
 *                 err: 0, -ENOENT (no such name), -ETIMEDOUT, -EIO (server failure)
 * @param out      the question, owned by the caller until done runs
 *
 * @return 0, -EINVAL if the URI names no host, -ENOMEM; done then never runs
 */
int resolve_start(const struct sip_uri *uri, msec_t timeout,
    resolve_done_fn *done, void *arg, struct resolve **out);

/** What needs no question: numeric host, or everything in the cache. true and one
 *  count of *hops if so; nothing is sent. */
bool resolve_now(const struct sip_uri *uri, struct hop_list **hops);

/** Give up a question: done will not run. Sets *res to NULL; NULL is fine. */
void resolve_cancel(struct resolve **res);

/** A hop did not answer: put it last for a while (all workers see it). */
void resolve_shun(const struct sip_hop *hop, msec_t how_long);

struct dns_conf {
	const char *servers;		/* "127.0.0.1:53, [::1]:53"; NULL: the system's */
	msec_t      query_timeout;	/* one packet */
	unsigned    tries;
	msec_t      negative_ttl_max, ttl_max;
	bool        naptr, srv, ipv6;
	bool        transports[TRANSPORT_COUNT];	/* that we can send on */
};
/** Control thread, before workers_start(); registers its worker part. */
int  dns_set_conf(const struct dns_conf *conf);
/** Control thread, workers may run: what we can send on has changed. */
void dns_set_transports(const bool transports[TRANSPORT_COUNT]);
static inline bool dns_may_use(const struct dns_conf *conf, enum sip_transport t)
{
	return __atomic_load_n(&conf->transports[t], __ATOMIC_RELAXED);
}

struct dns_counters { uint64_t questions, answered_from_cache, packets, timeouts, failures, cached_names; };
/** Since the start, over all workers; cached_names as it is now. Any thread. */
void dns_counters(struct dns_counters *sum);

#endif
