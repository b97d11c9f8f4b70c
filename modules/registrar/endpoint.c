/*
 * modules/registrar/endpoint.c - LCS clients: several endpoints of a user, one of which is meant.
 *
 * Such a client answers whatever it gets at once, so a call must not be forked to several.
 */
#include "modules/registrar/registrar.h"

static struct slice epid_in(const struct name_addr *addr)
{
	struct slice epid;

	if (!addr || !hdr_param(addr->params, SLICE("epid"), &epid))
		return SLICE_NULL;
	return epid;
}

struct slice endpoint_epid_of(struct lcs_ctx *ctx)
{
	return epid_in(msg_from(lcs_msg(ctx)));
}

struct slice endpoint_epid(const struct usrloc_binding *b)
{
	struct slice params = slice_skip(b->params, 1), epid;	/* behind their first ";" */

	return hdr_param(params, SLICE("epid"), &epid) ? epid : SLICE_NULL;
}

void endpoint_wish_read(struct lcs_ctx *ctx, const struct sip_uri *uri, struct endpoint_wish *out)
{
	*out = (struct endpoint_wish){ .epid = epid_in(msg_to(lcs_msg(ctx))) };
	out->by_address = sip_uri_param(uri, SLICE("maddr"), &out->host);
	out->port = uri->port;
}

/* ---- To of what goes to an LCS client ---- */

/* Without its parameter, which stands behind the address; a script may have spelled it its own way. */
static struct slice without_epid(struct arena *arena, struct slice to, struct slice epid)
{
	struct slice head = slice_between(to.p, epid.p);
	struct slice tail = slice_between(slice_end(epid), slice_end(to));

	while (head.len && head.p[--head.len] != ';')
		;
	tail = slice_skip(tail, slice_find(tail, ';'));
	return arena_printf(arena, "%.*s%.*s", SLICE_ARG(head), SLICE_ARG(tail));
}

static bool is_edited(const struct sip_view *view, enum hdr_id id)
{
	return view->last && (view->last->touched & edit_bit(id)) != 0;
}

static int put_in_to(struct lcs_ctx *ctx, const struct sip_view *view, struct slice epid)
{
	const struct name_addr *came = msg_to(lcs_msg(ctx)), *now = came;
	struct arena *arena = lcs_arena(ctx);
	struct slice old, text;
	struct hdr_ref h;

	if (!came || came->tag.len || epid_in(came).len || !view_hdr(view, HDR_TO, SLICE_NULL, 0, &h))
		return 0;
	if (is_edited(view, HDR_TO))
		now = view_name_addr(arena, view, HDR_TO);
	old = epid_in(now);
	if (!now || slice_eq(old, epid))
		return 0;
	text = old.len ? without_epid(arena, h.value, old) : h.value;
	if (text.p && epid.len)
		text = arena_join(arena, (struct slice[]){ text, SLICE(";epid="), epid }, 3);
	if (text.p)
		text = hdr_unfold(arena, text);
	return text.p ? edit_value_in_arena(arena, lcs_edits(ctx), &h, text) : -ENOMEM;
}

/* Most receivers are no LCS clients, and nobody was named before them: nothing to be looked at. */
int endpoint_put_in_to(struct lcs_ctx *ctx, struct slice epid)
{
	struct sip_view view = lcs_view(ctx);

	return epid.len || is_edited(&view, HDR_TO) ? put_in_to(ctx, &view, epid) : 0;
}

/* ---- which is meant ---- */

static bool has_address(const struct usrloc_binding *b, const struct endpoint_wish *wish)
{
	struct sip_uri contact;
	struct ip_addr ip;

	if (sip_uri_parse(b->contact, &contact, NULL) == 0 && contact.port == wish->port &&
	    slice_eq_nocase(contact.host, wish->host))
		return true;
	return uri_host_ip(wish->host, &ip) == 0 && ip_eq(&ip, &b->received.remote.ip) &&
	    b->received.remote.port == wish->port;
}

static bool has_epid(const struct usrloc_binding *b, struct slice epid)
{
	return epid.len && slice_eq_nocase(endpoint_epid(b), epid);
}

/* Better: the address that was asked for, then the epid, then the one that the script names, then
 * what came last. */
static unsigned rank(const struct usrloc_binding *b, const struct endpoint_wish *wish)
{
	if (wish->by_address && has_address(b, wish))
		return 3;
	return has_epid(b, wish->epid) ? 2 : has_epid(b, wish->best) ? 1 : 0;
}

static bool can_be_reached(const struct usrloc_binding *b, int64_t now)
{
	return b->expires > now && endpoint_epid(b).len && flow_is_alive(b->received.flow);
}

static bool is_better(const struct usrloc_binding *a, const struct usrloc_binding *b,
    const struct endpoint_wish *wish)
{
	unsigned ra = rank(a, wish), rb = rank(b, wish);

	return ra != rb ? ra > rb : a->changed > b->changed;
}

bool endpoint_is_meant(const struct registrar *reg, const struct usrloc_aor *aor, unsigned i,
    const struct usrloc_binding *mine, const struct endpoint_wish *wish, int64_t now)
{
	struct usrloc_binding other;

	/* Inside a dialog with an LCS client nobody else is meant. */
	if (wish->by_address && rank(mine, wish) < 2)
		return false;
	if (aor->count == 1 || !endpoint_epid(mine).len)
		return true;
	for (unsigned k = 0; k < aor->count; k++) {
		reg->usrloc->binding(aor, k, &other);
		if (k == i || !can_be_reached(&other, now))
			continue;
		if (is_better(&other, mine, wish) ||
		    (k < i && !is_better(mine, &other, wish)))
			return false;
	}
	return true;
}
