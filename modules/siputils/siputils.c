/*
 * siputils - questions about a message and its URIs.
 */
#include "modules/siputils/siputils.h"

#include "parser/list.h"

struct siputils_conf { struct slice accept, accept_encoding, accept_language, supported, allow; };

/* ---- method and kind ---- */

static bool is_one_of(struct slice words, struct slice method)
{
	/* Most scripts ask for one, and nearly always it is another. With a second one beside it
	 * there are at least two characters more. */
	if (words.len < method.len)
		return false;
	if (words.len < method.len + 2 || slice_find(words, '|') == words.len)
		return slice_eq(slice_trim(words), method);
	while (words.len)
		if (slice_eq(slice_trim(slice_split(&words, '|')), method))
			return true;
	return false;
}

static enum fn_status is_method(struct lcs_call *call)
{
	const struct sip_msg *msg = lcs_msg(call->ctx);
	struct slice method = msg->is_request ? msg->method_text : sip_method_name(msg->method);

	return fn_bool(call, is_one_of(call->argv[0].s, method));
}

static enum fn_status has_totag(struct lcs_call *call)
{
	const struct name_addr *to = msg_to(lcs_msg(call->ctx));

	return fn_bool(call, to && to->tag.len);
}

static enum fn_status is_request(struct lcs_call *call)
{
	return fn_bool(call, lcs_is_request(call->ctx));
}

static enum fn_status is_reply(struct lcs_call *call)
{
	return fn_bool(call, !lcs_is_request(call->ctx));
}

/* Sent by the client itself: nobody stands between us and who made it. */
static enum fn_status is_first_hop(struct lcs_call *call)
{
	const struct sip_view view = { lcs_msg(call->ctx), NULL };

	return fn_bool(call, view_value_count(&view, HDR_VIA) == 1 &&
	    view_value_count(&view, HDR_RECORD_ROUTE) == 0);
}

/* ---- whose is it ---- */

static bool uri_is_ours(struct lcs_call *call, const struct sip_uri *uri)
{
	return uri && uri->host.len && lcs_is_own_host(lcs_ctx_gen(call->ctx), uri->host, uri->port);
}

static enum fn_status is_myself(struct lcs_call *call)
{
	struct slice s = call->argv[0].s;
	struct sip_uri uri;

	/* A bare host will do, too. */
	if (sip_uri_parse(s, &uri, NULL) == 0 && uri.scheme != URI_OTHER)
		return fn_bool(call, uri_is_ours(call, &uri));
	return fn_bool(call, lcs_is_own_host(lcs_ctx_gen(call->ctx), s, 0));
}

static enum fn_status is_uri_host_local(struct lcs_call *call)
{
	return fn_bool(call, uri_is_ours(call, lcs_request_uri(call->ctx)));
}

static enum fn_status is_from_local(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	const struct name_addr *from = view_name_addr(lcs_arena(call->ctx), &view, HDR_FROM);

	return fn_bool(call, from && uri_is_ours(call, &from->uri));
}

static enum fn_status is_domain_local(struct lcs_call *call)
{
	return fn_bool(call, lcs_is_own_host(lcs_ctx_gen(call->ctx), call->argv[0].s, 0));
}

/* ---- URIs ---- */

/* RFC 5627 4: the parameter, with or without a value, makes it one. */
static enum fn_status is_gruu(struct lcs_call *call)
{
	const struct sip_uri *asked = lcs_request_uri(call->ctx);
	struct sip_uri uri;
	struct slice value;

	if (call->argv[0].s.len)
		asked = sip_uri_parse(call->argv[0].s, &uri, NULL) == 0 ? &uri : NULL;
	return fn_bool(call, asked && sip_uri_param(asked, SLICE("gr"), &value));
}

static enum fn_status is_uri(struct lcs_call *call)
{
	struct sip_uri uri;

	return fn_bool(call, sip_uri_parse(call->argv[0].s, &uri, NULL) == 0 &&
	    uri.scheme != URI_OTHER);
}

static enum fn_status cmp_uri(struct lcs_call *call)
{
	struct sip_uri a, b;

	return fn_bool(call, sip_uri_parse(call->argv[0].s, &a, NULL) == 0 &&
	    sip_uri_parse(call->argv[1].s, &b, NULL) == 0 && sip_uri_eq(&a, &b));
}

static enum fn_status cmp_aor(struct lcs_call *call)
{
	struct arena *arena = lcs_arena(call->ctx);
	struct slice one, other;
	struct sip_uri a, b;

