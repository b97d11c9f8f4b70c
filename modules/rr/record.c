/*
 * modules/rr/record.c - Record-Route: later requests of the dialog come back through us
 * (RFC 3261 16.6 item 4, RFC 5658 for two sides that differ).
 *
 * What is written depends on the hop, so it is a late edit. One entry does when
 * both sides are the same datagram listener; else there are two, the outer one
 * on top, and each names the connection of its side if it has one.
 */
#include "modules/rr/rr.h"

#include <errno.h>

struct recording {			/* the edit's argument, in the message's arena */
	struct sip_hop in;
	struct slice   params;		/* ";name=value", of both entries */
};

static void put_uri(struct buf *out, const struct sip_hop *side, const struct recording *r,
    bool is_double)
{
	char token[FLOW_TOKEN_CHARS], text[300];

	buf_put(out, SLICE("<sip:"));
	if (side->flow) {
		flow_token_write(token, side->flow, side->listener);
		buf_put(out, slice_of(token, sizeof(token)));
		buf_put_char(out, '@');
	}
	buf_put(out, net_sent_by(side, text));
	if (side->transport != TRANSPORT_UDP) {
		buf_put(out, SLICE(";transport="));
		buf_put(out, transport_uri_name(side->transport));
	}
	if (is_double)
		buf_put(out, SLICE(";r2=on"));
	buf_put(out, SLICE(";lr"));
	buf_put(out, r->params);
	buf_put_char(out, '>');
}

static bool is_one_side(const struct sip_hop *in, const struct sip_hop *out)
{
	return in->transport == out->transport && in->listener == out->listener && !in->flow &&
	    !out->flow && in->local.ip.family == out->remote.ip.family;
}

static void write_record_route(struct buf *out, const struct sip_edit *edit,
    const struct sip_hop *hop)
{
	const struct recording *r = edit->arg;
	bool is_double = !is_one_side(&r->in, hop);

	buf_put(out, SLICE("Record-Route: "));
	put_uri(out, hop, r, is_double);
	if (is_double) {
		buf_put_char(out, ',');
		put_uri(out, &r->in, r, true);
	}
	buf_put(out, SLICE("\r\n"));
}

static struct slice with_from_tag(struct lcs_call *call, struct slice params)
{
	const struct rr_conf *conf = call->conf;
	const struct name_addr *from = msg_from(lcs_msg(call->ctx));

	if (!conf->append_fromtag || !from || !from->tag.len)
		return arena_dup(lcs_arena(call->ctx), params);
	return arena_printf(lcs_arena(call->ctx), "%.*s;ftag=%.*s", SLICE_ARG(params),
	    SLICE_ARG(from->tag));
}

/* Parameters come from the script: what would end the URI or the line is refused. */
static bool is_safe(struct slice params)
{
	for (size_t i = 0; i < params.len; i++)
		if (params.p[i] == '>' || params.p[i] == '<' || params.p[i] == '"' ||
		    params.p[i] == ',' || is_lws(params.p[i]) || params.p[i] == '\0')
			return false;
	return !params.len || params.p[0] == ';';
}

enum fn_status rr_record_route(struct lcs_call *call)
{
	struct arena *arena = lcs_arena(call->ctx);
	struct recording *r = arena_alloc(arena, sizeof(*r));

	call->ret = value_bool(false);
	if (!is_safe(call->argv[0].s))
		return FN_DONE;
	if (!r)
		return FN_FAILED;
	r->in = *lcs_from(call->ctx);
	r->in.name = SLICE_NULL;
	r->params = with_from_tag(call, call->argv[0].s);
	if (!r->params.p && call->argv[0].s.len)
		return FN_FAILED;
	if (edit_late(arena, lcs_edits(call->ctx), EDIT_AT_TOP, write_record_route, r) != 0)
		return FN_FAILED;
	((struct rr_local *)call->local)->recorded++;
	call->ret = value_bool(true);
	return FN_DONE;
}

enum fn_status rr_record_route_preset(struct lcs_call *call)
{
	struct arena *arena = lcs_arena(call->ctx);
	struct slice value = arena_printf(arena, "<sip:%.*s;lr>", SLICE_ARG(call->argv[0].s));
	int err;

	if (!value.p)
		return FN_FAILED;
	err = edit_add(arena, lcs_edits(call->ctx), EDIT_AT_TOP, SLICE("Record-Route"), value);
	if (err == -ENOMEM)
		return FN_FAILED;
	call->ret = value_bool(err == 0);
	return FN_DONE;
}

/* The last record_route() of this message gets one parameter more. */
enum fn_status rr_add_param(struct lcs_call *call)
{
	struct arena *arena = lcs_arena(call->ctx);
	const struct sip_edit *e = *lcs_edits(call->ctx);
	const struct recording *old;
	struct recording *r;

	call->ret = value_bool(false);
	while (e && !(e->kind == EDIT_LATE && e->late == write_record_route))
		e = e->before;
	if (!e || !is_safe(call->argv[0].s))
		return FN_DONE;
	old = e->arg;
	r = (struct recording *)(uintptr_t)old;	/* nothing of it has been sent yet */
	r->params = arena_printf(arena, "%.*s%.*s", SLICE_ARG(old->params),
	    SLICE_ARG(call->argv[0].s));
	if (!r->params.p)
		return FN_FAILED;
	call->ret = value_bool(true);
	return FN_DONE;
}
