/*
 * modules/registrar/request.c - read Contact, Expires, Path of a REGISTER.
 */
#include "modules/registrar/request.h"

#include "parser/list.h"

#include <errno.h>
#include <stdio.h>

struct reading {
	struct lcs_ctx              *ctx;
	struct arena                *arena;
	const struct registrar      *reg;
	const struct registrar_conf *conf;
	struct registrar_local      *local;
	struct sip_view              view;
	struct reg_request          *out;
	struct usrloc_binding        common;	/* what all contacts of the request share */
	int64_t                      header_expires;	/* -1: no Expires header */
	int64_t                      now;
	struct usrloc_want          *wants;
	unsigned                     room;
	const struct msg_contact    *checked;	/* contacts that are parsed already */
	struct slice                 epid;	/* of an LCS client */
	bool                         publishes;	/* it says that it will */
	bool                         star;
};

static int refuse(struct reading *r, uint16_t status, const char *reason)
{
	r->out->status = status;
	r->out->reason = reason;
	return -EBADMSG;
}

bool registrar_supports(struct lcs_ctx *ctx, struct slice tag)
{
	struct sip_view view = lcs_view(ctx);

	return view_list_has(&view, HDR_SUPPORTED, tag);
}

/* 10.3 step 2: an extension that we do not have is named in the refusal. */
static int check_required(struct reading *r)
{
	struct slice unknown;

	if (!view_list_unknown(&r->view, HDR_REQUIRE, SLICE("path, outbound, gruu"), &unknown))
		return 0;
	snprintf(r->out->extra, sizeof(r->out->extra), "Unsupported: %.*s\r\n",
	    SLICE_ARG(slice_first(unknown, 40)));
	return refuse(r, 420, "Bad Extension");
}

/* Without an alias nobody has said which domains are ours, and none is foreign. */
static bool is_foreign(struct reading *r, const struct sip_uri *uri)
{
	const struct gen *gen = lcs_ctx_gen(r->ctx);
	const struct slice *aliases;

	return !lcs_is_own_host(gen, uri->host, 0) && lcs_aliases(gen, &aliases) > 0;
}

/* 10.3 steps 1 and 5; 21.4.5 says how the first one is answered. Most name the same domain
 * twice, which is looked for once. */
static int check_domains(struct reading *r, const struct sip_uri *to)
{
	const struct sip_uri *asked = lcs_request_uri(r->ctx);
	bool asked_is_foreign;

	if (slice_eq(r->conf->foreign, SLICE("take")))
		return 0;
	asked_is_foreign = is_foreign(r, asked);
	r->out->foreign = asked_is_foreign ||
	    (!slice_eq(asked->host, to->host) && is_foreign(r, to));
	if (!r->out->foreign)
		return 0;
	return refuse(r, 404, asked_is_foreign ? "Not the registrar of that domain" :
	    "No such address of record");
}

/* ---- one contact ---- */

static bool is_between_methods(char c)
{
	return c == ',' || is_lws(c);
}

/* Gone through once, by hand. */
static uint32_t read_methods(struct slice list)
{
	const char *p = list.p, *end = slice_end(list);
	uint32_t bits = 0;

	while (p < end) {
		const char *begin = p;
		enum sip_method m;

		while (p < end && !is_between_methods(*p))
			p++;
		m = sip_method_parse(slice_between(begin, p));
		if (m != METHOD_OTHER)
			bits |= 1u << m;
		while (p < end && is_between_methods(*p))
			p++;
	}
	return bits;
}

/* Every REGISTER brings such a list, and clients of one make the same. */
static uint32_t method_bits(const struct reading *r, struct slice list)
{
	struct method_list *last = &r->local->methods;

	if (list.len == 0 || list.len > sizeof(last->text))
		return read_methods(list);
	if (list.len != last->len || memcmp(list.p, last->text, list.len) != 0) {
		last->len = list.len;
		memcpy(last->text, list.p, list.len);
		last->bits = read_methods(list);
	}
	return last->bits;
}

/* Those that have a field of their own, and so need not be kept as text. */
static bool is_own_param(struct slice name)
{
	switch (name.len) {
	case 1:
		return slice_eq_nocase(name, SLICE("q"));
	case 6:
		return slice_eq_nocase(name, SLICE("reg-id"));
	case 7:
		return slice_eq_nocase(name, SLICE("expires"));
	case 13:
		return slice_eq_nocase(name, SLICE("+sip.instance"));
	default:
		return false;
	}
}

/* Those that are written from other headers of an LCS client. */
static bool is_lcs_param(struct slice name)
{
	return slice_eq_nocase(name, SLICE("epid")) ||
	    slice_eq_nocase(name, SLICE("msrtc.presence"));
}

