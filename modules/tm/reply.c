/*
 * modules/tm/reply.c - a response on its way back: reply routes, Via, the next hop upstream.
 */
#include "modules/tm/tm.h"
#include "parser/glance.h"

#include <errno.h>

/* ---- a run over a response ---- */

static struct gen *gen_of(const struct tm_tx *tx)
{
	if (tx->work)
		return lcs_ctx_gen(tx->work->ctx);
	return tx->late ? tx->late->gen : NULL;
}

static struct lcs_bag *bag_of(const struct tm_tx *tx)
{
	if (tx->work)
		return lcs_bag(tx->work->ctx);
	return tx->late ? tx->late->bag : NULL;
}

static struct tm_routes routes_of(const struct tm_tx *tx)
{
	if (tx->work)
		return tx->work->routes;
	return tx->late ? tx->late->routes : (struct tm_routes){ -1, -1, -1 };
}

static struct lcs_ctx *response_ctx(struct tm_tx *tx, struct sip_msg *response,
    const struct sip_edit *last, struct tm_at *at)
{
	struct lcs_ctx *ctx;

	if (!gen_of(tx))
		return NULL;
	ctx = lcs_ctx_new(response, last, bag_of(tx), gen_of(tx), ROUTE_REPLY);
	if (ctx)
		lcs_set_tx(ctx, at);
	else
		TM_COUNT(tx->local, no_memory);
	return ctx;
}

static void route_done(struct lcs_ctx *ctx, enum vm_status status, void *arg)
{
	bool *is_dropped = arg;

	(void)ctx;
	if (status == VM_DROP)
		*is_dropped = true;
}

/* The checker keeps functions that wait out of reply routes, so these end at once. */
bool tm_reply_routes(struct tm_tx *tx, struct tm_branch *b, struct tm_answer *answer)
{
	const struct tm_routes routes = routes_of(tx);
	struct tm_at at = { tx, b };
	bool is_dropped = false;
	struct lcs_ctx *ctx;

	if (routes.reply_all < 0 && routes.reply_armed < 0)
		return true;
	ctx = response_ctx(tx, answer->msg, answer->last, &at);
	if (!ctx)
		return true;
	if (routes.reply_all >= 0)
		lcs_route_run(ctx, routes.reply_all, route_done, &is_dropped);
	if (routes.reply_armed >= 0 && !is_dropped)
		lcs_route_run(ctx, routes.reply_armed, route_done, &is_dropped);
	answer->last = *lcs_edits(ctx);
	lcs_set_tx(ctx, NULL);
	lcs_ctx_unref(&ctx);
	return !is_dropped;
}

/* ---- sending it on ---- */

static bool may_send(struct tm_tx *tx, struct sip_msg *response, const struct sip_edit *last)
{
	struct tm_at at = { tx, NULL };
	struct lcs_ctx *ctx;
	bool may;

	if (routes_of(tx).onsend < 0)
		return true;
	ctx = response_ctx(tx, response, last, &at);
	if (!ctx)
		return true;
	may = lcs_may_send(ctx, last, &tx->way);
	lcs_set_tx(ctx, NULL);
	lcs_ctx_unref(&ctx);
	return may;
}

static void note_tag(struct tm_tx *tx, struct sip_msg *response)
{
	const struct name_addr *to = msg_to(response);

	tx->answered_tag = to ? tm_key_tag(to->tag) : 0;
}

/* Is there a Via under our own? Nearly always it stands on the next line. */
static bool has_via_below(const struct sip_view *view)
{
	const struct hdr *top = view->last ? NULL : msg_hdr(view->msg, HDR_VIA);
	const struct hdr *next = top ? msg_hdr_next(view->msg, top) : NULL;
	struct slice value;

	return (next && next->value.len) || view_value(view, HDR_VIA, 1, &value);
}

bool tm_passes_unread(const struct tm_tx *tx, struct sip_glance *response)
{
	const struct tm_routes routes = routes_of(tx);

	return !tx->is_local && !tx->watches && response->status < 300 && routes.reply_all < 0 &&
	    routes.reply_armed < 0 && routes.onsend < 0 && sip_glance_again(response) &&
	    response->has_via_below;
}

/* All but the line of our Via. */
static struct buf *bytes_below(const struct sip_glance *g)
{
	struct buf *bytes = buf_new(g->start_line.len + g->behind.len + 1);

	if (!bytes)
		return NULL;
	buf_put(bytes, g->start_line);
	buf_put(bytes, g->behind);
	return bytes;
}

static int forward_unread(struct tm_tx *tx, const struct sip_glance *g)
{
	struct sip_out *out = sip_out_new();

	if (out)
		out->bytes = bytes_below(g);
	if (out && out->bytes)
		return tm_server_send(tx, g->status, out, NULL);
	sip_out_unref(&out);
	return -ENOMEM;
}

int tm_forward(struct tm_tx *tx, const struct tm_answer *answer)
{
	struct sip_msg *response = answer->msg;
	struct sip_view view = { response, answer->last };
	struct sip_out *out;

	if (answer->glance)
		return forward_unread(tx, answer->glance);
	if (!has_via_below(&view))
		return -EBADMSG;	/* the client could not tell what it answers */
	if (edit_drop_first_value(response->arena, &view, HDR_VIA) != 0)
		return -ENOMEM;
	if (!may_send(tx, response, view.last)) {
		if (view_status(&view) >= 200)
			tm_server_forget(tx);	/* onsend_route wants silence */
		return 0;
	}
	out = sip_out_new();
	if (!out)
		return -ENOMEM;
	out->base = sip_msg_ref(response);
	out->last = view.last;
	if (view_status(&view) >= 300)
		note_tag(tx, response);
	return tm_server_send(tx, view_status(&view), out, response);
}
