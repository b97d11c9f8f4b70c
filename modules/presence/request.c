/*
 * modules/presence/request.c - read a SUBSCRIBE: who, whom, what, how long, and the way back.
 *
 * On the worker of its Call-ID. Texts lie in the message or its arena, which live as long as
 * the answer takes.
 */
#include "modules/presence/asking.h"

#include "parser/event.h"
#include "parser/list.h"
#include "parser/mime.h"

#include <errno.h>

struct reading {
	struct asking   *a;
	struct lcs_ctx  *ctx;
	struct arena    *arena;
	struct sip_view  view;
	bool             is_short;	/* of memory */
};

static int refuse(struct reading *r, uint16_t status, const char *reason)
{
	r->a->status = status;
	r->a->reason = reason;
	return -EBADMSG;
}

/* Most of the headers that are asked for are not there. */
static bool is_there(const struct reading *r, enum hdr_id id)
{
	return r->view.last || r->view.msg->first[id] != MSG_NO_HDR;
}

static bool is_listed(const struct reading *r, enum hdr_id id, struct slice word)
{
	return is_there(r, id) && view_list_has(&r->view, id, word);
}

static struct slice value_of(struct reading *r, enum hdr_id id)
{
	struct hdr_ref h;

	return is_there(r, id) && view_hdr(&r->view, id, SLICE_NULL, 0, &h) ? h.value : SLICE_NULL;
}

static struct slice value_named(struct reading *r, struct slice name)
{
	struct hdr_ref h;

	return view_hdr(&r->view, HDR_OTHER, name, 0, &h) ? h.value : SLICE_NULL;
}

/* All lines of a list as one. */
static struct slice joined(struct reading *r, enum hdr_id id)
{
	struct slice all = SLICE_NULL;
	struct hdr_ref h = { 0 };

	while (is_there(r, id) && view_next_hdr(&r->view, id, SLICE_NULL, &h)) {
		all = all.len ? arena_printf(r->arena, "%.*s, %.*s", SLICE_ARG(all),
		    SLICE_ARG(h.value)) : h.value;
		r->is_short |= all.p == NULL;
	}
	return all;
}

static struct slice unfolded(struct reading *r, struct slice value)
{
	struct slice s = value.len ? hdr_unfold(r->arena, value) : value;

	r->is_short |= value.len && !s.p;
	return s;
}

/* ---- what for ---- */

static int add_allow_events(struct reading *r)
{
	struct presence *p = r->a->p;
	struct buf *b = r->a->lines;

	buf_put(b, SLICE("Allow-Events: "));
	for (unsigned i = 0; i < p->package_count; i++) {
		if (i)
			buf_put(b, SLICE(", "));
		buf_put(b, p->packages[i].pk->name);
	}
	buf_put(b, SLICE("\r\n"));
	return refuse(r, 489, "Bad Event");
}

/* RFC 6446: notifications per second, a fraction with at most ten digits behind the dot. */
static msec_t gap_of(struct slice params, struct slice name)
{
	struct slice value;
	double rate = 0, digit = 1;
	size_t i = 0;

	if (!hdr_param(params, name, &value))
		return 0;
	for (; i < value.len && is_digit(value.p[i]) && i < 8; i++)
		rate = rate * 10 + (value.p[i] - '0');
	if (i < value.len && value.p[i] == '.')
		for (i++; i < value.len && is_digit(value.p[i]); i++)
			rate += (value.p[i] - '0') * (digit /= 10);
	if (i < value.len || rate <= 0)
		return 0;
	return rate < 1.0 / 86400 ? 86400000 : rate > 1000 ? 1 : (msec_t)(1000 / rate);
}

/* The same for notices that bring no news: no more of them than this server likes. */
static msec_t quiet_gap_of(const struct asking *a, struct slice params, struct slice name)
{
	msec_t gap = gap_of(params, name);
	msec_t least = conf_of(a->p)->quiet_interval;

	return gap && gap < least ? least : gap;
}

