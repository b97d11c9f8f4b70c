/*
 * test/scene/learn.c - an agent learns the route set and the remote target of its calls
 * (RFC 3261 12.1.1, 12.1.2).
 */
#include "test/scene/agent.h"

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
		c = agent_call_new(a, SLICE_NULL);
		c->call_id = copy_of(msg_call_id(msg));
		c->tag = agent_new_tag(a);
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

void agent_learn(struct agent *a, const struct got *g)
{
	struct call *c;

	if (g->msg->is_request)
		learn_request(a, g->msg);
	else
		learn_response(a, g->msg);
	c = a->calls;
	if (c && !c->hop.transport && slice_eq(c->call_id, msg_call_id(g->msg)))
		c->hop = agent_way_back(a, g);
}
