/*
 * modules/textops/header.c - headers added, taken away and asked for.
 */
#include "modules/textops/textops.h"

#include <time.h>

/* ---- "Name: value", with or without the line's end ---- */

static bool split_line(struct slice line, struct slice *name, struct slice *value)
{
	size_t colon = slice_find(line, ':');

	*name = slice_trim(slice_first(line, colon));
	*value = slice_trim(slice_skip(line, colon + 1));
	return colon < line.len && name->len > 0;
}

/* Place of the header that one shall stand behind or before, or EDIT_AT_END / EDIT_AT_TOP. */
static uint16_t place(struct lcs_call *call, bool before)
{
	struct sip_view view = lcs_view(call->ctx);
	struct hdr_ref h;

	if (value_is_null(call->argv[1]))
		return before ? EDIT_AT_TOP : EDIT_AT_END;
	if (!view_hdr(&view, hdr_by_name(call->argv[1].s), call->argv[1].s, 0, &h))
		return before ? EDIT_AT_TOP : EDIT_AT_END;
	return before || h.at == EDIT_AT_END ? h.at : (uint16_t)(h.at + 1);
}

static enum fn_status add_lines(struct lcs_call *call, uint16_t at)
{
	struct arena *arena = lcs_arena(call->ctx);
	const struct sip_edit *before = lcs_view(call->ctx).last;
	struct slice rest = call->argv[0].s, name, value;

	while (slice_trim(rest).len) {
		struct slice line = slice_split(&rest, '\n');

		if (split_line(line, &name, &value) &&
		    edit_add(arena, lcs_edits(call->ctx), at, name, value) == 0)
			continue;
		*lcs_edits(call->ctx) = before;	/* all of it or nothing */
		return fn_bool(call, false);
	}
	return fn_bool(call, true);
}

enum fn_status append_hf(struct lcs_call *call) { return add_lines(call, place(call, false)); }
enum fn_status insert_hf(struct lcs_call *call) { return add_lines(call, place(call, true)); }

enum fn_status append_to_reply(struct lcs_call *call)
{
	struct arena *arena = lcs_arena(call->ctx);
	struct slice rest = call->argv[0].s, name, value, lines = SLICE("");

	while (slice_trim(rest).len) {
		if (!split_line(slice_split(&rest, '\n'), &name, &value) ||
		    slice_find(value, '\r') < value.len)
			return fn_bool(call, false);
		lines = arena_printf(arena, "%.*s%.*s: %.*s\r\n", SLICE_ARG(lines), SLICE_ARG(name),
		    SLICE_ARG(value));
	}
	if (!lines.p || lcs_append_to_response(call->ctx, lines) != 0)
		return FN_FAILED;
	return fn_bool(call, true);
}

/* ---- taking away ---- */

enum fn_status remove_hf(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	struct slice name = call->argv[0].s;
	int n = edit_drop_all(lcs_arena(call->ctx), &view, hdr_by_name(name), name);

	if (n < 0)
		return FN_FAILED;
	*lcs_edits(call->ctx) = view.last;
	return fn_bool(call, n > 0);
}

enum fn_status remove_hf_re(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	struct hdr_ref h = { 0 };
	struct found found;
	int n, removed = 0;

	while (view_next_hdr(&view, HDR_OTHER, SLICE_NULL, &h)) {
		n = pattern_find(call, call->argv[0].s, h.name, 0, &found);
		if (n < 0)
			return FN_FAILED;
		if (n > 0 && edit_drop(lcs_arena(call->ctx), lcs_edits(call->ctx), &h) != 0)
			return FN_FAILED;
		removed += n;
	}
	return fn_bool(call, removed > 0);
}

/* ---- asking ---- */

enum fn_status is_present_hf(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	struct slice name = call->argv[0].s;
	struct hdr_ref h;

	return fn_bool(call, view_hdr(&view, hdr_by_name(name), name, 0, &h));
}

enum fn_status is_present_hf_re(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	struct hdr_ref h = { 0 };
	struct found found;

	while (view_next_hdr(&view, HDR_OTHER, SLICE_NULL, &h)) {
		int n = pattern_find(call, call->argv[0].s, h.name, 0, &found);

		if (n)
			return n < 0 ? FN_FAILED : fn_bool(call, true);
	}
	return fn_bool(call, false);
}

/* search_hf("From", "alice", "f"): first header, "a" all of that name */
enum fn_status search_hf(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	struct slice name = call->argv[0].s;
	bool all = slice_eq(call->argv[2].s, SLICE("a"));
	struct hdr_ref h = { 0 };
	struct found found;
	int n = 0;

	while (n == 0 && view_next_hdr(&view, hdr_by_name(name), name, &h)) {
		n = pattern_find(call, call->argv[1].s, h.value, 0, &found);
		if (!all)
			break;
	}
	return n < 0 ? FN_FAILED : fn_bool(call, n > 0);
}

/* subst_hf("X-Name", "pattern", "with", "f"): like search_hf, and what is found is replaced */
enum fn_status subst_hf(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	struct slice name = call->argv[0].s, text;
	bool all = slice_eq(call->argv[3].s, SLICE("a"));
	struct hdr_ref h = { 0 };
	int changed = 0;

	while (view_next_hdr(&view, hdr_by_name(name), name, &h)) {
		int n = pattern_replace(call, call->argv[1].s, h.value, call->argv[2].s, true, &text);

		if (n < 0)
			return FN_FAILED;
		if (n > 0 && edit_value(lcs_arena(call->ctx), lcs_edits(call->ctx), &h, text) != 0)
			return FN_FAILED;
		changed += n;
		if (!all)
			break;
	}
	return fn_bool(call, changed > 0);
}

/* RFC 3323 4.2: values of Privacy are separated by semicolons. */
enum fn_status is_privacy(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	struct hdr_ref h;
	struct slice rest;

	if (!view_hdr(&view, HDR_PRIVACY, SLICE_NULL, 0, &h))
		return fn_bool(call, false);
	for (rest = h.value; rest.len; )
		if (slice_eq_nocase(slice_trim(slice_split(&rest, ';')), call->argv[0].s))
			return fn_bool(call, true);
	return fn_bool(call, false);
}

/* ---- Date ---- */

enum fn_status append_time(struct lcs_call *call)
{
	time_t now = (time_t)loop_wall(worker_loop());
	char text[64];
	struct tm tm;
	size_t len;

	if (!gmtime_r(&now, &tm))
		return FN_FAILED;
	len = strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	return fn_bool(call, lcs_append_to_response(call->ctx,
	    arena_printf(lcs_arena(call->ctx), "Date: %.*s\r\n", (int)len, text)) == 0);
}
