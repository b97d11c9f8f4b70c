/*
 * core/sip/dispatch.c - see dispatch.h.
 *
 * In the flow room: refuse what is malformed, let hooks look, find the owner.
 * In the call room: hooks (transactions among them), then the script.
 */
#include "core/sip/dispatch.h"

#include "core/net/limit.h"
#include "core/sip/counters.h"
#include "core/sip/flight.h"
#include "core/sip/hook.h"
#include "core/sip/respond.h"
#include "core/sip/route.h"
#include "core/sip/sending.h"
#include "core/sip/steer.h"
#include "core/sip/terse.h"
#include "core/sip/tx.h"
#include "core/sip/undelivered.h"
#include "utils/count.h"
#include "utils/err.h"
#include "utils/list.h"
#include "utils/log.h"
#include "utils/rand.h"

#include <errno.h>
#include <stdio.h>

#define RETRY_AFTER_MIN 5u		/* seconds; spread, so that they do not all come back at once */
#define RETRY_AFTER_SPREAD 11u

/* ---- the end of every way ---- */

/* The message has been dealt with: its connection may be read on. */
static void finish(struct lcs_ctx *ctx)
{
	flow_id flow = ctx->msg->from.flow;

	if (ctx->in_flight)
		net_message_done(flow);
	ctx->in_flight = false;
	lcs_ctx_unref(&ctx);
}

/* ---- malformed messages ---- */

static bool is_answerable(const struct sip_msg *msg, const struct sip_defect *why)
{
	return msg && msg->is_request && msg->method != METHOD_ACK && why && why->status;
}

static void answer_defect(struct sip_msg *msg, const struct sip_defect *why)
{
	const struct response_parts parts = {
		.status = why->status,
		.reason = slice_str(why->reason),
	};

	if (respond_raw(msg, gen_peek(), &parts) == 0)
		SIP_COUNT(malformed_answered);
}

static void refuse_malformed(struct sip_msg *msg, int err, const struct sip_defect *why,
    const struct sip_hop *from)
{
	const char *reason = why && why->reason ? why->reason : err_text(err);
	char peer[ADDR_TEXT_BYTES];

	sip_count_defect(reason);
	if (log_get_level() >= LOG_LEVEL_DEBUG) {
		sock_addr_format(&from->remote, peer);
		log_debug("sip", "malformed message: %s from=%s", reason, peer);
	}
	if (is_answerable(msg, why))
		answer_defect(msg, why);
	else
		SIP_COUNT(malformed_dropped);
	if (msg)
		net_message_done(from->flow);
	sip_msg_unref(&msg);
}

/* ---- refusing what is new ---- */

bool lcs_is_new_work(struct lcs_ctx *ctx)
{
	const struct sip_msg *msg = ctx->msg;
	const struct name_addr *to;

	if (!msg->is_request || msg->method == METHOD_ACK || msg->method == METHOD_CANCEL)
		return false;
	to = msg_to(ctx->msg);
	return !to || to->tag.len == 0;
}

static enum inbox_mode urgency(struct lcs_ctx *ctx)
{
	return lcs_is_new_work(ctx) ? INBOX_MAY_REFUSE : INBOX_MUST;
}

static void refuse(struct lcs_ctx *ctx)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u",
	    RETRY_AFTER_MIN + rand_below(RETRY_AFTER_SPREAD));
	const struct sip_extra extra = { SLICE("Retry-After"), slice_of(text, (size_t)len) };
	const struct response_parts parts = {
		.status = 503, .extra = &extra, .extra_count = 1,
	};

	lcs_respond_stateless(ctx, &parts);
	finish(ctx);
}

static _Atomic bool refuses_new;

void dispatch_refuse_new(bool yes) { atomic_store(&refuses_new, yes); }

static bool is_refused(struct lcs_ctx *ctx)
{
	return atomic_load_explicit(&refuses_new, memory_order_relaxed) &&
	    lcs_is_new_work(ctx);
}

/* ---- call room ---- */

static void answer_failure(struct lcs_ctx *ctx)
{
	const struct response_parts parts = {
		.status = 500,
		.reason = SLICE("Server Internal Error"),
	};

	lcs_respond(ctx, &parts);
}

static void request_done(struct lcs_ctx *ctx, enum vm_status status, void *arg)
{
	const struct lcs_tx_ops *ops = tx_ops();

	(void)arg;
	if (status == VM_FAILED)
		answer_failure(ctx);
	else if (!ctx->tx && !ctx->answered && status != VM_DROP &&
	    ctx->msg->method != METHOD_ACK)
		SIP_COUNT(unanswered);
	if (ops && ops->script_done)
		ops->script_done(ctx, status);
	finish(ctx);
}

