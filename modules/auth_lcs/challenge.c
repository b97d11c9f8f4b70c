/*
 * modules/auth_lcs/challenge.c - lcs_challenge(): who is not signed in is asked to, or let go.
 */
#include "modules/auth_lcs/auth_lcs.h"

#include "parser/date.h"

#include <errno.h>

#define LINES_BYTES 1024u

static int put_challenge(struct lcs_call *call, const struct scheme *scheme, struct slice token,
    struct buf *b)
{
	const struct auth_lcs_conf *conf = call->conf;
	int err;

	buf_put(b, SLICE("WWW-Authenticate: "));
	buf_put(b, scheme->ops->name);
	buf_put(b, SLICE(" realm=\""));
	buf_put(b, conf->realm);
	buf_put(b, SLICE("\", targetname=\""));
	buf_put(b, auth_lcs_target(call->shared, call->ctx, scheme));
	buf_put(b, SLICE("\", version="));
	buf_put_u64(b, (uint64_t)conf->version);
	err = scheme->ops->challenge(scheme->state, call->ctx, token, b);
	buf_put(b, SLICE("\r\n"));
	return err;
}

/* In the middle of a handshake only its own scheme goes on. */
static int put_challenges(struct lcs_call *call, struct buf *b)
{
	const struct auth_lcs *lcs = call->shared;
	struct slice list = auth_lcs_offered(call);
	const struct scheme *s, *begun;
	struct lcs_creds creds;
	int err = 0;

	if (auth_lcs_creds(lcs, call->ctx, &creds) && creds.has_token && !creds.gssapi_data.len) {
		begun = auth_lcs_scheme(lcs, creds.scheme);
		if (auth_lcs_is_offered(lcs, list, begun))
			return put_challenge(call, begun, creds.gssapi_data, b);
	}
	while (!err && (s = auth_lcs_next_scheme(lcs, &list)))
		err = put_challenge(call, s, SLICE_NULL, b);
	return err;
}

/* RTC clients compare clocks before they try. */
static void put_date(struct buf *b)
{
	char text[SIP_DATE_BYTES];

	buf_put(b, SLICE("Date: "));
	buf_put(b, slice_of(text, sip_date_format(loop_wall(worker_loop()), text)));
	buf_put(b, SLICE("\r\n"));
}

static int send_challenge(struct lcs_call *call)
{
	struct response_parts parts = { .status = 401 };
	struct buf *lines = buf_new(LINES_BYTES);
	int err;

	if (!lines)
		return -ENOMEM;
	put_date(lines);
	err = put_challenges(call, lines);
	parts.extra_lines = buf_slice(lines);
	if (!err)
		err = lines->failed ? -ENOMEM : lcs_respond(call->ctx, &parts);
	buf_unref(&lines);
	lcs_count(&((struct auth_lcs_local *)call->local)->challenges);
	return err;
}

static int refuse_or_close(struct lcs_call *call)
{
	static const struct response_parts parts = { .status = 403 };
	flow_id flow = lcs_from(call->ctx)->flow;

	if (!flow)
		return lcs_respond(call->ctx, &parts);
	lcs_count(&((struct auth_lcs_local *)call->local)->closed);
	flow_close(flow, "not signed in");
	return 0;
}

enum fn_status auth_lcs_challenge(struct lcs_call *call)
{
	int err = lcs_method(call->ctx) == METHOD_REGISTER && lcs_from(call->ctx)->flow ?
	    send_challenge(call) : refuse_or_close(call);

	return fn_bool(call, err == 0);
}