static int read_event(struct reading *r)
{
	struct asking *a = r->a;
	struct sip_event event;
	struct slice value = unfolded(r, value_of(r, HDR_EVENT));

	if (!value.len || sip_event_parse(value, &event, NULL) != 0)
		return add_allow_events(r);
	a->pkg = package_find(a->p, event.type);
	if (!a->pkg)
		return add_allow_events(r);
	a->t.event = value;
	a->req.event = event.type;
	a->req.event_id = event.id;
	a->min_gap = gap_of(event.params, SLICE("max-rate"));
	a->max_gap = quiet_gap_of(a, event.params, SLICE("min-rate"));
	a->pace_gap = quiet_gap_of(a, event.params, SLICE("adaptive-min-rate"));
	return 0;
}

/* 423 only where RFC 6665 4.2.1.1 allows it: what is asked is below an hour, too. */
static int read_expires(struct reading *r)
{
	struct asking *a = r->a;
	struct slice text = value_of(r, HDR_EXPIRES);
	uint32_t n;

	a->expires = package_default_expires(a->pkg);
	if (!text.len)
		return 0;
	/* RFC 3261 20.19: a number, and one too large means the largest. */
	if (slice_to_u32(text, &n) == -ERANGE)
		n = UINT32_MAX;
	else if (slice_to_u32(text, &n) != 0)
		return refuse(r, 400, "Malformed Expires");
	a->expires = n;
	if (n > 0 && n < 3600 && n < package_min_expires(a->pkg)) {
		buf_printf(a->lines, "Min-Expires: %lld\r\n",
		    (long long)package_min_expires(a->pkg));
		return refuse(r, 423, "Interval Too Brief");
	}
	if (a->expires > package_max_expires(a->pkg))
		a->expires = package_max_expires(a->pkg);
	return 0;
}

static int find_offer(struct slice type, const struct slice *offers, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (slice_eq_nocase(type, offers[i]))
			return (int)i;
	return -1;
}

/* Of equals the one that the client names first: nothing says so, but clients mean it. */
static int first_named(struct slice accept, const struct slice *offers, unsigned n)
{
	struct slice type;
	int at = -1;

	while (at < 0 && hdr_next_value(&accept, &type))
		at = find_offer(type, offers, n);
	return at;
}

static int heaviest(struct reading *r, const struct slice *offers, unsigned n)
{
	int best = -1, best_q = 0;
	size_t best_at = 0;

	for (unsigned i = 0; i < n; i++) {
		struct mime_type type;
		int q = mime_type_parse(offers[i], &type, NULL) == 0 ?
		    view_accept(&r->view, &type) : 0;
		size_t at = slice_search(r->a->req.accept, offers[i]);

		if (q <= 0 || q < best_q || (q == best_q && at >= best_at))
			continue;
		best = (int)i;
		best_q = q;
		best_at = at;
	}
	return best;
}

static int best_format(struct reading *r, const struct slice *offers, unsigned n)
{
	struct slice accept = r->a->req.accept;
	bool is_plain = slice_find(accept, ';') == accept.len &&
	    slice_find(accept, '*') == accept.len;

	return is_plain ? first_named(accept, offers, n) : heaviest(r, offers, n);
}

static int read_accept(struct reading *r)
{
	struct asking *a = r->a;
	struct slice offers[16];
	unsigned n = a->pkg->format_count < 16 ? a->pkg->format_count : 16;
	int best;

	a->format = 0;
	/* What it got first it gets as long as it lasts. */
	if (a->is_list || a->req.is_refresh || !a->req.accept.len)
		return 0;
	for (unsigned i = 0; i < n; i++)
		offers[i] = a->pkg->pk->formats[i].content_type;
	best = best_format(r, offers, n);
	if (best >= 0) {
		a->format = (unsigned)best;
		return 0;
	}
	buf_put(a->lines, SLICE("Accept: "));
	for (unsigned i = 0; i < n; i++) {
		if (i)
			buf_put(a->lines, SLICE(", "));
		buf_put(a->lines, offers[i]);
	}
	buf_put(a->lines, SLICE("\r\n"));
	return refuse(r, 406, "Not Acceptable");
}

