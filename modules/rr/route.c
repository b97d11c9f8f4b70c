/*
 * modules/rr/route.c - Route (RFC 3261 16.4): take off what is ours, mend what strict
 * routers did, find the client's own connection.
 */
#include "modules/rr/rr.h"

#include <errno.h>

/* ---- is that us? ---- */

static enum sip_transport transport_of(const struct sip_uri *uri)
{
	struct slice name;

	if (sip_uri_param(uri, SLICE("transport"), &name))
		return transport_parse(name);
	return uri->scheme == URI_SIPS ? TRANSPORT_TLS : TRANSPORT_NONE;
}

bool rr_is_own(struct lcs_ctx *ctx, const struct sip_uri *uri)
{
	struct ip_addr ip;
	flow_id flow;

	if (uri->scheme != URI_SIP && uri->scheme != URI_SIPS)
		return false;
	if (flow_token_read(uri->user, &flow) ||
	    net_is_local(uri->host, uri->port, transport_of(uri)))
		return true;
	/* A number is ours with the right port only: others may listen on the same host. */
	return ip_parse(uri->host, &ip) != 0 &&
	    lcs_is_own_host(lcs_ctx_gen(ctx), uri->host, uri->port);
}

/* ---- what was taken off, kept as an edit that writes nothing ---- */

static void write_nothing(struct buf *out, const struct sip_edit *edit, const struct sip_hop *hop)
{
	(void)out;
	(void)edit;
	(void)hop;
}

const struct rr_taken *rr_taken(struct lcs_ctx *ctx)
{
	for (const struct sip_edit *e = *lcs_edits(ctx); e; e = e->before)
		if (e->kind == EDIT_LATE && e->late == write_nothing)
			return e->arg;
	return NULL;
}