/* An ACK for a non-2xx response that we gave without a transaction ends here: it
 * carries the tag that only we can have made. */
static bool is_ack_for_us(struct lcs_ctx *ctx)
{
	const struct name_addr *to;

	if (ctx->msg->method != METHOD_ACK)
		return false;
	to = msg_to(ctx->msg);
	/* Most tags of others tell by their length. */
	return to && to->tag.len == LCS_TAG_CHARS && slice_eq(to->tag, lcs_stateless_tag(ctx));
}

static void request_arrived(struct lcs_ctx *ctx)
{
	SIP_COUNT(requests);
	if (hooks_run(ctx, STAGE_REQUEST) != HOOK_PASS) {
		SIP_COUNT(taken_by_hook);
		finish(ctx);
	} else if (is_ack_for_us(ctx)) {
		SIP_COUNT(acks_absorbed);
		finish(ctx);
	} else if (is_refused(ctx)) {
		SIP_COUNT(refused_stopping);
		refuse(ctx);
	} else {
		SIP_COUNT(scripts_run);
		lcs_route_run(ctx, ctx->gen->route[ROUTE_REQUEST], request_done, NULL);
	}
}

static void response_done(struct lcs_ctx *ctx, enum vm_status status, void *arg)
{
	(void)arg;
	if (status == VM_DROP || status == VM_FAILED || lcs_forward_response(ctx) != 0)
		SIP_COUNT(responses_dropped);
	finish(ctx);
}

static void response_arrived(struct lcs_ctx *ctx)
{
	SIP_COUNT(responses);
	flight_response(ctx);
	if (hooks_run(ctx, STAGE_RESPONSE) != HOOK_PASS) {
		SIP_COUNT(taken_by_hook);
		finish(ctx);
	} else if (!lcs_is_answer(ctx)) {
		SIP_COUNT(responses_dropped);
		finish(ctx);
	} else {
		lcs_route_run(ctx, ctx->gen->route[ROUTE_REPLY], response_done, NULL);
	}
}

static void arrived(struct lcs_ctx *ctx)
{
	ctx_note(ctx);
	ctx->waited = loop_handler_began(worker_loop()) - ctx->received_at;
	if (ctx->msg->is_request)
		request_arrived(ctx);
	else
		response_arrived(ctx);
}

static void arrived_item(struct inbox_item *item)
{
	arrived(container_of(item, struct lcs_ctx, item));
}

/* ---- flow room ---- */

static void refuse_overload(struct lcs_ctx *ctx)
{
	SIP_COUNT(refused_overload);
	count_by(&net_counters_mine()->overload_503, 1);
	refuse(ctx);
}

static void hand_over(struct lcs_ctx *ctx)
{
	if (ctx->owner == worker_self()) {
		arrived(ctx);
		return;
	}
	ctx->item.run = arrived_item;
	SIP_COUNT(handed_over);
	if (worker_post(ctx->owner, &ctx->item, urgency(ctx)) != 0)
		refuse_overload(ctx);
}

/* On the owner of the connection. A message that was steered elsewhere came when no hook was
 * there yet (steer.c). */
static enum hook_result hooks_of_flow_room(struct lcs_ctx *ctx)
{
	flow_id flow = ctx->msg->from.flow;

	if (flow && (int)flow_owner(flow) != worker_self())
		return HOOK_PASS;
	return hooks_run(ctx, STAGE_RECEIVED);
}

void dispatch_deliver(struct sip_msg *msg, int err, const struct sip_defect *why,
    const struct sip_hop *from)
{
	struct sip_defect defect = { 0 };
	flow_id flow = from->flow;	/* from may point into the message */
	struct lcs_ctx *ctx;

	if (err == 0) {
		err = sip_msg_check(msg, &defect);
		why = &defect;
	}
	if (err) {
		refuse_malformed(msg, err, why, from);
		return;
	}
	ctx = ctx_receive(msg);
	if (!ctx) {
		SIP_COUNT(no_memory);
		net_message_done(flow);
	} else if (hooks_of_flow_room(ctx) != HOOK_PASS) {
		SIP_COUNT(taken_by_hook);
		finish(ctx);
	} else {
		hand_over(ctx);
	}
}

static void connection_ended(flow_id flow, const struct sock_addr *remote)
{
	if (tx_ops() && tx_ops()->ended)
		tx_ops()->ended(flow, remote);
}

void dispatch_start(void)
{
	dispatch_refuse_new(false);
	net_above = (struct net_above){
		.deliver = dispatch_deliver, .take = steer_take, .read = terse_read,
		.sending = sending_hooks, .undelivered = sip_undelivered, .ended = connection_ended,
	};
}
