/*
 * sanity - what a proxy should refuse before it thinks about a request.
 *
 * The core has refused already what nobody could work with (RFC 3261 8.1.1).
 * Here is what depends on what we are willing to do: schemes we route, options
 * we are asked to understand, headers that must be right if they are there.
 * sanity_check() answers by itself and names the field.
 */
#include "core/lcs.h"
#include "parser/auth.h"
#include "parser/list.h"

#include <errno.h>

/* Numbers of Kamailio's msg_checks; those the core always makes do nothing here. */
#define CHECK_SCHEME       2
#define CHECK_EXPIRES      256
#define CHECK_REQUIRE      512
#define CHECK_URIS         1024
#define CHECK_CREDENTIALS  2048
#define CHECK_CONTACT      8192
#define CHECK_PRESET       "12034"	/* all of them */

struct sanity_conf { int64_t default_msg_checks; struct slice proxy_require; };
struct sanity_local { uint64_t refused; };

struct verdict { uint16_t status; const char *reason; struct slice lines; };

static bool bad(struct verdict *v, uint16_t status, const char *reason)
{
	v->status = status;
	v->reason = reason;
	return false;
}

/* ---- checks: false with a verdict ---- */

static bool check_scheme(struct lcs_call *call, struct verdict *v)
{
	const struct sip_uri *uri = msg_request_uri(lcs_msg(call->ctx));

	if (uri && uri->scheme != URI_OTHER)
		return true;
	return bad(v, 416, "Unsupported URI Scheme in Request-URI");
}

static bool check_expires(struct lcs_call *call, struct verdict *v)
{
	if (msg_expires(lcs_msg(call->ctx)) == -EBADMSG)
		return bad(v, 400, "Expires is not a number");
	return true;
}

/* RFC 3261 16.3, item 5: the options that we lack are listed in the answer. */
static bool check_require(struct lcs_call *call, struct verdict *v)
{
	const struct sanity_conf *conf = call->conf;
	struct sip_view view = { lcs_msg(call->ctx), NULL };
	struct arena *arena = lcs_arena(call->ctx);
	struct slice list = view_list_lacking(arena, &view, HDR_PROXY_REQUIRE, conf->proxy_require);

	if (list.p && list.len == 0)
		return true;
	v->lines = arena_printf(arena, "Unsupported: %.*s\r\n", SLICE_ARG(list));
	return bad(v, 420, "Bad Extension in Proxy-Require");
}

/* Lists that a proxy reads and that a typed view of the core does not cover. */
static bool check_addresses(struct lcs_call *call, struct verdict *v)
{
	static const struct { enum hdr_id id; const char *reason; } lists[] = {
		{ HDR_ROUTE, "Route malformed" }, { HDR_RECORD_ROUTE, "Record-Route malformed" },
	};
	struct sip_view view = { lcs_msg(call->ctx), NULL };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct value_walk w = { 0 };
		struct name_addr addr;
		struct slice value;

		while (view_next_value(&view, lists[i].id, &w, &value))
			if (name_addr_parse(value, &addr, NULL) != 0)
				return bad(v, 400, lists[i].reason);
	}
	return true;
}

static bool makes_dialog(enum sip_method m)
{
	return m == METHOD_INVITE || m == METHOD_SUBSCRIBE || m == METHOD_REFER;
}

/* Who makes a dialog says where it can be reached, and only there (8.1.1.8). That Contact is
 * missing is for the other end to mind: clients of RFC 2543 left it out. */
static bool check_contact(struct lcs_call *call, struct verdict *v)
{
	struct sip_view view = { lcs_msg(call->ctx), NULL };
	struct value_walk w = { 0 };
	struct sip_contact contact;
	struct slice value;
	size_t n;

	for (n = 0; view_next_value(&view, HDR_CONTACT, &w, &value); n++)
		if (sip_contact_parse(value, &contact, NULL) != 0)
			return bad(v, 400, "Contact malformed");
	if (n > 1 && makes_dialog(lcs_method(call->ctx)))
		return bad(v, 400, "More than one Contact");
	return true;
}

