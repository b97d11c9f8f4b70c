/*
 * core/sip/vars_auth.c - credentials as the client sent them, checked or not.
 */
#include "core/sip/vars.h"
#include "parser/auth.h"

/* The first credentials of a header that can be read. */
static bool from_header(struct lcs_call *call, enum hdr_id id, struct auth_credentials *out)
{
	struct sip_view view = lcs_view(call->ctx);
	struct hdr_ref h;

	return view_hdr(&view, id, SLICE_NULL, 0, &h) &&
	    auth_credentials_parse(lcs_arena(call->ctx), h.value, out, NULL) == 0;
}

/* A registrar looks at Authorization, a proxy at Proxy-Authorization; a message rarely has both. */
static bool credentials(struct lcs_call *call, struct auth_credentials *out)
{
	return from_header(call, HDR_AUTHORIZATION, out) ||
	    from_header(call, HDR_PROXY_AUTHORIZATION, out);
}

static enum fn_status get_aU(struct lcs_call *call)
{
	struct auth_credentials c;

	return var_text_or_null(call, credentials(call, &c) ? c.username : SLICE_NULL);
}

/* NTLM and Kerberos name nobody in the header, and a signed message has no such header any more:
 * there it is who has proved to be the sender. */
static bool who_signs(struct lcs_call *call, struct auth_credentials *out)
{
	bool is_there = credentials(call, out);
	struct slice proved = lcs_identity(call->ctx);

	if ((is_there && out->username.len) || !proved.len)
		return is_there;
	*out = (struct auth_credentials){ .username = proved };
	return true;
}

/* alice of alice@example.com */
static enum fn_status get_au(struct lcs_call *call)
{
	struct auth_credentials c;

	if (!who_signs(call, &c))
		return FN_DONE;
	return var_text_or_null(call, slice_first(c.username, slice_find(c.username, '@')));
}

/* example.com of alice@example.com, else the realm */
static enum fn_status get_ad(struct lcs_call *call)
{
	struct auth_credentials c;
	size_t at;

	if (!who_signs(call, &c))
		return FN_DONE;
	at = slice_find(c.username, '@');
	return var_text_or_null(call, at < c.username.len ? slice_skip(c.username, at + 1) : c.realm);
}

static enum fn_status get_ar(struct lcs_call *call)
{
	struct auth_credentials c;

	return var_text_or_null(call, credentials(call, &c) ? c.realm : SLICE_NULL);
}

static enum fn_status get_as(struct lcs_call *call)
{
	struct auth_credentials c;

	return var_text_or_null(call, credentials(call, &c) ? c.scheme : SLICE_NULL);
}

const struct lcs_var vars_auth[] = {
	{ "au", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_au, NULL,
	  "user name of the credentials, without domain; says nothing about their being right. Where "
	  "they name nobody (NTLM, Kerberos, signed messages): who has proved to be the sender" },
	{ "aU", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_aU, NULL,
	  "user name of the credentials as sent" },
	{ "ad", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_ad, NULL,
	  "domain of that user name, or the realm" },
	{ "ar", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_ar, NULL,
	  "realm of the credentials" },
	{ "as", VALUE_STRING, true, VAR_ARG_NONE, false, READ_MESSAGE, 0, get_as, NULL,
	  "scheme of the credentials: Digest, NTLM, Kerberos" },
	{ 0 }
};
