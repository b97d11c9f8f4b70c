/*
 * modules/tm/server.c - the server side of a transaction (RFC 3261 17.2, RFC 6026 7.1).
 */
#include "modules/tm/tm.h"

#include "utils/err.h"
#include "utils/log.h"

#include <errno.h>

/* ---- beginning ---- */

static void fire(struct timer *t);

/* What the script armed before there was a transaction. */
static void take_arming(struct tm_tx *tx, struct lcs_ctx *ctx)
{
	struct tm_local *local = tx->local;

	if (local->arming != ctx)
		return;
	tx->work->armed = local->armed;
	tx->work->routes.reply_armed = local->armed.reply;
	local->arming = NULL;
}

int tm_server_new(struct tm_local *local, struct lcs_ctx *ctx, struct tm_tx **out)
{
	struct tm_key key;
	struct tm_tx *tx;

	tm_key_of(local, ctx, &key);
	if (tm_find_copy(local, &key))
		return -EEXIST;
	tx = tm_tx_new(local, ctx);
	if (!tx) {
		TM_COUNT(local, no_memory);
		return -ENOMEM;
	}
	lcs_ctx_ref(ctx);
	tx->key = key;
	tx->has_script = true;
	tm_enter(tx);			/* until the script is done */
	htab_insert(&local->servers, &tx->node, key.call);
	lcs_response_hop(lcs_msg(ctx), &tx->way);
	tx->way.name = SLICE_NULL;	/* the connection's, and it may go before us */
	take_arming(tx, ctx);
	tm_machine_begin(&tx->machine, tx->is_invite ? TM_IST_PROCEEDING : TM_NIST_TRYING,
	    transport_is_stream(tx->way.transport), &tm_conf_of(tx)->times, fire);
	lcs_set_tx(ctx, &tx->work->at);
	TM_COUNT(local, created);
	*out = tx;
	return 0;
}

/* ---- sending ---- */

static void count_sent(struct tm_local *local, uint16_t status)
{
	uint64_t *const by_class[] = { &local->responses_1xx, &local->responses_2xx,
	    &local->responses_3xx, &local->responses_4xx, &local->responses_5xx,
	    &local->responses_6xx };

	if (status > 100 && status < 700)
		lcs_count(by_class[status / 100 - 1]);
}

/* A connection that has gone may have been followed by another (RFC 3261 18.2.2). */
static void find_way(struct tm_tx *tx)
{
	if (tx->way.flow && tx->work && !flow_is_alive(tx->way.flow))
		lcs_response_hop(lcs_msg(tx->work->ctx), &tx->way);
}

/* Datagrams are written here and now, so the message they were made from may go. */
static void keep_written(struct tm_tx *tx, struct sip_out *out)
{
	if (tx->machine.reliable || sip_out_write(out) != 0)
		return;
	tm_keep(tx, buf_slice(out->bytes));
	sip_msg_unref(&out->base);
}

static bool is_any(const struct tm_routes *r)
{
	return r->reply_all >= 0 || r->reply_armed >= 0 || r->onsend >= 0;
}

/* The first 2xx to an INVITE: what its copies will need stays. Without memory for that they
 * pass unchanged. */
static void prepare_for_copies(struct tm_tx *tx)
{
	struct tm_work *work = tx->work;
	struct tm_late *late;

	if (!tx->is_invite || !work || tx->late || !is_any(&work->routes))
		return;
	late = pool_get(&tx->local->pool, sizeof(*late));
	if (!late)
		return;
	*late = (struct tm_late){ .gen = gen_ref(lcs_ctx_gen(work->ctx)), .routes = work->routes };
	if (lcs_bag(work->ctx))
		late->bag = lcs_bag_ref(lcs_bag(work->ctx));
	tx->late = late;
}

static void final_sent(struct tm_tx *tx, uint16_t status, struct sip_msg *response)
{
	tx->local->waiting++;
	if (status < 300)
		prepare_for_copies(tx);
	tm_tell(tx, TM_FINAL, status, response);
	if (tx->work)
		tx->work->is_over = true;
}

static void note_status(struct tm_tx *tx, uint16_t status, struct sip_msg *response)
{
	bool is_first_final = status >= 200 && tx->status < 200;

	tx->status = status;
	count_sent(tx->local, status);
	if (is_first_final)
		final_sent(tx, status, response);
	else if (status > 100 && status < 200)
		tm_tell(tx, TM_PROVISIONAL, status, response);
}

int tm_server_send(struct tm_tx *tx, uint16_t status, struct sip_out *out,
    struct sip_msg *response)
{
	const struct tm_cell *cell;

	tm_enter(tx);
	cell = tm_machine_step(&tx->machine, tm_input_send(status), &tm_conf_of(tx)->times);
	if (!(cell->actions & TM_DO_SEND)) {
		sip_out_unref(&out);
		tm_leave(tx);
		return -EALREADY;
	}
	find_way(tx);
	out->hop = tx->way;
	if (cell->actions & TM_DO_KEEP)
		keep_written(tx, out);
	net_send(&out);
	note_status(tx, status, response);
	if (status >= 200 && tx->work)
		lcs_note_final(tx->work->ctx, status);
	tm_leave(tx);
	return 0;
}

/* ---- responses from nothing ---- */

static void complete(struct tm_tx *tx, struct response_parts *p)
{
	const struct name_addr *to = msg_to(lcs_msg(tx->work->ctx));

	if (slice_is_empty(p->to_tag) && p->status > 100)
		p->to_tag = lcs_stateless_tag(tx->work->ctx);
	if (slice_is_empty(p->server))
		p->server = lcs_signature(lcs_ctx_gen(tx->work->ctx));
	if (p->status >= 300)
		tx->answered_tag = tm_key_tag(to && to->tag.len ? to->tag : p->to_tag);
}