static bool check_credentials(struct lcs_call *call, struct verdict *v)
{
	static const enum hdr_id ids[] = { HDR_AUTHORIZATION, HDR_PROXY_AUTHORIZATION };
	struct sip_msg *msg = lcs_msg(call->ctx);
	struct auth_credentials c;

	for (size_t i = 0; i < 2; i++)
		for (const struct hdr *h = msg_hdr(msg, ids[i]); h; h = msg_hdr_next(msg, h))
			if (auth_credentials_parse(lcs_arena(call->ctx), h->value, &c, NULL) != 0)
				return bad(v, 400, "Credentials malformed");
	return true;
}

static const struct { int64_t flag; bool (*check)(struct lcs_call *, struct verdict *); } checks[] = {
	{ CHECK_SCHEME, check_scheme },
	{ CHECK_REQUIRE, check_require },
	{ CHECK_EXPIRES, check_expires },
	{ CHECK_URIS, check_addresses },
	{ CHECK_CONTACT, check_contact },
	{ CHECK_CREDENTIALS, check_credentials },
};

/* ---- function ---- */

static void refuse(struct lcs_call *call, const struct verdict *v)
{
	const struct response_parts parts = {
		.status = v->status, .reason = slice_str(v->reason), .extra_lines = v->lines,
	};

	lcs_count(&((struct sanity_local *)call->local)->refused);
	log_debug("sanity", "%s call_id=%.*s", v->reason,
	    SLICE_ARG(msg_call_id(lcs_msg(call->ctx))));
	/* Short of memory there is no answer, and the client asks again. */
	lcs_respond(call->ctx, &parts);
}

/* Kamailio's scripts write the number as a text. */
static int64_t flags_of(const struct lcs_call *call)
{
	const struct sanity_conf *conf = call->conf;
	const struct value *v = &call->argv[0];
	int64_t n;

	if (v->type == VALUE_INT)
		return v->i;
	if (v->type == VALUE_STRING && slice_to_i64(v->s, &n) == 0)
		return n;
	return conf->default_msg_checks;
}

static enum fn_status sanity_check(struct lcs_call *call)
{
	int64_t flags = flags_of(call);
	struct verdict v = { .lines = SLICE("") };

	call->ret = value_bool(true);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		if (!(flags & checks[i].flag) || checks[i].check(call, &v))
			continue;
		refuse(call, &v);
		call->ret = value_bool(false);
		break;
	}
	return FN_DONE;
}

/* ---- tables ---- */

static const struct lcs_param params[] = {
	PARAM_INT(struct sanity_conf, default_msg_checks, CHECK_PRESET, 0, 65535,
	    "sum of what sanity_check() looks at: 2 scheme of the Request-URI, 256 Expires, 512 "
	    "Proxy-Require, 1024 Route and Record-Route, 2048 credentials, 8192 Contact"),
	PARAM_STRING(struct sanity_conf, proxy_require, "",
	    "options that Proxy-Require may ask for, separated by commas"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "sanity_check(msg_checks: any = null, uri_checks: any = null) -> bool", sanity_check,
	  IN_REQUEST, FUNC_NO_ENDS,
	  "refuse a request that is not sound, with 400, 416 or 420 and a reason that names the "
	  "field; false: it was answered. uri_checks is there for old scripts: From, To and "
	  "Request-URI are always checked" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct sanity_local, refused, STAT_COUNTER, "requests refused"),
	{ 0 }
};

LCS_MODULE(sanity,
	.summary = "requests that are not sound are refused with the reason",
	.flags = MODULE_MAY_LEAVE,
	.conf_size = sizeof(struct sanity_conf),
	.local_size = sizeof(struct sanity_local),
	.params = params,
	.funcs = funcs,
	.stats = stats,
);
