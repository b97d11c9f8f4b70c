/*
 * test/scene/agent.c - user agents that say what the scene tells them.
 *
 * They build correct messages out of little: what a scene does not say is
 * filled in as RFC 3261 8.1.1, 9.1, 12.2 and 17.1.1.3 want it.
 */
#include "test/scene/scene.h"

#include "core/net/listen.h"
#include "parser/build.h"
#include "test/fake/net.h"
#include "test/fake/run.h"

#include <errno.h>
#include <stdlib.h>

#define DOMAIN "example.com"

struct agent *agents;
static unsigned agent_count, branch_count, call_count;

/* ---- who ---- */

struct agent *agent_declare(struct slice name, const struct sock_addr *addr)
{
	struct agent *a = calloc(1, sizeof(*a)), **at = &agents;

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

static char *host_port(const struct sock_addr *sa)
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
		    slice_eq(to, slice_str(host_port(&l->addr)))))
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

static struct sip_hop way_to_server(struct agent *a, enum sip_transport t, struct slice to,
    unsigned line)
{
	unsigned listener = listener_of(t, to, line);

	if (transport_is_stream(t))
		return stream_way(a, t, listener);
	return (struct sip_hop){ .transport = t, .listener = (uint16_t)listener, .remote = a->addr,
	    .local = listening_at(listener) };
}

static void deliver_to_server(struct agent *a, const struct sip_hop *hop, struct slice bytes)
{
	a->last_sent = bytes;
	a->last_hop = *hop;
	fake_receive(hop, bytes, a->number % worker_count());
	fake_settle();
}

/* ---- writing ---- */

struct draft { struct slice head, body; struct slice lines[64]; unsigned count; bool own_length; };

static void put_line(struct draft *d, char *line)
{
	d->lines[d->count++] = slice_str(line);
}

static struct slice line_name(struct slice line)
{
	return slice_trim(slice_first(line, slice_find(line, ':')));
}

static bool same_header(struct slice line, struct slice name)
{
	enum hdr_id id = hdr_by_name(name);
	struct slice own = line_name(line);

	return id ? hdr_by_name(own) == id : slice_eq_nocase(own, name);
}

static void drop_header(struct draft *d, struct slice name)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < d->count; i++)
		if (!same_header(d->lines[i], name))
			d->lines[kept++] = d->lines[i];
	d->count = kept;
}

/* "Name: value" replaces, "+Name: value" adds, "-Name" removes. */
static void apply_header(struct draft *d, struct slice text)
{
	if (text.p[0] == '-') {
		d->own_length |= same_header(slice_skip(text, 1), SLICE("Content-Length"));
		drop_header(d, slice_trim(slice_skip(text, 1)));
	} else if (text.p[0] == '+') {
		d->lines[d->count++] = slice_skip(text, 1);
	} else {
		d->own_length |= same_header(text, SLICE("Content-Length"));
		drop_header(d, line_name(text));
		d->lines[d->count++] = text;
	}
}

static void apply_notes(struct draft *d, const struct note *note)
{
	char *body = text_of("%s", ""), *longer;

	for (; note && note->text.len; note = note->next)
		apply_header(d, note->text);
	for (note = note ? note->next : NULL; note; note = note->next) {
		longer = text_of("%s%.*s\r\n", body, SLICE_ARG(note->text));
		free(body);
		body = longer;
	}
	d->body = slice_str(body);
}

static struct slice draft_bytes(struct draft *d)
{
	char *text = text_of("%.*s\r\n", SLICE_ARG(d->head)), *longer;

	for (unsigned i = 0; i < d->count; i++) {
		longer = text_of("%s%.*s\r\n", text, SLICE_ARG(d->lines[i]));
		free(text);
		text = longer;
	}
	if (!d->own_length) {
		longer = text_of("%sContent-Length: %zu\r\n", text, d->body.len);
		free(text);
		text = longer;
	}
	return slice_str(text_of("%s\r\n%.*s", text, SLICE_ARG(d->body)));
}

