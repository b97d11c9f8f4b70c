/*
 * core/lab/net.c - see net.h.
 */
#include "core/lab/net.h"

#include "core/net/room.h"
#include "core/lab/run.h"
#include "utils/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLOWS_MAX    256u
#define QUOTED_BYTES 528u		/* what is left of 576 (RFC 1812 4.3.2.3) for a datagram */

struct fake_flow {
	flow_id            id;		/* 0: free */
	enum sip_transport transport;
	struct sock_addr   remote, local;
	uint16_t           listener;
	bool               inbound;
	unsigned           in_flight;
	uint64_t           in, out, homes;
	msec_t             born;
	char               peer_name[64];
	struct flow_guard *guard;
};

static struct {
	struct fake_flow flows[FLOWS_MAX];
	uint64_t         serial;
	fake_wire_fn    *wire;
	struct list      watches;
	struct net_worker workers[WORKERS_MAX];
} net = { .watches = LIST_INIT(net.watches) };

struct net_worker *net_mine(void) { return &net.workers[worker_self()]; }

void fake_set_wire(fake_wire_fn *fn) { net.wire = fn; }

/* ---- connections ---- */

static struct fake_flow *flow_of(flow_id id)
{
	for (unsigned i = 0; id && i < FLOWS_MAX; i++)
		if (net.flows[i].id == id)
			return &net.flows[i];
	return NULL;
}

flow_id fake_open(enum sip_transport t, const struct sock_addr *remote,
    const struct sock_addr *local, unsigned listener, bool inbound, unsigned worker)
{
	unsigned i = 0;

	while (i < FLOWS_MAX && net.flows[i].id)
		i++;
	lcs_assert(i < FLOWS_MAX);
	net.flows[i] = (struct fake_flow){
		.id = (flow_id)worker << 56 | ++net.serial, .transport = t, .remote = *remote,
		.local = *local, .listener = (uint16_t)listener, .inbound = inbound,
		.born = fake_now(),
	};
	return net.flows[i].id;
}

struct closing { flow_id id; struct flow_guard *guard; uint64_t homes; struct sock_addr remote; };

static void tell_closed(void *arg)
{
	struct closing *c = arg;

	if (c->guard)
		c->guard->ops->gone(c->guard);
	ended_tell(c->homes, c->id, &c->remote);
	list_for_each_safe(node, &net.watches) {
		struct flow_watch *w = container_of(node, struct flow_watch, node);

		w->closed(c->id, w->arg);
	}
}

void fake_close(flow_id id)
{
	struct fake_flow *f = flow_of(id);
	struct closing c;

	if (!f)
		return;
	c = (struct closing){ id, f->guard, f->homes, f->remote };
	f->id = 0;
	f->guard = NULL;
	fake_as_worker(flow_owner(id), tell_closed, &c);
}

void fake_set_peer_name(flow_id id, const char *name)
{
	struct fake_flow *f = flow_of(id);

	if (f)
		snprintf(f->peer_name, sizeof(f->peer_name), "%s", name);
}

unsigned fake_in_flight(flow_id id)
{
	const struct fake_flow *f = flow_of(id);

	return f ? f->in_flight : 0;
}

unsigned fake_connections(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < FLOWS_MAX; i++)
		n += net.flows[i].id != 0;
	return n;
}

/* ---- flow.h ---- */

bool flow_is_alive(flow_id id) { return flow_of(id) != NULL; }

bool flow_hop(flow_id id, struct sip_hop *out)
{
	const struct fake_flow *f = flow_of(id);

	if (!f)
		return false;
	*out = (struct sip_hop){ .transport = f->transport, .listener = f->listener, .flow = id,
	    .remote = f->remote };
	if (f->inbound)
		out->local = f->local;
	return true;
}

struct flow_guard *flow_guard(flow_id id)
{
	const struct fake_flow *f = flow_of(id);

	return f ? f->guard : NULL;
}

int flow_set_guard(flow_id id, struct flow_guard *guard)
{
	struct fake_flow *f = flow_of(id);

	if (!f)
		return -ENOTCONN;
	if (f->guard)
		f->guard->ops->gone(f->guard);
	f->guard = guard;
	return 0;
}

struct flow_running { flow_id id; void (*fn)(flow_id id, void *arg); void *arg; };

static void flow_run_now(void *arg)
{
	const struct flow_running *r = arg;

	r->fn(r->id, r->arg);
}

/* What is sent goes out at once here, so this must not wait for the owner's turn either. */
int flow_run(flow_id id, void (*fn)(flow_id id, void *arg), void *arg)
{
	struct flow_running r = { id, fn, arg };

	fake_as_worker(flow_owner(id), flow_run_now, &r);
	return 0;
}

static void close_fn(void *arg)
{
	fake_close((flow_id)(uintptr_t)arg);
}

void flow_close(flow_id id, const char *reason)
{
	(void)reason;
	worker_post_fn(flow_owner(id), close_fn, (void *)(uintptr_t)id);
}

void flow_watch_register(struct flow_watch *w) { list_push_back(&net.watches, &w->node); }

struct slice flow_peer_name(flow_id id, struct arena *arena)
{
	const struct fake_flow *f = flow_of(id);

	return f && f->peer_name[0] ? arena_dup(arena, slice_str(f->peer_name)) : SLICE_NULL;
}

void flow_each(void (*fn)(const struct flow_info *info, void *arg), void *arg)
{
	for (unsigned i = 0; i < FLOWS_MAX; i++) {
		const struct fake_flow *f = &net.flows[i];
		struct flow_info info = {
			.id = f->id, .transport = f->transport, .remote = f->remote,
			.local = f->local, .inbound = f->inbound, .messages_in = f->in,
			.messages_out = f->out, .age = fake_now() - f->born,
			.peer_name = slice_str(f->peer_name),
		};

		if (f->id && (int)flow_owner(f->id) == worker_self())
			fn(&info, arg);
	}
}

