/*
 * core/net/address_count.c - how many connections there are, and from where.
 *
 * One IPv6 customer has a /64 (RFC 6177), so that is what counts as an address.
 */
#include "core/net/room.h"

#include "utils/htab.h"
#include "utils/lockorder.h"
#include "utils/siphash.h"

#include <errno.h>
#include <stdlib.h>

struct address { struct htab_node node; struct ip_addr ip; uint32_t count; };

static struct {
	struct lock lock;		/* all below */
	struct htab table;
	bool        ready;
	uint32_t    total;
} room = { .lock = LOCK_INIT(LOCK_NET) };

static struct ip_addr counted_as(const struct ip_addr *ip)
{
	struct ip_addr key = *ip;

	if (key.family == 6)
		memset(key.bytes + 8, 0, 8);
	return key;
}

static uint64_t hash_of(const struct ip_addr *ip)
{
	return siphash_quick(siphash_boot_key(), slice_of((const char *)ip->bytes, sizeof(ip->bytes)));
}

static bool match(const struct htab_node *node, const void *key)
{
	return ip_eq(&container_of(node, struct address, node)->ip, key);
}

static struct address *find(const struct ip_addr *key)
{
	struct htab_node *node = room.ready ? htab_find(&room.table, hash_of(key), match, key) : NULL;

	return node ? container_of(node, struct address, node) : NULL;
}

static struct address *find_or_make(const struct ip_addr *key)
{
	struct address *a = find(key);

	if (a)
		return a;
	if (!room.ready && htab_init(&room.table, 256) != 0)
		return NULL;
	room.ready = true;
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	a->ip = *key;
	htab_insert(&room.table, &a->node, hash_of(key));
	return a;
}

static void drop_if_unused(struct address *a)
{
	if (a->count > 0)
		return;
	htab_remove(&room.table, &a->node);
	free(a);
}

static int enter(const struct ip_addr *key, const struct net_limits *limits)
{
	struct address *a;

	if (room.total >= limits->connections)
		return -EMFILE;
	a = find_or_make(key);
	if (!a)
		return -ENOMEM;
	if (a->count >= limits->connections_per_address) {
		drop_if_unused(a);
		return -EDQUOT;
	}
	a->count++;
	room.total++;
	return 0;
}

int address_enter(const struct ip_addr *ip)
{
	struct ip_addr key = counted_as(ip);
	int err;

	lock_take(&room.lock);
	err = enter(&key, net_limits());
	lock_drop(&room.lock);
	return err;
}

void address_leave(const struct ip_addr *ip)
{
	struct ip_addr key = counted_as(ip);
	struct address *a;

	lock_take(&room.lock);
	a = find(&key);
	if (a) {
		a->count--;
		room.total--;
		drop_if_unused(a);
	}
	if (room.ready && room.table.count == 0) {
		htab_fini(&room.table);
		room.ready = false;
	}
	lock_drop(&room.lock);
}