static struct sip_msg *parsed(struct slice bytes)
{
	const struct msg_limits limits = { .max_bytes = 1 << 20, .max_hdrs = 500 };
	struct sip_hop nowhere = { 0 };
	struct sip_defect why;
	struct sip_msg *msg = NULL;

	sip_msg_parse(bytes, &nowhere, &limits, &msg, &why);
	return msg;
}

/* ---- words behind the arrow ---- */

struct order {				/* "INVITE sip:bob@x via tcp as first with alice:secret" */
	struct slice first, uri, via, to, as, in, with, answers;
	struct slice rest;
};

static struct order read_order(struct slice text, unsigned line)
{
	struct order o = { .first = take_word(&text) };
	const struct { const char *word; struct slice *into; } words[] = {
		{ "via", &o.via }, { "at", &o.to }, { "as", &o.as }, { "in", &o.in },
		{ "with", &o.with }, { "to", &o.answers },
	};

	o.rest = text;
	if (text.len && slice_find(text, ':') < slice_find(text, ' '))
		o.uri = take_word(&text);
	while (text.len) {
		struct slice word = take_word(&text);
		size_t i = 0, n = sizeof(words) / sizeof(words[0]);

		while (i < n && !slice_eq(word, slice_str(words[i].word)))
			i++;
		if (i < n)
			*words[i].into = take_word(&text);
		else if (!is_digit(o.first.p[0]))
			scene_fail(line, "what is \"%.*s\"?", SLICE_ARG(word));
	}
	return o;
}

static enum sip_transport transport_of(const struct order *o, unsigned line)
{
	enum sip_transport t = o->via.len ? transport_parse(o->via) : TRANSPORT_UDP;

	if (t == TRANSPORT_NONE)
		scene_fail(line, "there is no transport \"%.*s\"", SLICE_ARG(o->via));
	return t;
}

static struct call *call_named(struct agent *a, struct slice name, unsigned line)
{
	for (struct call *c = a->calls; c; c = c->next)
		if (name.len == 0 || slice_eq(c->name, name))
			return c;
	scene_fail(line, "%.*s is in no such call", SLICE_ARG(a->name));
}

static struct call *call_new(struct agent *a, struct slice name)
{
	struct call *c = calloc(1, sizeof(*c));

	c->name = name;
	c->next = a->calls;
	a->calls = c;
	return c;
}

/* ---- requests ---- */

static void put_via(struct draft *d, struct agent *a, const struct sip_hop *hop, const char *branch)
{
	struct sock_addr sent_by = a->addr;

	put_line(d, text_of("Via: SIP/2.0/%.*s %s;rport;branch=%s",
	    SLICE_ARG(transport_via_name(hop->transport)), host_port(&sent_by), branch));
}

static char *new_branch(struct agent *a)
{
	return text_of(VIA_COOKIE "-%.*s-%u", SLICE_ARG(a->name), ++branch_count);
}

static void put_rest(struct draft *d, struct agent *a, const struct sip_hop *hop,
    const struct call *c, struct slice method)
{
	put_line(d, text_of("Max-Forwards: 70"));
	put_line(d, text_of("From: %.*s", SLICE_ARG(c->local)));
	put_line(d, text_of("To: %.*s", SLICE_ARG(c->remote)));
	put_line(d, text_of("Call-ID: %.*s", SLICE_ARG(c->call_id)));
	put_line(d, text_of("CSeq: %u %.*s", c->cseq, SLICE_ARG(method)));
	put_line(d, text_of("Contact: <sip:%.*s@%s%s%.*s>", SLICE_ARG(a->name), host_port(&a->addr),
	    hop->transport == TRANSPORT_UDP ? "" : ";transport=",
	    hop->transport == TRANSPORT_UDP ? 0 : 3, transport_uri_name(hop->transport).p));
}

static void put_credentials(struct draft *d, struct agent *a, const struct order *o,
    struct slice method, struct slice uri, unsigned line)
{
	struct slice password = o->with, user = slice_split(&password, ':'), text;

	if (o->with.len == 0)
		return;
	text = agent_credentials(a, user, password, method, uri);
	if (text.len == 0)
		scene_fail(line, "%.*s has not been challenged", SLICE_ARG(a->name));
	d->lines[d->count++] = text;
}