	if (sip_uri_parse(call->argv[0].s, &a, NULL) != 0 ||
	    sip_uri_parse(call->argv[1].s, &b, NULL) != 0)
		return fn_bool(call, false);
	one = sip_uri_aor(arena, &a);
	other = sip_uri_aor(arena, &b);
	return fn_bool(call, one.p && other.p && slice_eq(one, other));
}

/* uri_param("lr"), uri_param("transport", "tcp") */
static enum fn_status has_uri_param(struct lcs_call *call)
{
	const struct sip_uri *uri = lcs_request_uri(call->ctx);
	struct slice value;

	if (!uri || !sip_uri_param(uri, call->argv[0].s, &value))
		return fn_bool(call, false);
	return fn_bool(call, value_is_null(call->argv[1]) || slice_eq_nocase(value, call->argv[1].s));
}

static enum fn_status add_uri_param(struct lcs_call *call)
{
	const struct sip_uri *uri = lcs_request_uri(call->ctx);
	struct arena *arena = lcs_arena(call->ctx);
	struct slice head, text;

	if (!uri || uri->scheme == URI_OTHER)
		return fn_bool(call, false);
	head = uri->text;
	if (uri->headers.len)
		head = slice_first(head, head.len - uri->headers.len - 1);
	text = arena_printf(arena, "%.*s;%.*s%s%.*s", SLICE_ARG(head), SLICE_ARG(call->argv[0].s),
	    uri->headers.len ? "?" : "", SLICE_ARG(uri->headers));
	if (!text.p)
		return FN_FAILED;
	return fn_bool(call, edit_request_uri(arena, lcs_edits(call->ctx), text) == 0);
}

/* E.164 with or without "+", and visual separators. */
static enum fn_status is_tel_number(struct lcs_call *call)
{
	struct slice s = call->argv[0].s;
	unsigned digits = 0;

	if (s.len && s.p[0] == '+')
		s = slice_skip(s, 1);
	for (size_t i = 0; i < s.len; i++) {
		if (!is_digit(s.p[i]) && !uri_is_visual(s.p[i]))
			return fn_bool(call, false);
		digits += is_digit(s.p[i]);
	}
	return fn_bool(call, digits > 0);
}

static enum fn_status is_numeric(struct lcs_call *call)
{
	struct slice s = call->argv[0].s;
	bool yes = s.len > 0;

	for (size_t i = 0; i < s.len; i++)
		yes = yes && is_digit(s.p[i]);
	return fn_bool(call, yes);
}

/* ---- OPTIONS for us (RFC 3261 11.2) ---- */

static bool add_line(struct arena *arena, struct slice *lines, const char *name, struct slice value)
{
	if (value.len == 0)
		return true;
	*lines = arena_printf(arena, "%.*s%s: %.*s\r\n", SLICE_ARG(*lines), name, SLICE_ARG(value));
	return lines->p != NULL;
}

/* What the request requires of us and we do not have, as a list; empty: nothing. */
static struct slice unsupported(struct lcs_call *call)
{
	const struct siputils_conf *conf = call->conf;
	struct sip_view view = lcs_view(call->ctx);

	return view_list_lacking(lcs_arena(call->ctx), &view, HDR_REQUIRE, conf->supported);
}

static enum fn_status options_reply(struct lcs_call *call)
{
	const struct siputils_conf *conf = call->conf;
	struct arena *arena = lcs_arena(call->ctx);
	struct response_parts parts = { .status = 200, .extra_lines = SLICE("") };
	struct slice lacking;

	if (lcs_method(call->ctx) != METHOD_OPTIONS)
		return fn_bool(call, false);
	lacking = unsupported(call);
	if (!lacking.p)
		return FN_FAILED;
	if (lacking.len)
		parts.status = 420;	/* RFC 3261 8.2.2.3 */
	if (!add_line(arena, &parts.extra_lines, "Unsupported", lacking))
		return FN_FAILED;
	if (!add_line(arena, &parts.extra_lines, "Allow", conf->allow) ||
	    !add_line(arena, &parts.extra_lines, "Accept", conf->accept) ||
	    !add_line(arena, &parts.extra_lines, "Accept-Encoding", conf->accept_encoding) ||
	    !add_line(arena, &parts.extra_lines, "Accept-Language", conf->accept_language) ||
	    !add_line(arena, &parts.extra_lines, "Supported", conf->supported))
		return FN_FAILED;
	return fn_bool(call, lcs_respond(call->ctx, &parts) == 0);
}

