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

static uint64_t mix(uint64_t sum, struct slice s)
{
	struct siphash_key key = *siphash_boot_key();

	key.k0 ^= sum;
	return siphash(&key, s);
}

static uint64_t mix_headers(uint64_t sum, const struct sip_msg *msg, enum hdr_id id)
{
	for (const struct hdr *h = msg_hdr(msg, id); h; h = msg_hdr_next(msg, h))
		sum = mix(sum, h->value);
	return sum;
}

struct slice lcs_loop_mark(struct lcs_ctx *ctx)
{
	static const enum hdr_id headers[] = {
		HDR_ROUTE, HDR_PROXY_REQUIRE, HDR_PROXY_AUTHORIZATION,
	};
	struct sip_msg *msg = ctx->msg;
	uint64_t sum = mix(lcs_key(msg_call_id(msg)), msg->request_uri);
	char *text;

	if (msg_from(msg))
		sum = mix(sum, msg_from(msg)->tag);
	if (msg_to(msg))
		sum = mix(sum, msg_to(msg)->tag);
	if (msg_cseq(msg))
		sum = mix(sum, msg_cseq(msg)->method_text) ^ msg_cseq(msg)->seq;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		sum = mix_headers(sum, msg, headers[i]);
	text = arena_bytes(lcs_arena(ctx), MARK_CHARS);
	if (!text)
		return SLICE_NULL;
	text[0] = '.';
	hex_encode(text + 1, &sum, (MARK_CHARS - 1) / 2);
	return slice_of(text, MARK_CHARS);
}
