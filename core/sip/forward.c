/*
 * core/sip/forward.c - forwarding (RFC 3261 16.6, 16.7, 16.11): the steps that copies with
 * and without a transaction share, and the stateless way.
 */
#include "core/net/flow.h"
#include "core/sip/counters.h"
#include "core/sip/ctx.h"
#include "core/sip/flight.h"
#include "core/sip/steer.h"
#include "parser/received.h"
#include "utils/hex.h"
#include "utils/siphash.h"

#include <errno.h>
#include <stdio.h>

#define RESOLVE_TIMEOUT 4000		/* ms; the client's first retransmissions come meanwhile */
#define BRANCH_HEAD     (sizeof(VIA_COOKIE "s") - 1)
#define MAX_FORWARDS_PRESET SLICE("70")	/* RFC 3261 16.6, item 3 */

/* ---- Max-Forwards ---- */

/* Has a script written it? */
static bool is_set(const struct sip_edit *last)
{
	const struct sip_edit *e = last;

	if (!e || (e->touched & edit_bit(HDR_MAX_FORWARDS)) == 0)
		return false;
	while (e && e->id != HDR_MAX_FORWARDS)
		e = e->before;
	return e && e->kind != EDIT_DROP;
}

/* A script that ran mf_process_maxfwd_header() has done this; one that did not must
 * not make loops endless. */
static int lower_max_forwards(struct lcs_ctx *ctx, const struct sip_edit **last)
{
	struct sip_view view = { ctx->msg, *last };
	struct arena *arena = lcs_arena(ctx);
	struct hdr_ref h;
	struct slice text;
	uint32_t n;

	if (is_set(*last))
		return 0;
	if (!view_hdr(&view, HDR_MAX_FORWARDS, SLICE_NULL, 0, &h))
		return edit_add(arena, last, EDIT_AT_END, SLICE("Max-Forwards"), MAX_FORWARDS_PRESET);
	if (slice_to_u32(h.value, &n) != 0 || n > 255)
		return edit_value_in_arena(arena, last, &h, MAX_FORWARDS_PRESET);
	text = arena_decimal(arena, n > 0 ? n - 1 : 0);
	return text.p ? edit_value_in_arena(arena, last, &h, text) : -ENOMEM;
}

/* ---- Route ---- */

/* Path of a binding becomes the route set, in order, in front of what is there. */
static int add_path(struct lcs_ctx *ctx, const struct lcs_target *t, const struct sip_edit **last)
{
	if (slice_is_empty(t->path))
		return 0;
	return edit_add(lcs_arena(ctx), last, EDIT_AT_TOP, SLICE("Route"), t->path);
}

static bool is_loose(const struct sip_uri *uri)
{
	struct slice value;

	return sip_uri_param(uri, SLICE("lr"), &value);
}

/* A strict router next (16.6, item 6): it finds itself in the Request-URI, and the true
 * target as the last Route. */
static int suit_strict_router(struct lcs_ctx *ctx, const struct sip_edit **last,
    const struct sip_uri *first)
{
	struct arena *arena = lcs_arena(ctx);
	struct sip_view view = { ctx->msg, *last };
	struct slice uri = view_request_uri(&view);
	int err = edit_add(arena, last, EDIT_AT_END, SLICE("Route"),
	    arena_printf(arena, "<%.*s>", SLICE_ARG(uri)));

	view.last = *last;
	if (!err)
		err = edit_drop_first_value(arena, &view, HDR_ROUTE);
	*last = view.last;
	if (!err)
		err = edit_request_uri(arena, last, first->text);
	return err;
}

static int follow_route(struct lcs_ctx *ctx, const struct sip_edit **last, bool *found,
    struct sip_uri *next)
{
	struct sip_view view = { ctx->msg, *last };
	struct name_addr first;
	struct slice value;

	*found = view_value(&view, HDR_ROUTE, 0, &value);
	if (!*found)
		return 0;
	if (name_addr_parse(value, &first, NULL) != 0)
		return -EINVAL;
	*next = first.uri;
	return is_loose(&first.uri) ? 0 : suit_strict_router(ctx, last, &first.uri);
}

/* ---- together ---- */

static int next_hop_uri(struct lcs_ctx *ctx, const struct lcs_target *t,
    const struct sip_edit **last, struct sip_uri *next)
{
	const struct sip_uri *request_uri;
	struct sip_view view;
	bool has_route;
	int err;

	err = follow_route(ctx, last, &has_route, next);
	if (err)
		return err;
	if (t->next_uri.len)
		return sip_uri_parse(t->next_uri, next, NULL) == 0 ? 0 : -EINVAL;
	if (has_route)
		return 0;
	view = (struct sip_view){ ctx->msg, *last };
	request_uri = view_uri(lcs_arena(ctx), &view);
	if (!request_uri)
		return -EINVAL;
	*next = *request_uri;
	return 0;
}

