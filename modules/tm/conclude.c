/*
 * modules/tm/conclude.c - all branches have ended: which response goes back, and in what words
 * (RFC 3261 16.7, items 6 to 9).
 */
#include "modules/tm/tm.h"
#include "modules/tm/best.h"

#include <errno.h>

/* ---- the best ---- */

/* Of equals the first to come, but one of the last round before those of earlier ones. */
static bool is_better(const struct tm_work *work, const struct tm_branch *b,
    const struct tm_branch *best)
{
	unsigned mine = tm_rank(b->status, !b->response);
	unsigned its = tm_rank(best->status, !best->response);

	return mine < its || (mine == its && best->index < work->round_began);
}

struct tm_branch *tm_pick(const struct tm_work *work)
{
	struct tm_branch *best = NULL;

	for (struct tm_branch *b = work->first; b; b = b->next)
		if (b->status >= 300 && (!best || is_better(work, b, best)))
			best = b;
	return best;
}

/* ---- what goes back ---- */

static int copy_challenges(struct tm_branch *best, const struct tm_branch *from, enum hdr_id id)
{
	struct sip_view view = { from->response, from->response_last };
	struct hdr_ref h = { 0 };
	int err = 0;

	while (!err && view_next_hdr(&view, id, SLICE_NULL, &h))
		err = edit_add(best->response->arena, &best->response_last, EDIT_AT_END, h.name,
		    h.value);
	return err;
}

/* 16.7, item 7: the client gets all challenges at once. */
static int gather_challenges(const struct tm_work *work, struct tm_branch *best)
{
	int err = 0;

	if (best->status != 401 && best->status != 407)
		return 0;
	for (struct tm_branch *b = work->first; b && !err; b = b->next) {
		if (b == best || !b->response || (b->status != 401 && b->status != 407))
			continue;
		err = copy_challenges(best, b, HDR_WWW_AUTHENTICATE);
		if (!err)
			err = copy_challenges(best, b, HDR_PROXY_AUTHENTICATE);
	}
	return err;
}

/* 16.7, item 6: a 503 speaks of the next hop, not of us. */
static int soften_503(struct tm_branch *best)
{
	if (best->status != 503)
		return 0;
	return edit_status(best->response->arena, &best->response_last, 500,
	    SLICE("Next Hop Unavailable"));
}

/* A final response that could not be passed on must not leave the client waiting. */
void tm_answer_instead(struct tm_tx *tx, int err)
{
	if (err == -ENOMEM)
		tm_server_status(tx, 500, SLICE_NULL);
	else if (err == -EBADMSG)
		tm_server_status(tx, 502, SLICE_NULL);
}

static void forward_best(struct tm_tx *tx, struct tm_branch *best)
{
	int err = gather_challenges(tx->work, best);

	if (!err)
		err = soften_503(best);
	if (!err)
		err = tm_forward(tx, &(struct tm_answer){ best->status, best->response,
		    best->response_last, NULL });
	tm_answer_instead(tx, err);
}

static const struct { uint16_t status, sent; const char *reason; } made_here[] = {
	{ 430, 430, "Flow Failed" },
	{ 478, 478, "Unresolvable Destination" },
	{ 503, 500, "Next Hop Unreachable" },
};

static void answer_made_here(struct tm_tx *tx, uint16_t status)
{
	for (size_t i = 0; i < sizeof(made_here) / sizeof(made_here[0]); i++)
		if (made_here[i].status == status) {
			tm_server_status(tx, made_here[i].sent, slice_str(made_here[i].reason));
			return;
		}
	tm_server_status(tx, status, SLICE_NULL);
}

/* RFC 4320 4.2: a 408 would come when the client has given up, and only be a stray. */
static void end_silently(struct tm_tx *tx)
{
	TM_COUNT(tx->local, silent_408);
	tm_tell(tx, TM_FINAL, 408, NULL);
	tm_server_forget(tx);
}

static uint16_t status_of(const struct tm_tx *tx, const struct tm_branch *best)
{
	if (tx->is_canceled)
		return 487;
	return best ? best->status : 480;	/* every branch was dropped by the script */
}

void tm_conclude(struct tm_tx *tx, struct tm_branch *best)
{
	uint16_t status = status_of(tx, best);

	if (tx->is_local) {
		tx->work->is_over = true;
		tm_uac_final(tx, best && best->response ? best->status : status,
		    best ? best->response : NULL);
	} else if (best && best->response) {
		forward_best(tx, best);
	} else if (status == 408 && !tx->is_invite) {
		end_silently(tx);
	} else {
		answer_made_here(tx, status);
	}
}
