/*
 * core/net/flow.c - flows as others know them: by number, from any worker.
 */
#include "core/net/room.h"

#include <errno.h>
#include <stdlib.h>

/* ---- by number ---- */

bool flow_is_alive(flow_id id)
{
	return id != 0 && registry_by_id(id);
}

/* Where we come from is found out when we have dialled, which others do not see. */
bool flow_hop(flow_id id, struct sip_hop *out)
{
	const struct conn *c = id ? registry_by_id(id) : NULL;

	if (!c)
		return false;
	*out = (struct sip_hop){ .transport = (enum sip_transport)c->transport,
	    .listener = c->listener, .flow = id, .remote = c->remote };
	if (c->inbound)
		out->local = c->local;
	return true;
}

struct slice flow_peer_name(flow_id id, struct arena *arena)
{
	const struct conn *c = id ? registry_by_id(id) : NULL;

	if (!c || !c->peer_name)
		return SLICE_NULL;
	return arena_dup(arena, slice_str(c->peer_name));
}

/* ---- on its owner ---- */

struct close_order { flow_id id; const char *reason; };

static void close_here(void *arg)
{
	struct close_order order = *(struct close_order *)arg;
	struct conn *c = registry_by_id(order.id);

	free(arg);
	if (c)
		conn_doom(c, -ECONNABORTED, order.reason);
}

void flow_close(flow_id id, const char *reason)
{
	struct close_order *order;

	if (!flow_is_alive(id))
		return;
	order = malloc(sizeof(*order));
	if (!order)
		return;
	*order = (struct close_order){ id, reason };
	if (worker_post_fn(flow_owner(id), close_here, order) != 0)
		free(order);
}

struct run_order { flow_id id; void (*fn)(flow_id id, void *arg); void *arg; };

static void run_here(void *arg)
{
	struct run_order order = *(struct run_order *)arg;

	free(arg);
	order.fn(order.id, order.arg);
}

int flow_run(flow_id id, void (*fn)(flow_id id, void *arg), void *arg)
{
	struct run_order *order;

	if (flow_owner(id) == net_mine()->index) {
		fn(id, arg);
		return 0;
	}
	order = malloc(sizeof(*order));
	if (!order)
		return -ENOMEM;
	*order = (struct run_order){ id, fn, arg };
	if (worker_post_fn(flow_owner(id), run_here, order) == 0)
		return 0;
	free(order);
	return -ENOMEM;
}

/* ---- showing ---- */

static void describe(const struct conn *c, msec_t now, struct flow_info *info)
{
	*info = (struct flow_info){
		.id = c->id, .transport = (enum sip_transport)c->transport,
		.remote = c->remote, .local = c->local, .inbound = c->inbound,
		.messages_in = c->messages_in, .messages_out = c->messages_out,
		.bytes_in = c->bytes_in, .bytes_out = c->bytes_out,
		.age = now - c->born, .idle = now - c->last_io,
		.queued_bytes = c->queued_bytes, .peer_name = slice_str(c->peer_name),
	};
	if (!c->layer || c->state != CONN_OPEN)
		return;
	c->ops->describe(c->layer, info->tls, sizeof(info->tls));
	if (c->ops->peer_expires)
		info->peer_expires = c->ops->peer_expires(c->layer);
}

void flow_each(void (*fn)(const struct flow_info *info, void *arg), void *arg)
{
	struct net_worker *net = net_mine();
	msec_t now = loop_now(net->loop);

	list_for_each_safe(it, &net->conns) {
		const struct conn *c = container_of(it, struct conn, node);
		struct flow_info info;

		if (c->state == CONN_LINGERING)
			continue;
		describe(c, now, &info);
		fn(&info, arg);
	}
}
