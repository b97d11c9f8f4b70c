/*
 * core/sip/funcs_uri.c - functions that change where a request goes, as scripts for Kamailio know
 * them. They do what writing $ru, $rU, $rd, $rp and $du does, and say false to what makes no URI.
 */
#include "core/sip/uri_parts.h"
#include "core/sip/vars.h"

#include <errno.h>

static enum fn_status told(struct lcs_call *call, int err)
{
	call->ret = value_bool(err == 0);
	return err == -ENOMEM ? FN_FAILED : FN_DONE;
}

static int set_whole(struct lcs_call *call, struct slice text)
{
	struct sip_uri uri;

	if (sip_uri_parse(text, &uri, NULL) != 0)
		return -EINVAL;
	return edit_request_uri(lcs_arena(call->ctx), lcs_edits(call->ctx), text);
}

static int set_part(struct lcs_call *call, enum uri_part part, struct slice value)
{
	const struct sip_uri *uri = lcs_request_uri(call->ctx);
	struct slice text;
	int err = uri ? uri_parts_set(lcs_arena(call->ctx), uri, part, value, &text) : -EINVAL;

	return err ? err : set_whole(call, text);
}

static struct slice text_of(struct lcs_call *call)
{
	return value_text(lcs_arena(call->ctx), call->argv[0]);
}

/* ---- the user part ---- */

static struct slice user_of(struct lcs_call *call)
{
	const struct sip_uri *uri = lcs_request_uri(call->ctx);

	return uri ? uri->user : SLICE_NULL;
}

/* How many characters the argument says, at most all; false: it is no number. */
static bool count_of(struct lcs_call *call, size_t most, size_t *out)
{
	uint32_t n;

	if (slice_to_u32(text_of(call), &n) != 0)
		return false;
	*out = n < most ? n : most;
	return true;
}

enum fn_status core_strip(struct lcs_call *call)
{
	struct slice user = user_of(call);
	size_t n;

	if (!count_of(call, user.len, &n))
		return told(call, -EINVAL);
	return told(call, set_part(call, URI_PART_USER, slice_skip(user, n)));
}

enum fn_status core_strip_tail(struct lcs_call *call)
{
	struct slice user = user_of(call);
	size_t n;

	if (!count_of(call, user.len, &n))
		return told(call, -EINVAL);
	return told(call, set_part(call, URI_PART_USER, slice_first(user, user.len - n)));
}

enum fn_status core_prefix(struct lcs_call *call)
{
	struct slice user = user_of(call), more = text_of(call);

	user = arena_printf(lcs_arena(call->ctx), "%.*s%.*s", SLICE_ARG(more), SLICE_ARG(user));
	return told(call, user.p ? set_part(call, URI_PART_USER, user) : -ENOMEM);
}

enum fn_status core_setuser(struct lcs_call *call)
{
	return told(call, set_part(call, URI_PART_USER, text_of(call)));
}

/* ---- host and port ---- */

enum fn_status core_sethost(struct lcs_call *call)
{
	return told(call, set_part(call, URI_PART_HOST, text_of(call)));
}

enum fn_status core_setport(struct lcs_call *call)
{
	return told(call, set_part(call, URI_PART_PORT, text_of(call)));
}

/* "host", "host:5080", "[2001:db8::1]:5080"; both, or nothing. */
enum fn_status core_sethostport(struct lcs_call *call)
{
	struct slice port = text_of(call), host;
	const struct sip_uri *now = lcs_request_uri(call->ctx);
	size_t bracket = slice_starts(port, SLICE("[")) ? slice_find(port, ']') : 0;
	size_t colon = bracket + slice_find(slice_skip(port, bracket), ':');
	struct slice text, old = now ? now->text : SLICE_NULL;
	int err;

	old = arena_dup(lcs_arena(call->ctx), old);
	host = slice_first(port, colon);
	text = slice_skip(port, colon + 1);
	err = set_part(call, URI_PART_HOST, host);
	if (!err)
		err = set_part(call, URI_PART_PORT, text);
	if (err == -EINVAL && old.len)
		set_whole(call, old);
	return told(call, err);
}

/* ---- all of it ---- */

enum fn_status core_seturi(struct lcs_call *call)
{
	return told(call, set_whole(call, text_of(call)));
}

enum fn_status core_revert_uri(struct lcs_call *call)
{
	return told(call, set_whole(call, lcs_msg(call->ctx)->request_uri));
}

/* ---- the next hop ---- */

static enum fn_status set_next(struct lcs_call *call, struct slice text)
{
	struct lcs_target *target = lcs_main_target(call->ctx);
	struct sip_uri uri;

	if (text.len && sip_uri_parse(text, &uri, NULL) != 0)
		return told(call, -EINVAL);
	target->next_uri = text;
	target->has_hop = false;
	return told(call, 0);
}

enum fn_status core_setdsturi(struct lcs_call *call) { return set_next(call, text_of(call)); }
enum fn_status core_resetdsturi(struct lcs_call *call) { return set_next(call, SLICE_NULL); }

enum fn_status core_isdsturiset(struct lcs_call *call)
{
	return told(call, lcs_main_target(call->ctx)->next_uri.len ? 0 : -ENOENT);
}
