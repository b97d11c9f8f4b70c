/*
 * modules/tm/branch.c - from a target to a client: branch route, edits, resolver, addresses.
 */
#include "modules/tm/tm.h"

#include <errno.h>

static void locate(struct tm_branch *b);

static struct tm_work *work_of(const struct tm_branch *b) { return b->tx->work; }

/* ---- beginning ---- */

int tm_branch_add(struct tm_tx *tx, const struct sip_edit *last,
    const struct lcs_target *target, bool is_main)
{
	struct tm_work *work = tx->work;
	struct tm_branch *b = arena_zalloc(lcs_arena(work->ctx), sizeof(*b));

	if (!b)
		return -ENOMEM;
	b->tx = tx;
	b->at = (struct tm_at){ tx, b };
	b->index = work->count++;
	b->target = *target;
	b->last = last;
	*work->tail = b;
	work->tail = &b->next;
	if (work->next_of && is_main) {
		b->hops = work->next_of->hops;
		b->hop = work->next_of->hop + 1;
		work->next_of->hops = NULL;
		work->next_of = NULL;
	}
	return 0;
}

static void finish(struct tm_branch *b, uint16_t status)
{
	b->phase = TM_BRANCH_DONE;
	b->status = status;
}

void tm_branch_fail(struct tm_branch *b, uint16_t status)
{
	finish(b, status);
	work_of(b)->user->settled(b);
}

/* ---- the branch route ---- */

static void take_back(struct tm_branch *b, struct lcs_ctx *ctx)
{
	b->target = *lcs_main_target(ctx);
	b->last = *lcs_edits(ctx);
}

static void route_done(struct lcs_ctx *ctx, enum vm_status status, void *arg)
{
	struct tm_branch *b = arg;
	struct tm_tx *tx = b->tx;

	lcs_set_tx(ctx, NULL);
	b->ctx = NULL;
	if (b->phase != TM_BRANCH_ROUTE) {
		;			/* cancelled while it waited */
	} else if (status == VM_DROP) {
		b->is_dropped = true;
		tm_branch_fail(b, 0);
	} else if (status == VM_FAILED) {
		tm_branch_fail(b, 500);
	} else {
		take_back(b, ctx);
		locate(b);
	}
	lcs_ctx_unref(&ctx);
	tm_leave(tx);
}

/* What the route sees as Request-URI is this branch's. */
static struct lcs_ctx *route_ctx(struct tm_branch *b)
{
	struct lcs_ctx *request = work_of(b)->ctx;
	const struct sip_edit *last = b->last;
	struct lcs_ctx *ctx;

	if (b->target.request_uri.len &&
	    edit_request_uri(lcs_arena(request), &last, b->target.request_uri) != 0)
		return NULL;
	ctx = lcs_ctx_new(lcs_msg(request), last, lcs_bag(request), lcs_ctx_gen(request),
	    ROUTE_BRANCH);
	if (!ctx)
		return NULL;
	*lcs_main_target(ctx) = b->target;
	lcs_main_target(ctx)->request_uri = SLICE_NULL;
	lcs_set_tx(ctx, &b->at);
	return ctx;
}

static void run_route(struct tm_branch *b)
{
	struct lcs_ctx *ctx = route_ctx(b);

	if (!ctx) {
		TM_COUNT(b->tx->local, no_memory);
		tm_branch_fail(b, 500);
		return;
	}
	b->phase = TM_BRANCH_ROUTE;
	b->ctx = ctx;
	tm_enter(b->tx);
	lcs_route_run(ctx, work_of(b)->armed.branch, route_done, b);
}

void tm_branch_start(struct tm_branch *b)
{
	if (work_of(b)->armed.branch >= 0)
		run_route(b);
	else
		locate(b);
}

/* ---- sending ---- */

static struct sip_hop *hop_of(struct tm_branch *b)
{
	return b->hops ? &b->hops->hops[b->hop] : &b->target.hop;
}

/* RFC 3261 18.1.1: what is large goes by a transport that handles congestion, unless
 * whoever gave the URI chose another. */
static bool wants_stream(struct tm_branch *b, struct tm_client *c)
{
	const struct tm_conf *conf = tm_conf_of(b->tx);
	struct slice named;

	if (c->hop.transport != TRANSPORT_UDP || !conf->udp_mtu || !b->hops || b->stream_failed ||
	    sip_uri_param(&b->next_uri, SLICE("transport"), &named))
		return false;
	return sip_out_write(c->out) == 0 && c->out->bytes->len > (size_t)conf->udp_mtu &&
	    net_listener_for(TRANSPORT_TCP, &c->hop.remote, 0) != 0;
}

static int client_for(struct tm_branch *b, struct tm_client **out)
{
	struct sip_msg *msg = lcs_msg(work_of(b)->ctx);
	struct sip_hop hop = *hop_of(b);
	int err = tm_client_new(b->tx, b, msg, b->last, &hop, out);

	if (err || !wants_stream(b, *out))
		return err;
	tm_client_drop(*out);
	b->by_stream = true;
	hop.transport = TRANSPORT_TCP;
	hop.listener = 0;
	return tm_client_new(b->tx, b, msg, b->last, &hop, out);
}

