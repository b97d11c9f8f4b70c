/*
 * modules/presence_xml/operations.c - setPresence and getPresence of LCS clients.
 */
#include "modules/presence_xml/presence_xml.h"

#include "utils/xml_write.h"

#include <errno.h>

/* ---- setPresence: the endpoint's state, and what belongs to the user ---- */

struct setting {
	struct presence_xml          *px;
	struct presence_user         *u;	/* held */
	struct service_request       *req;
	const struct service_asked   *asked;
	struct slice                  device, user_info;	/* XML; user_info empty: not given */
	struct slice                  source;
	int                           err;
};

/* "sip:alice@example.com", "alice@example.com": the same user as who asks? */
static bool is_user(struct arena *arena, struct slice text, struct slice aor)
{
	struct slice found = sip_text_aor(arena, text);

	return found.p && slice_eq_nocase(found, aor);
}

static struct slice written(struct arena *arena, const struct xml_node *n)
{
	struct buf *b = buf_new(1024);
	struct slice s = SLICE_NULL;
	struct xml_writer w;

	if (!b)
		return s;
	xml_write_init(&w, b);
	xml_put_node(&w, n, SLICE(""));
	if (!b->failed)
		s = arena_dup(arena, buf_slice(b));
	buf_unref(&b);
	return s;
}

/* What is kept for an endpoint: all that it says, without the names of its request. */
static struct slice device_of(struct arena *arena, const struct xml_node *presentity)
{
	const struct xml_node *n = xml_child(presentity, XML_ANY_NS, SLICE_NULL);
	struct buf *b = buf_new(1024);
	struct slice s = SLICE_NULL;
	struct xml_writer w;

	if (!b)
		return s;
	xml_write_init(&w, b);
	xml_begin(&w, "presentity");
	xml_put_attr(&w, "xmlns", SLICE(LCS_NS));
	for (; n; n = xml_next(n, XML_ANY_NS, SLICE_NULL))
		xml_put_node(&w, n, SLICE(LCS_NS));
	xml_end(&w);
	if (!b->failed)
		s = arena_dup(arena, buf_slice(b));
	buf_unref(&b);
	return s;
}

static void finish(struct setting *s)
{
	const struct service_api *service = s->px->service;

	s->px->presence->release(s->u);
	if (!s->err)
		service->answer(s->req, &(struct service_response){ .status = 200 });
	else if (s->err == -EBADMSG || s->err == -EINVAL)
		service->refuse(s->req, 400, "The presentity cannot be read");
	else if (s->err == -E2BIG)
		service->refuse(s->req, 413, "The presentity is too long");
	else
		service->answer(s->req, &(struct service_response){ .status = 503,
		    .reason = SLICE("Presence cannot be stored"),
		    .extra_lines = SLICE("Retry-After: 30\r\n") });
}

static void all_set(void *arg, int err)
{
	struct setting *s = arg;

	s->err = err;
	finish(s);
}

static bool is_kept(const struct setting *s)
{
	const struct presence_api *presence = s->px->presence;
	const struct presence_publication *pub = NULL;

	while ((pub = presence->next_publication(s->u, &s->px->package, pub)))
		if (slice_eq(pub->source, SLICE("userInfo")))
			return slice_eq(pub->body, s->user_info);
	return false;
}

/* userInfo stays when the endpoint has gone, and is the same for all of the user's. Watchers
 * have had it with the endpoint's state, so they hear nothing of this. */
static void device_set(void *arg, int err)
{
	struct setting *s = arg;
	const struct presence_source source = {
		.package = &s->px->package, .source = SLICE("userInfo"),
		.content_type = USERINFO_TYPE, .body = s->user_info,
	};

	if (err || !s->user_info.len || is_kept(s)) {
		all_set(s, err);
		return;
	}
	err = s->px->presence->publish(s->u, &source, all_set, s);
	if (err)
		all_set(s, err);
}

static void set_device(struct setting *s)
{
	const struct sip_hop *from = &s->asked->from;
	const struct presence_source source = {
		.package = &s->px->package, .source = s->source,
		.content_type = MSRTC_TYPE, .body = s->device,
		/* Without a connection nobody tells that the endpoint has gone. */
		.expires = from->flow ? 0 : px_conf(s->px)->default_expires / 1000,
		.flow = from->flow,
	};
	int err = s->px->presence->publish(s->u, &source, device_set, s);

	if (err)
		all_set(s, err);
}

