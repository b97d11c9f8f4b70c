/*
 * modules/tm/callid.c - cancelling an INVITE that is known by its Call-ID.
 *
 * It may belong to another worker than the one that asks; then the asking run waits.
 */
#include "modules/tm/funcs.h"

static bool is_meant(const struct tm_tx *tx, struct slice call_id, uint32_t cseq)
{
	struct sip_msg *msg;

	if (!tx->is_invite || tx->is_canceled || tm_is_answered(tx))
		return false;
	msg = lcs_msg(tx->work->ctx);
	return slice_eq(msg_call_id(msg), call_id) &&
	    (cseq == 0 || (msg_cseq(msg) && msg_cseq(msg)->seq == cseq));
}

static struct tm_tx *find_meant(struct tm_local *local, struct slice call_id, uint32_t cseq)
{
	list_for_each(it, &local->all) {
		struct tm_tx *tx = container_of(it, struct tm_tx, by_age);

		if (is_meant(tx, call_id, cseq))
			return tx;
	}
	return NULL;
}

unsigned tm_cancel_call(struct tm_local *local, struct slice call_id, uint32_t cseq)
{
	struct tm_tx *tx;
	unsigned n = 0;

	/* Cancelling may free others: begin at the front after each. */
	for (; (tx = find_meant(local, call_id, cseq)); n++)
		tm_cancel(tx, SLICE_NULL);
	return n;
}

struct asked {				/* in the arena of who asks */
	struct inbox_item item;
	struct lcs_ctx   *ctx;
	struct slice      call_id;
	uint32_t          cseq;
};

static void cancel_item(struct inbox_item *item)
{
	struct asked *a = container_of(item, struct asked, item);

	lcs_resume(a->ctx, value_bool(tm_cancel_call(tm_here(), a->call_id, a->cseq) > 0));
}

/* argv: Call-ID, CSeq number or 0. */
enum fn_status tm_fn_cancel_callid(struct lcs_call *call)
{
	struct slice call_id = call->argv[0].s;
	uint32_t cseq = (uint32_t)call->argv[1].i;
	int owner = (int)worker_of(lcs_key(call_id));
	struct asked *a;

	if (owner == worker_self())
		return fn_bool(call, tm_cancel_call(call->local, call_id, cseq) > 0);
	a = arena_alloc(lcs_arena(call->ctx), sizeof(*a));
	if (!a)
		return FN_FAILED;
	*a = (struct asked){ .item = { .run = cancel_item }, .ctx = call->ctx,
	    .call_id = call_id, .cseq = cseq };
	worker_post((unsigned)owner, &a->item, INBOX_MUST);
	return FN_SUSPENDED;
}
