/*
 * modules/tm/breadth.c - Max-Breadth: how many branches a request may have at a time, here
 * and behind us (RFC 5393 5.3).
 */
#include "modules/tm/tm.h"

#include <errno.h>

#define PRESET 60u			/* of a request that does not say (5.3.3.1) */

/* As the request came, or as the script has left it. */
static unsigned total_of(const struct tm_work *work, bool *is_there)
{
	const struct sip_view view = { lcs_msg(work->ctx), work->last };
	struct hdr_ref h;
	uint32_t n;

	*is_there = view_hdr(&view, HDR_MAX_BREADTH, SLICE_NULL, 0, &h);
	return *is_there && slice_to_u32(h.value, &n) == 0 ? n : PRESET;
}

/* What branches under way have been given; one without a share left with the whole of it, or
 * without the header. */
static unsigned held_by(const struct tm_work *work, unsigned whole)
{
	unsigned sum = 0;

	for (const struct tm_branch *b = work->first; b; b = b->next)
		if (b->phase != TM_BRANCH_WAITING && b->phase != TM_BRANCH_DONE)
			sum += b->breadth ? b->breadth : whole;
	return sum;
}

/* Most requests have one target and no such header. */
static bool is_alone(const struct tm_work *work)
{
	return work->count == 1 && !msg_hdr(lcs_msg(work->ctx), HDR_MAX_BREADTH);
}

void tm_breadth_share(const struct tm_tx *tx, unsigned n, struct tm_shares *out)
{
	unsigned total, held;
	bool is_there;

	*out = (struct tm_shares){ .start = n };
	if (is_alone(tx->work))
		return;
	total = total_of(tx->work, &is_there);
	held = held_by(tx->work, is_there ? total : 1);
	total = total > held ? total - held : 0;
	if (out->start > total)
		out->start = total;
	if (out->start == 0 || (out->start == 1 && held == 0))
		return;			/* it keeps the header that it has, or has none */
	out->each = total / out->start;
	out->more = total % out->start;
}

unsigned tm_breadth_next(struct tm_shares *shares)
{
	if (shares->more == 0)
		return shares->each;
	shares->more--;
	return shares->each + 1;
}

int tm_breadth_write(struct tm_branch *b)
{
	struct lcs_ctx *ctx = b->tx->work->ctx;
	struct arena *arena = lcs_arena(ctx);
	struct sip_view view = { lcs_msg(ctx), b->last };
	struct slice text;
	struct hdr_ref h;

	if (b->breadth == 0)
		return 0;
	text = arena_decimal(arena, b->breadth);
	if (!text.p)
		return -ENOMEM;
	if (view_hdr(&view, HDR_MAX_BREADTH, SLICE_NULL, 0, &h))
		return edit_value_in_arena(arena, &b->last, &h, text);
	return edit_add(arena, &b->last, EDIT_AT_END, SLICE("Max-Breadth"), text);
}
