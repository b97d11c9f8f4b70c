/*
 * modules/rr/record.c - Record-Route (RFC 3261 16.6, item 4).
 *
 * The value is written when the way out is known. If it differs from the way in -
 * another transport, listener, address family, or a client's own connection on
 * either side - two values are written, one for each side, marked r2=on.
 */
#include "modules/rr/rr.h"

#include <errno.h>

struct record {				/* in the request's arena, immutable once linked */
	struct sip_hop in;
	struct slice   scheme, from_tag, params;	/* params: each with its ';' */
	bool           full_lr, tokens;
	bool           in_is_client;	/* came straight from a client, over a connection */
	bool           is_sealed;
	struct siphash_key seal;
	struct slice   call_id, tag;	/* of the dialog, of who sends this: sealed */
};

/* ---- writing ---- */

static void put_seal(struct buf *out, const struct record *r, struct slice user, bool is_double)
{
	const struct sealed what = { r->call_id, r->tag, user, is_double };
	char seal[SEAL_CHARS];

	seal_text(&r->seal, &what, seal);
	buf_put(out, SLICE(";seal="));
	buf_put(out, slice_of(seal, sizeof(seal)));
}

static void put_uri(struct buf *out, const struct record *r, const struct sip_hop *hop,
    bool with_token, bool is_double)
{
	char text[300], token[FLOW_TOKEN_CHARS];
	struct slice user = SLICE_NULL;

	buf_put(out, SLICE("Record-Route: <"));
	buf_put(out, r->scheme);
	buf_put_char(out, ':');
	if (with_token) {
		flow_token_text(hop->flow, token);
		user = slice_of(token, sizeof(token));
		buf_put(out, user);
		buf_put_char(out, '@');
	}
	buf_put(out, net_sent_by(hop, text));
	if (hop->transport != TRANSPORT_UDP) {
		buf_put(out, SLICE(";transport="));
		buf_put(out, transport_uri_name(hop->transport));
	}
	if (is_double)
		buf_put(out, SLICE(";r2=on"));
	buf_put(out, r->full_lr ? SLICE(";lr=on") : SLICE(";lr"));
	if (r->from_tag.len) {
		buf_put(out, SLICE(";ftag="));
		buf_put(out, r->from_tag);
	}
	if (r->is_sealed)
		put_seal(out, r, user, is_double);
	buf_put(out, r->params);
	buf_put(out, SLICE(">\r\n"));
}

/* Whoever opened the connection to us cannot be dialled; whom we dialled can be again. */
static bool is_clients_own(flow_id flow)
{
	struct sip_hop hop;

	return flow_hop(flow, &hop) && hop.local.ip.family != 0;
}

static bool out_is_client(const struct record *r, const struct sip_hop *out)
{
	return r->tokens && is_clients_own(out->flow);
}

static bool sides_differ(const struct sip_hop *in, const struct sip_hop *out)
{
	return in->transport != out->transport || in->listener != out->listener ||
	    in->remote.ip.family != out->remote.ip.family;
}

static void write_record(struct buf *out, const struct sip_edit *edit, const struct sip_hop *hop)
{
	const struct record *r = edit->arg;
	bool to_client = out_is_client(r, hop);
	bool is_double = to_client || r->in_is_client || sides_differ(&r->in, hop);

	put_uri(out, r, hop, to_client, is_double);
	if (is_double)
		put_uri(out, r, &r->in, r->in_is_client, true);
}

/* A parameter that was named before record_route(): nothing is written. */
static void write_note(struct buf *out, const struct sip_edit *edit, const struct sip_hop *hop)
{
	(void)out;
	(void)edit;
	(void)hop;
}

/* ---- finding our own edits ---- */

/* The last one of that kind that was not dropped again. */
static const struct sip_edit *find(struct lcs_ctx *ctx, edit_late_fn *late)
{
	for (const struct sip_edit *e = *lcs_edits(ctx); e; e = e->before) {
		if (e->kind == EDIT_DROP && e->added && e->added->late == late)
			return NULL;
		if (e->kind == EDIT_LATE && e->late == late)
			return e;
	}
	return NULL;
}

static int drop(struct lcs_ctx *ctx, const struct sip_edit *e)
{
	const struct hdr_ref h = { .id = HDR_RECORD_ROUTE, .at = e->at, .added = e };

	return edit_drop(lcs_arena(ctx), lcs_edits(ctx), &h);
}

/* ---- making ---- */

/* One Via: nobody stands between the client and us. */
static bool is_from_client(struct lcs_ctx *ctx)
{
	struct sip_view view = lcs_view(ctx);

	return is_clients_own(lcs_from(ctx)->flow) && view_value_count(&view, HDR_VIA) == 1;
}

/* Of who sends this: in the dialog it stands in From or in To. */
static struct slice tag_of_caller(struct lcs_ctx *ctx)
{
	const struct name_addr *from = msg_from(lcs_msg(ctx));

	return from ? from->tag : SLICE_NULL;
}

static void prepare(struct lcs_ctx *ctx, const struct rr_conf *conf, struct record *r)
{
	const struct sip_uri *uri = lcs_request_uri(ctx);
	const struct sip_edit *note = find(ctx, write_note);

	*r = (struct record){ .in = *lcs_from(ctx), .full_lr = conf->enable_full_lr,
	    .tokens = conf->flow_tokens };
	r->in.name = SLICE_NULL;
	r->in_is_client = r->tokens && is_from_client(ctx);
	r->scheme = uri && uri->scheme == URI_SIPS ? SLICE("sips") : SLICE("sip");
	if (note)
		r->params = *(const struct slice *)note->arg;
	r->call_id = msg_call_id(lcs_msg(ctx));
	r->tag = tag_of_caller(ctx);
	if (conf->append_fromtag)
		r->from_tag = r->tag;
	r->is_sealed = conf->ours_only;
	r->seal = conf->seal;
}

