/*
 * modules/tm/peers.c - clients over streams in lists by the address of their peer, see ended.c.
 */
#include "modules/tm/tm.h"

/* Nothing is gained by addresses that meet in one list but a longer look when one of them ends. */
struct list *tm_peers_at(struct tm_local *local, const struct sock_addr *remote)
{
	uint32_t first, last;

	memcpy(&first, remote->ip.bytes, sizeof(first));
	memcpy(&last, remote->ip.bytes + sizeof(remote->ip.bytes) - sizeof(last), sizeof(last));
	first = (first ^ last ^ (uint32_t)remote->port << 16 ^ remote->port) * 0x9e3779b1u;
	return &local->peers[first >> (32 - TM_PEER_BITS)];
}

void tm_peers_init(struct tm_local *local)
{
	for (size_t i = 0; i < TM_PEERS; i++)
		list_init(&local->peers[i]);
}

void tm_peer_join(struct tm_client *c)
{
	list_push_back(tm_peers_at(c->local, &c->hop.remote), &c->by_peer);
}
