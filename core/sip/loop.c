/*
 * core/sip/loop.c - what tells a loop from a spiral (RFC 5393 4.2).
 *
 * The mark covers what decides where we send a request, as it came: so a
 * request that comes back with another Request-URI or Route is a spiral, which
 * is allowed, and one that comes back as it was is a loop.
 */
#include "core/sip/ctx.h"
#include "utils/hex.h"
#include "utils/siphash.h"

#define MARK_CHARS 9u			/* a dot, and half of the sum in hex */

static uint64_t mix_headers(uint64_t sum, const struct sip_msg *msg, enum hdr_id id)
{
	for (const struct hdr *h = msg_hdr(msg, id); h; h = msg_hdr_next(msg, h)) {
		const struct slice pieces[] = { slice_of((const char *)&sum, sizeof(sum)), h->value };

		sum = siphash_pieces(siphash_boot_key(), pieces, 2, 0);
	}
	return sum;
}

static uint64_t sum_of(struct sip_msg *msg)
{
	const struct name_addr *from = msg_from(msg), *to = msg_to(msg);
	const struct sip_cseq *cseq = msg_cseq(msg);
	uint64_t seq = cseq ? cseq->seq : 0;
	const struct slice pieces[] = { msg_call_id(msg), msg->request_uri,
	    from ? from->tag : SLICE_NULL, to ? to->tag : SLICE_NULL,
	    cseq ? cseq->method_text : SLICE_NULL, slice_of((const char *)&seq, sizeof(seq)) };

	return siphash_pieces(siphash_boot_key(), pieces, sizeof(pieces) / sizeof(pieces[0]), 0);
}

static struct slice make_mark(struct lcs_ctx *ctx)
{
	static const enum hdr_id headers[] = {
		HDR_ROUTE, HDR_PROXY_REQUIRE, HDR_PROXY_AUTHORIZATION,
	};
	uint64_t sum = sum_of(ctx->msg);
	char *text;

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		sum = mix_headers(sum, ctx->msg, headers[i]);
	text = arena_bytes(lcs_arena(ctx), MARK_CHARS);
	if (!text)
		return SLICE_NULL;
	text[0] = '.';
	hex_encode(text + 1, &sum, (MARK_CHARS - 1) / 2);
	return slice_of(text, MARK_CHARS);
}

struct slice lcs_loop_mark(struct lcs_ctx *ctx)
{
	if (!ctx->loop_mark.p)
		ctx->loop_mark = make_mark(ctx);
	return ctx->loop_mark;
}

struct slice lcs_loop_mark_made(struct lcs_ctx *ctx) { return ctx->loop_mark; }

static bool is_ours_with_mark(struct slice value, struct slice mark)
{
	struct sip_via via;

	return sip_via_parse(value, &via, NULL) == 0 && slice_ends(via.branch, mark) &&
	    net_is_local(via.host, via.port, via.transport);
}

bool lcs_has_looped(struct lcs_ctx *ctx)
{
	const struct sip_view view = { ctx->msg, NULL };	/* as it came */
	struct slice mark = lcs_loop_mark(ctx), value;
	struct value_walk w = { 0 };

	while (mark.p && view_next_value(&view, HDR_VIA, &w, &value))
		if (is_ours_with_mark(value, mark))
			return true;
	return false;
}
