/*
 * modules/presence/published.c - handle_publish(): read a PUBLISH and answer it (RFC 3903 6).
 */
#include "modules/presence/pub.h"
#include "modules/presence/sub.h"

#include "parser/event.h"
#include "parser/list.h"

#include <errno.h>

struct published {
	struct inbox_item  item;
	struct pub_change  c;
	struct presence   *p;
	struct lcs_ctx    *ctx;
	unsigned           home;
	bool               is_sync, is_done;
	struct slice       aor;
	uint16_t           status;
	const char        *reason;
	char               etag[TAG_CHARS];
	struct slice       lines;	/* in the message's arena, before it travels */
};

/* ---- the answer ---- */

static void respond(struct published *b)
{
	struct response_parts parts = { .status = b->status, .reason = slice_str(b->reason) };
	struct arena *arena = lcs_arena(b->ctx);

	if (b->status == 200)
		parts.extra_lines = arena_printf(arena, "Expires: %lld\r\nSIP-ETag: %.*s\r\n",
		    (long long)b->c.expires, (int)TAG_CHARS, b->etag);
	else if (b->status == 503)
		parts.extra_lines = SLICE("Retry-After: 30\r\n");
	else
		parts.extra_lines = b->lines;
	if (b->status == 200 && !parts.extra_lines.p)
		parts = (struct response_parts){ .status = 500 };
	lcs_respond(b->ctx, &parts);
	if (b->status >= 300)
		lcs_count(&local_of(b->p)->publishes_refused);
	b->is_done = true;
}

static void deliver(struct inbox_item *item)
{
	struct published *b = container_of(item, struct published, item);
	struct lcs_ctx *ctx = b->ctx;
	bool is_good = b->status < 300;

	respond(b);
	lcs_resume(ctx, value_bool(is_good));
	lcs_ctx_unref(&ctx);
}

static void give(struct published *b, uint16_t status, const char *reason)
{
	b->status = status;
	b->reason = reason;
	if ((int)b->home != worker_self()) {
		b->item.run = deliver;
		worker_post(b->home, &b->item, INBOX_MUST);
	} else if (b->is_sync) {
		respond(b);
	} else {
		deliver(&b->item);
	}
}

static void done(struct pub_change *c, int err)
{
	struct published *b = container_of(c, struct published, c);

	if (!err && c->etag_now.len)
		memcpy(b->etag, c->etag_now.p, TAG_CHARS);
	else
		tag_make(b->etag);	/* of what is gone */
	if (!err)
		give(b, 200, "OK");
	else if (err == -ENOENT)
		give(b, 412, "Conditional Request Failed");
	else if (err == -E2BIG)
		give(b, 403, "Too Many Publications");
	else if (err == -ENOMEM)
		give(b, 500, "Out of memory");
	else
		give(b, 503, "Publications cannot be stored");
}

/* ---- reading ---- */

static int refuse(struct published *b, uint16_t status, const char *reason)
{
	b->status = status;
	b->reason = reason;
	return -EBADMSG;
}

static struct slice names(struct arena *a, const char *header, const struct slice *list)
{
	struct slice all = SLICE_NULL;

	for (; list && list->len; list++)
		all = all.len ? arena_printf(a, "%.*s, %.*s", SLICE_ARG(all), SLICE_ARG(*list)) :
		    *list;
	return arena_printf(a, "%s: %.*s\r\n", header, SLICE_ARG(all));
}

/* RFC 3261 8.2.2.3: a publication needs no extension, and there is none that would change it. */
static int read_extensions(struct published *b, struct sip_view *view, struct arena *a)
{
	struct slice unknown;

	if (!view_list_unknown(view, HDR_REQUIRE, SLICE(""), &unknown))
		return 0;
	b->lines = arena_printf(a, "Unsupported: %.*s\r\n", SLICE_ARG(slice_first(unknown, 40)));
	return b->lines.p ? refuse(b, 420, "Bad Extension") : -ENOMEM;
}

static int bad_event(struct published *b, struct arena *a)
{
	struct slice list[PACKAGES_MAX + 1] = { 0 };
	unsigned n = 0;

	for (unsigned i = 0; i < b->p->package_count; i++)
		if (b->p->packages[i].pk->publish_types)
			list[n++] = b->p->packages[i].pk->name;
	b->lines = names(a, "Allow-Events", list);
	return refuse(b, 489, "Bad Event");
}

static int read_event(struct published *b, struct sip_view *view, struct arena *a)
{
	struct sip_event event;
	struct hdr_ref h;

	if (!view_hdr(view, HDR_EVENT, SLICE_NULL, 0, &h) ||
	    sip_event_parse(h.value, &event, NULL) != 0)
		return bad_event(b, a);
	b->c.pkg = package_find(b->p, event.type);
	return b->c.pkg && b->c.pkg->pk->publish_types ? 0 : bad_event(b, a);
}

