/*
 * core/sip/vars_header.c - headers by name, the body, the whole message.
 */
#include "core/sip/vars.h"
#include "parser/write.h"

#include <errno.h>

/* ---- $hdr(Name) ---- */

struct wanted { struct sip_view view; enum hdr_id id; struct slice name; };

static struct wanted wanted(struct lcs_call *call)
{
	struct slice name = call->argv[0].s;

	return (struct wanted){ lcs_view(call->ctx), hdr_by_name(name), name };
}

static struct value line_of(struct lcs_call *call, const struct hdr_ref *h)
{
	return value_string(hdr_unfold(lcs_arena(call->ctx), h->value));
}

static unsigned count_of(struct wanted *w)
{
	struct hdr_ref h = { 0 };
	unsigned n = 0;

	while (view_next_hdr(&w->view, w->id, w->name, &h))
		n++;
	return n;
}

static enum fn_status get_all(struct lcs_call *call, struct wanted *w)
{
	struct arena *arena = lcs_arena(call->ctx);
	struct value_list *list = arena_alloc(arena, sizeof(*list));
	struct value *items = arena_alloc(arena, count_of(w) * sizeof(*items));
	struct hdr_ref h = { 0 };
	size_t n = 0;

	if (!list || !items)
		return FN_FAILED;
	while (view_next_hdr(&w->view, w->id, w->name, &h))
		items[n++] = line_of(call, &h);
	*list = (struct value_list){ n, items };
	return var_value(call, (struct value){ .type = VALUE_LIST, .list = list });
}

static enum fn_status get_hdr(struct lcs_call *call)
{
	struct wanted w = wanted(call);
	int nth = call->argv[1].type == VALUE_INT ? (int)call->argv[1].i : 0;
	struct hdr_ref h;

	if (call->argv[1].type == VALUE_ANY)
		return get_all(call, &w);
	if (!view_hdr(&w.view, w.id, w.name, nth, &h))
		return FN_DONE;
	return var_value(call, line_of(call, &h));
}

static enum fn_status set_one(struct lcs_call *call, struct wanted *w, int nth)
{
	struct arena *arena = lcs_arena(call->ctx);
	const struct sip_edit **last = lcs_edits(call->ctx);
	struct slice text = var_new_text(call);
	struct hdr_ref h;

	if (!view_hdr(&w->view, w->id, w->name, nth, &h))
		return FN_FAILED;
	if (value_is_null(call->argv[2]))
		return var_status(edit_drop(arena, last, &h));
	return var_status(edit_value(arena, last, &h, text));
}

/* Without an index there is one header of that name afterwards, or none. */
static enum fn_status set_hdr(struct lcs_call *call)
{
	struct arena *arena = lcs_arena(call->ctx);
	struct wanted w = wanted(call);
	struct hdr_ref h;

	if (call->argv[1].type == VALUE_INT)
		return set_one(call, &w, (int)call->argv[1].i);
	if (!value_is_null(call->argv[2]) && count_of(&w) == 1 &&
	    view_hdr(&w.view, w.id, w.name, 0, &h))
		return var_status(edit_value(arena, lcs_edits(call->ctx), &h, var_new_text(call)));
	if (edit_drop_all(arena, &w.view, w.id, w.name) < 0)
		return FN_FAILED;
	*lcs_edits(call->ctx) = w.view.last;
	if (value_is_null(call->argv[2]))
		return FN_DONE;
	return var_status(edit_add(arena, lcs_edits(call->ctx), EDIT_AT_END, w.name,
	    var_new_text(call)));
}

enum fn_status push_hdr(struct lcs_call *call)
{
	return var_status(edit_add(lcs_arena(call->ctx), lcs_edits(call->ctx), EDIT_AT_END,
	    call->argv[0].s, var_new_text(call)));
}

static enum fn_status get_hdrc(struct lcs_call *call)
{
	struct wanted w = wanted(call);

