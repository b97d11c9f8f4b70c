/*
 * modules/tm/redirect.c - a 3xx from a next hop: its contacts become targets (RFC 3261 16.7,
 * item 4).
 */
#include "modules/tm/tm.h"

#include <errno.h>

/* 305 is for the client alone (21.3.4), and what 380 offers is another service. */
static bool is_redirection(uint16_t status) { return status >= 300 && status <= 302; }

/* No URI is tried twice: so redirections cannot go in circles. */
static bool was_tried(const struct tm_work *work, const struct sip_uri *uri)
{
	struct sip_uri tried;

	for (const struct tm_branch *b = work->first; b; b = b->next) {
		struct slice text = b->request_uri.len ? b->request_uri : b->target.request_uri;

		if (sip_uri_parse(text, &tried, NULL) == 0 && sip_uri_eq(&tried, uri))
			return true;
	}
	return false;
}

/* Who asked with sips must not go on with less. */
static bool is_as_safe(const struct tm_branch *b, const struct sip_uri *uri)
{
	struct sip_uri asked;

	if (uri->scheme == URI_SIPS)
		return true;
	return uri->scheme == URI_SIP && sip_uri_parse(b->request_uri, &asked, NULL) == 0 &&
	    asked.scheme != URI_SIPS;
}

/* Headers of a contact are for clients that make a request of it (19.1.5). */
static struct slice without_headers(const struct sip_uri *uri)
{
	size_t behind = uri->headers.p ? uri->headers.len + 1 : 0;

	return slice_first(uri->text, uri->text.len - behind);
}

struct contacts {			/* of one response */
	struct tm_tx     *tx;
	struct tm_branch *from;
	const struct sip_edit *last;	/* of the response, without the contacts that were taken */
	unsigned          taken, left;
	int               err;
};

static int add_target(struct contacts *c, const struct sip_contact *contact)
{
	struct tm_work *work = c->tx->work;
	struct slice uri = arena_dup(lcs_arena(work->ctx), without_headers(&contact->addr.uri));
	const struct lcs_target t = { .request_uri = uri, .q = contact->q,
	    .flags = c->from->target.flags };

	return uri.p ? tm_branch_add(c->tx, work->last, &t, false) : -ENOMEM;
}

/* true: it is a target now, or was one before. */
static bool take(struct contacts *c, struct slice value)
{
	struct tm_work *work = c->tx->work;
	struct sip_contact contact;
	const struct sip_uri *uri = &contact.addr.uri;

	if (sip_contact_parse(value, &contact, NULL) != 0 || contact.star ||
	    !is_as_safe(c->from, uri))
		return false;
	if (was_tried(work, uri))
		return true;
	if (work->redirected >= (unsigned)tm_conf_of(c->tx)->redirect_max)
		return false;
	c->err = add_target(c, &contact);
	if (c->err)
		return false;
	work->redirected++;
	c->taken++;
	TM_COUNT(c->tx->local, redirects);
	return true;
}

/* A contact that is left goes back to the client, if the response does. */
static void leave(struct contacts *c, struct slice value)
{
	struct arena *arena = c->from->response->arena;

	c->left++;
	if (!c->err)
		c->err = edit_add(arena, &c->last, EDIT_AT_END, SLICE("Contact"), value);
}

static void take_all(struct contacts *c)
{
	struct sip_view view = { c->from->response, c->from->response_last };
	struct sip_view without = view;
	struct hdr_ref h = { 0 };

	if (edit_drop_all(c->from->response->arena, &without, HDR_CONTACT, SLICE_NULL) < 0) {
		c->err = -ENOMEM;
		return;
	}
	c->last = without.last;
	while (!c->err && view_next_hdr(&view, HDR_CONTACT, SLICE_NULL, &h)) {
		struct slice rest = h.value, value;

		while (!c->err && hdr_take_value(HDR_CONTACT, &rest, &value))
			if (!take(c, value))
				leave(c, value);
	}
}

/* A response whose contacts were all taken has said what it had to say. */
static void settle(struct contacts *c)
{
	struct tm_branch *b = c->from;

	if (c->left) {
		b->response_last = c->last;
		return;
	}
	b->is_dropped = true;
	b->status = 0;
	b->response_last = NULL;
	sip_msg_unref(&b->response);
}

bool tm_redirect(struct tm_tx *tx, struct tm_branch *b)
{
	struct contacts c = { .tx = tx, .from = b };

	if (!is_redirection(b->status) || !tm_conf_of(tx)->follow_redirects ||
	    tx->work->is_closed || tm_is_answered(tx))
		return false;
	take_all(&c);
	if (c.err)
		TM_COUNT(tx->local, no_memory);
	if (c.taken == 0)
		return false;		/* as it came: the client may know what to do with it */
	settle(&c);
	return true;
}
