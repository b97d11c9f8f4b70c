/*
 * core/sip/respond.c - stateless responses (RFC 3261 8.2.6, 8.2.7) and the way they take.
 */
#include "core/sip/respond.h"

#include "core/net/flow.h"
#include "core/sip/counters.h"
#include "core/sip/flight.h"
#include "core/sip/tx.h"
#include "utils/hex.h"
#include "utils/siphash.h"

#include <errno.h>

#define TAG_TEXT_BYTES 80u		/* of Call-ID, branch and tag, each */
#define TAG_SEED_BYTES (3 * TAG_TEXT_BYTES + sizeof(uint32_t))

/* ---- the tag ---- */

struct seed { size_t len; char bytes[TAG_SEED_BYTES]; };

static void seed_put(struct seed *seed, const void *bytes, size_t len)
{
	if (len)
		memcpy(seed->bytes + seed->len, bytes, len);
	seed->len += len;
}

/* Long ones go in as their hash: there is room for everything. */
static void seed_put_text(struct seed *seed, struct slice s)
{
	uint64_t hash;

	if (s.len <= TAG_TEXT_BYTES) {
		seed_put(seed, s.p, s.len);
		return;
	}
	hash = lcs_key(s);
	seed_put(seed, &hash, sizeof(hash));
}

/*
 * Retransmissions and the ACK for a non-2xx final response carry the same
 * Call-ID, From tag, CSeq number and top branch as their request (17.1.1.3), so
 * they find the same tag. RFC 2543 clients have no branch: their Via has to do.
 */
struct slice respond_tag(struct sip_msg *request)
{
	const struct sip_via *via = msg_via(request);
	const struct name_addr *from = msg_from(request);
	const struct sip_cseq *cseq = msg_cseq(request);
	struct seed seed;
	char *text = arena_bytes(request->arena, LCS_TAG_CHARS);
	uint64_t hash;

	if (!text)
		return SLICE_NULL;
	seed.len = 0;			/* its bytes are not worth clearing */
	seed_put_text(&seed, msg_call_id(request));
	if (cseq)
		seed_put(&seed, &cseq->seq, sizeof(cseq->seq));
	if (via)
		seed_put_text(&seed, via_has_cookie(via) ? via->branch : via->text);
	if (from)
		seed_put_text(&seed, from->tag);
	hash = siphash(siphash_boot_key(), slice_of(seed.bytes, seed.len));
	hex_encode(text, &hash, sizeof(hash));
	return slice_of(text, LCS_TAG_CHARS);
}

struct slice lcs_stateless_tag(struct lcs_ctx *ctx)
{
	if (slice_is_empty(ctx->tag))
		ctx->tag = respond_tag(ctx->msg);
	return ctx->tag;
}

/* ---- the way ---- */

static uint16_t sent_by_port(const struct sip_via *via, const struct sip_hop *from)
{
	return via->port ? via->port : transport_default_port(from->transport);
}

/* A multicast request is answered to the group (18.2.2). Any other maddr would
 * let a peer send our responses wherever it likes, so it is not honoured. */
static bool is_multicast(const struct ip_addr *ip)
{
	return ip->family == 4 ? (ip->bytes[0] & 0xf0) == 0xe0 : ip->bytes[0] == 0xff;
}

static void datagram_hop(const struct sip_via *via, struct sip_hop *hop)
{
	struct ip_addr group;

	if (via->has_rport)
		return;			/* RFC 3581 4: source address and port */
	hop->remote.port = sent_by_port(via, hop);
	if (via->maddr.len && ip_parse(via->maddr, &group) == 0 && is_multicast(&group))
		hop->remote.ip = group;
}

/*
 * The connection it came on; if that has gone, a new one to the port in
 * sent-by, unless that is the ephemeral port of the old one: nobody listens
 * there.
 */
static void stream_hop(const struct sip_via *via, struct sip_hop *hop)
{
	if (hop->flow == 0 || flow_is_alive(hop->flow))
		return;
	if (sent_by_port(via, hop) == hop->remote.port)
		return;
	hop->flow = 0;
	hop->remote.port = sent_by_port(via, hop);
}

void lcs_response_hop(struct sip_msg *request, struct sip_hop *hop)
{
	const struct sip_via *via = msg_via(request);

	*hop = request->from;
	if (!via)
		return;
	if (transport_is_stream(hop->transport))
		stream_hop(via, hop);
	else
		datagram_hop(via, hop);
}

/* ---- sending ---- */

static int send_response(struct sip_msg *request, const struct response_parts *parts)
{
	struct sip_out *out = sip_out_new();

	if (out)
		out->bytes = sip_response_bytes(request, parts);
	if (!out || !out->bytes) {
		sip_out_unref(&out);
		SIP_COUNT(responses_failed);
		return -ENOMEM;
	}
	lcs_response_hop(request, &out->hop);
	net_send(&out);
	SIP_COUNT(responses_sent);
	return 0;
}

int respond_raw(struct sip_msg *request, const struct gen *gen,
    const struct response_parts *parts)
{
	struct response_parts p = *parts;

	if (request->method == METHOD_ACK)
		return 0;
	if (slice_is_empty(p.to_tag) && p.status > 100)
		p.to_tag = respond_tag(request);
	if (slice_is_empty(p.server))
		p.server = lcs_signature(gen);
	return send_response(request, &p);
}

static struct slice joined(struct arena *arena, struct slice a, struct slice b)
{
	const struct slice pieces[] = { a, b };

	return a.len == 0 ? b : arena_join(arena, pieces, 2);
}

int lcs_append_to_response(struct lcs_ctx *ctx, struct slice lines)
{
	struct slice all = joined(lcs_arena(ctx), ctx->response_lines, lines);

	if (!all.p)
		return -ENOMEM;
	ctx->response_lines = all;
	return 0;
}

/* What the script collected goes along, whichever way the response goes. */
static int with_lines(struct lcs_ctx *ctx, const struct response_parts *parts,
    struct response_parts *out)
{
	*out = *parts;
	if (ctx->response_lines.len)
		out->extra_lines = joined(lcs_arena(ctx), parts->extra_lines, ctx->response_lines);
	return ctx->response_lines.len && !out->extra_lines.p ? -ENOMEM : 0;
}

int lcs_respond_stateless(struct lcs_ctx *ctx, const struct response_parts *parts)
{
	struct response_parts p;
	int err;

	if (!ctx->msg->is_request)
		return -EINVAL;
	if (ctx->msg->method == METHOD_ACK)
		return 0;
	err = with_lines(ctx, parts, &p);
	if (err)
		return err;
	if (slice_is_empty(p.to_tag) && p.status > 100)
		p.to_tag = lcs_stateless_tag(ctx);
	if (slice_is_empty(p.server))
		p.server = ctx->gen->signature;
	err = send_response(ctx->msg, &p);
	flight_replied(ctx, &p);
	if (err == 0 && p.status >= 200)
		ctx->answered = true;
	return err;
}

int lcs_respond(struct lcs_ctx *ctx, const struct response_parts *parts)
{
	struct response_parts p;
	int err;

	if (!ctx->tx || !tx_ops())
		return lcs_respond_stateless(ctx, parts);
	err = with_lines(ctx, parts, &p);
	if (err)
		return err;
	flight_replied(ctx, &p);
	return tx_ops()->respond(ctx, &p);
}