int lcs_forward_edits(struct lcs_ctx *ctx, const struct lcs_target *t,
    const struct sip_edit **last, struct sip_uri *next_uri)
{
	int err = 0;

	if (t->request_uri.len)
		err = edit_request_uri(lcs_arena(ctx), last, t->request_uri);
	if (!err)
		err = edit_received(lcs_arena(ctx), last, ctx->msg);
	if (!err)
		err = lower_max_forwards(ctx, last);
	if (!err)
		err = add_path(ctx, t, last);
	if (!err)
		err = next_hop_uri(ctx, t, last, next_uri);
	if (!err && next_uri->host.len == 0 && !t->has_hop)
		err = -EINVAL;
	if (!err)
		flight_relayed(ctx, t);
	return err;
}

/* ---- the stateless way ---- */

/*
 * 16.11: retransmissions of one request get the same branch; different requests,
 * different ones. It is made of what a response brings back, with a key: so a response
 * shows that it answers something we forwarded (RFC 6026 7.3: any other goes nowhere).
 * RFC 2543 clients have no branch that tells requests apart; theirs are told by who sent
 * them, Call-ID and CSeq.
 */
#define MARK_LEN (BRANCH_HEAD + 4 * sizeof(uint64_t))

static bool forward_mark(struct arena *arena, const struct sip_via *via, struct sip_msg *msg,
    char text[MARK_LEN])
{
	const struct sip_cseq *cseq = msg_cseq(msg);
	struct slice id = via_has_cookie(via) ? via->branch :
	    arena_printf(arena, "%.*s:%u %.*s", SLICE_ARG(via->host), (unsigned)via->port,
		SLICE_ARG(via->branch));
	uint64_t hash[2];

	hash[0] = lcs_key(id);
	hash[1] = steer_call_key(msg_call_id(msg)) ^ (cseq ? cseq->seq : 0);
	memcpy(text, VIA_COOKIE "s", BRANCH_HEAD);
	hex_encode(text + BRANCH_HEAD, hash, sizeof(hash));
	return id.p != NULL;
}

/* Nobody looks for loops of an ACK: it makes no transaction, and is not forked. */
static struct slice end_of_branch(struct lcs_ctx *ctx)
{
	return ctx->msg->method == METHOD_ACK ? SLICE("") : lcs_loop_mark(ctx);
}

static struct slice stateless_branch(struct lcs_ctx *ctx)
{
	const struct sip_via *via = msg_via(ctx->msg);
	struct slice mark = end_of_branch(ctx);
	char *text = arena_bytes(lcs_arena(ctx), MARK_LEN + mark.len);

	if (!text || !mark.p || !via || !forward_mark(lcs_arena(ctx), via, ctx->msg, text))
		return SLICE_NULL;
	if (mark.len)
		memcpy(text + MARK_LEN, mark.p, mark.len);
	return slice_of(text, MARK_LEN + mark.len);
}

static int send_copy(struct lcs_ctx *ctx, const struct sip_edit *last, const struct sip_hop *hop)
{
	struct sip_out *out;

	if (!lcs_may_send(ctx, last, hop))
		return 0;
	out = sip_out_new();
	if (!out)
		return -ENOMEM;
	out->base = sip_msg_ref(ctx->msg);
	out->last = last;
	out->hop = *hop;
	/* The name to verify lives in a list of hops that may go before the dial. */
	if (hop->name.len)
		out->hop.name = arena_dup(lcs_arena(ctx), hop->name);
	net_send(&out);
	return 0;
}

static void count_sent(const struct lcs_ctx *ctx, int err)
{
	if (err)
		SIP_COUNT(forward_failed);
	else if (ctx->msg->is_request)
		SIP_COUNT(requests_forwarded);
	else
		SIP_COUNT(responses_forwarded);
}

/* A forward that waits for DNS; lives in the message's arena. */
struct forward {
	struct lcs_ctx        *ctx;	/* counted */
	const struct sip_edit *last;
	struct resolve        *question;
};

static void resolved(void *arg, int err, const struct hop_list *hops)
{
	struct forward *f = arg;

	if (err == 0 && hops->count > 0)
		err = send_copy(f->ctx, f->last, &hops->hops[0]);
	count_sent(f->ctx, err);
	lcs_ctx_unref(&f->ctx);
}

