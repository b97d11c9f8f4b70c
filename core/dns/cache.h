/*
 * core/dns/cache.h - answers shared by all workers, read without locks.
 */
#ifndef CORE_DNS_CACHE_H
#define CORE_DNS_CACHE_H

#include "core/dns/record.h"

/** Control thread, once. 0 or -ENOMEM. */
int  dns_cache_init(void);
void dns_cache_fini(void);
/** Worker: borrowed until its next quiet point; NULL if unknown or expired before `since`. */
const struct dns_answer *dns_cache_find(struct slice name, enum dns_type type, msec_t since);
/** Worker: takes the answer; replaces an older one, or others go if the cache is full. */
void dns_cache_take(struct dns_answer *answer, msec_t now);
/** Worker: forget what has expired. */
void dns_cache_sweep(msec_t now);
size_t dns_cache_count(void);
/** Control thread: names of the hosts file go before the DNS. Missing file: nothing. */
int  dns_cache_read_hosts(const char *path);

#endif
