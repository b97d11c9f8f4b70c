/*
 * core/sip/vars_address.c - who it is from and to, by which contact and identity.
 */
#include "core/sip/uri_parts.h"
#include "core/sip/vars.h"

#include <errno.h>

static const struct name_addr *addr_of(struct lcs_call *call, enum hdr_id id)
{
	struct sip_view view = lcs_view(call->ctx);

	return view_name_addr(lcs_arena(call->ctx), &view, id);
}

/* ---- reading ---- */

static enum fn_status get_uri(struct lcs_call *call, enum hdr_id id)
{
	const struct name_addr *a = addr_of(call, id);

	return var_text(call, a ? a->uri.text : SLICE(""));
}

static enum fn_status get_uri_or_null(struct lcs_call *call, enum hdr_id id)
{
	const struct name_addr *a = addr_of(call, id);

	return var_text_or_null(call, a ? a->uri.text : SLICE_NULL);
}

static enum fn_status get_user(struct lcs_call *call, enum hdr_id id)
{
	const struct name_addr *a = addr_of(call, id);

	return var_text_or_null(call, a ? a->uri.user : SLICE_NULL);
}

static enum fn_status get_host(struct lcs_call *call, enum hdr_id id)
{
	const struct name_addr *a = addr_of(call, id);

	return var_text(call, a ? a->uri.host : SLICE(""));
}

static enum fn_status get_tag(struct lcs_call *call, enum hdr_id id)
{
	const struct name_addr *a = addr_of(call, id);

	return var_text_or_null(call, a ? a->tag : SLICE_NULL);
}

static enum fn_status get_display(struct lcs_call *call, enum hdr_id id)
{
	const struct name_addr *a = addr_of(call, id);

	return var_text_or_null(call, a ? a->display : SLICE_NULL);
}

/* ---- writing: the header is written anew, its parameters stay ---- */

static int rewrite(struct lcs_call *call, enum hdr_id id, struct slice display, struct slice uri,
    struct slice params)
{
	struct arena *arena = lcs_arena(call->ctx);
	struct sip_view view = lcs_view(call->ctx);
	struct hdr_ref h;
	struct slice text;

	if (!view_hdr(&view, id, SLICE_NULL, 0, &h))
		return -ENOENT;
	text = arena_printf(arena, "%.*s%s<%.*s>%s%.*s", SLICE_ARG(display),
	    display.len ? " " : "", SLICE_ARG(uri), params.len ? ";" : "", SLICE_ARG(params));
	if (!text.p)
		return -ENOMEM;
	return edit_value(arena, lcs_edits(call->ctx), &h, text);
}

static enum fn_status set_uri(struct lcs_call *call, enum hdr_id id)
{
	const struct name_addr *a = addr_of(call, id);
	struct slice text = var_new_text(call);
	struct sip_uri uri;

	if (!a || sip_uri_parse(text, &uri, NULL) != 0)
		return FN_FAILED;
	return var_status(rewrite(call, id, a->display, text, a->params));
}

static enum fn_status set_part(struct lcs_call *call, enum hdr_id id, enum uri_part part)
{
	const struct name_addr *a = addr_of(call, id);
	struct slice text;

	if (!a || uri_parts_set(lcs_arena(call->ctx), &a->uri, part, var_new_text(call), &text) != 0)
		return FN_FAILED;
	return var_status(rewrite(call, id, a->display, text, a->params));
}

static bool is_plain(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_alnum(s.p[i]) && s.p[i] != ' ')
			return false;
	return true;
}

/* Quotes of its own are kept; other text gets them where the grammar wants them. */
static struct slice quoted(struct arena *arena, struct slice s)
{
	char *text, *at;

	if (s.len == 0 || s.p[0] == '"' || is_plain(s))
		return s;
	text = at = arena_bytes(arena, 2 * s.len + 2);
	if (!text)
		return s;
	*at++ = '"';
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			*at++ = '\\';
		*at++ = s.p[i];
	}
	*at++ = '"';
	return slice_between(text, at);
}