static int ask(struct lcs_ctx *ctx, const struct sip_edit *last, const struct sip_uri *uri)
{
	struct forward *f = arena_alloc(lcs_arena(ctx), sizeof(*f));
	int err;

	if (!f)
		return -ENOMEM;
	*f = (struct forward){ .ctx = lcs_ctx_ref(ctx), .last = last };
	err = resolve_start(uri, RESOLVE_TIMEOUT, resolved, f, &f->question);
	if (err)
		lcs_ctx_unref(&f->ctx);
	return err;
}

static int send_to(struct lcs_ctx *ctx, const struct sip_edit *last, const struct sip_uri *uri)
{
	struct hop_list *hops;
	int err;

	if (!resolve_now(uri, &hops))
		return ask(ctx, last, uri);
	err = hops->count > 0 ? send_copy(ctx, last, &hops->hops[0]) : -ENOENT;
	hop_list_unref(&hops);
	if (!err)
		count_sent(ctx, 0);
	return err;
}

static int send_to_target(struct lcs_ctx *ctx, const struct sip_edit *last,
    const struct sip_uri *uri)
{
	int err;

	if (!ctx->target.has_hop)
		return send_to(ctx, last, uri);
	err = send_copy(ctx, last, &ctx->target.hop);
	if (!err)
		count_sent(ctx, 0);
	return err;
}

int lcs_forward_stateless(struct lcs_ctx *ctx)
{
	const struct sip_edit *last = ctx->last;
	struct sip_uri next;
	int err;

	if (!ctx->msg->is_request)
		return -EINVAL;
	err = lcs_forward_edits(ctx, &ctx->target, &last, &next);
	if (!err)
		err = lcs_add_via(lcs_arena(ctx), &last, stateless_branch(ctx), NULL);
	if (!err)
		err = send_to_target(ctx, last, &next);
	if (err)
		count_sent(ctx, err);
	else
		ctx->answered = true;
	return err;
}

/* ---- responses ---- */

/* Where the second Via says it came from (16.7 item 9, 18.2.2, RFC 3581 4). */
static int via_uri(struct arena *arena, const struct sip_via *via, struct sip_uri *out)
{
	struct slice host = via->received.len ? via->received : via->host;
	uint16_t port = via->port;
	struct slice text;
	char number[8] = "";

	if (via->has_rport && via->rport)
		port = via->rport;
	if (port)
		snprintf(number, sizeof(number), ":%u", port);
	text = arena_printf(arena, slice_find(host, ':') < host.len && host.p[0] != '[' ?
	    "sip:[%.*s]%s;transport=%.*s" : "sip:%.*s%s;transport=%.*s", SLICE_ARG(host), number,
	    SLICE_ARG(transport_uri_name(via->transport)));
	return text.p && sip_uri_parse(text, out, NULL) == 0 ? 0 : -EINVAL;
}

/* Only a response whose top Via is ours comes back to us (18.1.2). */
static bool top_via_is_ours(const struct sip_msg *msg)
{
	const struct sip_via *via = msg_via((struct sip_msg *)msg);

	return via && net_is_local(via->host, via->port, via->transport);
}

bool lcs_is_answer(struct lcs_ctx *ctx)
{
	struct sip_view received = { ctx->msg, NULL };
	const struct sip_via *via = msg_via(ctx->msg);
	struct sip_via below;
	struct slice value;
	char mark[MARK_LEN];

	return via && top_via_is_ours(ctx->msg) && view_value(&received, HDR_VIA, 1, &value) &&
	    sip_via_parse(value, &below, NULL) == 0 &&
	    forward_mark(lcs_arena(ctx), &below, ctx->msg, mark) &&
	    slice_starts(via->branch, slice_of(mark, sizeof(mark)));
}

int lcs_forward_response(struct lcs_ctx *ctx)
{
	struct sip_view view = lcs_view(ctx);
	struct sip_via below;
	struct slice value;
	struct sip_uri uri;
	int err;

	if (ctx->msg->is_request || !lcs_is_answer(ctx))
		return -EINVAL;
	err = edit_drop_first_value(lcs_arena(ctx), &view, HDR_VIA);
	if (!err && (!view_value(&view, HDR_VIA, 0, &value) ||
	    sip_via_parse(value, &below, NULL) != 0))
		err = -ENOENT;		/* it was for us alone, and nobody waits for it */
	if (!err)
		err = via_uri(lcs_arena(ctx), &below, &uri);
	if (!err)
		err = send_to(ctx, view.last, &uri);
	return err;
}
