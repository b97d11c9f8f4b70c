/*
 * test/scene/agent.c - user agents that say what the scene tells them.
 */
#include "test/scene/agent.h"

#include <errno.h>
#include <stdlib.h>

struct agent *agents;
static unsigned agent_count, tag_count;

/* ---- who ---- */

struct agent *agent_declare(struct slice name, const struct sock_addr *addr)
{
	struct agent *a = scene_alloc(sizeof(*a)), **at = &agents;

	a->name = copy_of(name);
	a->number = ++agent_count;
	a->addr = *addr;
	a->got_end = &a->got;
	while (*at)
		at = &(*at)->next;
	return *at = a;
}

struct agent *agent_named(struct slice name)
{
	struct sock_addr addr;
	char *text;

	for (struct agent *a = agents; a; a = a->next)
		if (slice_eq(a->name, name))
			return a;
	text = text_of("10.1.0.%u:5060", agent_count + 1);
	sock_addr_parse(slice_str(text), &addr);
	return agent_declare(name, &addr);
}

char *agent_host_port(const struct sock_addr *sa)
{
	char text[ADDR_TEXT_BYTES];

	sock_addr_format(sa, text);
	return text_of("%s", text);
}

/* ---- the way to the server ---- */

static unsigned listener_of(enum sip_transport t, struct slice to, unsigned line)
{
	for (unsigned i = 1; i <= net_listener_count(); i++) {
		const struct net_listener *l = net_listener(i);

		if (l->transport == t && (to.len == 0 || slice_eq(to, slice_str(l->name)) ||
		    slice_eq(to, slice_str(agent_host_port(&l->addr)))))
			return i;
	}
	scene_fail(line, "the server does not listen there");
}

static struct sock_addr listening_at(unsigned listener)
{
	struct sock_addr sa = net_listener(listener)->addr;

	if (ip_is_any(&sa.ip) && sa.ip.family == 4)
		ip_parse(SLICE("10.0.0.1"), &sa.ip);
	return sa;
}

/* A connection of the agent's own, from an ephemeral port; opened once. */
static struct sip_hop stream_way(struct agent *a, enum sip_transport t, unsigned listener)
{
	struct sip_hop hop = { .transport = t, .listener = (uint16_t)listener, .remote = a->addr,
	    .local = listening_at(listener) };

	if (a->flows[t] == 0 || !flow_is_alive(a->flows[t])) {
		a->ports[t] = (uint16_t)(a->ports[t] ? a->ports[t] + 1u : 40000u + 100u * a->number + t);
		hop.remote.port = a->ports[t];
		a->flows[t] = fake_open(t, &hop.remote, &hop.local, listener, true,
		    a->number % worker_count());
	}
	hop.remote.port = a->ports[t];
	hop.flow = a->flows[t];
	return hop;
}

struct sip_hop agent_way(struct agent *a, enum sip_transport t, struct slice to,
    unsigned line)
{
	unsigned listener = listener_of(t, to, line);

	if (transport_is_stream(t))
		return stream_way(a, t, listener);
	return (struct sip_hop){ .transport = t, .listener = (uint16_t)listener, .remote = a->addr,
	    .local = listening_at(listener) };
}

void agent_deliver(struct agent *a, const struct sip_hop *hop, struct slice bytes)
{
	a->last_sent = bytes;
	a->last_hop = *hop;
	short_count(true);
	fake_receive(hop, bytes, a->number % worker_count());
	fake_settle();
	short_count(false);
}

/* Back the way it came: on its connection, or to the server's address. */
struct sip_hop agent_way_back(struct agent *a, const struct got *g)
{
	struct sip_hop hop = { .transport = g->hop.transport, .listener = g->hop.listener,
	    .flow = g->hop.flow, .remote = a->addr, .local = g->hop.local };

	if (hop.flow)
		hop.remote = g->hop.remote;
	return hop;
}

/* ---- calls ---- */

struct call *agent_call(struct agent *a, struct slice name, unsigned line)
{
	for (struct call *c = a->calls; c; c = c->next)
		if (name.len == 0 || slice_eq(c->name, name))
			return c;
	scene_fail(line, "%.*s is in no such call", SLICE_ARG(a->name));
}

struct call *agent_call_new(struct agent *a, struct slice name)
{
	struct call *c = scene_alloc(sizeof(*c));

	c->name = name;
	c->next = a->calls;
	a->calls = c;
	return c;
}

struct slice agent_new_tag(struct agent *a)
{
	return slice_str(text_of("%.*s-%u", SLICE_ARG(a->name), ++tag_count));
}

/* ---- sending ---- */