/* RFC 3903 6 step 1 and 10: who publishes for whom. */
static int read_whom(struct published *b, struct sip_view *view, struct arena *a)
{
	const struct sip_uri *uri = lcs_request_uri(b->ctx);

	(void)view;
	if (!uri || uri->scheme == URI_OTHER || !uri->user.len ||
	    !lcs_is_own_host(lcs_ctx_gen(b->ctx), uri->host, uri->port))
		return refuse(b, 404, "Nobody of that name here");
	b->aor = sip_uri_aor(a, uri);
	if (!b->aor.p)
		return -ENOMEM;
	return slice_eq_nocase(b->aor, lcs_sender(b->ctx)) ? 0 :
	    refuse(b, 403, "Not in somebody else's name");
}

static int read_expires(struct published *b, struct sip_view *view, struct arena *a)
{
	int64_t least = package_min_expires(b->c.pkg), most = package_max_expires(b->c.pkg);
	struct hdr_ref h;
	uint32_t n;

	b->c.expires = package_default_expires(b->c.pkg);
	if (!view_hdr(view, HDR_EXPIRES, SLICE_NULL, 0, &h))
		return 0;
	if (slice_to_u32(h.value, &n) != 0)
		return refuse(b, 400, "Malformed Expires");
	b->c.expires = n;
	b->c.is_removal = n == 0;
	if (n && n < 3600 && n < least) {
		b->lines = arena_printf(a, "Min-Expires: %lld\r\n", (long long)least);
		return refuse(b, 423, "Interval Too Brief");
	}
	if (b->c.expires > most)
		b->c.expires = most;
	return 0;
}

static int read_condition(struct published *b, struct sip_view *view, struct arena *a)
{
	struct hdr_ref h;
	int err = coding_body(a, view, conf_of(b->p)->max_body, &b->c.body, &b->status,
	    &b->reason);

	if (err && b->status == 415)
		b->lines = CODINGS_LINE;
	if (err)
		return err;
	if (view_hdr(view, HDR_SIP_IF_MATCH, SLICE_NULL, 0, &h)) {
		if (!h.value.len)
			return refuse(b, 400, "SIP-If-Match names nothing");
		b->c.etag = h.value;
	}
	if (!b->c.etag.len && (!b->c.body.len || b->c.is_removal))
		return refuse(b, 400, b->c.is_removal ? "Nothing to remove without SIP-If-Match" :
		    "A body is needed");
	return 0;
}

static int read_body(struct published *b, struct sip_view *view, struct arena *a)
{
	const struct presence_package *pk = b->c.pkg->pk;
	const char *why = "Malformed body";
	struct hdr_ref h;
	int err;

	if (!b->c.body.len || b->c.is_removal)
		return 0;
	if (!view_hdr(view, HDR_CONTENT_TYPE, SLICE_NULL, 0, &h) ||
	    !pub_takes_type(b->c.pkg, h.value)) {
		b->lines = names(a, "Accept", pk->publish_types);
		return refuse(b, 415, "Unsupported Media Type");
	}
	b->c.content_type = h.value;
	err = pk->parse ? pk->parse(b->c.pkg->arg, h.value, b->c.body, &b->c.doc, &why) : 0;
	return err == -EBADMSG ? refuse(b, 400, why) : err;
}

static int read_publish(struct published *b)
{
	static int (*const steps[])(struct published *b, struct sip_view *view,
	    struct arena *a) = { read_extensions, read_event, read_whom, read_expires, read_condition, read_body };
	struct sip_view view = lcs_view(b->ctx);
	const struct sip_cseq *cseq = msg_cseq(view.msg);

	b->c.call_id = msg_call_id(view.msg);
	b->c.cseq = cseq ? cseq->seq : 0;
	b->c.done = done;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int err = steps[i](b, &view, lcs_arena(b->ctx));

		if (err)
			return err;
	}
	return 0;
}

/* ---- on the user's worker ---- */

static void start(struct published *b)
{
	struct presence_user *u = user_find(b->p, b->aor, true);

	if (u && user_take_turn(u, pub_change_in_turn, &b->c) == 0)
		return;
	if (b->c.doc && b->c.pkg->pk->free_doc)
		b->c.pkg->pk->free_doc(b->c.pkg->arg, b->c.doc);
	give(b, 500, "Out of memory");
}

static void start_item(struct inbox_item *item)
{
	start(container_of(item, struct published, item));
}

static void go(struct published *b)
{
	unsigned owner = worker_of(lcs_user_key(b->aor));

	if (owner == b->home) {
		start(b);
		return;
	}
	b->item.run = start_item;
	worker_post(owner, &b->item, INBOX_MUST);
}

enum fn_status presence_handle_publish(struct lcs_call *call)
{
	struct published *b = arena_zalloc(lcs_arena(call->ctx), sizeof(*b));
	int err;

	if (!b || lcs_method(call->ctx) != METHOD_PUBLISH)
		return FN_FAILED;
	b->p = call->shared;
	b->ctx = call->ctx;
	b->home = (unsigned)worker_self();
	lcs_count(&local_of(b->p)->publishes);
	b->is_sync = true;
	err = read_publish(b);
	if (err)
		give(b, err == -EBADMSG ? b->status : 500, err == -EBADMSG ? b->reason :
		    "Out of memory");
	else
		go(b);
	if (b->is_done)
		return fn_bool(call, b->status < 300);
	lcs_ctx_ref(b->ctx);
	b->is_sync = false;
	return FN_SUSPENDED;
}
