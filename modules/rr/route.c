/*
 * modules/rr/route.c - Route (RFC 3261 16.4): take off what is ours, mend what strict
 * routers did, find the client's own connection.
 */
#include "modules/rr/rr.h"

#include <errno.h>

/* ---- is that us? ---- */

/* The parameters that matter here; .p NULL: absent. */
enum { MARK_LR, MARK_R2, MARK_SEAL, MARK_TRANSPORT, MARKS };

struct marks { struct slice value[MARKS]; };

static struct marks marks_of(const struct sip_uri *uri)
{
	static const struct slice names[MARKS] = {
		[MARK_LR] = SLICE_INIT("lr"), [MARK_R2] = SLICE_INIT("r2"),
		[MARK_SEAL] = SLICE_INIT("seal"), [MARK_TRANSPORT] = SLICE_INIT("transport"),
	};
	struct marks marks;

	sip_uri_params(uri, names, MARKS, marks.value);
	return marks;
}

static bool has_mark(const struct marks *marks, unsigned which)
{
	return marks->value[which].p != NULL;
}

static enum sip_transport transport_of(const struct sip_uri *uri, const struct marks *marks)
{
	if (has_mark(marks, MARK_TRANSPORT))
		return transport_parse(marks->value[MARK_TRANSPORT]);
	return uri->scheme == URI_SIPS ? TRANSPORT_TLS : TRANSPORT_NONE;
}

static bool is_own(struct lcs_ctx *ctx, const struct sip_uri *uri, const struct marks *marks)
{
	struct ip_addr ip;
	flow_id flow;

	if (uri->scheme != URI_SIP && uri->scheme != URI_SIPS)
		return false;
	if (flow_token_read(uri->user, &flow) ||
	    net_is_local(uri->host, uri->port, transport_of(uri, marks)))
		return true;
	/* A number is ours with the right port only: others may listen on the same host. */
	return ip_parse(uri->host, &ip) != 0 &&
	    lcs_is_own_host(lcs_ctx_gen(ctx), uri->host, uri->port);
}

