/*
 * core/net/local.c - who we are: listeners by number, the address we send from, our names.
 *
 * What the kernel must be asked (the interfaces' addresses, the way to a peer)
 * is kept for a few seconds per thread, so that there is nothing to lock.
 */
#include "core/net/room.h"

#include "utils/siphash.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRESH_SECONDS 10
#define WAYS          64u
#define OWN_MAX       64u
#define SAID_MAX      17u		/* listeners beyond are written out each time */
#define SAID_BYTES    112u

/* By number - 1. The control thread writes, workers read; what went is freed when all have
 * passed a quiet point. */
static const struct net_listener *_Atomic listeners[LISTENERS_MAX];
static _Atomic unsigned listener_count;
static atomic_uint listener_round;	/* another one whenever a number means something else */

void local_put(unsigned number, const struct net_listener *l)
{
	unsigned count = net_listener_count();

	atomic_store_explicit(&listeners[number - 1], l, memory_order_release);
	if (l && number > count)
		atomic_store_explicit(&listener_count, number, memory_order_release);
	atomic_fetch_add(&listener_round, 1);
}

void local_set(const struct net_listener *list, unsigned count)
{
	atomic_store(&listener_count, 0);
	for (unsigned i = 0; i < LISTENERS_MAX; i++)
		local_put(i + 1, i < count ? &list[i] : NULL);
}

const struct net_listener *net_listener(unsigned number)
{
	if (number == 0 || number > LISTENERS_MAX)
		return NULL;
	return atomic_load_explicit(&listeners[number - 1], memory_order_acquire);
}

unsigned net_listener_count(void)
{
	return atomic_load_explicit(&listener_count, memory_order_acquire);
}

/* ---- which one to send from ---- */

/* 0: cannot reach it; else the better the higher. */
static unsigned fitness(const struct net_listener *l, enum sip_transport t,
    const struct sock_addr *remote)
{
	if (!l || l->transport != t || l->addr.ip.family != remote->ip.family)
		return 0;
	if (ip_is_any(&l->addr.ip))
		return 2;
	/* From a loopback address nothing leaves the machine, and the other way round. */
	return ip_is_loopback(&l->addr.ip) == ip_is_loopback(&remote->ip) ? 3 : 1;
}

static unsigned fittest(enum sip_transport t, const struct sock_addr *remote, bool for_peers)
{
	unsigned best = 0, number = 0;

	for (unsigned n = 1; n <= net_listener_count(); n++) {
		const struct net_listener *l = net_listener(n);
		unsigned fit = fitness(l, t, remote);

		if (fit > best && (l->faces == FACES_PEERS) == for_peers) {
			best = fit;
			number = n;
		}
	}
	return number;
}

unsigned net_listener_for(enum sip_transport t, const struct sock_addr *remote, unsigned like)
{
	const struct net_listener *wanted = net_listener(like);

	if (wanted && fitness(wanted, t, remote) > 1 && wanted->faces != FACES_PEERS)
		return like;
	return fittest(t, remote, false);
}

bool net_is_peer(struct slice name)
{
	struct layer tls = layer_of(TRANSPORT_TLS);

	return name.len && tls.ops && tls.ops->is_peer && tls.ops->is_peer(tls.arg, name);
}

unsigned net_listener_towards(const struct sip_hop *hop)
{
	unsigned number = hop->transport == TRANSPORT_TLS && net_is_peer(hop->name) ?
	    fittest(hop->transport, &hop->remote, true) : 0;

	return number ? number : net_listener_for(hop->transport, &hop->remote, hop->listener);
}

/* ---- the local side of the way to a peer ---- */

static int64_t now_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return ts.tv_sec;
}

/* A datagram socket that is "connected" knows its address without sending. */
static int ask_way(const struct sock_addr *remote, struct ip_addr *local)
{
	struct sockaddr_storage ss;
	socklen_t len = sock_addr_to(remote, &ss);
	struct sock_addr addr;
	int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&ss, len) != 0)
		err = -errno;
	len = sizeof(ss);
	if (!err && getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		err = -errno;
	close(fd);
	if (err)
		return err;
	sock_addr_from(&addr, &ss);
	*local = addr.ip;
	return 0;
}

struct way { struct ip_addr remote, local; int64_t asked; };

static int local_towards(const struct sock_addr *remote, struct ip_addr *local)
{
	static _Thread_local struct way ways[WAYS];
	uint64_t hash = siphash_quick(siphash_boot_key(),
	    slice_of((const char *)remote->ip.bytes, sizeof(remote->ip.bytes)));
	struct way *way = &ways[hash % WAYS];
	int64_t now = now_seconds();
	int err;

	if (!ip_eq(&way->remote, &remote->ip) || now - way->asked > FRESH_SECONDS) {
		err = ask_way(remote, &way->local);
		if (err) {
			way->remote.family = 0;
			return err;
		}
		way->remote = remote->ip;
		way->asked = now;
	}
	*local = way->local;
	return 0;
}

/* ---- Via, Record-Route, Contact ---- */