static void send_raw(struct agent *a, const struct order *o, const struct step *step)
{
	struct sip_hop hop = agent_way(a, order_transport(o, step->line), o->to, step->line);
	char *text = text_of("%s", "");

	for (const struct note *n = step->notes; n; n = n->next)
		text = text_of("%s%.*s\r\n", text, SLICE_ARG(n->text));
	agent_deliver(a, &hop, slice_str(text));
}

static void send_file(struct agent *a, struct slice text, const struct step *step)
{
	struct slice path = take_word(&text);
	struct order o = order_read(slice_str(text_of("file %.*s", SLICE_ARG(text))), step->line);
	struct sip_hop hop = agent_way(a, order_transport(&o, step->line), o.to, step->line);
	char *bytes = scene_alloc(1 << 17);
	FILE *f = fopen(text_of("%.*s", SLICE_ARG(path)), "rb");
	size_t len;

	if (!f)
		f = fopen(text_of("%s/%.*s", getenv("top_srcdir") ? getenv("top_srcdir") : ".",
		    SLICE_ARG(path)), "rb");
	if (!f)
		scene_fail(step->line, "cannot read %.*s", SLICE_ARG(path));
	len = fread(bytes, 1, 1 << 17, f);
	fclose(f);
	agent_deliver(a, &hop, slice_of(bytes, len));
}

/* What it sent last, or in a call: "in first". */
static void send_again(struct agent *a, struct slice rest, const struct step *step)
{
	if (slice_eq(take_word(&rest), SLICE("in"))) {
		const struct call *c = agent_call(a, rest, step->line);

		agent_deliver(a, &c->sent_hop, c->sent);
		return;
	}
	if (a->last_sent.len == 0)
		scene_fail(step->line, "%.*s has sent nothing yet", SLICE_ARG(a->name));
	agent_deliver(a, &a->last_hop, a->last_sent);
}

/* As a network that turns messages round does it. */
static void send_back(struct agent *a, const struct step *step)
{
	const struct got *g = a->got;
	struct sip_hop hop;

	if (!g)
		scene_fail(step->line, "%.*s has received nothing yet", SLICE_ARG(a->name));
	while (g->next)
		g = g->next;
	hop = agent_way_back(a, g);
	agent_deliver(a, &hop, g->bytes);
}

void agent_send(struct agent *a, const struct step *step)
{
	struct slice rest = step->what, first = take_word(&rest);
	struct order o;

	if (slice_eq(first, SLICE("again"))) {
		send_again(a, rest, step);
		return;
	}
	if (slice_eq(first, SLICE("back"))) {
		send_back(a, step);
		return;
	}
	if (slice_eq(first, SLICE("file"))) {
		send_file(a, rest, step);
		return;
	}
	o = order_read(expect_fill(step->what), step->line);
	if (slice_eq(first, SLICE("raw")))
		send_raw(a, &o, step);
	else if (is_digit(first.p[0]))
		agent_response(a, &o, step);
	else
		agent_request(a, &o, step);
}

void agent_close(struct agent *a, struct slice transport, unsigned line)
{
	enum sip_transport t = transport.len ? transport_parse(transport) : TRANSPORT_TCP;
	flow_id *flow = &a->flows[t];

	if (!flow_is_alive(*flow))
		flow = &a->opened[t];
	if (t == TRANSPORT_NONE || !flow_is_alive(*flow))
		scene_fail(line, "%.*s has no such connection", SLICE_ARG(a->name));
	fake_close(*flow);
	*flow = 0;
	fake_settle();
}

/* ---- receiving ---- */

static struct agent *agent_at(const struct sip_hop *hop)
{
	for (struct agent *a = agents; a; a = a->next) {
		if (hop->flow && (hop->flow == a->flows[hop->transport]))
			return a;
		if (sock_addr_eq(&a->addr, &hop->remote))
			return a;
	}
	return NULL;
}

int agents_wire(const struct sip_hop *hop, struct slice bytes)
{
	struct agent *a = agent_at(hop);
	struct got *g;

	if (!a)
		a = agent_declare(slice_str(text_of("(%s)", agent_host_port(&hop->remote))), &hop->remote);
	if (a->gone && !transport_is_stream(hop->transport)) {
		fake_undelivered(hop, bytes, -ECONNREFUSED);
		return 0;
	}
	if (a->refuses || a->gone)
		return transport_is_stream(hop->transport) ? -ECONNREFUSED : 0;
	if (hop->flow && hop->flow != a->flows[hop->transport])
		a->opened[hop->transport] = hop->flow;
	if (a->deaf)
		return 0;
	g = scene_alloc(sizeof(*g));
	*g = (struct got){ .at = fake_now(), .hop = *hop, .bytes = copy_of(bytes) };
	g->msg = draft_parsed(g->bytes);
	if (g->msg && msg_from(g->msg) && msg_to(g->msg))
		agent_learn(a, g);
	*a->got_end = g;
	a->got_end = &g->next;
	return 0;
}
