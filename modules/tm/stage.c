/*
 * modules/tm/stage.c - what is dealt with before the script: copies, ACK, CANCEL, responses.
 */
#include "modules/tm/tm.h"
#include "modules/tm/via.h"

/* ---- requests ---- */

/* 17.1.1.3: an ACK for a non-2xx ends at the transaction; one for a 2xx is the script's. */
static enum hook_result on_ack(struct tm_local *local, const struct tm_key *key)
{
	struct tm_tx *tx = tm_find_ack(local, key);

	if (tx)
		return tm_server_ack(tx) ? HOOK_TAKEN : HOOK_PASS;
	tx = tm_find_accepted(local, key);
	if (tx)
		tm_server_ack(tx);
	return HOOK_PASS;
}

/* 9.2, 16.10: the CANCEL itself is answered at once, whatever becomes of the INVITE. */
static enum hook_result on_cancel(struct tm_local *local, struct lcs_ctx *ctx,
    const struct tm_key *key)
{
	const struct response_parts ok = { .status = 200 };
	struct tm_tx *tx = tm_find_cancel(local, key);

	if (!tx)
		return HOOK_PASS;
	TM_COUNT(local, cancels);
	lcs_respond_stateless(ctx, &ok);
	tm_cancel(tx, msg_value(lcs_msg(ctx), HDR_REASON));
	return HOOK_TAKEN;
}

enum hook_result tm_on_request(struct lcs_call *call)
{
	struct tm_local *local = call->local;
	struct tm_key *key = &local->now_key;
	struct tm_tx *tx;

	/* Nobody to be found: the key is made when the script wants a transaction. */
	if (local->servers.count == 0) {
		local->now = NULL;
		return HOOK_PASS;
	}
	local->now = call->ctx;
	tm_key_make(lcs_msg(call->ctx), key);
	switch (lcs_method(call->ctx)) {
	case METHOD_ACK:
		return on_ack(local, key);
	case METHOD_CANCEL:
		return on_cancel(local, call->ctx, key);
	default:
		tx = tm_find_copy(local, key);
		if (!tx)
			return HOOK_PASS;
		tm_server_copy(tx);
		return HOOK_TAKEN;
	}
}

/* ---- responses ---- */

/* 17.1.3: the branch in our Via, and the method in CSeq. */
static struct tm_client *client_of(struct tm_local *local, struct sip_msg *response, uint64_t id)
{
	struct tm_client *c = tm_client_find(local, id, response->method == METHOD_CANCEL);

	if (c && !c->is_cancel && c->method != response->method)
		return NULL;
	return c;
}

/*
 * What carries our branch and finds nobody is late: RFC 6026 8.1 and RFC 4320 4.2
 * want it dropped, not passed on without a transaction.
 */
enum hook_result tm_on_response(struct lcs_call *call)
{
	struct tm_local *local = call->local;
	struct sip_msg *response = lcs_msg(call->ctx);
	const struct sip_via *via = msg_via(response);
	struct tm_client *c;
	uint64_t id;

	if (!via || !tm_branch_id(via->branch, &id))
		return HOOK_PASS;
	c = client_of(local, response, id);
	if (!c) {
		TM_COUNT(local, strays);
		return HOOK_DROP;
	}
	tm_client_receive(c, &(struct tm_answer){ .status = response->status, .msg = response,
	    .last = *lcs_edits(call->ctx) });
	return HOOK_TAKEN;
}