bool rr_is_own(struct lcs_ctx *ctx, const struct sip_uri *uri)
{
	const struct marks marks = marks_of(uri);

	return is_own(ctx, uri, &marks);
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

static bool is_ours_as_target(struct lcs_ctx *ctx, const struct sip_uri *uri,
    struct marks *marks)
{
	flow_id flow;

	if (!uri || (!uri->params.len && uri->user.len != FLOW_TOKEN_CHARS))
		return false;
	*marks = marks_of(uri);
	return (has_mark(marks, MARK_LR) || flow_token_read(uri->user, &flow)) &&
	    is_own(ctx, uri, marks);
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

/* ---- Routes of ours ---- */

struct following {
	struct lcs_ctx *ctx;
	const struct rr_conf *conf;
	unsigned        count;		/* of ours that were taken off */
	bool            was_strict, to_flow, sealed;
	struct sip_uri  last;		/* the last of them */
	struct marks    marks;		/* of it */
};

/* NULL if it is not there or does not parse. */
static const struct name_addr *first_route(struct lcs_ctx *ctx)
{
	struct sip_view view = lcs_view(ctx);

	return view_name_addr(lcs_arena(ctx), &view, HDR_ROUTE);
}

static bool has_to_tag(struct lcs_ctx *ctx)
{
	const struct name_addr *to = msg_to(lcs_msg(ctx));

	return to && to->tag.len;
}

static bool seal_fits(const struct following *f, const struct name_addr *end)
{
	const struct sealed what = { msg_call_id(lcs_msg(f->ctx)), end ? end->tag : SLICE_NULL,
		f->last.user, has_mark(&f->marks, MARK_R2) };

	return end && seal_is_right(&f->conf->seal, &what, f->marks.value[MARK_SEAL]);
}

/* Did we give the last one out for the dialog that the request says it belongs to? */
static bool is_sealed(const struct following *f)
{
	struct sip_msg *msg = lcs_msg(f->ctx);

	return has_mark(&f->marks, MARK_SEAL) &&
	    (seal_fits(f, msg_from(msg)) || seal_fits(f, msg_to(msg)));
}

static bool lacks_seal(const struct following *f)
{
	return f->conf->ours_only && !f->sealed && has_to_tag(f->ctx);
}

static void note_last(struct following *f, const struct sip_uri *uri, const struct marks *marks)
{
	f->last = *uri;
	f->marks = *marks;
	f->count++;
	f->sealed = is_sealed(f);
}

/*
 * 16.4: a strict router has put our Record-Route value into the Request-URI and the target
 * behind the Routes.
 */
static int mend_strict(struct following *f)
{
	struct lcs_ctx *ctx = f->ctx;
	const struct sip_uri *uri = lcs_request_uri(ctx);
	struct sip_view view = lcs_view(ctx);
	struct marks marks;
	struct name_addr last;
	struct slice value;
	int err;

	f->was_strict = is_ours_as_target(ctx, uri, &marks) &&
	    view_value(&view, HDR_ROUTE, -1, &value);
	if (!f->was_strict)
		return 0;
	note_last(f, uri, &marks);
	if (name_addr_parse(value, &last, NULL) != 0)
		return -EINVAL;
	err = drop_last_value(ctx);
	if (!err)
		err = edit_request_uri(lcs_arena(ctx), lcs_edits(ctx), last.uri.text);
	return err;
}

/* The only value of its line, as we wrote it: 1 if it was taken off. */
static int take_plain(struct following *f)
{
	struct sip_msg *msg = lcs_msg(f->ctx);
	const struct sip_edit **last = lcs_edits(f->ctx);
	const struct hdr *h = msg_hdr(msg, HDR_ROUTE);
	struct hdr_ref ref = { .id = HDR_ROUTE };
	struct slice params;
	int err;

	if (!h || (*last && ((*last)->touched & edit_bit(HDR_ROUTE)) != 0) ||
	    !rr_is_plain(f->ctx, f->conf, h->value, &params))
		return 0;
	ref.at = (uint16_t)(h - msg->hdrs);
	err = edit_drop(lcs_arena(f->ctx), last, &ref);
	f->last = (struct sip_uri){ .scheme = URI_SIP, .params = params };
	f->count++;
	f->sealed = true;
	return err ? err : 1;
}

/* Take off the first Route if it is ours, and a second half if only such is wanted: 1; 0 if it
 * stays, or -errno. */
static int take_first(struct following *f, bool second_half)
{
	const struct name_addr *route = first_route(f->ctx);
	struct sip_view view = lcs_view(f->ctx);
	struct marks marks;
	int err;

	if (!route)
		return 0;
	marks = marks_of(&route->uri);
	if ((second_half && !has_mark(&marks, MARK_R2)) || !is_own(f->ctx, &route->uri, &marks))
		return 0;
	err = edit_drop_first_value(lcs_arena(f->ctx), &view, HDR_ROUTE);
	*lcs_edits(f->ctx) = view.last;
	note_last(f, &route->uri, &marks);
	return err ? err : 1;
}

/* Half of a pair is nothing that we gave out: the other half may name the only connection
 * that the request may go to. */
static int take_other_side(struct following *f)
{
	bool first_is_sealed = f->sealed;
	int taken;

	f->sealed = false;
	taken = take_first(f, true);
	f->sealed = f->sealed && first_is_sealed;
	return taken < 0 ? taken : 0;
}

#define OURS_ABOVE 3u		/* of ours before the dialog's own: nobody needs more */

/*
 * Ours may come twice: our two sides (r2), or the same value again from somebody who
 * routes through us in a spiral; a spiral must come back, so only pairs go together.
 * Above those of the dialog a client may name us as its outbound proxy.
 */
static int take_own(struct following *f)
{
	int taken = f->was_strict ? 0 : take_plain(f);

	if (taken == 0)
		taken = 1;
	while (taken > 0 && (f->count == 0 || (f->count < OURS_ABOVE && lacks_seal(f))))
		taken = take_first(f, false);
	if (taken < 0)
		return taken;
	return has_mark(&f->marks, MARK_R2) ? take_other_side(f) : 0;
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
	flow_token_hop(flow, transport_of(&f->last, &f->marks), &t->hop);
	t->has_hop = true;
	t->next_uri = SLICE_NULL;
}

static int note(struct following *f)
{
	/* In a dialog it is the seal that counts. */
	const struct rr_taken taken = { f->last.params,
	    f->to_flow || has_to_tag(f->ctx) || first_route(f->ctx), !lacks_seal(f) };

	return note_taken(f->ctx, &taken);
}

/* Take off what is ours. 0 with f->count, or -errno. */
static int follow(struct lcs_ctx *ctx, const struct rr_conf *conf, struct following *f)
{
	int err;

	*f = (struct following){ .ctx = ctx, .conf = conf };
	err = mend_strict(f);
	if (!err)
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

/* In a dialog the Request-URI is a way too; outside of one it was only we that were named. */
static enum fn_status answer_taken(struct lcs_call *call)
{
	const struct rr_taken *taken = rr_taken(call->ctx);

	return fn_bool(call, has_to_tag(call->ctx) ? taken->sealed : taken->leads_on);
}

enum fn_status rr_loose_route(struct lcs_call *call)
{
	const struct rr_conf *conf = call->conf;
	struct rr_local *stats = call->local;
	struct following f;
	int err;

	if (rr_taken(call->ctx))
		return answer_taken(call);	/* the hook was here, or we were */
	err = follow(call->ctx, conf, &f);
	if (err == -ENOMEM)
		return FN_FAILED;
	if (err)
		return fn_bool(call, false);	/* a Route that cannot be read leads nowhere */
	count(stats, &f);
	if (f.count)
		return answer_taken(call);
	if (!has_to_tag(call->ctx) || !first_route(call->ctx))
		return fn_bool(call, false);
	/* The Route of a dialog that we are not in. */
	lcs_count(&stats->foreign);
	return fn_bool(call, !conf->ours_only);
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
	return fn_bool(call, slice_eq_nocase(word, downstream ? SLICE("downstream") :
	    SLICE("upstream")));
}