static struct setting *read_setting(struct presence_xml *px, const struct service_asked *asked,
    const struct xml_node *presentity)
{
	struct setting *s = arena_zalloc(asked->arena, sizeof(*s));
	const struct xml_node *user_info = xml_child(presentity, XML_ANY_NS, SLICE("userInfo"));

	if (!s)
		return NULL;
	s->px = px;
	s->asked = asked;
	s->device = device_of(asked->arena, presentity);
	s->user_info = user_info ? written(asked->arena, user_info) : SLICE("");
	s->source = arena_printf(asked->arena, "epid:%.*s", SLICE_ARG(asked->epid));
	return s->device.p && s->user_info.p && s->source.p ? s : NULL;
}

/* Looked at before anything is kept: all or nothing. */
static const char *what_is_wrong(struct presence_xml *px, const struct setting *s, int *err)
{
	const struct presence_xml_conf *c = px_conf(px);
	const struct pdoc_limits limits = { { (size_t)c->max_body, 32, 4096 },
	    (size_t)c->max_user_info, (size_t)c->max_device };
	const char *why = "Out of memory";
	struct pdoc *doc = NULL;

	*err = pdoc_read(MSRTC_TYPE, s->device, &limits, &doc, &why);
	pdoc_free(&doc);
	return why;
}

void px_set_presence(struct service_request *req, const struct service_asked *asked, void *arg)
{
	struct presence_xml *px = arg;
	const struct xml_node *presentity = xml_child(asked->operation, XML_ANY_NS,
	    SLICE("presentity"));
	struct slice uri = xml_attr(presentity, XML_ANY_NS, SLICE("uri"));
	struct presence_user *u;
	struct setting *s;
	const char *why;
	int err;

	lcs_count(&px_local(px)->set_presence);
	if (!presentity) {
		px->service->refuse(req, 400, "setPresence without a presentity");
		return;
	}
	if (uri.len && !is_user(asked->arena, uri, asked->aor)) {
		px->service->refuse(req, 403, "Only for oneself");
		return;
	}
	s = read_setting(px, asked, presentity);
	u = s ? px->presence->user(px->presence_state, asked->aor, true) : NULL;
	if (!u) {
		px->service->refuse(req, 500, "Out of memory");
		return;
	}
	why = what_is_wrong(px, s, &err);
	if (err) {
		px->service->refuse(req, err == -E2BIG ? 413 : err == -ENOMEM ? 500 : 400, why);
		return;
	}
	s->req = req;
	s->u = u;
	px->presence->hold(u);
	set_device(s);
}

/* ---- getPresence ---- */

static void answer_view(struct presence_xml *px, struct service_request *req,
    const struct service_asked *asked, struct presence_user *u, unsigned view)
{
	struct presence_body *body = NULL;

	if (px_document(px, u, asked->aor, view, MSRTC_TYPE, &body) != 0) {
		px->service->refuse(req, 500, "Out of memory");
		return;
	}
	px->service->answer(req, &(struct service_response){ .status = 200,
	    .content_type = body->content_type, .body = body->text });
	presence_body_unref(&body);
}

static bool names_another(const struct service_asked *asked)
{
	const struct xml_node *presentity = xml_child(asked->operation, XML_ANY_NS,
	    SLICE("presentity"));
	struct slice uri = xml_attr(presentity, XML_ANY_NS, SLICE("uri"));

	return uri.len && !is_user(asked->arena, uri, asked->aor);
}

static unsigned view_for(enum presence_right right)
{
	return right == PRESENCE_ALLOW ? PRESENCE_VIEW_FULL :
	    right == PRESENCE_POLITE_BLOCK ? PRESENCE_VIEW_OFFLINE : PRESENCE_VIEW_NOTHING;
}

void px_get_presence(struct service_request *req, const struct service_asked *asked, void *arg)
{
	struct presence_xml *px = arg;
	enum presence_right right = PRESENCE_ALLOW;
	struct presence_user *u;
	struct slice why;

	lcs_count(&px_local(px)->get_presence);
	if (!px_conf(px)->allow_polling) {
		px->service->refuse(req, 403, "Presence is for subscribers here");
		return;
	}
	if (names_another(asked)) {
		px->service->refuse(req, 403, "The presentity is not whom the request goes to");
		return;
	}
	u = px->presence->user(px->presence_state, asked->aor, true);
	if (!u) {
		px->service->refuse(req, 500, "Out of memory");
		return;
	}
	if (!slice_eq_nocase(asked->asker, asked->aor))
		right = px->presence->right_of(u, &px->package, asked->asker, asked->arena, &why);
	if (right == PRESENCE_DENY)
		px->service->refuse(req, 403, "Blocked");
	else
		answer_view(px, req, asked, u, view_for(right));
}
