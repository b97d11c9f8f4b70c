/*
 * modules/tm/context.c - the response context: what becomes of a request's branches
 * (RFC 3261 16.6, 16.7, 16.10).
 */
#include "modules/tm/tm.h"

#include <errno.h>

#define ELSEWHERE SLICE("SIP;cause=200;text=\"Call completed elsewhere\"")
#define RETRY_AFTER_MOST 3600u		/* seconds: no server is avoided for longer */
#define DECLINED  SLICE("SIP;cause=603;text=\"Declined elsewhere\"")

/* ---- whose turn it is ---- */

static bool is_pending(const struct tm_work *work)
{
	for (const struct tm_branch *b = work->first; b; b = b->next)
		if (b->phase != TM_BRANCH_DONE && b->phase != TM_BRANCH_WAITING)
			return true;
	return false;
}

/* Waiting, and of this q; -1: of any. */
static bool is_next(const struct tm_branch *b, int q)
{
	return b->phase == TM_BRANCH_WAITING && !b->target.is_spare &&
	    (q < 0 || b->target.q == q);
}

/* Those whose turn it is: how many, and by which q they are known. */
static unsigned next_group(const struct tm_tx *tx, int *q)
{
	const struct tm_work *work = tx->work;
	unsigned n = 0;

	*q = -1;
	if (tm_conf_of(tx)->serial_forking)
		for (const struct tm_branch *b = work->first; b; b = b->next)
			if (is_next(b, -1) && b->target.q > *q)
				*q = b->target.q;
	for (const struct tm_branch *b = work->first; b; b = b->next)
		n += is_next(b, *q);
	return n;
}

/* RFC 5393 5.3.3: not one may go on. While others are under way their shares may yet come
 * back. */
static void too_broad(struct tm_work *work, int q)
{
	if (is_pending(work))
		return;
	for (struct tm_branch *b = work->first; b; b = b->next)
		if (is_next(b, q))
			tm_branch_fail(b, 440);
}

bool tm_start_group(struct tm_tx *tx)
{
	struct tm_work *work = tx->work;
	bool was_relaying = work->is_relaying;
	struct tm_shares shares;
	unsigned n;
	int q;

	n = next_group(tx, &q);
	if (n == 0)
		return false;
	tm_breadth_share(tx, n, &shares);
	work->is_relaying = true;
	if (shares.start == 0)
		too_broad(work, q);
	for (struct tm_branch *b = work->first; b && shares.start; b = b->next)
		if (is_next(b, q)) {
			b->breadth = tm_breadth_next(&shares);
			shares.start--;
			tm_branch_start(b);
		}
	work->is_relaying = was_relaying;
	return true;
}

/* RFC 5626 5.3: its connection has failed, another of the same instance takes its place. */
static void use_spare(struct tm_branch *b)
{
	struct tm_work *work = b->tx->work;
	struct tm_branch *spare = work->first;

	if (b->status != 430 || b->target.instance.len == 0 || work->is_closed)
		return;
	while (spare && !(spare->phase == TM_BRANCH_WAITING && spare->target.is_spare &&
	    slice_eq(spare->target.instance, b->target.instance)))
		spare = spare->next;
	if (!spare)
		return;
	spare->target.is_spare = false;
	b->is_dropped = true;
	b->status = 0;
	TM_COUNT(b->tx->local, other_flows);
	if (!tm_conf_of(b->tx)->serial_forking)
		tm_start_group(b->tx);
}

/* What a branch says when it has its final status. */
static void settled(struct tm_branch *b)
{
	use_spare(b);
	tm_look(b->tx);
}

static void response(struct tm_tx *tx, struct tm_client *c, const struct tm_answer *answer);

static const struct tm_user user = {
	settled, response, tm_branch_timeout, tm_branch_error, tm_leave
};

/* ---- relaying ---- */

/* Only in failure routes has the main target been used up: there it takes part again if
 * the route changed it. */
static bool uses_main(const struct tm_work *work, const struct lcs_ctx *ctx)
{
	return ctx != work->failure || tm_failure_has_target((struct tm_work *)work);
}

static int add_all(struct tm_tx *tx, struct lcs_ctx *ctx, bool with_main)
{
	const struct sip_edit *last = *lcs_edits(ctx);
	unsigned count;
	const struct lcs_target *others = lcs_targets(ctx, &count), *main = lcs_main_target(ctx);
	int err = 0;

	if (with_main)
		err = tm_branch_add(tx, last, main, true);
	for (unsigned i = 0; i < count && !err; i++)
		err = tm_branch_add(tx, last, &others[i], false);
	return err;
}

