/*
 * core/net/flow.c - flows as others know them: by number, from any worker.
 */
#include "core/net/room.h"

#include "utils/err.h"
#include "utils/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct list watches = LIST_INIT(watches);

/* ---- sending ---- */

/* On a worker that may or may not own the connection; only the owner queues. */
static void queue_or_pass_on(struct sip_out *out, struct conn *c)
{
	unsigned owner = flow_owner(c->id);

	if (owner == net_mine()->index)
		conn_queue(c, out);
	else
		worker_post(owner, &out->item, INBOX_MUST);
}

static void route_by_address(struct sip_out *out)
{
	struct conn *c = registry_by_hop(&out->hop);
	unsigned dialler = registry_dialler(&out->hop);

	if (c)
		queue_or_pass_on(out, c);
	else if (dialler == net_mine()->index)
		conn_dial(out);
	else
		worker_post(dialler, &out->item, INBOX_MUST);
}

static void route_by_flow(struct sip_out *out)
{
	struct conn *c = registry_by_id(out->hop.flow);

	if (c)
		queue_or_pass_on(out, c);
	else
		out_fail(out, -ENOTCONN);
}

static void arrived(struct inbox_item *item)
{
	stream_route(container_of(item, struct sip_out, item));
}

void stream_route(struct sip_out *out)
{
	out->item.run = arrived;
	if (net_mine()->stopping)
		out_fail(out, -ECANCELED);
	else if (out->by_address)
		route_by_address(out);
	else
		route_by_flow(out);
}

/* The same message twice in a queue would say nothing new. */
static void stream_send(struct sip_out *out)
{
	if (atomic_exchange(&out->under_way, true)) {
		sip_out_unref(&out);
		return;
	}
	out->by_address = out->hop.flow == 0;
	out->redialled = false;
	stream_route(out);
}

void net_send(struct sip_out **p)
{
	struct sip_out *out = *p;

	*p = NULL;
	if (transport_is_stream(out->hop.transport))
		stream_send(out);
	else if (out->hop.transport == TRANSPORT_UDP)
		udp_send(out);
	else
		out_fail(out, -EPROTONOSUPPORT);
}

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

struct slice flow_peer_name(flow_id id, struct arena *arena)
{
	const struct conn *c = id ? registry_by_id(id) : NULL;

	if (!c || !c->peer_name)
		return SLICE_NULL;
	return arena_dup(arena, slice_str(c->peer_name));
}

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
