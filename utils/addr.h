/*
 * utils/addr.h - IP addresses, networks and socket addresses without sockaddr unions
 * all over the place.
 */
#ifndef UTILS_ADDR_H
#define UTILS_ADDR_H

#include "utils/slice.h"

#include <netinet/in.h>
#include <sys/socket.h>

struct ip_addr {
	uint8_t family;			/* 0 (none), 4 or 6 */
	uint8_t bytes[16];		/* network order; IPv4 uses the first four */
};

struct ip_net { struct ip_addr addr; uint8_t bits; };	/* 32 or 128: one address */

struct sock_addr { struct ip_addr ip; uint16_t port; uint32_t scope; };	/* port in host order */

#define ADDR_TEXT_BYTES 64	/* "[v6%scope]:port" and NUL always fit */

/** "10.0.0.1", "2001:db8::1", "[2001:db8::1]"; 0 or -EINVAL. IPv4-mapped is kept as IPv6. */
int ip_parse(struct slice s, struct ip_addr *out);
/** The same with an optional "/n". */
int ip_net_parse(struct slice s, struct ip_net *out);
/** "10.0.0.1:5060", "[::1]:5060"; 0 or -EINVAL. */
int sock_addr_parse(struct slice s, struct sock_addr *out);

/** Written into text (NUL-terminated); returns the length. IPv6 without brackets. */
size_t ip_format(const struct ip_addr *ip, char text[ADDR_TEXT_BYTES]);
/** "10.0.0.1:5060" or "[::1]:5060". */
size_t sock_addr_format(const struct sock_addr *sa, char text[ADDR_TEXT_BYTES]);

/** Of one family and alike. IPv4 and the same as IPv4-mapped IPv6 are two. */
bool ip_eq(const struct ip_addr *a, const struct ip_addr *b);
/** 0.0.0.0 or ::, which are nobody's. */
bool ip_is_any(const struct ip_addr *ip);
bool ip_is_loopback(const struct ip_addr *ip);
/** False across families. */
bool ip_net_covers(const struct ip_net *net, const struct ip_addr *ip);
/** Address, port and scope. */
bool sock_addr_eq(const struct sock_addr *a, const struct sock_addr *b);

/** v4-mapped addresses of dual-stack sockets become plain IPv4. */
void sock_addr_from(struct sock_addr *out, const struct sockaddr_storage *ss);
socklen_t sock_addr_to(const struct sock_addr *sa, struct sockaddr_storage *ss);

#endif
