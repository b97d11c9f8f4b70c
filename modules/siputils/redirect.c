/*
 * modules/siputils/redirect.c - send the client to where its request would have gone
 * (RFC 3261 8.3, 21.3).
 */
#include "modules/siputils/siputils.h"

#include "utils/buf.h"

struct contacts {
	struct lcs_ctx *ctx;
	struct buf     *lines;
	usec_t          expires;	/* 0: not said */
	unsigned        count;
};

/* Back to the URI that was asked for would be in circles. */
static bool is_asked(struct lcs_ctx *ctx, struct slice text)
{
	const struct sip_uri *asked = msg_request_uri(lcs_msg(ctx));
	struct sip_uri uri;

	return sip_uri_parse(text, &uri, NULL) != 0 || (asked && sip_uri_eq(&uri, asked));
}

static void put_q(struct buf *b, uint16_t q)
{
	if (q >= 1000)
		buf_put(b, SLICE(";q=1"));
	else
		buf_printf(b, ";q=0.%03u", q);
}

static void put(struct contacts *c, const struct lcs_target *t, struct slice uri)
{
	if (t->is_spare || is_asked(c->ctx, uri))
		return;
	c->count++;
	buf_put(c->lines, SLICE("Contact: <"));
	buf_put(c->lines, uri);
	buf_put_char(c->lines, '>');
	put_q(c->lines, t->q);
	if (c->expires) {
		buf_put(c->lines, SLICE(";expires="));
		buf_put_u64(c->lines, (uint64_t)(c->expires / 1000000));
	}
	buf_put(c->lines, SLICE("\r\n"));
}

static void put_all(struct contacts *c)
{
	const struct sip_view view = lcs_view(c->ctx);
	unsigned count;
	const struct lcs_target *others = lcs_targets(c->ctx, &count);

	put(c, lcs_main_target(c->ctx), view_request_uri(&view));
	for (unsigned i = 0; i < count; i++)
		put(c, &others[i], others[i].request_uri);
}

/* argv: status, lifetime. */
enum fn_status siputils_redirect(struct lcs_call *call)
{
	struct response_parts parts = { .status = (uint16_t)call->argv[0].i };
	struct contacts c = { .ctx = call->ctx, .lines = buf_new(512),
	    .expires = value_is_null(call->argv[1]) ? 0 : call->argv[1].dur };

	if (c.lines)
		put_all(&c);
	if (c.lines && !c.lines->failed)
		parts.extra_lines = arena_dup(lcs_arena(call->ctx), buf_slice(c.lines));
	buf_unref(&c.lines);
	if (!parts.extra_lines.p)
		return FN_FAILED;
	return fn_bool(call, c.count > 0 && lcs_respond(call->ctx, &parts) == 0);
}