/* What a later CANCEL or ACK is made from: as sent, notes included. */
static void send_draft(struct agent *a, struct call *c, struct draft *d, const struct step *step,
    const struct sip_hop *hop, struct slice method)
{
	struct slice bytes;
	struct sip_msg *msg;

	apply_notes(d, step->notes);
	bytes = draft_bytes(d);
	if (slice_eq(method, SLICE("INVITE"))) {
		c->invite = bytes;
		c->hop = *hop;
	}
	msg = parsed(bytes);
	if (msg && msg_from(msg) && c->cseq == 1) {
		c->local = copy_of(msg_value(msg, HDR_FROM));
		c->remote = copy_of(msg_value(msg, HDR_TO));
		c->call_id = copy_of(msg_call_id(msg));
	}
	sip_msg_unref(&msg);
	deliver_to_server(a, hop, bytes);
}

static struct slice to_of(struct slice uri)
{
	struct sip_uri u;

	if (sip_uri_parse(uri, &u, NULL) != 0 || u.scheme == URI_OTHER || u.scheme == URI_TEL)
		return slice_str(text_of("<%.*s>", SLICE_ARG(uri)));
	return slice_str(text_of("<%.*s:%.*s%s%.*s>", SLICE_ARG(u.scheme_text), SLICE_ARG(u.user),
	    u.user.len ? "@" : "", SLICE_ARG(u.host)));
}

/* The same registration again must keep its Call-ID (10.2). */
static struct call *call_for(struct agent *a, const struct order *o)
{
	struct slice name = o->as.len ? o->as : slice_str(text_of("%.*s %.*s",
	    SLICE_ARG(o->first), SLICE_ARG(o->uri)));
	struct call *c;

	if (slice_eq(o->first, SLICE("REGISTER")) || o->with.len)
		for (c = a->calls; c; c = c->next)
			if (slice_eq(c->name, name)) {
				c->cseq++;
				return c;
			}
	c = call_new(a, copy_of(name));
	c->cseq = 1;
	c->tag = slice_str(text_of("%.*s-%u", SLICE_ARG(a->name), ++call_count));
	c->call_id = slice_str(text_of("call-%u@%s", call_count, host_port(&a->addr)));
	c->local = slice_str(text_of("<sip:%.*s@" DOMAIN ">;tag=%.*s", SLICE_ARG(a->name),
	    SLICE_ARG(c->tag)));
	c->remote = slice_eq(o->first, SLICE("REGISTER")) ?
	    slice_str(text_of("<sip:%.*s@" DOMAIN ">", SLICE_ARG(a->name))) : to_of(o->uri);
	c->target = c->first_uri = copy_of(o->uri);
	return c;
}

static void send_new(struct agent *a, const struct order *o, const struct step *step)
{
	struct sip_hop hop = way_to_server(a, transport_of(o, step->line), o->to, step->line);
	struct call *c = call_for(a, o);
	struct draft d = { 0 };

	d.head = slice_str(text_of("%.*s %.*s SIP/2.0", SLICE_ARG(o->first), SLICE_ARG(o->uri)));
	put_via(&d, a, &hop, new_branch(a));
	put_rest(&d, a, &hop, c, o->first);
	put_credentials(&d, a, o, o->first, o->uri, step->line);
	send_draft(a, c, &d, step, &hop, o->first);
}

static struct sip_hop call_hop(struct agent *a, const struct call *c, const struct order *o,
    unsigned line)
{
	if (o->via.len == 0 && c->hop.transport)
		return c->hop;
	return way_to_server(a, transport_of(o, line), o->to, line);
}

/* BYE, UPDATE, re-INVITE, ACK for a 2xx. */
static void send_inside(struct agent *a, struct call *c, const struct order *o,
    const struct step *step)
{
	struct sip_hop hop = call_hop(a, c, o, step->line);
	struct draft d = { 0 };

	if (!slice_eq(o->first, SLICE("ACK")))
		c->cseq++;
	d.head = slice_str(text_of("%.*s %.*s SIP/2.0", SLICE_ARG(o->first), SLICE_ARG(c->target)));
	put_via(&d, a, &hop, new_branch(a));
	if (c->routes.len)
		put_line(&d, text_of("Route: %.*s", SLICE_ARG(c->routes)));
	put_rest(&d, a, &hop, c, o->first);
	put_credentials(&d, a, o, o->first, c->target, step->line);
	send_draft(a, c, &d, step, &hop, o->first);
}

