/*
 * modules/tm/ops.c - what the core and other modules ask of transactions.
 */
#include "modules/tm/tm.h"
#include "modules/tm/via.h"
#include "parser/glance.h"

#include <errno.h>

/* ---- for the core ---- */

/* RFC 3261 17: an ACK has no transaction; a CANCEL that matched none is somebody else's. */
static bool can_have_tx(struct lcs_ctx *ctx)
{
	return lcs_is_request(ctx) && lcs_kind(ctx) == ROUTE_REQUEST &&
	    lcs_method(ctx) != METHOD_ACK && lcs_method(ctx) != METHOD_CANCEL;
}

static int ensure(struct lcs_ctx *ctx)
{
	struct tm_tx *tx;

	if (tm_at_of(ctx) || !can_have_tx(ctx))
		return 0;
	return tm_server_new(tm_here(), ctx, &tx);
}

static int respond(struct lcs_ctx *ctx, const struct response_parts *parts)
{
	struct tm_at *at = tm_at_of(ctx);

	if (!at || at->tx->is_local)
		return -EINVAL;
	return tm_respond(at->tx, parts);
}

/* A 100 is a promise (17.2.1: more will come), which a script that says nothing breaks;
 * one that says "drop" means it. */
static void end_unanswered(struct tm_tx *tx, enum vm_status status)
{
	TM_COUNT(tx->local, unanswered);
	if (tx->status == 100 && status != VM_DROP)
		tm_server_status(tx, 500, SLICE("No Decision"));
	else
		tm_server_forget(tx);
}

static void script_done(struct lcs_ctx *ctx, enum vm_status status)
{
	struct tm_at *at = tm_at_of(ctx);
	struct tm_local *local = tm_here();
	struct tm_tx *tx;

	if (local->arming == ctx)
		local->arming = NULL;
	if (local->now == ctx)
		local->now = NULL;
	if (!at)
		return;
	tx = at->tx;
	tx->has_script = false;
	if (!tm_is_answered(tx) && tx->work->count == 0 && !tx->watches)
		end_unanswered(tx, status);
	tm_leave(tx);
}

static struct lcs_tx_info info_of(const struct tm_tx *tx)
{
	struct lcs_tx_info info = { .is_answered = tm_is_answered(tx) };

	if (tx->work) {
		info.call_id = msg_call_id(lcs_msg(tx->work->ctx));
		info.gen = lcs_ctx_gen(tx->work->ctx);
	} else if (tx->late) {
		info.gen = tx->late->gen;
	}
	return info;
}

struct asking { void (*fn)(const struct lcs_tx_info *info, void *arg); void *arg; };

static void ask_direct(const struct tm_uac_info *direct, void *arg)
{
	const struct lcs_tx_info info = { .is_answered = false };
	const struct asking *a = arg;

	(void)direct;
	a->fn(&info, a->arg);
}

static void each(void (*fn)(const struct lcs_tx_info *info, void *arg), void *arg)
{
	tm_uac_each(tm_here(), ask_direct, &(struct asking){ fn, arg });
	list_for_each(it, &tm_here()->all) {
		const struct lcs_tx_info info = info_of(container_of(it, struct tm_tx, by_age));

		fn(&info, arg);
	}
}

static void undelivered(struct slice branch, bool is_cancel, int err)
{
	struct tm_client *c;
	uint64_t id;

	if (!tm_branch_id(branch, &id))
		return;
	c = tm_client_find(tm_here(), id, is_cancel);
	if (c)
		tm_client_undelivered(c, err);
}

static int worker(struct slice branch) { return tm_branch_worker(branch); }

/* Of ours its sender wants no more than a 200; of others it only goes on. */
static bool suffices(const struct tm_client *c, struct sip_glance *glance)
{
	if (c->uac)
		return glance->status == 200 && tm_uac_is_terse(c) && sip_glance_method(glance);
	return c->tx && tm_passes_unread(c->tx, glance);
}

static bool answered(struct sip_glance *glance)
{
	const struct tm_answer answer = { .status = glance->status, .glance = glance };
	struct tm_client *c;
	uint64_t id;

	if (!tm_branch_id(glance->branch, &id))
		return false;
	c = tm_client_find(tm_here(), id, false);
	if (!c || !suffices(c, glance) || c->method != glance->method)
		return false;
	tm_client_receive(c, &answer);
	return true;
}

const struct lcs_tx_ops tm_ops = { ensure, respond, script_done, each, undelivered, tm_ended,
	answered, worker };

/* ---- for other modules ---- */

static struct tm_tx *api_current(struct tm *tm, struct lcs_ctx *ctx)
{
	struct tm_at *at = tm_at_of(ctx);

	(void)tm;
	return at ? at->tx : NULL;
}

static int api_ensure(struct tm *tm, struct lcs_ctx *ctx)
{
	(void)tm;
	return ensure(ctx);
}

static int api_relay(struct tm *tm, struct lcs_ctx *ctx)
{
	int err = api_ensure(tm, ctx);
	struct tm_at *at = tm_at_of(ctx);

	if (err)
		return err;
	return at ? tm_relay(at->tx, ctx) : lcs_forward_stateless(ctx);
}

static int api_respond(struct tm *tm, struct lcs_ctx *ctx, const struct response_parts *parts)
{
	(void)tm;
	return lcs_respond(ctx, parts);
}

static int api_watch(struct tm *tm, struct tm_tx *tx, tm_event_fn *fn, void *arg)
{
	struct tm_watch *w = pool_get(&tx->local->pool, sizeof(*w));

	(void)tm;
	if (!w)
		return -ENOMEM;
	*w = (struct tm_watch){ tx->watches, fn, arg };
	tx->watches = w;
	return 0;
}

const struct tm_api tm_table_api = {
	.current = api_current, .ensure = api_ensure, .relay = api_relay,
	.respond = api_respond, .watch = api_watch,
	.request = tm_uac_request, .forget = tm_uac_forget, .send = tm_uac_once,
};
