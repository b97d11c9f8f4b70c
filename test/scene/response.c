/*
 * test/scene/response.c - responses of an agent to what it has received (8.2.6).
 */
#include "test/scene/agent.h"

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

void agent_response(struct agent *a, const struct order *o, const struct step *step)
{
	const struct got *g = request_to_answer(a, o, step->line);
	struct slice reason = o->rest;
	struct sip_hop hop = agent_way_back(a, g);
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
	draft_copy(&d, g->msg, HDR_VIA);
	draft_copy(&d, g->msg, HDR_FROM);
	draft_line(&d, slice_str(text_of("To: %.*s%s%.*s", SLICE_ARG(msg_value(g->msg, HDR_TO)),
	    msg_to(g->msg)->tag.len || status == 100 ? "" : ";tag=",
	    msg_to(g->msg)->tag.len || status == 100 ? 0 : (int)own_tag(a, g->msg).len,
	    own_tag(a, g->msg).p)));
	draft_copy(&d, g->msg, HDR_CALL_ID);
	draft_copy(&d, g->msg, HDR_CSEQ);
	if (makes_dialog(g->msg, status)) {
		draft_copy(&d, g->msg, HDR_RECORD_ROUTE);
		draft_line(&d, slice_str(text_of("Contact: <sip:%.*s@%s>", SLICE_ARG(a->name), agent_host_port(&a->addr))));
	}
	draft_notes(&d, step->notes);
	agent_deliver(a, &hop, draft_text(&d));
}
