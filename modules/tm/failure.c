/*
 * modules/tm/failure.c - all branches have failed: the script may think again.
 */
#include "modules/tm/tm.h"

#include <errno.h>

/* What a failure route sees as its main target: who failed, but no way to go - $du is there
 * to be shown only. It is a text of its own: a script that writes the same address once more
 * wants it tried once more, and a const's text is the same one each time. */
static struct lcs_target who_failed(const struct tm_branch *b, struct arena *arena)
{
	struct lcs_target t = b->target;

	t.next_uri = t.next_uri.len ? arena_dup(arena, t.next_uri) : SLICE_NULL;
	t.request_uri = t.path = SLICE_NULL;
	t.has_hop = false;
	t.hop = (struct sip_hop){ 0 };
	return t;
}

static struct lcs_ctx *failure_ctx(struct tm_tx *tx, struct tm_branch *picked)
{
	struct tm_work *work = tx->work;
	struct lcs_ctx *request = work->ctx, *ctx;
	const struct sip_edit *last = work->last;

	if (edit_request_uri(lcs_arena(request), &last, picked->request_uri) != 0)
		return NULL;
	ctx = lcs_ctx_new(lcs_msg(request), last, lcs_bag(request), lcs_ctx_gen(request),
	    ROUTE_FAILURE);
	if (!ctx)
		return NULL;
	lcs_take_age(ctx, request);
	*lcs_main_target(ctx) = who_failed(picked, lcs_arena(ctx));
	work->failure_next = lcs_main_target(ctx)->next_uri.p;
	work->failure_at = (struct tm_at){ tx, picked };
	work->failure_last = last;
	lcs_set_tx(ctx, &work->failure_at);
	return ctx;
}

/* A route that added no branch is not run again, even if it armed itself. */
void tm_failure_done(struct tm_tx *tx, struct lcs_ctx *ctx)
{
	struct tm_work *work = tx->work;

	lcs_set_tx(ctx, NULL);
	work->failure = NULL;
	work->next_of = NULL;
	if (work->count == work->count_before)
		work->armed.failure = -1;
	lcs_ctx_unref(&ctx);
}

int tm_failure_run(struct tm_tx *tx, struct tm_branch *picked, lcs_route_done_fn *done)
{
	struct tm_work *work = tx->work;
	int route = work->armed.failure;
	struct lcs_ctx *ctx = failure_ctx(tx, picked);

	work->armed.failure = -1;	/* it has to arm the next one itself */
	if (!ctx) {
		TM_COUNT(tx->local, no_memory);
		return -ENOMEM;
	}
	work->picked = picked;
	work->failure = ctx;
	work->count_before = work->count;
	lcs_route_run(ctx, route, done, tx);
	return 0;
}

static bool has_new_next(const struct tm_work *work, const struct lcs_target *t)
{
	return t->next_uri.len && t->next_uri.p != work->failure_next;
}

bool tm_failure_has_target(struct tm_work *work)
{
	const struct lcs_target *t = lcs_main_target(work->failure);
	struct sip_view now = lcs_view(work->failure);
	const struct sip_view begun = { now.msg, work->failure_last };

	return t->has_hop || has_new_next(work, t) || work->next_of ||
	    view_request_uri(&now).p != view_request_uri(&begun).p;
}

void tm_failure_clean_target(struct tm_work *work)
{
	struct lcs_target *t = lcs_main_target(work->failure);

	if (!has_new_next(work, t) && !work->next_of)
		t->next_uri = SLICE_NULL;
}

bool tm_failure_next_hop(struct tm_work *work)
{
	work->next_of = NULL;
	for (struct tm_branch *b = work->first; b; b = b->next)
		if (b->phase == TM_BRANCH_DONE && tm_branch_has_next(b))
			work->next_of = b;	/* the last one goes on */
	return work->next_of != NULL;
}