/* ---- tables ---- */

static const struct lcs_param params[] = {
	PARAM_STRING(struct siputils_conf, allow,
	    "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, MESSAGE, SUBSCRIBE, NOTIFY, INFO, UPDATE, "
	    "PRACK, REFER", "what options_reply() says in Allow; empty: no such header"),
	PARAM_STRING(struct siputils_conf, accept, "*/*", "the same for Accept"),
	PARAM_STRING(struct siputils_conf, accept_encoding, "", "the same for Accept-Encoding"),
	PARAM_STRING(struct siputils_conf, accept_language, "en", "the same for Accept-Language"),
	PARAM_STRING(struct siputils_conf, supported, "path", "the same for Supported"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "is_method(names: str) -> bool", is_method, IN_MESSAGE, FUNC_ASKS_METHOD,
	  "is the method one of these, as in \"INVITE|ACK\"? of a response: the one it answers" },
	{ "has_totag() -> bool", has_totag, IN_MESSAGE, 0,
	  "has To a tag, so that the request belongs to a dialog?" },
	{ "is_request() -> bool", is_request, IN_MESSAGE | IN_EVENT, 0, "is this a request?" },
	{ "is_reply() -> bool", is_reply, IN_MESSAGE | IN_EVENT, 0, "is this a response?" },
	{ "is_first_hop() -> bool", is_first_hop, IN_MESSAGE, 0,
	  "did who sent it make it, no proxy between?" },
	{ "is_myself(uri: str) -> bool", is_myself, IN_ANY, 0,
	  "does this URI or host name us: an alias, server_name, an address we listen on?" },
	{ "is_uri_host_local() -> bool", is_uri_host_local, IN_MESSAGE, 0,
	  "does the Request-URI name us?" },
	{ "is_from_local() -> bool", is_from_local, IN_MESSAGE, 0, "does From name us?" },
	{ "is_domain_local(domain: str) -> bool", is_domain_local, IN_ANY, 0,
	  "is this one of our domains?" },
	{ "domain_is_local(domain: str) -> bool", is_domain_local, IN_ANY, 0,
	  "the same as is_domain_local()" },
	{ "is_gruu(uri: str = \"\") -> bool", is_gruu, IN_REQUEST | IN_FAILURE | IN_BRANCH, 0,
	  "does the Request-URI, or the URI given, name one endpoint of a user (RFC 5627)?" },
	{ "is_uri(text: str) -> bool", is_uri, IN_ANY, FUNC_PURE, "is it a sip, sips or tel URI?" },
	{ "cmp_uri(a: str, b: str) -> bool", cmp_uri, IN_ANY, FUNC_PURE,
	  "are the URIs equal by RFC 3261 19.1.4?" },
	{ "cmp_aor(a: str, b: str) -> bool", cmp_aor, IN_ANY, 0,
	  "do the URIs name the same user, whatever their ports and parameters?" },
	{ "uri_param(name: str, value: str? = null) -> bool", has_uri_param, IN_MESSAGE, 0,
	  "has the Request-URI this parameter, with this value if one is given?" },
	{ "add_uri_param(param: str) -> bool", add_uri_param,
	  IN_REQUEST | IN_BRANCH | IN_FAILURE | IN_LOCAL, 0,
	  "add a parameter to the Request-URI, as in \"transport=tcp\"" },
	{ "is_tel_number(text: str) -> bool", is_tel_number, IN_ANY, FUNC_PURE,
	  "digits, maybe with \"+\" in front and separators?" },
	{ "is_numeric(text: str) -> bool", is_numeric, IN_ANY, FUNC_PURE, "digits only?" },
	{ "send_redirect(code: int 300..302 = 302, expires: dur? = null) -> bool",
	  siputils_redirect, IN_REQUEST, FUNC_REPLIES,
	  "answer with the targets, their q and that lifetime as Contacts, so that the client goes "
	  "there itself; a URI that was asked for is left out. false, and no answer, if none is "
	  "left" },
	{ "options_reply() -> bool", options_reply, IN_REQUEST, FUNC_REPLIES | FUNC_ENDS,
	  "answer an OPTIONS for us with what we take (RFC 3261 11.2), or 420 if it requires what "
	  "we do not have; false: it was none" },
	{ 0 }
};

LCS_MODULE(siputils,
	.summary = "questions about messages and URIs",
	.flags = MODULE_MAY_LEAVE,
	.conf_size = sizeof(struct siputils_conf),
	.params = params,
	.funcs = funcs,
);
