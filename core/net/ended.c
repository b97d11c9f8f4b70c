/*
 * core/net/ended.c - who has sent by a connection is told when that has ended.
 *
 * A message names its sender's worker, so a connection only has to know workers: each finds
 * those of its own that wait.
 */
#include "core/net/room.h"

#include <stdlib.h>

struct end {
	struct inbox_item item;
	flow_id           flow;
	struct sock_addr  remote;
};

static void tell(struct inbox_item *item)
{
	struct end *e = container_of(item, struct end, item);

	if (net_above.ended)
		net_above.ended(e->flow, &e->remote);
	free(e);
}

/* By the inbox to this worker, too: the connection may end in the middle of anything. */
void ended_tell(uint64_t homes, flow_id flow, const struct sock_addr *remote)
{
	for (unsigned i = 0; homes; homes >>= 1, i++) {
		struct end *e = homes & 1 ? malloc(sizeof(*e)) : NULL;

		if (!e)
			continue;
		*e = (struct end){ .flow = flow, .remote = *remote };
		e->item.run = tell;
		worker_post(i, &e->item, INBOX_MUST);
	}
}
