/*
 * parser/mime.c - media types and Accept (RFC 3261 20.1, 25.1; RFC 9110 12.5.1 for the order).
 */
#include "parser/mime.h"

#include "parser/edit.h"
#include "parser/token.h"

int mime_type_parse(struct slice s, struct mime_type *out, struct sip_defect *why)
{
	struct mime_type t = { .text = slice_trim(s) };
	struct slice rest, name, value;
	int got;

	s = t.text;
	t.type = token_take(&s, TOKEN_CHAR);
	if (t.type.len == 0 || !token_take_sep(&s, '/'))
		return sip_defect(why, t.text, "Media type malformed");
	t.subtype = token_take(&s, TOKEN_CHAR);
	if (t.subtype.len == 0)
		return sip_defect(why, t.text, "Media type malformed");
	if (token_take_sep(&s, ';'))
		t.params = s;
	else if (s.len > 0)
		return sip_defect(why, t.text, "Media type malformed");
	rest = t.params;
	do
		got = hdr_take_param(&rest, &name, &value);
	while (got > 0);
	if (got < 0)
		return sip_defect(why, t.params, "Media type with a malformed parameter");
	*out = t;
	return 0;
}

bool mime_type_is(const struct mime_type *t, struct slice name)
{
	struct slice type = slice_split(&name, '/');

	return slice_eq_nocase(t->type, type) && slice_eq_nocase(t->subtype, name);
}

static bool is_any(struct slice s)
{
	return slice_eq(s, SLICE("*"));
}

static struct slice unquoted(struct slice s)
{
	return s.len >= 2 && *s.p == '"' ? slice_of(s.p + 1, s.len - 2) : s;
}

/* Parameters in front of q belong to the range and have to be in the offer. */
static bool has_params(const struct mime_type *offer, struct slice params, int *count)
{
	struct slice name, value, other;

	for (*count = 0; hdr_next_param(&params, &name, &value); ++*count) {
		if (slice_eq_nocase(name, SLICE("q")))
			return true;
		if (!hdr_param(offer->params, name, &other) ||
		    !slice_eq_nocase(unquoted(value), unquoted(other)))
			return false;
	}
	return true;
}

/* 0: not covered; else the larger the closer. */
static int closeness(const struct mime_type *range, const struct mime_type *offer)
{
	int params;

	if (!has_params(offer, range->params, &params))
		return 0;
	if (is_any(range->type))
		return is_any(range->subtype) ? 1 : 0;
	if (!slice_eq_nocase(range->type, offer->type))
		return 0;
	if (is_any(range->subtype))
		return 2;
	return slice_eq_nocase(range->subtype, offer->subtype) ? 3 + params : 0;
}

struct best { int closeness, q; };

static void weigh(struct slice value, const struct mime_type *offer, struct best *best)
{
	struct mime_type range;
	struct slice text;
	uint16_t q = 1000;
	int close;

	if (mime_type_parse(value, &range, NULL) != 0)
		return;
	if (hdr_param(range.params, SLICE("q"), &text) && token_to_q(text, &q) != 0)
		return;
	close = closeness(&range, offer);
	if (close > best->closeness)
		*best = (struct best){ close, q };
}

static void weigh_all(struct slice accept, const struct mime_type *offer, struct best *best)
{
	struct slice value;

	while (hdr_next_value(&accept, &value))
		weigh(value, offer, best);
}

int mime_accept(struct slice accept, const struct mime_type *offer)
{
	struct best best = { 0, MIME_ACCEPT_NONE };

	weigh_all(accept, offer, &best);
	return best.q;
}

int view_accept(const struct sip_view *view, const struct mime_type *offer)
{
	struct best best = { 0, MIME_ACCEPT_NONE };
	struct hdr_ref h = { 0 };
	bool is_there = false;

	while (view_next_hdr(view, HDR_ACCEPT, SLICE_NULL, &h)) {
		is_there = true;
		weigh_all(h.value, offer, &best);
	}
	return is_there ? best.q : MIME_ACCEPT_ABSENT;
}

int view_accept_best(const struct sip_view *view, const struct slice *offers, size_t n)
{
	int best = -1, best_q = 0;

	for (size_t i = 0; i < n; i++) {
		struct mime_type offer;
		int q;

		if (mime_type_parse(offers[i], &offer, NULL) != 0)
			continue;
		q = view_accept(view, &offer);
		if (q > best_q) {
			best = (int)i;
			best_q = q;
		}
	}
	return best;
}