static int add_record(struct lcs_ctx *ctx, const struct record *r)
{
	struct record *copy = arena_alloc(lcs_arena(ctx), sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = *r;
	return edit_late(lcs_arena(ctx), lcs_edits(ctx), EDIT_AT_TOP, write_record, copy);
}

enum fn_status rr_remove(struct lcs_call *call)
{
	const struct sip_edit *e = find(call->ctx, write_record);

	if (e && drop(call->ctx, e) != 0)
		return FN_FAILED;
	return fn_bool(call, true);
}

/* One value as the script wants it, with our parameters. -EINVAL: it is no address. */
static int preset_value(struct lcs_call *call, struct slice text, bool is_double,
    struct slice *out)
{
	const struct rr_conf *conf = call->conf;
	struct arena *arena = lcs_arena(call->ctx);
	struct sealed what = { .is_double = is_double };
	char seal[SEAL_CHARS];
	struct name_addr parsed;

	*out = arena_printf(arena, "<sip:%.*s%s%s>", SLICE_ARG(text), is_double ? ";r2=on" : "",
	    conf->enable_full_lr ? ";lr=on" : ";lr");
	if (!out->p)
		return -ENOMEM;
	if (name_addr_parse(*out, &parsed, NULL) != 0)
		return -EINVAL;
	if (!conf->ours_only)
		return 0;
	what.call_id = msg_call_id(lcs_msg(call->ctx));
	what.tag = tag_of_caller(call->ctx);
	what.user = parsed.uri.user;
	seal_text(&conf->seal, &what, seal);
	*out = arena_printf(arena, "%.*s;seal=%.*s>", SLICE_ARG(slice_first(*out, out->len - 1)),
	    (int)sizeof(seal), seal);
	return out->p ? 0 : -ENOMEM;
}

/* argv: host[:port][;params] or user@host…, the same of the other side or "". */
enum fn_status rr_record_preset(struct lcs_call *call)
{
	bool is_double = call->argv[1].s.len > 0;

	call->ret = value_bool(true);
	for (int i = is_double; i >= 0; i--) {
		struct slice value;
		int err = preset_value(call, call->argv[i].s, is_double, &value);

		if (!err)
			err = edit_add(lcs_arena(call->ctx), lcs_edits(call->ctx), EDIT_AT_TOP,
			    SLICE("Record-Route"), value);
		if (err == -EINVAL)
			call->ret = value_bool(false);
		else if (err)
			return FN_FAILED;
		if (err)
			return FN_DONE;
	}
	return FN_DONE;
}

/* ---- parameters ---- */

static bool is_params(struct slice s)
{
	struct slice name, value;
	size_t n = 0;

	if (s.len < 2 || s.p[0] != ';')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] == '<' || s.p[i] == '>' || s.p[i] == '?' || s.p[i] == '"')
			return false;
	s = slice_skip(s, 1);
	while (uri_next_param(&s, ';', &name, &value))
		n++;
	return n > 0;
}

static int note_params(struct lcs_ctx *ctx, struct slice all)
{
	struct slice *copy = arena_alloc(lcs_arena(ctx), sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	*copy = all;
	return edit_late(lcs_arena(ctx), lcs_edits(ctx), EDIT_AT_TOP, write_note, copy);
}

/* Before record_route() it is noted, after it the value is made anew. */
enum fn_status rr_add_param(struct lcs_call *call)
{
	const struct sip_edit *e = find(call->ctx, write_record);
	const struct sip_edit *note = find(call->ctx, write_note);
	struct slice old = note ? *(const struct slice *)note->arg : SLICE_NULL;
	struct slice all;

	call->ret = value_bool(lcs_is_request(call->ctx) && is_params(call->argv[0].s));
	if (!call->ret.b)
		return FN_DONE;
	all = arena_printf(lcs_arena(call->ctx), "%.*s%.*s", SLICE_ARG(old),
	    SLICE_ARG(call->argv[0].s));
	if (!all.p || note_params(call->ctx, all) != 0)
		return FN_FAILED;
	if (e) {
		struct record r = *(const struct record *)e->arg;

		r.params = all;
		if (drop(call->ctx, e) != 0 || add_record(call->ctx, &r) != 0)
			return FN_FAILED;
	}
	return FN_DONE;
}

/* ---- the function that uses all of it ---- */

static enum fn_status record(struct lcs_call *call)
{
	struct record r;

	call->ret = value_bool(true);
	if (find(call->ctx, write_record))
		return FN_DONE;		/* once is enough */
	prepare(call->ctx, call->conf, &r);
	if (add_record(call->ctx, &r) != 0)
		return FN_FAILED;
	lcs_count(&((struct rr_local *)call->local)->recorded);
	return FN_DONE;
}

/* argv: parameters, or "". */
enum fn_status rr_record(struct lcs_call *call)
{
	enum fn_status status;

	if (call->argv[0].s.len == 0)
		return record(call);
	status = rr_add_param(call);
	return status == FN_DONE && call->ret.b ? record(call) : status;
}
