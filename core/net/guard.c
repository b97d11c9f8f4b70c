/*
 * core/net/guard.c - who stands by a connection: its guard, and those who watch for its end.
 */
#include "core/net/room.h"

#include <errno.h>

/* ---- guards ---- */

struct flow_guard *flow_guard(flow_id id)
{
	const struct conn *c = id ? registry_by_id(id) : NULL;

	return c ? c->guard : NULL;
}

void conn_drop_guard(struct conn *c)
{
	struct flow_guard *guard = c->guard;

	c->guard = NULL;
	if (guard)
		guard->ops->gone(guard);
}

int flow_set_guard(flow_id id, struct flow_guard *guard)
{
	struct conn *c = id ? registry_by_id(id) : NULL;

	if (!c)
		return -ENOTCONN;
	conn_drop_guard(c);
	c->guard = guard;
	return 0;
}

/* ---- its end ---- */

static struct list watches = LIST_INIT(watches);

void flow_watch_register(struct flow_watch *w)
{
	list_push_back(&watches, &w->node);
}

void flow_tell_closed(flow_id id)
{
	/* While the room stops those who watch are gone already. */
	if (net_mine()->stopping)
		return;
	list_for_each_safe(it, &watches) {
		struct flow_watch *w = container_of(it, struct flow_watch, node);

		w->closed(id, w->arg);
	}
}
