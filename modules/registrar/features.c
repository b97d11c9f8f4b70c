/*
 * modules/registrar/features.c - comparing sets of features (RFC 3840 7, 9; RFC 2533 as far
 * as SIP uses it).
 *
 *	video  video="FALSE"  methods="INVITE,!BYE"  language="en"  priority="#>=10"
 *	+sip.instance="<urn:uuid:...>"
 */
#include "modules/registrar/features.h"

/* ---- values ---- */

/* A text between angle brackets may have commas in it. */
static bool next_item(struct slice *list, struct slice *item)
{
	size_t from;

	while (list->len) {
		*list = slice_trim(*list);
		from = slice_starts(*list, SLICE("<")) ? slice_find(*list, '>') : 0;
		from += slice_find(slice_skip(*list, from), ',');
		*item = slice_trim(slice_first(*list, from));
		*list = slice_skip(*list, from + 1);
		if (item->len)
			return true;
	}
	return false;
}

/* Thousandths; digits behind the third are not looked at. */
static bool read_number(struct slice s, int64_t *out)
{
	bool is_negative = slice_starts(s, SLICE("-"));
	struct slice whole = slice_skip(s, is_negative), part;
	int64_t n = 0, scale = 100;

	part = whole;
	whole = slice_split(&part, '.');
	if (slice_to_i64(whole, &n) != 0 || n < 0 || n > INT32_MAX)
		return false;
	n *= 1000;
	for (size_t i = 0; i < part.len && scale > 0; i++, scale /= 10) {
		if (!is_digit(part.p[i]))
			return false;
		n += (part.p[i] - '0') * scale;
	}
	*out = is_negative ? -n : n;
	return true;
}

/* "#=5", "#>=5", "#<=5", "#1:5" */
static bool read_range(struct slice s, int64_t *from, int64_t *to)
{
	struct slice low = slice_skip(s, 1);

	*from = INT64_MIN;
	*to = INT64_MAX;
	if (slice_starts(low, SLICE(">=")))
		return read_number(slice_skip(low, 2), from);
	if (slice_starts(low, SLICE("<=")))
		return read_number(slice_skip(low, 2), to);
	if (slice_starts(low, SLICE("="))) {
		bool ok = read_number(slice_skip(low, 1), from);

		*to = *from;
		return ok;
	}
	s = low;
	low = slice_split(&s, ':');
	return read_number(low, from) && read_number(s, to);
}

static bool ranges_meet(struct slice a, struct slice b)
{
	int64_t a0, a1, b0, b1;

	return slice_starts(b, SLICE("#")) && read_range(a, &a0, &a1) && read_range(b, &b0, &b1) &&
	    a0 <= b1 && b0 <= a1;
}

static bool items_meet(struct slice a, struct slice b)
{
	if (slice_starts(a, SLICE("#")))
		return ranges_meet(a, b);
	return slice_starts(a, SLICE("<")) ? slice_eq(a, b) : slice_eq_nocase(a, b);
}

static bool is_negated(struct slice item) { return slice_starts(item, SLICE("!")); }

/* May the feature be this? "a,b": one of them; "!a,!b": anything but those. */
static bool admits(struct slice list, struct slice item)
{
	bool all_but = false;
	struct slice i;

	while (next_item(&list, &i)) {
		if (!is_negated(i) && items_meet(i, item))
			return true;
		if (is_negated(i) && items_meet(slice_skip(i, 1), item))
			return false;
		all_but |= is_negated(i);
	}
	return all_but;
}

static bool admits_any(struct slice list, struct slice items)
{
	struct slice i;

	while (next_item(&items, &i))
		if (!is_negated(i) && admits(list, i))
			return true;
	return false;
}

static bool has_negated(struct slice list)
{
	struct slice i;

	while (next_item(&list, &i))
		if (is_negated(i))
			return true;
	return false;
}

static bool values_meet(struct slice a, struct slice b)
{
	return admits_any(a, b) || admits_any(b, a) || (has_negated(a) && has_negated(b));
}

/* ---- features ---- */

/* Those of RFC 3840 9; all others begin with a plus. */
static bool is_feature(struct slice name)
{
	static const char *const base[] = {
		"actor", "application", "audio", "automata", "class", "control", "data",
		"description", "duplex", "events", "extensions", "isfocus", "language", "methods",
		"mobility", "priority", "schemes", "text", "type", "video"
	};

	if (slice_starts(name, SLICE("+")))
		return true;
	for (size_t i = 0; i < sizeof(base) / sizeof(base[0]); i++)
		if (slice_eq_nocase(name, slice_str(base[i])))
			return true;
	return false;
}

static struct slice value_of(struct arena *arena, struct slice written)
{
	struct slice value = hdr_unquote(arena, written);

	return value.len ? value : SLICE("TRUE");
}

static bool declares(struct arena *arena, const struct usrloc_binding *b, struct slice name,
    struct slice *value)
{
	if (slice_eq_nocase(name, SLICE("+sip.instance"))) {
		*value = b->instance;
		return b->instance.len > 0;
	}
	if (!hdr_param(b->params, name, value))
		return false;
	*value = value_of(arena, *value);
	return true;
}

struct feature_fit features_compare(struct arena *arena, struct slice asked,
    const struct usrloc_binding *b)
{
	struct feature_fit fit = { 0 };
	struct slice name, value, own;

	while (hdr_next_param(&asked, &name, &value)) {
		if (!is_feature(name))
			continue;
		fit.asked++;
		if (!declares(arena, b, name, &own))
			continue;
		fit.declared++;
		fit.contradicts |= !values_meet(value_of(arena, value), own);
	}
	return fit;
}

bool features_any(const struct usrloc_binding *b)
{
	struct slice rest = b->params, name, value;

	while (hdr_next_param(&rest, &name, &value))
		if (is_feature(name))
			return true;
	return false;
}
