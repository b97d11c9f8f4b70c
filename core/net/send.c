/*
 * core/net/send.c - from any worker to the socket or connection that a message goes out by.
 */
#include "core/net/room.h"

#include <errno.h>

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
