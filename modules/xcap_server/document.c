/*
 * modules/xcap_server/document.c - a document as it is now, the conditions on it, and GET.
 */
#include "modules/xcap_server/exchange.h"

#include <errno.h>

/* ---- the document ---- */

static bool is_of_part(const struct xcap_kept *kept, const struct xcap_state *s)
{
	return kept && kept->number == s->number;
}

int xcap_state(struct xcap_exchange *e, struct xcap_state *s)
{
	const struct xcap_kept *kept = e->usage->is_global ? NULL :
	    xcap_kept_find(e->x, e->usage, e->aor);
	struct buf *b;

	*s = (struct xcap_state){ .number = e->usage->number(e->x, e->aor) };
	if (is_of_part(kept, s)) {
		s->exists = s->is_kept = true;
		s->text = arena_dup(e->arena, kept->text);
		return s->text.p ? 0 : -ENOMEM;
	}
	if (!e->usage->write)
		return 0;
	b = buf_new(1024);
	if (!b)
		return -ENOMEM;
	s->exists = e->usage->write(e->x, e->aor, b, &s->number);
	s->text = s->exists && !b->failed ? arena_dup(e->arena, buf_slice(b)) : SLICE_NULL;
	buf_unref(&b);
	return s->exists && !s->text.p ? -ENOMEM : 0;
}

/* ---- conditions (RFC 9110 13.1, RFC 4825 7.11) ---- */

static bool names(struct slice list, struct slice tag, bool exists, bool weak)
{
	while (list.len) {
		struct slice one = slice_trim(slice_split(&list, ','));

		if (weak && slice_starts(one, SLICE("W/")))
			one = slice_skip(one, 2);
		if (exists && (slice_eq(one, SLICE("*")) || slice_eq(one, tag)))
			return true;
	}
	return false;
}

bool xcap_is_met(struct xcap_exchange *e, const struct xcap_state *s, bool exists)
{
	struct slice tag = xcap_etag(e, s->number, s->is_kept);

	if (e->request.if_match.len && !names(e->request.if_match, tag, exists, false)) {
		xcap_say(e, 412, "The document is another by now.");
		return false;
	}
	if (!e->request.if_none_match.len || !names(e->request.if_none_match, tag, exists, true))
		return true;
	if (e->method == XCAP_GET || e->method == XCAP_HEAD) {
		xcap_say(e, 304, NULL);
		xcap_add_etag(e, s->number, s->is_kept);
	} else {
		xcap_say(e, 412, "There is one already.");
	}
	return false;
}

/* ---- GET ---- */

struct xml_limits xcap_limits(const struct xcap_exchange *e)
{
	return (struct xml_limits){ (size_t)xcap_conf(e->x)->max_body + 4096, 24, 16384 };
}

static const char *const piece_types[] = {
	[XCAP_ELEMENT] = "application/xcap-el+xml",
	[XCAP_ATTRIBUTE] = "application/xcap-att+xml",
	[XCAP_NAMESPACES] = "application/xcap-ns+xml",
};

static struct xml_node *find_piece(struct xcap_exchange *e, const struct xcap_state *s)
{
	const struct xml_limits limits = xcap_limits(e);
	struct xml_defect why;
	struct xml_node *root;

	if (!s->exists || xml_read(e->arena, s->text, &limits, &root, &why) != 0)
		return NULL;
	return xcap_select(root, e->where.steps, e->where.count);
}

static bool get_piece(struct xcap_exchange *e, const struct xcap_state *s)
{
	struct xml_node *n = find_piece(e, s);
	struct buf *b = buf_new(512);
	struct slice body = SLICE_NULL;
	bool is_there = n && b && xcap_write_piece(b, n, &e->where);

	if (is_there && !b->failed)
		body = arena_dup(e->arena, buf_slice(b));
	buf_unref(&b);
	if (!is_there)
		return xcap_say(e, 404, "There is nothing in the document that this leads to.");
	if (!xcap_is_met(e, s, true))
		return true;
	xcap_answer(e, 200, piece_types[e->where.target], body);
	xcap_add_etag(e, s->number, s->is_kept);
	return true;
}

bool xcap_get_run(struct xcap_exchange *e)
{
	struct xcap_state s;

	if (xcap_state(e, &s) != 0)
		return xcap_say(e, 503, "Memory is short.");
	if (!s.exists && e->where.target == XCAP_DOCUMENT)
		return xcap_say(e, 404, "There is no such document.");
	if (e->where.target != XCAP_DOCUMENT)
		return get_piece(e, &s);
	if (!xcap_is_met(e, &s, true))
		return true;
	xcap_answer(e, 200, arena_dup_cstr(e->arena, e->usage->mime), s.text);
	xcap_add_etag(e, s.number, s.is_kept);
	return true;
}