static void say_trying(struct tm_tx *tx)
{
	if (tx->is_invite && !tx->is_local && tx->status == 0 && tm_conf_of(tx)->auto_inv_100)
		tm_server_status(tx, 100, SLICE_NULL);
}

/*
 * RFC 5393 4.2: who forks must see to it that the request has not been here before; and for
 * that, that it would be known again.
 */
static int look_for_loops(struct tm_tx *tx, unsigned more)
{
	struct tm_work *work = tx->work;
	bool forks = work->count + more > 1 && !tx->is_local;

	if (work->mark.p)
		return 0;
	if (!forks) {
		work->mark = lcs_loop_mark_made(work->ctx);
		return 0;
	}
	work->mark = lcs_loop_mark(work->ctx);
	if (!lcs_has_looped(work->ctx))
		return 0;
	TM_COUNT(tx->local, loops);
	tm_server_status(tx, 482, SLICE_NULL);
	return -ELOOP;
}

int tm_relay(struct tm_tx *tx, struct lcs_ctx *ctx)
{
	struct tm_work *work = tx->work;
	unsigned before, others;
	bool with_main;
	int err;

	if (tm_is_answered(tx) || work->is_closed)
		return -EALREADY;
	with_main = uses_main(work, ctx);
	lcs_targets(ctx, &others);
	if (!with_main && !others)
		return -ENOENT;
	tm_enter(tx);
	work->user = &user;
	before = work->count;
	work->routes.reply_armed = work->armed.reply;
	if (ctx == work->failure)
		tm_failure_clean_target(work);
	else
		work->last = *lcs_edits(ctx);
	say_trying(tx);
	work->round_began = before;
	err = look_for_loops(tx, with_main + others);
	if (!err)
		err = add_all(tx, ctx, with_main);
	tm_start_group(tx);
	lcs_clear_targets(ctx);
	tm_look_later(tx);
	tm_leave(tx);
	return work->count > before || err == -ELOOP ? 0 : err;
}

/* ---- looking ---- */

/* Failed or not: the best response goes back, unless the route has added branches. */
static void failure_done(struct lcs_ctx *ctx, enum vm_status status, void *arg)
{
	struct tm_tx *tx = arg;

	(void)status;
	tm_failure_done(tx, ctx);
	tm_look(tx);
	tm_leave(tx);
}

static void ask_script(struct tm_tx *tx, struct tm_branch *best)
{
	tm_enter(tx);
	if (tm_failure_run(tx, best, failure_done) == 0)
		return;
	tm_look(tx);
	tm_leave(tx);
}

void tm_look(struct tm_tx *tx)
{
	struct tm_work *work = tx->work;
	struct tm_branch *best;

	if (tm_is_answered(tx) || work->is_relaying || work->failure || is_pending(work))
		return;
	while (!work->is_closed && tm_start_group(tx))
		if (is_pending(work))
			return;
	best = tm_pick(work);
	if (best && work->armed.failure >= 0 && !tx->is_local)
		ask_script(tx, best);
	else
		tm_conclude(tx, best);
}

static void look_task(struct loop_task *t)
{
	struct tm_work *work = container_of(t, struct tm_work, task);
	struct tm_tx *tx = work->at.tx;

	work->task_queued = false;
	tm_look(tx);
	tm_leave(tx);
}

void tm_look_later(struct tm_tx *tx)
{
	struct tm_work *work = tx->work;

	if (work->task_queued || is_pending(work))
		return;
	work->task_queued = true;
	tm_enter(tx);
	loop_task_init(&work->task, look_task);
	loop_at_end(worker_loop(), &work->task);
}

/* ---- responses ---- */

static void provisional(struct tm_tx *tx, struct tm_client *c, struct tm_answer *answer)
{
	struct tm_branch *b = c->branch;

	if (!b)
		return;
	b->provisional = answer->status;
	/* 100 is for one hop only (16.7, item 5); others belong to INVITE (RFC 4320 4.1). */
	if (answer->status == 100 || !tx->is_invite)
		return;
	tm_client_rings(c);
	if (!tm_reply_routes(tx, b, answer) || tm_is_answered(tx))
		return;
	if (tx->is_local)
		tm_uac_provisional(tx, answer->status, answer->msg);
	else
		tm_forward(tx, answer);
}