void net_message_done(flow_id id)
{
	struct fake_flow *f = flow_of(id);

	if (!f)
		return;
	lcs_assert(f->in_flight > 0);
	f->in_flight--;
}

void net_set_listeners(const struct net_listener *list, unsigned count) { local_set(list, count); }

/* ---- receiving ---- */

struct receiving { const struct sip_hop *from; struct slice bytes; };

static void receive(void *arg)
{
	const struct receiving *r = arg;
	struct fake_flow *f = flow_of(r->from->flow);

	if (f) {
		f->in++;
		f->in_flight++;
	}
	if (!deliver(r->bytes, r->from) && f)
		f->in_flight--;
}

void fake_receive(const struct sip_hop *from, struct slice bytes, unsigned worker)
{
	struct receiving r = { from, bytes };

	fake_as_worker(from->flow ? flow_owner(from->flow) : worker, receive, &r);
}

/* ---- what ICMP says of datagrams ---- */

struct report { struct sock_addr to; int err; size_t len; char quoted[QUOTED_BYTES]; };

static void tell_undelivered(void *arg)
{
	struct report *r = arg;

	undelivered(slice_of(r->quoted, r->len), &r->to, r->err);
	free(r);
}

void fake_undelivered(const struct sip_hop *hop, struct slice bytes, int err)
{
	struct report *r = malloc(sizeof(*r));

	if (!r)
		return;
	*r = (struct report){ .to = hop->remote, .err = err,
	    .len = bytes.len < QUOTED_BYTES ? bytes.len : QUOTED_BYTES };
	memcpy(r->quoted, bytes.p, r->len);
	/* Any worker: the kernel chooses one of the sockets that share the port. */
	if (worker_post_fn(worker_count() - 1, tell_undelivered, r) != 0)
		free(r);
}

/* ---- sending ---- */

static struct fake_flow *connection_to(const struct sip_hop *hop)
{
	for (unsigned i = 0; i < FLOWS_MAX; i++) {
		struct fake_flow *f = &net.flows[i];

		if (f->id && f->transport == hop->transport && sock_addr_eq(&f->remote, &hop->remote))
			return f;
	}
	return NULL;
}

/* The connection that is there, or a new one (RFC 5923); -ENOTCONN if a flow is asked for
 * that has gone. */
static int choose_flow(struct sip_hop *hop)
{
	struct fake_flow *f = hop->flow ? flow_of(hop->flow) : connection_to(hop);

	if (hop->flow && !f)
		return -ENOTCONN;
	if (f) {
		hop->flow = f->id;
		hop->local = f->local;
		hop->listener = f->listener;
	} else {
		hop->listener = (uint16_t)net_listener_towards(hop);
		if (!hop->listener)
			return -EAFNOSUPPORT;
		hop->local = net_listener(hop->listener)->addr;
		hop->flow = fake_open(hop->transport, &hop->remote, &hop->local, hop->listener, false,
		    (unsigned)worker_self());
	}
	return 0;
}

static void count_out(struct sip_out *out)
{
	struct fake_flow *f = flow_of(out->hop.flow);

	f->out++;
	if (!out->failed)
		return;
	f->homes |= (uint64_t)1 << out->home;
	out->went = f->id;
}

static int choose_listener(struct sip_hop *hop)
{
	hop->listener = (uint16_t)net_listener_towards(hop);
	if (!hop->listener)
		return -EAFNOSUPPORT;
	hop->local = net_listener(hop->listener)->addr;
	return 0;
}

/* On the owner of the connection, as the real one does it. */
struct sealing { struct sip_out *out; struct flow_guard *guard; int err; };

static void seal(void *arg)
{
	struct sealing *s = arg;

	buf_unref(&s->out->sealed);
	s->out->sealed = buf_new(0);
	s->err = !s->out->sealed ? -ENOMEM :
	    s->guard->ops->seal(s->guard, buf_slice(s->out->bytes), s->out->sealed);
	if (!s->err && s->out->sealed->failed)
		s->err = -ENOMEM;
	if (s->err)
		buf_unref(&s->out->sealed);
	if (s->err == -ENOENT)
		s->err = 0;
}

static int seal_if_guarded(struct sip_out *out)
{
	struct sealing s = { out, flow_guard(out->hop.flow), 0 };

	if (s.guard)
		fake_as_worker(flow_owner(out->hop.flow), seal, &s);
	return s.err;
}

void net_send(struct sip_out **p)
{
	struct sip_out *out = *p;
	bool dialled;
	int err;

	*p = NULL;
	dialled = transport_is_stream(out->hop.transport) && !out->hop.flow && !connection_to(&out->hop);
	err = transport_is_stream(out->hop.transport) ? choose_flow(&out->hop) :
	    choose_listener(&out->hop);
	if (!err && out->hop.flow)
		count_out(out);
	if (!err)
		err = sip_out_write(out);
	if (!err)
		err = seal_if_guarded(out);
	if (!err && net.wire)
		err = net.wire(&out->hop, buf_slice(out->sealed ? out->sealed : out->bytes));
	if (err == -EINPROGRESS) {
		sip_out_unref(&out);
		return;
	}
	if (err) {
		if (dialled && out->hop.flow)
			flow_of(out->hop.flow)->id = 0;
		out_fail(out, err);
		return;
	}
	if (out->close_after && out->hop.flow)
		flow_close(out->hop.flow, "asked for");
	sip_out_unref(&out);
}
