/*
 * test/scene/request.c - correct requests out of little: what a scene does not say is filled
 * in as RFC 3261 8.1.1, 9.1, 12.2 and 17.1.1.3 want it.
 */
#include "test/scene/agent.h"

static unsigned branch_count, call_count;

static void put_via(struct draft *d, struct agent *a, const struct sip_hop *hop, const char *branch)
{
	struct sock_addr sent_by = a->addr;

	draft_line(d, slice_str(text_of("Via: SIP/2.0/%.*s %s;rport;branch=%s",
	    SLICE_ARG(transport_via_name(hop->transport)), agent_host_port(&sent_by), branch)));
}

static char *new_branch(struct agent *a)
{
	return text_of(VIA_COOKIE "-%.*s-%u", SLICE_ARG(a->name), ++branch_count);
}

static void put_rest(struct draft *d, struct agent *a, const struct sip_hop *hop,
    const struct call *c, struct slice method)
{
	draft_line(d, slice_str(text_of("Max-Forwards: 70")));
	draft_line(d, slice_str(text_of("From: %.*s", SLICE_ARG(c->local))));
	draft_line(d, slice_str(text_of("To: %.*s", SLICE_ARG(c->remote))));
	draft_line(d, slice_str(text_of("Call-ID: %.*s", SLICE_ARG(c->call_id))));
	draft_line(d, slice_str(text_of("CSeq: %u %.*s", c->cseq, SLICE_ARG(method))));
	draft_line(d, slice_str(text_of("Contact: <sip:%.*s@%s%s%.*s>", SLICE_ARG(a->name), agent_host_port(&a->addr),
	    hop->transport == TRANSPORT_UDP ? "" : ";transport=",
	    hop->transport == TRANSPORT_UDP ? 0 : 3, transport_uri_name(hop->transport).p)));
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
	draft_line(d, text);
}

/* What a later CANCEL or ACK is made from: as sent, notes included. */
static void send_draft(struct agent *a, struct call *c, struct draft *d, const struct step *step,
    const struct sip_hop *hop, struct slice method)
{
	struct slice bytes;
	struct sip_msg *msg;

	draft_notes(d, step->notes);
	bytes = draft_text(d);
	c->sent = bytes;
	c->sent_hop = *hop;
	if (slice_eq(method, SLICE("INVITE"))) {
		c->invite = bytes;
		c->hop = *hop;
	}
	msg = draft_parsed(bytes);
	if (msg && msg_from(msg) && c->cseq == 1) {
		c->local = copy_of(msg_value(msg, HDR_FROM));
		c->remote = copy_of(msg_value(msg, HDR_TO));
		c->call_id = copy_of(msg_call_id(msg));
	}
	sip_msg_unref(&msg);
	agent_deliver(a, hop, bytes);
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
	c = agent_call_new(a, copy_of(name));
	c->cseq = 1;
	c->tag = agent_new_tag(a);
	c->call_id = slice_str(text_of("call-%u@%s", ++call_count, agent_host_port(&a->addr)));
	c->local = slice_str(text_of("<sip:%.*s@" DOMAIN ">;tag=%.*s", SLICE_ARG(a->name),
	    SLICE_ARG(c->tag)));
	c->remote = slice_eq(o->first, SLICE("REGISTER")) ?
	    slice_str(text_of("<sip:%.*s@" DOMAIN ">", SLICE_ARG(a->name))) : to_of(o->uri);
	c->target = c->first_uri = copy_of(o->uri);
	return c;
}

static void send_new(struct agent *a, const struct order *o, const struct step *step)
{
	struct sip_hop hop = agent_way(a, order_transport(o, step->line), o->to, step->line);
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
	return agent_way(a, order_transport(o, line), o->to, line);
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
		draft_line(&d, slice_str(text_of("Route: %.*s", SLICE_ARG(c->routes))));
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
	struct slice bytes;
	struct draft d = { 0 };

	if (is_cancel)
		sip_build_cancel(c->invite, SLICE_NULL, out);
	else
		sip_build_ack(c->invite, to, out);
	bytes = copy_of(buf_slice(out));
	buf_unref(&out);
	draft_read(&d, bytes);
	draft_notes(&d, step->notes);
	agent_deliver(a, &c->hop, draft_text(&d));
}

void agent_request(struct agent *a, const struct order *o, const struct step *step)
{
	const struct got *final;
	struct call *c;

	if (o->uri.len) {
		send_new(a, o, step);
		return;
	}
	c = agent_call(a, o->in, step->line);
	final = c->invite.len ? last_response(a, c) : NULL;
	if (slice_eq(o->first, SLICE("CANCEL")))
		send_made_from_invite(a, c, step, SLICE_NULL, true);
	else if (slice_eq(o->first, SLICE("ACK")) && final && final->msg->status >= 300)
		send_made_from_invite(a, c, step, msg_value(final->msg, HDR_TO), false);
	else
		send_inside(a, c, o, step);
}