static const struct got *last_response(const struct agent *a, const struct call *c)
{
	const struct got *found = NULL;

	for (const struct got *g = a->got; g; g = g->next)
		if (g->msg && !g->msg->is_request && g->msg->method == METHOD_INVITE &&
		    g->msg->status >= 200 && slice_eq(msg_call_id(g->msg), c->call_id))
			found = g;
	return found;
}

/* 9.1 and 17.1.1.3: made from the INVITE as it was sent. */
static void send_made_from_invite(struct agent *a, struct call *c, const struct step *step,
    struct slice to, bool is_cancel)
{
	struct buf *out = buf_new(1024);
	struct slice bytes, rest;
	struct draft d = { 0 };

	if (is_cancel)
		sip_build_cancel(c->invite, SLICE_NULL, out);
	else
		sip_build_ack(c->invite, to, out);
	bytes = copy_of(buf_slice(out));
	buf_unref(&out);
	rest = slice_first(bytes, slice_search(bytes, SLICE("\r\n\r\n")));
	d.head = slice_split(&rest, '\n');
	d.head.len--;
	while (rest.len) {
		struct slice line = slice_trim(slice_split(&rest, '\n'));

		if (!same_header(line, SLICE("Content-Length")))
			d.lines[d.count++] = line;
	}
	apply_notes(&d, step->notes);
	deliver_to_server(a, &c->hop, draft_bytes(&d));
}

static void send_request(struct agent *a, const struct order *o, const struct step *step)
{
	const struct got *final;
	struct call *c;

	if (o->uri.len) {
		send_new(a, o, step);
		return;
	}
	c = call_named(a, o->in, step->line);
	final = c->invite.len ? last_response(a, c) : NULL;
	if (slice_eq(o->first, SLICE("CANCEL")))
		send_made_from_invite(a, c, step, SLICE_NULL, true);
	else if (slice_eq(o->first, SLICE("ACK")) && final && final->msg->status >= 300)
		send_made_from_invite(a, c, step, msg_value(final->msg, HDR_TO), false);
	else
		send_inside(a, c, o, step);
}

/* ---- responses ---- */

static const struct got *request_to_answer(const struct agent *a, const struct order *o,
    unsigned line)
{
	const struct got *found = NULL;

	for (const struct got *g = a->got; g; g = g->next) {
		if (!g->msg || !g->msg->is_request || g->msg->method == METHOD_ACK)
			continue;
		if (o->answers.len == 0 || slice_eq(g->msg->method_text, o->answers))
			found = g;
	}
	if (!found)
		scene_fail(line, "%.*s has no request to answer", SLICE_ARG(a->name));
	return found;
}

static void copy_all(struct draft *d, const struct sip_msg *msg, enum hdr_id id)
{
	for (const struct hdr *h = msg_hdr(msg, id); h; h = msg_hdr_next(msg, h))
		put_line(d, text_of("%.*s", SLICE_ARG(slice_trim(h->line))));
}

static bool makes_dialog(const struct sip_msg *request, unsigned status)
{
	return status > 100 && status < 300 &&
	    (request->method == METHOD_INVITE || request->method == METHOD_SUBSCRIBE);
}

/* One tag for each call it is in. */
static struct slice own_tag(struct agent *a, const struct sip_msg *request)
{
	for (struct call *c = a->calls; c; c = c->next)
		if (slice_eq(c->call_id, msg_call_id(request)) && c->tag.len)
			return c->tag;
	return slice_str(text_of("%.*s-0", SLICE_ARG(a->name)));
}

/* Back the way it came: on its connection, or to the server's address. */
static struct sip_hop way_back(struct agent *a, const struct got *g)
{
	struct sip_hop hop = { .transport = g->hop.transport, .listener = g->hop.listener,
	    .flow = g->hop.flow, .remote = a->addr, .local = g->hop.local };

