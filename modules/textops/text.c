/*
 * modules/textops/text.c - comparing texts, and patterns over the Request-URI.
 */
#include "modules/textops/textops.h"

enum fn_status cmp_str(struct lcs_call *call)
{
	return fn_bool(call, slice_eq(call->argv[0].s, call->argv[1].s));
}

enum fn_status cmp_istr(struct lcs_call *call)
{
	return fn_bool(call, slice_eq_nocase(call->argv[0].s, call->argv[1].s));
}

enum fn_status starts_with(struct lcs_call *call)
{
	return fn_bool(call, slice_starts(call->argv[0].s, call->argv[1].s));
}

enum fn_status ends_with(struct lcs_call *call)
{
	return fn_bool(call, slice_ends(call->argv[0].s, call->argv[1].s));
}

/* in_list("b", "a,b,c", ",") */
enum fn_status in_list(struct lcs_call *call)
{
	struct slice rest = call->argv[1].s, sep = call->argv[2].s;

	if (sep.len != 1)
		return FN_FAILED;
	while (rest.len)
		if (slice_eq(slice_trim(slice_split(&rest, sep.p[0])), call->argv[0].s))
			return fn_bool(call, true);
	return fn_bool(call, false);
}

static enum fn_status put_uri(struct lcs_call *call, struct slice text)
{
	struct sip_uri uri;

	if (sip_uri_parse(text, &uri, NULL) != 0)
		return fn_bool(call, false);
	return fn_bool(call,
	    edit_request_uri(lcs_arena(call->ctx), lcs_edits(call->ctx), text) == 0);
}

enum fn_status subst_uri(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	struct slice text;
	int n = pattern_replace(call, call->argv[0].s, view_request_uri(&view), call->argv[1].s,
	    false, &text);

	if (n < 0)
		return FN_FAILED;
	return n > 0 ? put_uri(call, text) : fn_bool(call, false);
}

enum fn_status subst_user(struct lcs_call *call)
{
	const struct sip_uri *uri = lcs_request_uri(call->ctx);
	struct slice user, head, tail;
	int n;

	if (!uri || uri->user.len == 0)
		return fn_bool(call, false);
	n = pattern_replace(call, call->argv[0].s, uri->user, call->argv[1].s, false, &user);
	if (n < 0)
		return FN_FAILED;
	if (n == 0)
		return fn_bool(call, false);
	head = slice_between(uri->text.p, uri->user.p);
	tail = slice_between(slice_end(uri->user), slice_end(uri->text));
	return put_uri(call, arena_printf(lcs_arena(call->ctx), "%.*s%.*s%.*s", SLICE_ARG(head),
	    SLICE_ARG(user), SLICE_ARG(tail)));
}
