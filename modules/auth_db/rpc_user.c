/*
 * modules/auth_db/rpc_user.c - see rpc_user.h.
 */
#include "modules/auth_db/rpc_user.h"

#include <errno.h>

/* Both halves must be there, and nothing else. */
static bool is_name_at_domain(struct slice aor, struct sip_uri *uri)
{
	char text[512], *at = text;

	if (aor.len + 4 > sizeof(text))
		return false;
	slice_put(&at, SLICE("sip:"));
	slice_put(&at, aor);
	return sip_uri_parse(slice_between(text, at), uri, NULL) == 0 && uri->user.len &&
	    !uri->port && !uri->params.len && !uri->headers.len && !uri->password.len;
}

int rpc_user_read(struct lcs_rpc_call *call, const char *param, struct rpc_user *out)
{
	struct slice text = json_text(call->params, param), aor = sip_text_bare(text);
	struct sip_uri uri;

	if (!is_name_at_domain(aor, &uri))
		return lcs_rpc_fail(call, -EINVAL, "\"%.*s\" is not a user: write name@domain",
		    SLICE_ARG(text));
	*out = (struct rpc_user){ .aor = aor, .name = slice_first(aor, uri.user.len),
	    .domain = slice_skip(aor, uri.user.len + 1) };
	return 0;
}

int rpc_user_refuse(struct lcs_rpc_call *call, int err, struct slice aor)
{
	switch (err) {
	case -EEXIST:
		return lcs_rpc_fail(call, err, "user %.*s exists already; use \"users passwd\" to "
		    "change the password", SLICE_ARG(aor));
	case -ENOENT:
		return lcs_rpc_fail(call, err, "there is no user %.*s", SLICE_ARG(aor));
	case -EPERM:
		return lcs_rpc_fail(call, err, "the password of %.*s is kept in the directory: "
		    "change it there", SLICE_ARG(aor));
	case -ENODEV:
		return lcs_rpc_fail(call, err, "no store is configured, so users cannot be kept "
		    "(setting \"store\")");
	default:
		return lcs_rpc_fail(call, err, "the store refused: %s", err_text(err));
	}
}