	if (hop.flow)
		hop.remote = g->hop.remote;
	return hop;
}

static void send_response(struct agent *a, const struct order *o, const struct step *step)
{
	const struct got *g = request_to_answer(a, o, step->line);
	struct slice reason = o->rest;
	struct sip_hop hop = way_back(a, g);
	struct draft d = { 0 };
	uint32_t status = 0;

	slice_to_u32(o->first, &status);
	if (slice_starts(reason, SLICE("to ")))
		reason = SLICE_NULL;
	else
		reason = slice_trim(slice_first(reason, slice_search(reason, SLICE(" to "))));
	if (reason.len == 0)
		reason = sip_reason((uint16_t)status);
	d.head = slice_str(text_of("SIP/2.0 %u %.*s", status, SLICE_ARG(reason)));
	copy_all(&d, g->msg, HDR_VIA);
	copy_all(&d, g->msg, HDR_FROM);
	put_line(&d, text_of("To: %.*s%s%.*s", SLICE_ARG(msg_value(g->msg, HDR_TO)),
	    msg_to(g->msg)->tag.len || status == 100 ? "" : ";tag=",
	    msg_to(g->msg)->tag.len || status == 100 ? 0 : (int)own_tag(a, g->msg).len,
	    own_tag(a, g->msg).p));
	copy_all(&d, g->msg, HDR_CALL_ID);
	copy_all(&d, g->msg, HDR_CSEQ);
	if (makes_dialog(g->msg, status)) {
		copy_all(&d, g->msg, HDR_RECORD_ROUTE);
		put_line(&d, text_of("Contact: <sip:%.*s@%s>", SLICE_ARG(a->name), host_port(&a->addr)));
	}
	apply_notes(&d, step->notes);
	deliver_to_server(a, &hop, draft_bytes(&d));
}

/* ---- as it is ---- */

static void send_raw(struct agent *a, const struct order *o, const struct step *step)
{
	struct sip_hop hop = way_to_server(a, transport_of(o, step->line), o->to, step->line);
	char *text = text_of("%s", ""), *longer;

	for (const struct note *n = step->notes; n; n = n->next) {
		longer = text_of("%s%.*s\r\n", text, SLICE_ARG(n->text));
		free(text);
		text = longer;
	}
	deliver_to_server(a, &hop, slice_str(text));
}

static void send_file(struct agent *a, struct slice text, const struct step *step)
{
	struct slice path = take_word(&text);
	struct order o = read_order(slice_str(text_of("file %.*s", SLICE_ARG(text))), step->line);
	struct sip_hop hop = way_to_server(a, transport_of(&o, step->line), o.to, step->line);
	char *bytes = calloc(1, 1 << 17);
	FILE *f = fopen(text_of("%.*s", SLICE_ARG(path)), "rb");
	size_t len;

	if (!f)
		f = fopen(text_of("%s/%.*s", getenv("top_srcdir") ? getenv("top_srcdir") : ".",
		    SLICE_ARG(path)), "rb");
	if (!f)
		scene_fail(step->line, "cannot read %.*s", SLICE_ARG(path));
	len = fread(bytes, 1, 1 << 17, f);
	fclose(f);
	deliver_to_server(a, &hop, slice_of(bytes, len));
}

void agent_send(struct agent *a, const struct step *step)
{
	struct slice rest = step->what, first = take_word(&rest);
	struct order o;

	if (slice_eq(first, SLICE("again"))) {
		if (a->last_sent.len == 0)
			scene_fail(step->line, "%.*s has sent nothing yet", SLICE_ARG(a->name));
		deliver_to_server(a, &a->last_hop, a->last_sent);
		return;
	}
	if (slice_eq(first, SLICE("file"))) {
		send_file(a, rest, step);
		return;
	}
	o = read_order(step->what, step->line);
	if (slice_eq(first, SLICE("raw")))
		send_raw(a, &o, step);
	else if (is_digit(first.p[0]))
		send_response(a, &o, step);
	else
		send_request(a, &o, step);
}