static void mark_done(struct tm_client *c, uint16_t status)
{
	struct tm_branch *b = c->branch;

	if (!b)
		return;
	tm_client_detach(c);
	b->phase = TM_BRANCH_DONE;
	b->status = status;
}

/* 16.7, item 5: a 2xx goes on at once, and every one to an INVITE does. */
static void success(struct tm_tx *tx, struct tm_client *c, struct tm_answer *answer)
{
	struct tm_branch *b = c->branch;

	tm_reply_routes(tx, b, answer);
	mark_done(c, answer->status);
	if (tx->is_local) {
		if (tx->work)
			tx->work->is_over = true;
		tm_uac_final(tx, answer->status, answer->msg);
		return;
	}
	if (tx->is_invite || !tm_is_answered(tx))
		tm_answer_instead(tx, tm_forward(tx, answer));
	if (tx->work)
		tm_cancel_others(tx, b, ELSEWHERE);
}

/* 21.5.4: how long the server wants to be left alone. Behind the seconds there may be more. */
static msec_t retry_after(struct sip_msg *response)
{
	struct slice value = msg_value(response, HDR_RETRY_AFTER);
	struct slice digits = slice_take_while(&value, is_digit);
	uint32_t seconds;

	if (slice_to_u32(digits, &seconds) != 0 || seconds > RETRY_AFTER_MOST)
		seconds = digits.len ? RETRY_AFTER_MOST : 0;
	return 1000 * (msec_t)seconds;
}

static bool take_failure(struct tm_branch *b, const struct tm_answer *answer)
{
	const struct sip_view view = { answer->msg, answer->last };

	b->status = view_status(&view);
	if (b->status == 503)
		b->shun_for = retry_after(answer->msg);
	if (b->status == 503 && tm_branch_next(b)) {
		b->status = 0;
		return false;
	}
	b->phase = TM_BRANCH_DONE;
	b->response = sip_msg_ref(answer->msg);
	b->response_last = answer->last;
	return true;
}

static void failure(struct tm_tx *tx, struct tm_client *c, struct tm_answer *answer)
{
	struct tm_branch *b = c->branch;

	if (!b || !tx->work)
		return;
	tm_reply_routes(tx, b, answer);
	tm_client_detach(c);
	if (!take_failure(b, answer))
		return;
	if (b->status >= 600) {
		tx->work->is_closed = true;
		tm_cancel_others(tx, b, DECLINED);
	}
	if (tm_redirect(tx, b) && !tm_conf_of(tx)->serial_forking)
		tm_start_group(tx);
	settled(b);
}

static void response(struct tm_tx *tx, struct tm_client *c, const struct tm_answer *answer)
{
	struct tm_answer mine = *answer;	/* routes may edit it */

	if (mine.status < 200)
		provisional(tx, c, &mine);
	else if (mine.status < 300)
		success(tx, c, &mine);
	else
		failure(tx, c, &mine);
}

/* ---- CANCEL ---- */

void tm_cancel_others(struct tm_tx *tx, const struct tm_branch *except, struct slice reason)
{
	struct tm_work *work = tx->work;

	work->is_closed = true;
	for (struct tm_branch *b = work->first; b; b = b->next)
		if (b != except)
			tm_branch_cancel(b, reason);
}

int tm_respond(struct tm_tx *tx, const struct response_parts *parts)
{
	int err;

	tm_enter(tx);
	err = tm_server_respond(tx, parts);
	if (!err && parts->status >= 200 && tx->work)
		tm_cancel_others(tx, NULL, SLICE_NULL);
	tm_leave(tx);
	return err;
}

/* The script had not come to relaying yet: it will not, and the answer is ours (16.10). */
static void cancel_script(struct tm_tx *tx)
{
	struct lcs_ctx *ctx = lcs_ctx_ref(tx->work->ctx);

	tm_server_status(tx, 487, SLICE_NULL);
	lcs_cancel(ctx);
	lcs_ctx_unref(&ctx);
}

void tm_cancel(struct tm_tx *tx, struct slice reason)
{
	struct tm_work *work = tx->work;

	if (tm_is_answered(tx) || tx->is_canceled)
		return;
	tm_enter(tx);
	tx->is_canceled = true;
	tm_tell(tx, TM_CANCELED, 0, NULL);
	if (work->count == 0 && !tx->is_local) {
		cancel_script(tx);
	} else {
		tm_cancel_others(tx, NULL, reason);
		if (work->failure)
			lcs_cancel(work->failure);
		tm_look(tx);
	}
	tm_leave(tx);
}
