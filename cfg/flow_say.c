/*
 * cfg/flow_say.c - what is wrong on the ways to a place, in words.
 */
#include "cfg/flow.h"

bool flow_may_say(const struct flow *f, const struct flow_state *s)
{
	return f->reports && s->methods != 0;
}

static bool flow_in_request(const struct flow *f)
{
	return f->route->contexts & IN_REQUEST;
}

void flow_say_reply(struct flow *f, const struct flow_state *s, const struct expr *e)
{
	struct cfg_span at = e->call.name_at;
	const char *name = e->call.func->name;
	struct diag_item *item;

	if (s->methods == M_ACK) {
		item = load_error(f->ld, 507, at, "%s() where the request is an ACK", name);
		diag_beside(item, "an ACK is never answered or challenged (RFC 3261 17, 22.1)");
	} else if (s->methods == M_CANCEL) {
		item = load_error(f->ld, 507, at, "%s() where the request is a CANCEL", name);
		diag_beside(item, "a CANCEL is answered by the transaction (RFC 3261 9.2)");
	} else if (s->relayed) {
		item = load_warning(f->ld, 504, at, "%s() after the request was relayed", name);
		diag_beside(item, "the other side answers; this would be a second answer");
	}
}

void flow_say_relay(struct flow *f, const struct flow_state *s, const struct expr *e)
{
	if (s->relayed)
		diag_beside(load_warning(f->ld, 504, e->call.name_at,
		    "%s() after the request was relayed", e->call.func->name),
		    "it would be sent a second time");
}

void flow_say_record(struct flow *f, const struct flow_state *s, const struct expr *e)
{
	if (s->relayed)
		diag_beside(load_warning(f->ld, 506, e->call.name_at,
		    "record_route() after the request was relayed"),
		    "the copy that was sent does not have it");
	else if (s->to_tag)
		diag_beside(load_warning(f->ld, 506, e->call.name_at,
		    "record_route() where the request is known to have a To tag"),
		    "the route of a dialog is made by its first request");
}

void flow_say_silence(struct flow *f, const struct flow_state *s, struct cfg_span at)
{
	struct diag_item *item;

	/* An ACK has no answer to miss, and a CANCEL that fits nothing changes nothing. */
	if (!flow_may_say(f, s) || !flow_in_request(f) || s->logged ||
	    !(s->open & ~(unsigned)(M_ACK | M_CANCEL)))
		return;
	item = load_warning(f->ld, 502, at, "a request can end here without an answer");
	diag_beside(item, "no reply, relay or drop on some way to this place");
	diag_help(item, "if silence is meant, write drop, or a log line before exit");
}

/* RFC 3261 16.7: the client waits for it, and would ask again and again. */
void flow_say_lost(struct flow *f, const struct flow_state *s, struct cfg_span at)
{
	struct diag_item *item;

	if (!flow_may_say(f, s) || f->ld->is_guest || !(s->responses & R_FINAL))
		return;
	item = load_error(f->ld, 509, at, "drop where the response can be a final one");
	diag_beside(item, "a final response always goes on: the client waits for it");
	diag_help(item, "provisional ones may be dropped: if (($rs ?? 200) < 200) drop;");
}

void flow_say_unset(struct flow *f, const struct flow_state *s, const struct expr *e)
{
	struct slice name = f->ld->names->slot_names[e->pv->slot];

	if (!flow_may_say(f, s) || f->null_is_asked || flow_is_set(s, e->pv->slot))
		return;
	diag_beside(diag_add(f->ld->diag, f->ld->is_guest ? DIAG_NOTE : DIAG_WARNING, 330, e->at,
	    "$var(%.*s) is read where nothing has set it",
	    SLICE_ARG(name)), "on some way here it is still null");
}

/* ---- what a profile wants to have been called before ---- */

void flow_note_called(struct flow *f, struct flow_state *s, struct slice name)
{
	static const enum rule_kind kinds[] = { RULE_BEFORE_RELAY, RULE_BEFORE_REPLY };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct profile_rule *r = NULL;

		while ((r = profile_next(f->ld, kinds[i], r)))
			if (profile_names(r->names, name))
				s->called |= 1u << r->bit;
	}
}

/* What belongs to a dialog, or to a request that was let pass, has been asked once. */
void flow_say_uncalled(struct flow *f, const struct flow_state *s, const struct expr *e,
    enum rule_kind kind)
{
	const struct profile_rule *r = NULL;

	if (s->to_tag || !flow_in_request(f))
		return;
	while ((r = profile_next(f->ld, kind, r))) {
		unsigned methods = r->methods.len ? flow_methods(r->methods) :
		    (unsigned)M_ALL & ~(unsigned)(M_ACK | M_CANCEL);

		if (s->called >> r->bit & 1 || !(s->methods & methods))
			continue;
		diag_beside(load_warning(f->ld, 608, e->call.name_at, "profile \"%.*s\" wants "
		    "%.*s before %s()", SLICE_ARG(r->owner->name), SLICE_ARG(r->names),
		    e->call.func->name), "%.*s", SLICE_ARG(r->why));
	}
}
