/*
 * modules/tm/ended.c - clients whose connection has ended (RFC 3261 18.4).
 *
 * Who answers should keep a connection open for as long as a transaction takes (18), so what
 * waits by one that has ended waits in vain - but for a call that rings at a server: that may
 * close what is idle and bring its answer by a new one (18.2.2). A client that did not ask for
 * a connection cannot know by which one its request goes: clients over streams stand in lists by
 * the address of their peer.
 */
#include "modules/tm/tm.h"

/* The number may be of a connection that took the message over from one that has ended. */
static bool went_by(const struct tm_client *c, flow_id flow)
{
	return c->out && atomic_load_explicit(&c->out->went, memory_order_relaxed) == flow;
}

/* A connection of the client's own, by contrast, is the only way there is. */
static bool may_come_back(const struct tm_client *c)
{
	return c->machine.state == TM_ICT_PROCEEDING && !c->hop.flow;
}

/* What becomes of one client may be the end of others, so they leave one by one. */
void tm_ended(flow_id flow, const struct sock_addr *remote)
{
	struct list gone = LIST_INIT(gone), *node;

	list_for_each_safe(it, tm_peers_at(tm_here(), remote)) {
		const struct tm_client *c = container_of(it, struct tm_client, by_peer);

		if (went_by(c, flow) && !may_come_back(c)) {
			list_remove(it);
			list_push_back(&gone, it);
		}
	}
	while ((node = list_pop_front(&gone)))
		tm_client_ended(container_of(node, struct tm_client, by_peer));
}
