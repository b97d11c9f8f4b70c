/*
 * core/dns/record.h - what one question to the DNS gave, as it stands in the cache.
 */
#ifndef CORE_DNS_RECORD_H
#define CORE_DNS_RECORD_H

#include "utils/addr.h"
#include "utils/rtab.h"
#include "utils/wheel.h"

#define DNS_NAME_BYTES  256u
#define DNS_RECORDS_MAX 32u		/* of one answer; surplus ones are left out */

enum dns_type { DNS_A = 1, DNS_AAAA = 28, DNS_SRV = 33, DNS_NAPTR = 35 };

struct dns_srv   { uint16_t priority, weight, port; struct slice target; };
struct dns_naptr { uint16_t order, preference; struct slice service, replacement; };

/* Immutable; texts behind the struct. err: 0, -ENOENT (no such name or no such record),
 * -ETIMEDOUT, -EIO; count is 0 then. */
struct dns_answer {
	struct rtab_node  node;		/* first */
	struct epoch_item item;
	struct slice      name;		/* lower case */
	enum dns_type     type;
	int               err;
	msec_t            expires;	/* loop's clock */
	unsigned          count;
	union dns_record {
		struct ip_addr   ip;
		struct dns_srv   srv;
		struct dns_naptr naptr;
	} *records;
};

/**
 * Make an answer from a DNS message (RFC 1035) that c-ares received.
 *
 * Lifetime: the smallest TTL of the answer section; for "no", that of the SOA
 * (RFC 2308), within the limits.
 * @return NULL if memory is short
 */
struct dns_answer *dns_answer_parse(struct slice name, enum dns_type type,
    const unsigned char *msg, int len, msec_t now, msec_t ttl_max, msec_t negative_max);
/** An answer that says why there is none. */
struct dns_answer *dns_answer_failed(struct slice name, enum dns_type type, int err,
    msec_t expires);
/** An address from the hosts file: never expires. */
struct dns_answer *dns_answer_static(struct slice name, const struct ip_addr *ips, unsigned count);

#endif