/* A 2xx of our own to an INVITE is ours to repeat until its ACK comes (13.3.1.4). */
static void keep_own_2xx(struct tm_tx *tx, struct slice bytes)
{
	tm_keep(tx, bytes);
	tm_machine_repeat(&tx->machine, &tm_conf_of(tx)->times);
}

int tm_server_respond(struct tm_tx *tx, const struct response_parts *parts)
{
	struct response_parts p = *parts;
	struct sip_out *out;
	int err;

	if (tm_is_answered(tx))
		return -EALREADY;
	/* RFC 4320 4.1: of provisional responses only 100, and that late. */
	if (!tx->is_invite && p.status > 100 && p.status < 200)
		return -EINVAL;
	complete(tx, &p);
	out = sip_out_new();
	if (out)
		out->bytes = sip_response_bytes(lcs_msg(tx->work->ctx), &p);
	if (!out || !out->bytes) {
		sip_out_unref(&out);
		TM_COUNT(tx->local, no_memory);
		return -ENOMEM;
	}
	tm_enter(tx);
	if (tx->is_invite && p.status >= 200 && p.status < 300) {
		struct buf *bytes = buf_ref(out->bytes);

		err = tm_server_send(tx, p.status, out, NULL);
		if (!err)
			keep_own_2xx(tx, buf_slice(bytes));
		buf_unref(&bytes);
	} else {
		err = tm_server_send(tx, p.status, out, NULL);
	}
	tm_leave(tx);
	return err;
}

int tm_server_status(struct tm_tx *tx, uint16_t status, struct slice reason)
{
	const struct response_parts parts = {
		.status = status, .reason = reason, .copy_timestamp = status == 100,
	};

	if (status >= 200)
		TM_COUNT(tx->local, made_here);
	return tm_server_respond(tx, &parts);
}

void tm_server_forget(struct tm_tx *tx)
{
	if (tx->machine.state != TM_TERMINATED)
		tm_machine_stop(&tx->machine);
	tx->machine.state = TM_TERMINATED;
	if (tx->work)
		tx->work->is_over = true;
}

/* ---- copies, ACK, timers ---- */

void tm_server_repeat(struct tm_tx *tx)
{
	struct sip_out *out = tx->kept ? sip_out_new() : NULL;

	if (!out)
		return;
	out->bytes = buf_new(tx->kept->len);
	if (out->bytes)
		buf_put(out->bytes, tm_kept_text(tx->kept));
	if (!out->bytes || out->bytes->failed) {
		sip_out_unref(&out);
		return;
	}
	out->hop = tx->way;
	net_send(&out);
	TM_COUNT(tx->local, repeated_responses);
}

static void no_ack_came(struct tm_tx *tx)
{
	TM_COUNT(tx->local, timeout_ack);
	log_debug("tm", "no ACK for the final response status=%u", tx->status);
}

static const struct tm_cell *step(struct tm_tx *tx, enum tm_input input)
{
	const struct tm_cell *cell = tm_machine_step(&tx->machine, input, &tm_conf_of(tx)->times);

	if (cell->actions & TM_DO_AGAIN)
		tm_server_repeat(tx);
	if (cell->actions & TM_DO_TRYING)
		tm_server_status(tx, 100, SLICE_NULL);
	if (cell->actions & TM_DO_TIMEOUT)
		no_ack_came(tx);
	if (cell->actions & TM_DO_CONFIRMED) {
		tm_keep(tx, SLICE_NULL);
		tm_tell(tx, TM_ACK, tx->status, NULL);
	}
	return cell;
}

void tm_server_copy(struct tm_tx *tx)
{
	tm_enter(tx);
	TM_COUNT(tx->local, absorbed);
	step(tx, TM_IN_REQUEST);
	tm_leave(tx);
}

bool tm_server_ack(struct tm_tx *tx)
{
	bool is_ours;

	tm_enter(tx);
	is_ours = !(step(tx, TM_IN_ACK)->actions & TM_DO_PASS);
	if (is_ours)
		TM_COUNT(tx->local, acks);
	else
		tm_keep(tx, SLICE_NULL);	/* our 2xx has arrived, if it was ours */
	tm_leave(tx);
	return is_ours;
}

/* A script waits, over a connection that only its client could open again. */
static bool is_watched(const struct tm_tx *tx)
{
	return tx->has_script && tx->way.flow && !tm_is_answered(tx) && tx->work->count == 0;
}

#define LOOK_MS 1000

/* Nobody is left to hear the answer that the script is working on. */
static void look_after_client(struct tm_tx *tx)
{
	struct lcs_ctx *ctx = tx->work->ctx;

	if (flow_is_alive(tx->way.flow)) {
		tm_machine_look_in(&tx->machine, LOOK_MS);
		return;
	}
	tm_server_forget(tx);
	lcs_cancel(ctx);
}

static void fire(struct timer *t)
{
	struct tm_tx *tx = container_of(t, struct tm_tx, machine.timer);
	enum tm_input due = tm_machine_due(&tx->machine);

	tm_enter(tx);
	/* The wait for a 100 is over once: what fires later is the look at the client. */
	if (due == TM_IN_REPEAT && !tm_is_answered(tx) && tx->status)
		tm_machine_wait_on(&tx->machine);
	else
		step(tx, due);
	if (due == TM_IN_REPEAT && is_watched(tx))
		look_after_client(tx);
	tm_leave(tx);
}