	return var_value(call, value_int(count_of(&w)));
}

/* ---- well-known ones ---- */

static enum fn_status get_first(struct lcs_call *call, enum hdr_id id)
{
	struct sip_view view = lcs_view(call->ctx);
	struct hdr_ref h;

	if (!view_hdr(&view, id, SLICE_NULL, 0, &h))
		return FN_DONE;
	return var_value(call, line_of(call, &h));
}

static enum fn_status get_ci(struct lcs_call *call)
{
	return var_text(call, msg_call_id(lcs_msg(call->ctx)));
}

static enum fn_status get_cs(struct lcs_call *call)
{
	const struct sip_cseq *cseq = msg_cseq(lcs_msg(call->ctx));

	return var_value(call, value_int(cseq ? cseq->seq : 0));
}

static enum fn_status get_ua(struct lcs_call *call)
{
	return get_first(call, call->ctx->msg->is_request ? HDR_USER_AGENT : HDR_SERVER);
}

static enum fn_status get_cT(struct lcs_call *call)
{
	return get_first(call, HDR_CONTENT_TYPE);
}

static enum fn_status get_mf(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	struct hdr_ref h;
	uint32_t n;

	if (!view_hdr(&view, HDR_MAX_FORWARDS, SLICE_NULL, 0, &h) || slice_to_u32(h.value, &n) != 0)
		return FN_DONE;
	return var_value(call, value_int(n));
}

/* ---- body and whole message ---- */

static enum fn_status get_rb(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);

	return var_text_or_null(call, view_body(&view));
}

static enum fn_status get_bs(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);

	return var_value(call, value_int((int64_t)view_body(&view).len));
}

/* As it came, or as it would leave now the way it came. */
static struct slice whole(struct lcs_call *call)
{
	struct lcs_ctx *ctx = call->ctx;
	struct slice text = SLICE_NULL;
	struct buf *buf;

	if (!ctx->last)
		return ctx->msg->raw;
	buf = buf_new(ctx->msg->raw.len + 512);
	if (buf && sip_write(ctx->msg, ctx->last, &ctx->msg->from, buf) == 0)
		text = arena_dup(lcs_arena(ctx), buf_slice(buf));
	buf_unref(&buf);
	return text;
}

static enum fn_status get_mb(struct lcs_call *call)
{
	return var_text(call, whole(call));
}

static enum fn_status get_ml(struct lcs_call *call)
{
	return var_value(call, value_int((int64_t)whole(call).len));
}

const struct lcs_var vars_header[] = {
	{ "hdr", VALUE_STRING, true, VAR_ARG_NAME, true, READ_MESSAGE, WRITE_ANY, get_hdr, set_hdr,
	  "value of the header with that name, [n] the nth of them, [-1] the last, [*] all; "
	  "writing replaces them, null removes them" },
	{ "hdrc", VALUE_INT, false, VAR_ARG_NAME, false, READ_MESSAGE, 0, get_hdrc, NULL,
	  "how many headers of that name there are" },
	{ "ci", VALUE_STRING, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_ci, NULL, "Call-ID" },
	{ "cs", VALUE_INT, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_cs, NULL,
	  "number in CSeq" },
	{ "ua", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_ua, NULL,
	  "User-Agent of a request, Server of a response" },
	{ "cT", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_cT, NULL,
	  "Content-Type" },
	{ "mf", VALUE_INT, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_mf, NULL,
	  "Max-Forwards" },
	{ "rb", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_rb, NULL, "body" },
	{ "bs", VALUE_INT, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_bs, NULL,
	  "bytes of the body" },
	{ "cl", VALUE_INT, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_bs, NULL,
	  "Content-Length as it will be sent" },
	{ "mb", VALUE_STRING, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_mb, NULL,
	  "the whole message, with what the script changed" },
	{ "ml", VALUE_INT, false, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_ml, NULL,
	  "bytes of the whole message" },
	{ 0 }
};
