/*
 * modules/service/who.c - whom a SERVICE is about, and who asks.
 */
#include "modules/service/service.h"

#include <errno.h>

static int refused(struct service_refusal *why, uint16_t status, struct slice reason)
{
	why->status = status;
	why->reason = reason;
	why->extra = "";
	return -EBADMSG;
}

static int take_aor(struct arena *arena, const struct sip_uri *uri, struct slice *out)
{
	if (!uri->user.len) {
		*out = SLICE("");
		return 0;
	}
	*out = sip_uri_aor(arena, uri);
	return out->p ? 0 : -ENOMEM;
}

static int take_asker(struct lcs_ctx *ctx, bool trust_from, struct arena *arena,
    struct slice from, struct service_asked *asked, struct service_refusal *why)
{
	struct slice proved = lcs_identity(ctx);

	if (!proved.len && !trust_from)
		return refused(why, 403, SLICE("Who asks has proved nothing"));
	if (!proved.len && !from.len)
		return refused(why, 403, SLICE("From names nobody"));
	asked->asker = proved.len ? arena_dup(arena, proved) : from;
	return asked->asker.p ? 0 : -ENOMEM;
}

static int copy_from(struct arena *arena, const struct name_addr *from, struct slice call_id,
    struct service_asked *asked)
{
	struct slice epid;

	hdr_param(from->params, SLICE("epid"), &epid);
	asked->epid = arena_dup(arena, epid);
	asked->from_tag = arena_dup(arena, from->tag);
	asked->call_id = arena_dup(arena, call_id);
	return (epid.len && !asked->epid.p) || (from->tag.len && !asked->from_tag.p) ||
	    !asked->call_id.p ? -ENOMEM : 0;
}

/* Inside a subscription's dialog the Request-URI is our Contact, which names nobody: To does. */
static int take_object(struct arena *arena, const struct sip_uri *uri, const struct name_addr *to,
    struct service_asked *asked)
{
	const struct sip_uri *object = uri->user.len || !to->tag.len ? uri : &to->uri;

	asked->domain = arena_dup(arena, uri->host);
	if (!asked->domain.p)
		return -ENOMEM;
	return take_aor(arena, object, &asked->aor);
}

/* Of SELF operations all four must name one user. */
static int check_self(struct arena *arena, const struct name_addr *to, struct slice from,
    const struct service_asked *asked, bool *is_self)
{
	struct slice to_aor;
	int err = take_aor(arena, &to->uri, &to_aor);

	*is_self = asked->aor.len && slice_eq_nocase(asked->aor, asked->asker) &&
	    slice_eq_nocase(asked->aor, from) && slice_eq_nocase(asked->aor, to_aor);
	return err;
}

int service_read_people(struct lcs_ctx *ctx, bool trust_from, struct arena *arena,
    struct service_asked *asked, bool *is_self, struct service_refusal *why)
{
	struct sip_view view = lcs_view(ctx);
	const struct name_addr *from = view_name_addr(lcs_arena(ctx), &view, HDR_FROM);
	const struct name_addr *to = view_name_addr(lcs_arena(ctx), &view, HDR_TO);
	const struct sip_uri *uri = lcs_request_uri(ctx);
	struct slice from_aor;
	int err;

	if (!from || !to || !uri)
		return refused(why, 400, SLICE("Bad From, To or Request-URI"));
	err = take_aor(arena, &from->uri, &from_aor);
	if (!err)
		err = take_asker(ctx, trust_from, arena, from_aor, asked, why);
	if (!err)
		err = take_object(arena, uri, to, asked);
	if (!err)
		err = copy_from(arena, from, msg_call_id(lcs_msg(ctx)), asked);
	if (!err)
		err = check_self(arena, to, from_aor, asked, is_self);
	asked->from = *lcs_from(ctx);
	return err;
}