void agent_close(struct agent *a, struct slice transport, unsigned line)
{
	enum sip_transport t = transport.len ? transport_parse(transport) : TRANSPORT_TCP;

	if (t == TRANSPORT_NONE || a->flows[t] == 0)
		scene_fail(line, "%.*s has no such connection", SLICE_ARG(a->name));
	fake_close(a->flows[t]);
	a->flows[t] = 0;
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

/* The value of a list header in reverse: the route set of who sent the request (12.1.2). */
static struct slice reversed(struct sip_msg *msg, enum hdr_id id, bool reverse)
{
	char *all = text_of("%s", "");

	for (const struct hdr *h = msg_hdr(msg, id); h; h = msg_hdr_next(msg, h)) {
		struct slice rest = h->value, value;

		while (hdr_next_value(&rest, &value))
			all = !*all ? text_of("%.*s", SLICE_ARG(value)) :
			    reverse ? text_of("%.*s, %s", SLICE_ARG(value), all) :
			    text_of("%s, %.*s", all, SLICE_ARG(value));
	}
	return slice_str(all);
}

static void learn_contact(struct call *c, struct sip_msg *msg)
{
	const struct name_addr *contact = msg_name_addr(msg, HDR_CONTACT);

	if (contact)
		c->target = copy_of(contact->uri.text);
}

static void learn_request(struct agent *a, struct sip_msg *msg)
{
	struct call *c = a->calls;

	if (msg->method != METHOD_INVITE && msg->method != METHOD_SUBSCRIBE)
		return;
	while (c && !slice_eq(c->call_id, msg_call_id(msg)))
		c = c->next;
	if (!c) {
		c = call_new(a, SLICE_NULL);
		c->call_id = copy_of(msg_call_id(msg));
		c->tag = slice_str(text_of("%.*s-%u", SLICE_ARG(a->name), ++call_count));
		c->remote = copy_of(msg_value(msg, HDR_FROM));
		c->local = slice_str(text_of("%.*s;tag=%.*s", SLICE_ARG(msg_value(msg, HDR_TO)),
		    SLICE_ARG(c->tag)));
		c->routes = reversed(msg, HDR_RECORD_ROUTE, false);
	}
	learn_contact(c, msg);
}

static void learn_response(struct agent *a, struct sip_msg *msg)
{
	struct call *c = a->calls;

	while (c && !slice_eq(c->call_id, msg_call_id(msg)))
		c = c->next;
	if (!c || msg->status <= 100 || msg->status >= 300 ||
	    (msg->method != METHOD_INVITE && msg->method != METHOD_SUBSCRIBE))
		return;
	c->remote = copy_of(msg_value(msg, HDR_TO));
	c->routes = reversed(msg, HDR_RECORD_ROUTE, true);
	learn_contact(c, msg);
}

static void learn(struct agent *a, const struct got *g)
{
	struct call *c;

	if (g->msg->is_request)
		learn_request(a, g->msg);
	else
		learn_response(a, g->msg);
	c = a->calls;
	if (c && !c->hop.transport && slice_eq(c->call_id, msg_call_id(g->msg)))
		c->hop = way_back(a, g);
}

int agents_wire(const struct sip_hop *hop, struct slice bytes)
{
	struct agent *a = agent_at(hop);
	struct got *g;

	if (!a)
		a = agent_declare(slice_str(text_of("(%s)", host_port(&hop->remote))), &hop->remote);
	if (a->refuses)
		return transport_is_stream(hop->transport) ? -ECONNREFUSED : 0;
	if (a->deaf)
		return 0;
	g = calloc(1, sizeof(*g));
	*g = (struct got){ .at = fake_now(), .hop = *hop, .bytes = copy_of(bytes) };
	g->bytes = slice_of(memcpy(malloc(bytes.len + 1), bytes.p, bytes.len), bytes.len);
	g->msg = parsed(g->bytes);
	if (g->msg && msg_from(g->msg) && msg_to(g->msg))
		learn(a, g);
	*a->got_end = g;
	a->got_end = &g->next;
	return 0;
}
