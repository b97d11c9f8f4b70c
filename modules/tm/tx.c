/*
 * modules/tm/tx.c - the life of a transaction and of all that it owns.
 */
#include "modules/tm/tm.h"

#include <errno.h>

/* ---- beginning ---- */

static struct tm_work *work_new(struct tm_local *local, struct tm_tx *tx, struct lcs_ctx *ctx)
{
	struct tm_work *work = arena_zalloc(lcs_arena(ctx), sizeof(*work));

	if (!work)
		return NULL;
	work->ctx = ctx;
	work->conf = lcs_conf(local->tm->mod, lcs_ctx_gen(ctx));
	work->at.tx = tx;
	work->tail = &work->first;
	work->armed = (struct tm_armed){ -1, -1, -1, 0, 0 };
	work->routes = (struct tm_routes){ lcs_route_id(ctx, ROUTE_REPLY, SLICE_NULL), -1,
	    lcs_route_id(ctx, ROUTE_ONSEND, SLICE_NULL) };
	return work;
}

struct tm_tx *tm_tx_new(struct tm_local *local, struct lcs_ctx *ctx)
{
	struct tm_tx *tx = pool_get(&local->pool, sizeof(*tx));

	if (!tx)
		return NULL;
	memset(tx, 0, sizeof(*tx));
	tx->work = work_new(local, tx, ctx);
	if (!tx->work) {
		pool_put(&local->pool, tx, sizeof(*tx));
		return NULL;
	}
	tx->local = local;
	tx->is_invite = lcs_method(ctx) == METHOD_INVITE;
	tx->born = loop_now(worker_loop());
	list_init(&tx->clients);
	list_push_back(&local->all, &tx->by_age);
	local->active++;
	return tx;
}

int tm_local_new(struct tm_local *local, struct lcs_ctx *ctx, struct tm_tx **out)
{
	struct tm_tx *tx = tm_tx_new(local, ctx);

	if (!tx) {
		TM_COUNT(local, no_memory);
		lcs_ctx_unref(&ctx);
		return -ENOMEM;
	}
	tx->is_local = true;
	tx->machine.state = TM_TERMINATED;
	timer_init(&tx->machine.timer, NULL);	/* never started */
	lcs_set_tx(ctx, &tx->work->at);
	TM_COUNT(local, local);
	*out = tx;
	return 0;
}

/* ---- what is kept with it ---- */

void tm_keep(struct tm_tx *tx, struct slice bytes)
{
	struct pool *pool = &tx->local->pool;

	tm_kept_free(pool, &tx->kept);
	tx->kept = tm_kept_new(pool, bytes);
}

void tm_tell(struct tm_tx *tx, enum tm_event event, uint16_t status, struct sip_msg *response)
{
	for (struct tm_watch *w = tx->watches; w; w = w->next)
		w->fn(w->arg, event, status, response);
}

/* ---- the end ---- */

/* All that is not the arena's. */
static void branch_drop(struct tm_branch *b)
{
	struct tm_client *c = b->client;

	resolve_cancel(&b->question);
	hop_list_unref(&b->hops);
	if (b->response)
		sip_msg_unref(&b->response);
	if (!c)
		return;
	/* Its answer cannot matter any more. What may yet be lost is sent again as before. */
	tm_client_detach(c);
	if (c->machine.reliable && !c->is_invite)
		tm_client_drop(c);
}

static void work_drop(struct tm_tx *tx)
{
	struct tm_work *work = tx->work;
	struct lcs_ctx *ctx = work->ctx;

	for (struct tm_branch *b = work->first; b; b = b->next)
		branch_drop(b);
	if (work->task_queued)
		list_remove(&work->task.node);
	if (tm_at_of(ctx) == &work->at)
		lcs_set_tx(ctx, NULL);
	tx->work = NULL;
	lcs_ctx_unref(&ctx);
}

static void free_watches(struct tm_tx *tx)
{
	while (tx->watches) {
		struct tm_watch *w = tx->watches;

		tx->watches = w->next;
		pool_put(&tx->local->pool, w, sizeof(*w));
	}
}

static void free_late(struct tm_tx *tx)
{
	struct tm_late *late = tx->late;

	tx->late = NULL;
	if (!late)
		return;
	lcs_bag_unref(&late->bag);
	gen_unref(&late->gen);
	pool_put(&tx->local->pool, late, sizeof(*late));
}

static void orphan_clients(struct tm_tx *tx)
{
	struct list *node;

	while ((node = list_pop_front(&tx->clients)))
		tm_client_orphan(container_of(node, struct tm_client, in_tx));
}

static void tx_free(struct tm_tx *tx)
{
	struct tm_local *local = tx->local;

	tm_machine_stop(&tx->machine);
	if (!tx->is_local)
		htab_remove(&local->servers, &tx->node);
	list_remove(&tx->by_age);
	local->active--;
	if (tx->status >= 200)
		local->waiting--;
	tm_tell(tx, TM_GONE, tx->status, NULL);
	if (tx->uac)
		tm_uac_gone(tx);
	if (tx->work)
		work_drop(tx);
	orphan_clients(tx);
	free_watches(tx);
	tm_keep(tx, SLICE_NULL);
	free_late(tx);
	pool_put(&local->pool, tx, sizeof(*tx));
}

/* An INVITE of our own: its 2xx may come again, and from others that were asked. */
static bool expects_more(const struct tm_tx *tx)
{
	if (!tx->is_local || !tx->is_invite)
		return false;
	list_for_each(it, &tx->clients)
		if (container_of(it, const struct tm_client, in_tx)->machine.state ==
		    TM_ICT_ACCEPTED)
			return true;
	return false;
}

void tm_leave(struct tm_tx *tx)
{
	if (--tx->holds > 0)
		return;
	if (tx->work && tx->work->is_over)
		work_drop(tx);
	if (tx->machine.state == TM_TERMINATED && !(tx->is_local && tx->work) &&
	    !expects_more(tx))
		tx_free(tx);
}

/* Failure and branch routes that wait will not go on. */
static void stop_routes(struct tm_work *work)
{
	if (work->failure)
		lcs_cancel(work->failure);
	for (struct tm_branch *b = work->first; b; b = b->next)
		if (b->phase == TM_BRANCH_ROUTE) {
			b->phase = TM_BRANCH_DONE;
			lcs_cancel(b->ctx);
		}
}

void tm_abandon(struct tm_tx *tx)
{
	tm_enter(tx);			/* for good: nothing below may free it */
	free_watches(tx);
	if (tx->uac)
		tm_uac_abandon(tx);
	if (tx->work)
		tx->work->is_over = true;
	if (tx->work)
		stop_routes(tx->work);
	tx_free(tx);
}
