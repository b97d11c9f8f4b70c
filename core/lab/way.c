/*
 * core/lab/way.c - see way.h.
 */
#include "core/lab/way.h"

#include "core/lab/net.h"
#include "core/lab/run.h"

#define PEER_ADDRESS "192.0.2.10"		/* of who says nothing: RFC 5737 */
#define EPHEMERAL 40000u

struct opened { struct opened *next; struct sip_hop hop; };
static struct opened *opened;

/* ---- the listener ---- */

static bool fits(const struct net_listener *l, const struct cfg_test_given *g)
{
	if (g->listener.len && !slice_eq(slice_str(l->name), g->listener))
		return false;
	if (g->transport.len && l->transport != transport_parse(g->transport))
		return false;
	return !g->from || l->addr.ip.family == g->from->addr.family;
}

static unsigned listener_for(const struct cfg_test_given *g)
{
	for (unsigned i = 1; i <= net_listener_count(); i++)
		if (fits(net_listener(i), g))
			return i;
	return 0;
}

/* ---- connections ---- */

static bool is_same(const struct sip_hop *a, const struct sip_hop *b)
{
	return a->transport == b->transport && a->listener == b->listener &&
	    sock_addr_eq(&a->remote, &b->remote);
}

static flow_id connection(const struct sip_hop *hop)
{
	struct opened *o;

	for (o = opened; o; o = o->next)
		if (is_same(&o->hop, hop) && flow_is_alive(o->hop.flow))
			return o->hop.flow;
	o = arena_zalloc(lab.arena, sizeof(*o));
	if (!o)
		return 0;
	o->hop = *hop;
	o->hop.flow = fake_open(hop->transport, &hop->remote, &hop->local, hop->listener, true, 0);
	o->next = opened;
	opened = o;
	return o->hop.flow;
}

bool way_from(const struct cfg_test_given *g, struct cfg_span at, struct sip_hop *out)
{
	unsigned listener = listener_for(g);
	const struct net_listener *l = net_listener(listener);

	if (!l) {
		lab_fail(at, "the server does not listen there (over %.*s%s%.*s)",
		    SLICE_ARG(g->transport.len ? g->transport : SLICE("anything")),
		    g->listener.len ? " at " : "", SLICE_ARG(g->listener));
		return false;
	}
	*out = (struct sip_hop){ .transport = l->transport, .listener = (uint16_t)listener,
		.local = l->addr };
	if (g->from)
		out->remote.ip = g->from->addr;
	else
		ip_parse(l->addr.ip.family == 6 ? SLICE("2001:db8::10") : SLICE(PEER_ADDRESS),
		    &out->remote.ip);
	out->remote.port = g->port ? g->port : transport_is_stream(l->transport) ? EPHEMERAL : 5060;
	if (transport_is_stream(l->transport))
		out->flow = connection(out);
	return true;
}

struct sip_hop way_back(const struct lab_out *to)
{
	return (struct sip_hop){ .transport = to->hop.transport, .listener = to->hop.listener,
		.flow = to->hop.flow, .remote = to->hop.remote, .local = to->hop.local };
}

void way_deliver(const struct sip_hop *hop, struct slice bytes)
{
	fake_receive(hop, bytes, 0);
	fake_settle();
}
