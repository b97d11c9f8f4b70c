/*
 * modules/textops/body.c - bodies asked for, searched and replaced.
 */
#include "modules/textops/textops.h"

#include "parser/write.h"

#include <errno.h>

static struct slice content_type(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	struct hdr_ref h;

	if (!view_hdr(&view, HDR_CONTENT_TYPE, SLICE_NULL, 0, &h))
		return SLICE_NULL;
	return slice_trim(slice_first(h.value, slice_find(h.value, ';')));
}

static struct slice body_of(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);

	return view_body(&view);
}

/* has_body(), has_body("application/sdp") */
enum fn_status has_body(struct lcs_call *call)
{
	if (body_of(call).len == 0)
		return fn_bool(call, false);
	return fn_bool(call, value_is_null(call->argv[0]) ||
	    slice_eq_nocase(content_type(call), call->argv[0].s));
}

static enum fn_status put_body(struct lcs_call *call, struct slice body, struct slice type)
{
	int err = edit_body(lcs_arena(call->ctx), lcs_edits(call->ctx), body, type);

	return err ? FN_FAILED : fn_bool(call, true);
}

enum fn_status set_body(struct lcs_call *call)
{
	return put_body(call, call->argv[0].s, call->argv[1].s);
}

enum fn_status remove_body(struct lcs_call *call)
{
	return put_body(call, SLICE(""), SLICE_NULL);
}

enum fn_status append_body(struct lcs_call *call)
{
	struct slice old = body_of(call);
	struct slice text = arena_printf(lcs_arena(call->ctx), "%.*s%.*s", SLICE_ARG(old),
	    SLICE_ARG(call->argv[0].s));

	return text.p ? put_body(call, text, SLICE_NULL) : FN_FAILED;
}

enum fn_status search_body(struct lcs_call *call)
{
	struct found found;
	int n = pattern_find(call, call->argv[0].s, body_of(call), 0, &found);

	return n < 0 ? FN_FAILED : fn_bool(call, n > 0);
}

static enum fn_status replace(struct lcs_call *call, bool all)
{
	struct slice text;
	int n = pattern_replace(call, call->argv[0].s, body_of(call), call->argv[1].s, all, &text);

	if (n < 0)
		return FN_FAILED;
	return n > 0 ? put_body(call, text, SLICE_NULL) : fn_bool(call, false);
}

enum fn_status replace_body(struct lcs_call *call) { return replace(call, false); }
enum fn_status replace_body_all(struct lcs_call *call) { return replace(call, true); }

/* ---- the whole message ---- */

/* Behind the first line, as Kamailio does it. */
enum fn_status search(struct lcs_call *call)
{
	struct sip_msg *msg = lcs_msg(call->ctx);
	struct buf *buf = buf_new(msg->raw.len + 256);
	struct found found;
	int n = buf ? sip_write(msg, lcs_view(call->ctx).last, lcs_from(call->ctx), buf) : -ENOMEM;

	if (n == 0)
		n = pattern_find(call, call->argv[0].s, buf_slice(buf), 0, &found);
	buf_unref(&buf);
	return n < 0 ? FN_FAILED : fn_bool(call, n > 0);
}

/* ---- SDP (RFC 3264 8.4, RFC 8866 5) ---- */

struct hold { bool in_audio, any_audio, held; };

static bool is_hold_line(struct slice line)
{
	return slice_eq(line, SLICE("a=sendonly")) || slice_eq(line, SLICE("a=inactive")) ||
	    slice_eq(line, SLICE("c=IN IP4 0.0.0.0")) || slice_eq(line, SLICE("c=IN IP6 ::"));
}

static void look_at(struct hold *h, struct slice line)
{
	bool is_session = !h->any_audio && !h->in_audio;

	if (slice_starts(line, SLICE("m="))) {
		h->in_audio = slice_starts(line, SLICE("m=audio "));
		h->any_audio |= h->in_audio;
	} else if (is_hold_line(line) && (h->in_audio || is_session)) {
		h->held = true;
	}
}

enum fn_status is_audio_on_hold(struct lcs_call *call)
{
	struct slice rest = body_of(call);
	struct hold h = { 0 };

	if (!slice_eq_nocase(content_type(call), SLICE("application/sdp")))
		return fn_bool(call, false);
	while (rest.len)
		look_at(&h, slice_trim(slice_split(&rest, '\n')));
	return fn_bool(call, h.any_audio && h.held);
}