/* ---- who and whom ---- */

static int read_watcher(struct reading *r)
{
	struct asking *a = r->a;
	const struct name_addr *from = view_name_addr(r->arena, &r->view, HDR_FROM);
	struct slice epid;

	if (!from || !from->tag.len)
		return refuse(r, 400, "From without a tag");
	a->t.remote_tag = from->tag;
	a->t.to = unfolded(r, from->text);
	a->req.watcher = lcs_identity(r->ctx);
	if (!a->req.watcher.len)
		a->req.watcher = sip_uri_aor(r->arena, &from->uri);
	if (!a->req.watcher.len)
		return refuse(r, 400, "From names nobody");
	a->req.watcher_name = hdr_unquote(r->arena, from->display);
	if (hdr_param(from->params, SLICE("epid"), &epid))
		a->req.epid = epid;
	return 0;
}

static int read_whom(struct reading *r)
{
	struct asking *a = r->a;
	const struct name_addr *to = view_name_addr(r->arena, &r->view, HDR_TO);
	const struct sip_uri *uri = lcs_request_uri(r->ctx);

	if (!to)
		return refuse(r, 400, "Malformed To");
	a->local_tag = to->tag;
	a->t.from = unfolded(r, to->text);
	if (a->local_tag.len)
		return 0;
	if (!uri || uri->scheme == URI_OTHER || !uri->user.len ||
	    !lcs_is_own_host(lcs_ctx_gen(r->ctx), uri->host, uri->port))
		return refuse(r, 404, "Nobody of that name here");
	a->req.aor = sip_uri_aor(r->arena, uri);
	r->is_short |= !a->req.aor.p;
	return 0;
}

/* ---- the way back ---- */

/* What an address translator stands in front of is reached where it came from only. */
static bool is_translated(struct reading *r, const struct sip_uri *contact)
{
	struct ip_addr ip;

	return view_value_count(&r->view, HDR_VIA) == 1 && uri_host_ip(contact->host, &ip) == 0 &&
	    !ip_eq(&ip, &lcs_from(r->ctx)->remote.ip);
}

/* A client's own connection, if it came by one without a proxy between. */
static int read_contact(struct reading *r)
{
	struct asking *a = r->a;
	const struct name_addr *contact = view_name_addr(r->arena, &r->view, HDR_CONTACT);
	struct hdr_ref h;

	a->hop = *lcs_from(r->ctx);
	if (!contact || contact->uri.scheme == URI_OTHER) {
		/* In a dialog it may be left out: the target stays. */
		if (!view_hdr(&r->view, HDR_CONTACT, SLICE_NULL, 0, &h) && a->local_tag.len)
			return 0;
		return refuse(r, 400, "A SIP Contact is needed");
	}
	a->t.target = contact->uri.text;
	if (!hdr_param(contact->params, SLICE("+sip.instance"), &a->t.instance))
		a->t.instance = SLICE_NULL;
	if (a->t.route_set.len)
		return 0;
	a->has_hop = transport_is_stream(a->hop.transport) || is_translated(r, &contact->uri);
	return 0;
}

/* Our side of a new dialog, as From of our requests shows it. */
static int make_tag(struct reading *r)
{
	struct asking *a = r->a;
	const struct slice pieces[] = { a->t.from, SLICE(";tag="), slice_of(a->tag, TAG_CHARS) };

	if (a->local_tag.len)
		return 0;
	tag_make(a->tag);
	a->t.from = arena_join(r->arena, pieces, 3);
	return a->t.from.p ? 0 : -ENOMEM;
}

