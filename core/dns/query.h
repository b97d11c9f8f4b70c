/*
 * core/dns/query.h - questions on the wire, by c-ares on the worker's loop.
 *
 * One query per name and type at a time in a worker; who asks meanwhile waits
 * for the same one. Answers go into the cache, failures too (for a moment).
 */
#ifndef CORE_DNS_QUERY_H
#define CORE_DNS_QUERY_H

#include "core/dns/record.h"
#include "core/dns/resolve.h"
#include "utils/list.h"

struct query_wait {			/* embedded by who waits */
	struct list node;		/* empty when not waiting */
	void      (*answered)(struct query_wait *w);	/* look into the cache */
};

/** Worker part of the room. */
int  query_start(unsigned index, void *conf);
void query_stop(unsigned index, void *conf);

/** 0: w will be told, never before return; or -ENOMEM. */
int  query_ask(const char *name, enum dns_type type, struct query_wait *w);
/** w will not be told; harmless if it does not wait. */
void query_forget(struct query_wait *w);

/** This worker's own, for it alone to count in. */
struct dns_counters *query_counters_mine(void);
/** The sum over all workers. Any thread: a count may be some events old. */
void query_counters(struct dns_counters *sum);

#endif
