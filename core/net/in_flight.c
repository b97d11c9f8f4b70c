/*
 * core/net/in_flight.c - a message that came by a connection is dealt with: its owner may have
 * waited for that to read on.
 */
#include "core/net/room.h"

static void wake_owner(struct conn *c)
{
	if (atomic_exchange(&c->wake_posted, true))
		return;
	ref_get(&c->refs);
	worker_post(flow_owner(c->id), &c->wake, INBOX_MUST);
}

void net_message_done(flow_id id)
{
	struct conn *c = id ? registry_by_id(id) : NULL;
	uint32_t left;

	if (!c)
		return;
	left = atomic_fetch_sub(&c->in_flight, 1) - 1;
	if (atomic_load(&c->attention) && conn_may_go_on(left))
		wake_owner(c);
}