/* What a caller may want to see again: everything that has no field of its own. */
static int take_params(struct reading *r, struct slice params, struct usrloc_binding *b)
{
	char *text = arena_bytes(r->arena, params.len + r->epid.len +
	    sizeof(";epid=;msrtc.presence")), *at = text;
	struct slice name, value, rest = params;

	if (!text)
		return -ENOMEM;
	/* In front, for it is what all others look for. */
	if (r->epid.len) {
		slice_put(&at, SLICE(";epid="));
		slice_put(&at, r->epid);
	}
	while (hdr_next_param(&rest, &name, &value)) {
		const char *end = value.len ? slice_end(value) : slice_end(name);

		if (is_own_param(name) || (r->epid.len && is_lcs_param(name)))
			continue;
		if (slice_eq_nocase(name, SLICE("methods")))
			b->methods = method_bits(r, hdr_unquote(r->arena, value));
		*at++ = ';';
		slice_put(&at, slice_of(name.p, (size_t)(end - name.p)));
	}
	if (r->publishes)
		slice_put(&at, SLICE(";msrtc.presence"));
	b->params = slice_of(text, (size_t)(at - text));
	return 0;
}

/* Seconds asked for: the contact's own, the header's, or the default (10.2.1.1). */
static int64_t asked_expires(const struct reading *r, const struct sip_contact *c)
{
	if (c->has_expires)
		return c->expires;
	if (r->header_expires >= 0)
		return r->header_expires;
	return r->conf->default_expires / 1000;
}

static int limit_expires(struct reading *r, int64_t *seconds)
{
	int64_t least = r->conf->min_expires / 1000, most = r->conf->max_expires / 1000;

	if (*seconds > 0 && *seconds < least) {
		snprintf(r->out->extra, sizeof(r->out->extra), "Min-Expires: %lld\r\n",
		    (long long)least);
		return refuse(r, 423, "Interval Too Brief");
	}
	if (*seconds > most)
		*seconds = most;
	return 0;
}

static struct usrloc_binding *next_binding(struct reading *r)
{
	if (r->out->change.count == r->room) {
		unsigned room = r->room ? 4 * r->room : 4;
		struct usrloc_want *wants = arena_alloc(r->arena, room * sizeof(*wants));

		if (!wants)
			return NULL;
		if (r->room)
			memcpy(wants, r->wants, r->room * sizeof(*wants));
		r->wants = wants;
		r->room = room;
		r->out->change.wants = wants;
	}
	return &r->wants[r->out->change.count++].binding;
}

/* No proxy between us: where the datagram came from is where the client is. */
static bool is_first_hop(struct reading *r)
{
	return view_value_count(&r->view, HDR_VIA) == 1;
}

/*
 * A UDP client is reached at its Contact, but not if that names another machine than the one
 * it came from: then an address translator stands between, and only its address leads back.
 */
static bool is_translated(struct reading *r, const struct sip_uri *contact)
{
	struct ip_addr ip;

	if (lcs_has_flag(r->ctx, SLICE("use_received")))
		return true;
	return r->conf->detect_nat && uri_host_ip(contact->host, &ip) == 0 &&
	    !ip_eq(&ip, &lcs_from(r->ctx)->remote.ip) && is_first_hop(r);
}

static int make_binding(struct reading *r, const struct sip_contact *c)
{
	struct usrloc_binding *b;
	int64_t seconds = asked_expires(r, c);
	int err = limit_expires(r, &seconds);

	if (err)
		return err;
	b = next_binding(r);
	if (!b)
		return -ENOMEM;
	*b = r->common;
	b->contact = c->addr.uri.text;
	b->q = c->q;
	b->instance = c->instance;
	/* RFC 5626 6: without an instance a reg-id means nothing. */
	b->reg_id = c->instance.len ? c->reg_id : 0;
	b->expires = r->now + seconds;
	if (b->received.transport == TRANSPORT_UDP && !is_translated(r, &c->addr.uri))
		b->received.remote = (struct sock_addr){ 0 };
	return take_params(r, c->addr.params, b);
}

static int take_contact(struct reading *r, const struct sip_contact *c)
{
	if (c->star) {
		r->star = true;
		return 0;
	}
	if (c->addr.uri.scheme == URI_OTHER)
		return refuse(r, 400, "Contact is no SIP URI");
	if (gruu_is_own(r->conf, r->arena, &c->addr.uri, r->out->change.aor))
		return refuse(r, 403, "Contact is a GRUU of this user");
	return make_binding(r, c);
}

/* NULL: no more on this line, or one that was refused (*err). Mostly it has been read already. */
static const struct sip_contact *next_contact(struct reading *r, struct slice *rest,
    struct sip_contact *room, int *err)
{
	const struct sip_contact *c = msg_take_contact(&r->checked, rest);
	struct slice value;

	if (c || !hdr_next_value(rest, &value))
		return c;
	if (sip_contact_parse(value, room, NULL) == 0)
		return room;
	*err = refuse(r, 400, "Malformed Contact");
	return NULL;
}

#define CONTACTS_MAX 256u		/* no user may have more, and a request no more than he */

