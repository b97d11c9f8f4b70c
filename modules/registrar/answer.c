/*
 * modules/registrar/answer.c - 200 to a REGISTER: all bindings as they are now.
 */
#include "modules/registrar/registrar.h"

#include <errno.h>

static void put_q(struct buf *b, uint16_t q)
{
	if (q == 1000)
		return;
	buf_put(b, SLICE(";q=0."));
	buf_put_char(b, (char)('0' + q / 100));
	if (q % 100) {
		buf_put_char(b, (char)('0' + q / 10 % 10));
		if (q % 10)
			buf_put_char(b, (char)('0' + q % 10));
	}
}

struct gruus { const struct registrar_conf *conf; struct slice aor; };	/* aor empty: none are asked */

static void put_gruus(struct buf *b, const struct usrloc_binding *c, const struct gruus *gruus)
{
	if (!gruus->aor.len)
		return;
	gruu_put(b, gruus->aor, c->instance);
	if (gruus->conf->temporary_gruus)
		temp_gruu_put(b, gruus->conf->gruu_key, gruus->aor, c);
}

static void put_contact(struct buf *b, const struct usrloc_binding *c, int64_t now,
    const struct gruus *gruus)
{
	buf_put(b, SLICE("Contact: <"));
	buf_put(b, c->contact);
	buf_put_char(b, '>');
	buf_put(b, SLICE(";expires="));
	buf_put_u64(b, (uint64_t)(c->expires - now));
	put_q(b, c->q);
	if (c->instance.len) {
		buf_put(b, SLICE(";+sip.instance=\""));
		buf_put(b, c->instance);
		buf_put_char(b, '"');
		put_gruus(b, c, gruus);
	}
	if (c->reg_id) {
		buf_put(b, SLICE(";reg-id="));
		buf_put_u64(b, c->reg_id);
	}
	buf_put(b, c->params);
	buf_put(b, SLICE("\r\n"));
}

/* RFC 3327 5.3: the client sees the path that its requests will take. */
static void put_path(struct buf *b, struct lcs_ctx *ctx)
{
	struct sip_view view = lcs_view(ctx);
	struct hdr_ref h = { 0 };

	while (view_next_hdr(&view, HDR_PATH, SLICE_NULL, &h)) {
		if (!registrar_supports(ctx, SLICE("path")))
			return;
		buf_put(b, SLICE("Path: "));
		buf_put(b, h.value);
		buf_put(b, SLICE("\r\n"));
	}
}

/* RFC 3608 6.3: the way that the client's own requests are to take. */
static void put_service_route(struct buf *b, const struct registrar_conf *conf)
{
	if (conf->service_route.len == 0)
		return;
	buf_put(b, SLICE("Service-Route: "));
	buf_put(b, conf->service_route);
	buf_put(b, SLICE("\r\n"));
}

/* The binding that this request has made or renewed. */
static bool is_of_request(const struct usrloc_binding *b, struct lcs_ctx *ctx)
{
	const struct sip_cseq *cseq = msg_cseq(lcs_msg(ctx));

	return cseq && b->cseq == cseq->seq && slice_eq(b->call_id, msg_call_id(lcs_msg(ctx)));
}

static void put_others(const struct registrar *reg, const struct registrar_answer *answer,
    struct buf *lines)
{
	for (unsigned i = 0; i < reg->listener_count; i++)
		reg->listeners[i].put(reg->listeners[i].arg, answer, lines);
}

int registrar_answer(struct lcs_ctx *ctx, const struct registrar *reg, struct slice aor,
    const struct usrloc_aor *now, bool outbound, bool was_there)
{
	struct registrar_answer answer = { .ctx = ctx, .aor = aor, .was_there = was_there };
	const struct registrar_conf *conf = lcs_conf(reg->mod, lcs_ctx_gen(ctx));
	struct gruus gruus = { conf, registrar_supports(ctx, SLICE("gruu")) ? aor : SLICE_NULL };
	struct response_parts parts = { .status = 200 };
	int64_t wall = loop_wall(worker_loop());
	struct buf *lines = buf_new(256);
	struct usrloc_binding b;
	int err;

	if (!lines)
		return -ENOMEM;
	for (unsigned i = 0; now && i < now->count; i++) {
		reg->usrloc->binding(now, i, &b);
		if (b.expires <= wall)
			continue;
		put_contact(lines, &b, wall, &gruus);
		if (reg->listener_count && is_of_request(&b, ctx))
			answer.expires = b.expires - wall;
	}
	put_path(lines, ctx);
	put_service_route(lines, conf);
	if (outbound)
		buf_put(lines, SLICE("Require: outbound\r\n"));
	put_others(reg, &answer, lines);
	parts.extra_lines = buf_slice(lines);
	err = lines->failed ? -ENOMEM : lcs_respond(ctx, &parts);
	buf_unref(&lines);
	return err;
}