static enum fn_status set_display(struct lcs_call *call, enum hdr_id id)
{
	const struct name_addr *a = addr_of(call, id);
	struct slice display = quoted(lcs_arena(call->ctx), var_new_text(call));

	if (!a)
		return FN_FAILED;
	return var_status(rewrite(call, id, display, a->uri.text, a->params));
}

/* ---- one pair of functions for each variable ---- */

#define GET(name, how, id) \
	static enum fn_status name(struct lcs_call *call) { return how(call, id); }
#define SET(name, how, ...) \
	static enum fn_status name(struct lcs_call *call) { return how(call, __VA_ARGS__); }

GET(get_fu, get_uri, HDR_FROM)
GET(get_fU, get_user, HDR_FROM)
GET(get_fd, get_host, HDR_FROM)
GET(get_ft, get_tag, HDR_FROM)
GET(get_fn, get_display, HDR_FROM)
GET(get_tu, get_uri, HDR_TO)
GET(get_tU, get_user, HDR_TO)
GET(get_td, get_host, HDR_TO)
GET(get_tt, get_tag, HDR_TO)
GET(get_tn, get_display, HDR_TO)
GET(get_ai, get_uri_or_null, HDR_P_ASSERTED_IDENTITY)
GET(get_pu, get_uri_or_null, HDR_P_PREFERRED_IDENTITY)
GET(get_ctu, get_uri_or_null, HDR_CONTACT)
SET(set_fu, set_uri, HDR_FROM)
SET(set_fU, set_part, HDR_FROM, URI_PART_USER)
SET(set_fd, set_part, HDR_FROM, URI_PART_HOST)
SET(set_fn, set_display, HDR_FROM)
SET(set_tu, set_uri, HDR_TO)
SET(set_tU, set_part, HDR_TO, URI_PART_USER)
SET(set_td, set_part, HDR_TO, URI_PART_HOST)
SET(set_tn, set_display, HDR_TO)

static enum fn_status get_ct(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	struct hdr_ref h;

	if (!view_hdr(&view, HDR_CONTACT, SLICE_NULL, 0, &h))
		return FN_DONE;
	return var_text(call, hdr_unfold(lcs_arena(call->ctx), h.value));
}

const struct lcs_var vars_address[] = {
	{ "fu", VALUE_STRING, false, VAR_ARG_NONE, false, READ_MESSAGE, WRITE_ANY, get_fu, set_fu,
	  "URI in From" },
	{ "fU", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, WRITE_ANY, get_fU, set_fU,
	  "its user part" },
	{ "fd", VALUE_STRING, false, VAR_ARG_NONE, false, READ_MESSAGE, WRITE_ANY, get_fd, set_fd,
	  "its host" },
	{ "ft", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_ft, NULL,
	  "tag of From" },
	{ "fn", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, WRITE_ANY, get_fn, set_fn,
	  "display name in From, with its quotes" },
	{ "tu", VALUE_STRING, false, VAR_ARG_NONE, false, READ_MESSAGE, WRITE_ANY, get_tu, set_tu,
	  "URI in To" },
	{ "tU", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, WRITE_ANY, get_tU, set_tU,
	  "its user part" },
	{ "td", VALUE_STRING, false, VAR_ARG_NONE, false, READ_MESSAGE, WRITE_ANY, get_td, set_td,
	  "its host" },
	{ "tt", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_tt, NULL,
	  "tag of To; null outside a dialog" },
	{ "tn", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, WRITE_ANY, get_tn, set_tn,
	  "display name in To, with its quotes" },
	{ "ct", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_ct, NULL,
	  "value of the first Contact" },
	{ "ctu", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_ctu, NULL,
	  "URI of the first Contact" },
	{ "ai", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_ai, NULL,
	  "URI in P-Asserted-Identity" },
	{ "pu", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_pu, NULL,
	  "URI in P-Preferred-Identity" },
	{ 0 }
};