static void send_to_hop(struct tm_branch *b)
{
	struct tm_client *c;

	b->phase = TM_BRANCH_SENT;
	if (!lcs_may_send(work_of(b)->ctx, b->last, hop_of(b))) {
		b->is_dropped = true;
		tm_branch_fail(b, 0);
	} else if (client_for(b, &c) != 0) {
		TM_COUNT(b->tx->local, no_memory);
		tm_branch_fail(b, 500);
	} else {
		b->client = c;
		tm_client_send(c);
	}
}

/* ---- finding the way ---- */

static void unresolved(struct tm_branch *b)
{
	TM_COUNT(b->tx->local, unresolved);
	tm_branch_fail(b, 478);
}

static void resolved(void *arg, int err, const struct hop_list *hops)
{
	struct tm_branch *b = arg;
	struct tm_tx *tx = b->tx;

	tm_enter(tx);
	b->question = NULL;
	if (err == 0 && hops->count > 0) {
		b->hops = hop_list_ref((struct hop_list *)hops);
		send_to_hop(b);
	} else {
		unresolved(b);
	}
	tm_leave(tx);
}

/* No hop, no list: ask, at once if the answer is known. */
static void find_hops(struct tm_branch *b)
{
	if (resolve_now(&b->next_uri, &b->hops)) {
		send_to_hop(b);
		return;
	}
	b->phase = TM_BRANCH_RESOLVING;
	if (resolve_start(&b->next_uri, tm_conf_of(b->tx)->resolve_timeout, resolved, b,
	    &b->question) != 0)
		unresolved(b);
}

static void locate(struct tm_branch *b)
{
	struct lcs_ctx *ctx = work_of(b)->ctx;
	struct sip_view view = { lcs_msg(ctx), b->last };
	int err;

	/* As a failure route shall see it: before it is bent for a strict router. */
	b->request_uri = b->target.request_uri.len ? b->target.request_uri : view_request_uri(&view);
	err = tm_breadth_write(b);
	if (!err)
		err = lcs_forward_edits(ctx, &b->target, &b->last, &b->next_uri);
	if (err)
		tm_branch_fail(b, err == -EINVAL ? 400 : 500);
	else if (b->target.has_hop || b->hops)
		send_to_hop(b);
	else
		find_hops(b);
}

/* ---- what may go wrong ---- */

bool tm_branch_has_next(const struct tm_branch *b)
{
	return b->hops && b->hop + 1 < b->hops->count;
}

bool tm_branch_next(struct tm_branch *b)
{
	const struct tm_conf *conf = tm_conf_of(b->tx);

	if (!work_of(b) || work_of(b)->is_closed || tm_is_answered(b->tx) || !b->hops)
		return false;
	resolve_shun(hop_of(b), b->shun_for ? b->shun_for : conf->shun_time);
	b->shun_for = 0;
	if (!conf->failover || !tm_branch_has_next(b))
		return false;
	b->hop++;
	b->by_stream = b->stream_failed = false;
	TM_COUNT(b->tx->local, failovers);
	send_to_hop(b);
	return true;
}

void tm_branch_timeout(struct tm_branch *b)
{
	if (b->provisional == 0 && tm_branch_next(b))
		return;
	b->timed_out = true;
	tm_branch_fail(b, 408);
}

/* It was TCP only because it is large: some is better than none, if nobody took it (18.1.1). */
static bool fall_back(struct tm_branch *b, int err)
{
	if (!b->by_stream || err == TM_ENDED || tm_is_answered(b->tx) || work_of(b)->is_closed)
		return false;
	b->by_stream = false;
	b->stream_failed = true;
	send_to_hop(b);
	return true;
}

/* RFC 5626 5.3: 430 if it was this connection or none, else 503 (RFC 3261 16.9). What rings
 * already is not tried anywhere else: it could not be cancelled where it rings. */
void tm_branch_error(struct tm_branch *b, int err)
{
	bool is_flow = b->target.has_hop && b->target.hop.flow && (err == -ENOTCONN || err == TM_ENDED);

	lcs_count(is_flow ? &b->tx->local->flows_failed : &b->tx->local->transport_errors);
	if (!b->provisional && (fall_back(b, err) || tm_branch_next(b)))
		return;
	tm_branch_fail(b, is_flow ? 430 : 503);
}

/* ---- giving up ---- */

void tm_branch_cancel(struct tm_branch *b, struct slice reason)
{
	switch (b->phase) {
	case TM_BRANCH_WAITING:
		finish(b, b->target.is_spare ? 0 : 487);
		break;
	case TM_BRANCH_ROUTE:
		finish(b, 487);
		lcs_cancel(b->ctx);
		break;
	case TM_BRANCH_RESOLVING:
		resolve_cancel(&b->question);
		finish(b, 487);
		break;
	case TM_BRANCH_SENT:
		if (b->client)
			tm_client_cancel(b->client, reason);
		break;
	case TM_BRANCH_DONE:
		break;
	}
}
