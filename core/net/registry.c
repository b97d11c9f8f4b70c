/*
 * core/net/registry.c - connections by number and by remote address.
 *
 * Written by each connection's owner, read by all workers without locks. A
 * connection that is being opened is in here already, and all that want the
 * same peer are sent to one worker, so two are never opened.
 */
#include "core/net/room.h"

#include "utils/siphash.h"

#include <errno.h>

static struct rtab *by_id, *by_address;

int registry_start(void)
{
	if (!by_id)
		by_id = rtab_new(1024);
	if (!by_address)
		by_address = rtab_new(1024);
	return by_id && by_address ? 0 : -ENOMEM;
}

void registry_stop(void)
{
	rtab_free(&by_id);
	rtab_free(&by_address);
}

/* Numbers are ours, not the peer's; consecutive ones must only fall apart. */
static uint64_t id_hash(flow_id id)
{
	id *= 0x9e3779b97f4a7c15u;
	return id ^ id >> 32;
}

static uint64_t address_hash(enum sip_transport t, const struct sock_addr *remote)
{
	char key[sizeof(remote->ip.bytes) + 4];

	memcpy(key, remote->ip.bytes, sizeof(remote->ip.bytes));
	memcpy(key + sizeof(remote->ip.bytes), &remote->port, 2);
	key[sizeof(key) - 2] = (char)remote->ip.family;
	key[sizeof(key) - 1] = (char)t;
	return siphash_quick(siphash_boot_key(), slice_of(key, sizeof(key)));
}

unsigned registry_dialler(const struct sip_hop *hop)
{
	return worker_of(address_hash(hop->transport, &hop->remote));
}

void registry_add(struct conn *c)
{
	rtab_insert(by_id, &c->by_id, id_hash(c->id));
	rtab_insert(by_address, &c->by_address, address_hash(c->transport, &c->remote));
}

void registry_remove(struct conn *c)
{
	rtab_remove(by_id, &c->by_id);
	rtab_remove(by_address, &c->by_address);
}

static const struct conn *conn_of_id(const struct rtab_node *node)
{
	return (const void *)((const char *)node - offsetof(struct conn, by_id));
}

static const struct conn *conn_of_address(const struct rtab_node *node)
{
	return (const void *)((const char *)node - offsetof(struct conn, by_address));
}

static bool match_id(const struct rtab_node *node, const void *key)
{
	return conn_of_id(node)->id == *(const flow_id *)key;
}

/*
 * Whoever asks for a name wants a peer that proved it: a connection made to
 * that name and no other (RFC 5922 7.3). But a client that came to us is what
 * is at its address and port, and could not be dialled there.
 */
static bool serves_name(const struct conn *c, struct slice name)
{
	struct ip_addr ip;

	if (c->transport != TRANSPORT_TLS || name.len == 0)
		return true;
	if (c->inbound)
		return ip_parse(name, &ip) == 0 && ip_eq(&ip, &c->remote.ip);
	return c->dial_name && slice_eq_nocase(slice_str(c->dial_name), name);
}

static bool match_hop(const struct rtab_node *node, const void *key)
{
	const struct conn *c = conn_of_address(node);
	const struct sip_hop *hop = key;

	return c->transport == hop->transport && sock_addr_eq(&c->remote, &hop->remote) &&
	    serves_name(c, hop->name);
}

struct conn *registry_by_id(flow_id id)
{
	const struct rtab_node *node = rtab_find(by_id, id_hash(id), match_id, &id);

	return node ? (struct conn *)(uintptr_t)conn_of_id(node) : NULL;
}

struct conn *registry_by_hop(const struct sip_hop *hop)
{
	uint64_t hash = address_hash(hop->transport, &hop->remote);
	const struct rtab_node *node = rtab_find(by_address, hash, match_hop, hop);

	return node ? (struct conn *)(uintptr_t)conn_of_address(node) : NULL;
}