static struct slice host_port(const char *host, uint16_t port, char text[300])
{
	int n = snprintf(text, 300, "%s:%u", host, port);

	return slice_of(text, n > 0 && n < 300 ? (size_t)n : 0);
}

/* Without a port of its own the advertised host stands for the address only. */
static uint16_t advertised_port(const struct net_listener *l)
{
	return l->advertise_port > 0 ? l->advertise_port : l->addr.port;
}

struct said {				/* what a listener is called, whoever the peer is */
	unsigned round;
	size_t   len;			/* 0: it depends on the peer */
	char     text[SAID_BYTES];
};

static void say(struct said *said, const struct net_listener *l, unsigned round)
{
	char text[300];
	struct slice s = SLICE_NULL;

	if (l->advertise_host[0])
		s = host_port(l->advertise_host, advertised_port(l), text);
	else if (!ip_is_any(&l->addr.ip))
		s = slice_of(text, sock_addr_format(&l->addr, text));
	said->round = round;
	said->len = s.len < sizeof(said->text) ? s.len : 0;
	memcpy(said->text, text, said->len);
}

/* Every message that goes out says it, so it is written once per listener and thread. */
static struct slice said_by(const struct net_listener *l, unsigned number)
{
	static _Thread_local struct said table[SAID_MAX];
	unsigned round = atomic_load_explicit(&listener_round, memory_order_relaxed);
	struct said *said = &table[number % SAID_MAX];

	if (number >= SAID_MAX)
		return SLICE_NULL;
	if (said->round != round)
		say(said, l, round);
	return slice_of(said->text, said->len);
}

struct slice net_sent_by(const struct sip_hop *hop, char text[300])
{
	const struct net_listener *l = net_listener(hop->listener);
	struct sock_addr from = { .ip = hop->local.ip, .port = hop->local.port };
	struct slice said = l ? said_by(l, hop->listener) : SLICE_NULL;

	if (said.len)
		return said;
	if (l && l->advertise_host[0])
		return host_port(l->advertise_host, advertised_port(l), text);
	if (l)
		from.port = l->addr.port;
	if (l && !ip_is_any(&l->addr.ip))
		from.ip = l->addr.ip;
	else if (from.ip.family == 0 || ip_is_any(&from.ip))
		local_towards(&hop->remote, &from.ip);
	return slice_of(text, sock_addr_format(&from, text));
}

/* ---- is that us? ---- */

struct own_ips { struct ip_addr ip[OWN_MAX]; unsigned count; int64_t asked; };

static void read_interfaces(struct own_ips *own)
{
	struct ifaddrs *list;

	if (getifaddrs(&list) != 0)
		return;
	own->count = 0;
	for (const struct ifaddrs *i = list; i && own->count < OWN_MAX; i = i->ifa_next) {
		struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
		struct sock_addr addr;

		if (!i->ifa_addr)
			continue;
		if (i->ifa_addr->sa_family == AF_INET)
			memcpy(&ss, i->ifa_addr, sizeof(struct sockaddr_in));
		else if (i->ifa_addr->sa_family == AF_INET6)
			memcpy(&ss, i->ifa_addr, sizeof(struct sockaddr_in6));
		else
			continue;
		sock_addr_from(&addr, &ss);
		own->ip[own->count++] = addr.ip;
	}
	freeifaddrs(list);
}

static bool is_interface(const struct ip_addr *ip)
{
	static _Thread_local struct own_ips own;
	int64_t now = now_seconds();

	if (own.asked == 0 || now - own.asked > FRESH_SECONDS) {
		read_interfaces(&own);
		own.asked = now;
	}
	for (unsigned i = 0; i < own.count; i++)
		if (ip_eq(&own.ip[i], ip))
			return true;
	return ip_is_loopback(ip);
}

static uint16_t port_or_default(uint16_t port, enum sip_transport t)
{
	return port > 0 ? port : transport_default_port(t);
}

static bool advertises(const struct net_listener *l, struct slice host, uint16_t port)
{
	return l->advertise_host[0] && slice_eq_nocase(host, slice_str(l->advertise_host)) &&
	    advertised_port(l) == port;
}

static bool is_bound_to(const struct net_listener *l, const struct ip_addr *ip, uint16_t port)
{
	if (ip->family != l->addr.ip.family || port != l->addr.port)
		return false;
	return ip_eq(&l->addr.ip, ip) || (ip_is_any(&l->addr.ip) && is_interface(ip));
}

bool net_is_local(struct slice host, uint16_t port, enum sip_transport t)
{
	struct ip_addr ip;
	bool numeric = ip_parse(host, &ip) == 0;

	for (unsigned n = 1; n <= net_listener_count(); n++) {
		const struct net_listener *l = net_listener(n);
		uint16_t want;

		if (!l || (t != TRANSPORT_NONE && l->transport != t))
			continue;
		want = port_or_default(port, l->transport);
		if (advertises(l, host, want) || (numeric && is_bound_to(l, &ip, want)))
			return true;
	}
	return false;
}
