/*
 * core/dns/locate.h - RFC 3263 over the cache: hops, or what has to be asked first.
 *
 * Pure but for the dice of SRV weights: looks at the cache and asks nothing. The
 * caller asks what is missing and comes again.
 */
#ifndef CORE_DNS_LOCATE_H
#define CORE_DNS_LOCATE_H

#include "core/dns/hop.h"
#include "core/dns/record.h"

#define LOCATE_HOPS_MAX    64u
#define LOCATE_MISSING_MAX 96u

struct locate_question { char name[DNS_NAME_BYTES]; enum dns_type type; };

struct locate {
	/* what is wanted */
	struct slice    host;		/* without brackets */
	uint16_t        port;		/* 0: not given */
	enum sip_transport transport;	/* TRANSPORT_NONE: not given */
	bool            secure;		/* sips */
	msec_t          since;		/* answers that were good then are good */
	bool            partial;	/* time is over: go without what is missing */
	/* what came of it */
	struct sip_hop  hops[LOCATE_HOPS_MAX];
	unsigned        hop_count;
	unsigned        missing_count;
	struct locate_question missing[LOCATE_MISSING_MAX];
	int             err;		/* when nothing is missing and there are no hops */
};

/** From a URI: 0, or -EINVAL if it names no host. host points into the URI. */
int  locate_init(struct locate *l, const struct sip_uri *uri, msec_t since);
/** Numeric host: then hops are complete without any question. */
void locate_run(struct locate *l, const struct dns_conf *conf);

#endif