static int make_contact(struct reading *r)
{
	const struct sip_hop *from = lcs_from(r->ctx);
	char text[300];
	struct slice at = net_sent_by(from, text);
	bool is_udp = from->transport == TRANSPORT_UDP;
	const struct slice pieces[] = { SLICE("<sip:"), at, is_udp ? SLICE("") :
	    SLICE(";transport="), is_udp ? SLICE("") : transport_uri_name(from->transport),
	    SLICE(">") };

	r->a->t.contact = arena_join(r->arena, pieces, 5);
	return r->a->t.contact.p ? 0 : -ENOMEM;
}

/* ---- extensions ---- */

#define REQUIRED SLICE("eventlist, adhoclist, recipient-list-subscribe, ms-benotify, " \
	"com.microsoft.autoextend, ms-piggyback-first-notify")

static int read_extensions(struct reading *r)
{
	struct asking *a = r->a;
	struct slice unknown;

	if (is_there(r, HDR_REQUIRE) &&
	    view_list_unknown(&r->view, HDR_REQUIRE, REQUIRED, &unknown)) {
		buf_printf(a->lines, "Unsupported: %.*s\r\n",
		    SLICE_ARG(slice_first(unknown, 40)));
		return refuse(r, 420, "Bad Extension");
	}
	a->benotify = is_listed(r, HDR_SUPPORTED, SLICE("ms-benotify"));
	a->piggyback = is_listed(r, HDR_SUPPORTED, SLICE("ms-piggyback-first-notify"));
	a->autoextend = is_listed(r, HDR_SUPPORTED, SLICE("com.microsoft.autoextend"));
	a->suppress = value_named(r, SLICE("Suppress-If-Match"));
	return 0;
}

static int read_body(struct reading *r)
{
	struct asking *a = r->a;
	int err = coding_body(r->arena, &r->view, conf_of(a->p)->max_body, &a->req.body,
	    &a->status, &a->reason);

	if (err && a->status == 415)
		buf_put(a->lines, CODINGS_LINE);
	return err;
}

static int read_lists(struct reading *r)
{
	struct asking *a = r->a;
	const struct presence *p = a->p;
	int claim = 0;

	a->req.accept = joined(r, HDR_ACCEPT);
	a->req.supported = joined(r, HDR_SUPPORTED);
	a->req.require = joined(r, HDR_REQUIRE);
	a->req.content_type = value_of(r, HDR_CONTENT_TYPE);
	a->req.user_agent = value_of(r, HDR_USER_AGENT);
	a->t.route_set = joined(r, HDR_RECORD_ROUTE);
	a->req.is_refresh = a->local_tag.len > 0;
	if (!a->req.is_refresh && p->lists)
		claim = p->lists->claims(p->lists_arg, &a->req);
	if (claim < 0) {
		answer_list_error(a, claim);
		return -EBADMSG;
	}
	a->is_list = claim;
	if (!a->req.is_refresh && !a->is_list &&
	    (is_listed(r, HDR_REQUIRE, SLICE("adhoclist")) ||
	    is_listed(r, HDR_REQUIRE, SLICE("recipient-list-subscribe")) ||
	    is_listed(r, HDR_REQUIRE, SLICE("eventlist")))) {
		buf_put(a->lines, SLICE("Unsupported: adhoclist, eventlist, "
		    "recipient-list-subscribe\r\n"));
		return refuse(r, 420, "Bad Extension");
	}
	return 0;
}

int asking_read(struct lcs_call *call, struct asking *a)
{
	static int (*const steps[])(struct reading *r) = { read_event, read_extensions,
	    read_whom, read_watcher, read_body, read_lists, read_contact, read_expires, read_accept,
	    make_contact, make_tag };
	struct reading r = { .a = a, .ctx = call->ctx, .arena = lcs_arena(call->ctx),
	    .view = lcs_view(call->ctx) };
	const struct sip_cseq *cseq = msg_cseq(r.view.msg);

	a->t.call_id = msg_call_id(r.view.msg);
	a->cseq = cseq ? cseq->seq : 0;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int err = steps[i](&r);

		if (err || r.is_short)
			return err ? err : -ENOMEM;
	}
	return a->lines->failed ? -ENOMEM : 0;
}