static int take_contacts(struct reading *r)
{
	struct hdr_ref h = { 0 };
	const struct sip_contact *c;
	struct sip_contact room;
	unsigned seen = 0;
	int err = 0;

	while (view_next_hdr(&r->view, HDR_CONTACT, SLICE_NULL, &h)) {
		struct slice rest = h.value;

		while (!err && (c = next_contact(r, &rest, &room, &err)))
			err = seen++ < CONTACTS_MAX ? take_contact(r, c) :
			    refuse(r, 403, "Too Many Endpoints");
		if (err)
			return err;
	}
	if (!r->star)
		return 0;
	/* 10.3 step 6: "*" stands alone and only with Expires: 0. */
	if (seen != 1 || r->header_expires != 0)
		return refuse(r, 400, "Contact * wants Expires 0 and nothing else");
	struct usrloc_binding *b = next_binding(r);

	if (!b)
		return -ENOMEM;
	*b = r->common;
	r->out->change.remove_all = true;
	return 0;
}

/* ---- what concerns the whole request ---- */

static struct slice joined_path(struct reading *r)
{
	struct slice all = SLICE_NULL;
	struct hdr_ref h = { 0 };

	while (view_next_hdr(&r->view, HDR_PATH, SLICE_NULL, &h))
		all = all.len ? arena_printf(r->arena, "%.*s, %.*s", SLICE_ARG(all),
		    SLICE_ARG(h.value)) : h.value;
	return all;
}

static int take_path(struct reading *r)
{
	struct slice path = joined_path(r);

	if (!path.len || slice_eq(r->conf->path_mode, SLICE("off")))
		return 0;
	if (slice_eq(r->conf->path_mode, SLICE("strict")) &&
	    !registrar_supports(r->ctx, SLICE("path"))) {
		snprintf(r->out->extra, sizeof(r->out->extra), "Unsupported: path\r\n");
		return refuse(r, 420, "Bad Extension");
	}
	r->common.path = path;
	return 0;
}

/* The way back: a stream's own connection; a client behind a proxy, by the Path. */
static void take_received(struct reading *r)
{
	r->common.received = *lcs_from(r->ctx);
	r->common.received.name = SLICE_NULL;
	if (r->common.path.len)
		r->common.received.flow = 0;
}

/* RFC 5626 6: with reg-id the edge must speak outbound too. */
static int check_outbound(struct reading *r)
{
	bool with_reg_id = false;
	size_t hops;

	for (unsigned i = 0; i < r->out->change.count; i++)
		with_reg_id = with_reg_id || r->wants[i].binding.reg_id;
	if (!with_reg_id || !registrar_supports(r->ctx, SLICE("outbound")))
		return 0;
	hops = view_value_count(&r->view, HDR_VIA);
	if (hops > 1 && slice_search(r->common.path, SLICE(";ob")) == r->common.path.len)
		return refuse(r, 439, "First Hop Lacks Outbound Support");
	r->out->outbound = true;
	return 0;
}

static int take_common(struct reading *r)
{
	struct sip_msg *msg = lcs_msg(r->ctx);
	const struct sip_cseq *cseq = msg_cseq(msg);
	const struct name_addr *to = view_name_addr(r->arena, &r->view, HDR_TO);

	if (!cseq || !to)
		return refuse(r, 400, "Malformed To or CSeq");
	if (check_domains(r, &to->uri) != 0)
		return -EBADMSG;
	r->out->change.aor = to == msg_to(msg) ? msg_to_aor(msg) : sip_uri_aor(r->arena, &to->uri);
	if (!r->out->change.aor.p)
		return refuse(r, 404, "No such address of record");
	r->reg->usrloc->expect(r->reg->usrloc_state, r->out->change.aor);
	r->epid = endpoint_epid_of(r->ctx);
	r->publishes = r->epid.len && view_list_has(&r->view, HDR_SUPPORTED,
	    SLICE("com.microsoft.msrtc.presence"));
	r->common.call_id = msg_call_id(msg);
	r->common.cseq = cseq->seq;
	r->common.user_agent = msg_value(msg, HDR_USER_AGENT);
	r->common.methods = method_bits(r, msg_value(msg, HDR_ALLOW));
	r->common.changed = r->now;
	r->header_expires = msg_expires(msg);
	/* 10.2.1.1: a malformed value counts as 3600. */
	if (r->header_expires < -1)
		r->header_expires = 3600;
	return 0;
}

int reg_request_read(struct lcs_call *call, struct reg_request *out)
{
	const struct registrar_conf *conf = call->conf;
	struct lcs_ctx *ctx = call->ctx;
	struct reading r = {
		.ctx = ctx, .arena = lcs_arena(ctx), .reg = call->shared, .conf = conf,
		.local = call->local,
		.view = lcs_view(ctx), .out = out, .now = loop_wall(worker_loop()),
		.checked = lcs_msg(ctx)->contacts,
	};
	int err;

	*out = (struct reg_request){ .change.max_contacts = (unsigned)conf->max_contacts,
	    .change.replace_oldest = conf->replace_oldest };
	err = check_required(&r);
	if (!err)
		err = take_common(&r);
	if (!err)
		err = take_path(&r);
	take_received(&r);
	if (!err)
		err = take_contacts(&r);
	return err ? err : check_outbound(&r);
}