static int note_taken(struct lcs_ctx *ctx, const struct rr_taken *taken)
{
	struct rr_taken *copy = arena_alloc(lcs_arena(ctx), sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *taken;
	return edit_late(lcs_arena(ctx), lcs_edits(ctx), EDIT_AT_END, write_nothing, copy);
}

/* ---- strict routers ---- */

static bool is_ours_as_target(struct lcs_ctx *ctx, const struct sip_uri *uri)
{
	struct slice value;
	flow_id flow;

	if (!uri || (!sip_uri_param(uri, SLICE("lr"), &value) && !flow_token_read(uri->user, &flow)))
		return false;
	return rr_is_own(ctx, uri);
}

/* The last Route without its first or last value; the line goes if it was alone. */
static int drop_last_value(struct lcs_ctx *ctx)
{
	struct sip_view view = lcs_view(ctx);
	struct slice rest, value, kept = SLICE_NULL, last = SLICE_NULL;
	struct hdr_ref h;

	if (!view_hdr(&view, HDR_ROUTE, SLICE_NULL, -1, &h))
		return 0;
	for (rest = h.value; hdr_next_value(&rest, &value); last = value)
		if (last.p)
			kept = slice_between(h.value.p, slice_end(last));
	if (kept.len == 0)
		return edit_drop(lcs_arena(ctx), lcs_edits(ctx), &h);
	return edit_value(lcs_arena(ctx), lcs_edits(ctx), &h, kept);
}

/*
 * 16.4: a strict router has put our Record-Route value into the Request-URI and the target
 * behind the Routes. true if it was so; *own is our value then.
 */
static int mend_strict(struct lcs_ctx *ctx, bool *was_strict, struct sip_uri *own)
{
	const struct sip_uri *uri = lcs_request_uri(ctx);
	struct sip_view view = lcs_view(ctx);
	struct name_addr last;
	struct slice value;
	int err;

	*was_strict = is_ours_as_target(ctx, uri) && view_value(&view, HDR_ROUTE, -1, &value);
	if (!*was_strict)
		return 0;
	*own = *uri;
	if (name_addr_parse(value, &last, NULL) != 0)
		return -EINVAL;
	err = drop_last_value(ctx);
	if (!err)
		err = edit_request_uri(lcs_arena(ctx), lcs_edits(ctx), last.uri.text);
	return err;
}

/* ---- Routes of ours ---- */

struct following {
	struct lcs_ctx *ctx;
	const struct rr_conf *conf;
	unsigned        count;		/* of ours that were taken off */
	bool            was_strict, to_flow, sealed;
	struct sip_uri  last;		/* the last of them */
};

/* true if the first Route is there and parses. */
static bool first_route(struct lcs_ctx *ctx, struct name_addr *out)
{
	struct sip_view view = lcs_view(ctx);
	struct slice value;

	return view_value(&view, HDR_ROUTE, 0, &value) && name_addr_parse(value, out, NULL) == 0;
}

static bool is_double(const struct sip_uri *uri)
{
	struct slice value;

	return sip_uri_param(uri, SLICE("r2"), &value);
}

static bool has_to_tag(struct lcs_ctx *ctx)
{
	const struct name_addr *to = msg_to(lcs_msg(ctx));

	return to && to->tag.len;
}

static bool seal_fits(const struct following *f, const struct sip_uri *uri,
    const struct name_addr *end, struct slice seal)
{
	const struct siphash_key *key = &f->conf->seal;

	return end && seal_is_right(key, seal_dialog(key, msg_call_id(lcs_msg(f->ctx)), end->tag),
	    uri->user, is_double(uri), seal);
}

/* Did we give this out for the dialog that the request says it belongs to? */
static bool is_sealed(const struct following *f, const struct sip_uri *uri)
{
	struct sip_msg *msg = lcs_msg(f->ctx);
	struct slice seal;

	return sip_uri_param(uri, SLICE("seal"), &seal) &&
	    (seal_fits(f, uri, msg_from(msg), seal) || seal_fits(f, uri, msg_to(msg), seal));
}

static bool lacks_seal(const struct following *f)
{
	return f->conf->ours_only && !f->sealed && has_to_tag(f->ctx);
}

static int take_first(struct following *f, const struct sip_uri *uri)
{
	struct sip_view view = lcs_view(f->ctx);
	int err = edit_drop_first_value(lcs_arena(f->ctx), &view, HDR_ROUTE);

	*lcs_edits(f->ctx) = view.last;
	f->last = *uri;
	f->count++;
	f->sealed = is_sealed(f, uri);
	return err;
}

static bool own_is_first(struct following *f, struct name_addr *route)
{
	return first_route(f->ctx, route) && rr_is_own(f->ctx, &route->uri);
}

/* Half of a pair is nothing that we gave out: the other half may name the only connection
 * that the request may go to. */
static int take_other_side(struct following *f)
{
	bool first_is_sealed = f->sealed;
	struct name_addr route;
	int err;

	f->sealed = false;
	if (!own_is_first(f, &route) || !is_double(&route.uri))
		return 0;
	err = take_first(f, &route.uri);
	f->sealed = f->sealed && first_is_sealed;
	return err;
}

#define OURS_ABOVE 3u		/* of ours before the dialog's own: nobody needs more */

/*
 * Ours may come twice: our two sides (r2), or the same value again from somebody who
 * routes through us in a spiral; a spiral must come back, so only pairs go together.
 * Above those of the dialog a client may name us as its outbound proxy.
 */
static int take_own(struct following *f)
{
	struct name_addr route;
	int err = 0;

	while (!err && (f->count == 0 || (f->count < OURS_ABOVE && lacks_seal(f))) &&
	    own_is_first(f, &route))
		err = take_first(f, &route.uri);
	return err || !is_double(&f->last) ? err : take_other_side(f);
}

/* The side that the request goes out on comes last; if it names a connection, that is the
 * way. */
static void set_way(struct following *f)
{
	struct lcs_target *t = lcs_main_target(f->ctx);
	flow_id flow;

	f->to_flow = f->count && !lacks_seal(f) && flow_token_read(f->last.user, &flow);
	if (!f->to_flow)
		return;
	flow_token_hop(flow, transport_of(&f->last), &t->hop);
	t->has_hop = true;
	t->next_uri = SLICE_NULL;
}

static int note(struct following *f)
{
	struct name_addr next;
	const struct rr_taken taken = { f->last.params,
	    f->to_flow || first_route(f->ctx, &next), !lacks_seal(f) };

	return note_taken(f->ctx, &taken);
}

/* Take off what is ours. 0 with f->count, or -errno. */
static int follow(struct lcs_ctx *ctx, const struct rr_conf *conf, struct following *f)
{
	int err;

	*f = (struct following){ .ctx = ctx, .conf = conf };
	err = mend_strict(ctx, &f->was_strict, &f->last);
	if (err)
		return err;
	f->count = f->was_strict;
	f->sealed = f->was_strict && is_sealed(f, &f->last);
	err = take_own(f);
	if (err)
		return err;
	set_way(f);
	return f->count ? note(f) : 0;
}

static void count(struct rr_local *local, const struct following *f)
{
	if (f->count)
		lcs_count(&local->followed);
	if (f->was_strict)
		lcs_count(&local->strict);
	if (f->to_flow)
		lcs_count(&local->to_flow);
	if (f->count && lacks_seal(f))
		lcs_count(&local->unsealed);
}

/* ---- script functions ---- */

static enum fn_status answer(struct lcs_call *call, bool yes)
{
	call->ret = value_bool(yes);
	return FN_DONE;
}

/* In a dialog the Request-URI is a way too; outside of one it was only we that were named. */
static enum fn_status answer_taken(struct lcs_call *call)
{
	const struct rr_taken *taken = rr_taken(call->ctx);

	return answer(call, has_to_tag(call->ctx) ? taken->sealed : taken->leads_on);
}

enum fn_status rr_loose_route(struct lcs_call *call)
{
	const struct rr_conf *conf = call->conf;
	struct rr_local *stats = call->local;
	struct name_addr next;
	struct following f;
	int err;

	if (rr_taken(call->ctx))
		return answer_taken(call);	/* the hook was here, or we were */
	err = follow(call->ctx, conf, &f);
	if (err == -ENOMEM)
		return FN_FAILED;
	if (err)
		return answer(call, false);	/* a Route that cannot be read leads nowhere */
	count(stats, &f);
	if (f.count)
		return answer_taken(call);
	if (!has_to_tag(call->ctx) || !first_route(call->ctx, &next))
		return answer(call, false);
	/* The Route of a dialog that we are not in. */
	lcs_count(&stats->foreign);
	return answer(call, !conf->ours_only);
}

/* ---- before the script ---- */

static int drop_all_routes(struct lcs_ctx *ctx)
{
	struct sip_view view = lcs_view(ctx);
	int n = edit_drop_all(lcs_arena(ctx), &view, HDR_ROUTE, SLICE_NULL);

	*lcs_edits(ctx) = view.last;
	return n < 0 ? n : 0;
}

/*
 * A client with an "outbound proxy" puts us into the Route of requests that begin
 * something. That value goes (16.4), or they would be relayed to ourselves. Whether
 * the rest is followed is policy: it leads wherever the client likes. What names a
 * client's connection (a Path of ours) is followed in any case.
 */
enum hook_result rr_on_request(struct lcs_call *call)
{
	const struct rr_conf *conf = call->conf;
	struct following f;

	if (msg_hdr(lcs_msg(call->ctx), HDR_ROUTE) == NULL || has_to_tag(call->ctx))
		return HOOK_PASS;
	lcs_count(&((struct rr_local *)call->local)->preloaded);
	if (follow(call->ctx, conf, &f) == 0)
		count(call->local, &f);
	if (!f.to_flow && slice_eq(conf->preloaded, SLICE("drop")))
		drop_all_routes(call->ctx);
	return HOOK_PASS;
}

/* ---- asking ---- */

enum fn_status rr_is_direction(struct lcs_call *call)
{
	const struct rr_taken *taken = rr_taken(call->ctx);
	const struct name_addr *from = msg_from(lcs_msg(call->ctx));
	struct slice word = call->argv[0].s, tag = SLICE_NULL;
	bool downstream;

	if (taken)
		uri_param(taken->params, ';', SLICE("ftag"), &tag);
	/* Without a mark it is the request that makes the dialog, or one of the caller's. */
	downstream = tag.len == 0 || (from && slice_eq(from->tag, tag));
	return answer(call, slice_eq_nocase(word, downstream ? SLICE("downstream") :
	    SLICE("upstream")));
}
