/*
 * cfg/value.c - comparing, showing and copying values.
 */
#include "cfg/value.h"

#include <stdio.h>

static bool net_eq(const struct ip_net *a, const struct ip_net *b)
{
	return a->bits == b->bits && ip_eq(&a->addr, &b->addr);
}

static bool list_eq(const struct value_list *a, const struct value_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!value_eq(a->items[i], b->items[i]))
			return false;
	return true;
}

bool value_eq(struct value a, struct value b)
{
	if (a.type != b.type)
		return false;
	switch (a.type) {
	case VALUE_BOOL:     return a.b == b.b;
	case VALUE_INT:      return a.i == b.i;
	case VALUE_DURATION: return a.dur == b.dur;
	case VALUE_STRING:   return slice_eq(a.s, b.s);
	case VALUE_IP:       return net_eq(a.ip, b.ip);
	case VALUE_URI:      return sip_uri_eq(a.uri, b.uri);
	case VALUE_LIST:     return list_eq(a.list, b.list);
	case VALUE_MAP:      return a.map == b.map;
	case VALUE_ACL:      return a.acl == b.acl;
	case VALUE_NULL:
	case VALUE_ANY:
	case VALUE_VOID:     break;
	}
	return true;
}

/* ---- as text ---- */

static struct slice duration_text(struct arena *arena, usec_t d)
{
	static const struct { const char *unit; usec_t us; } units[] = {
		{ "d", 86400000000 }, { "h", 3600000000 }, { "m", 60000000 },
		{ "s", 1000000 }, { "ms", 1000 }, { "us", 1 }
	};
	size_t i = 0;

	if (d == 0)
		return SLICE("0s");
	while (d % units[i].us != 0)
		i++;
	return arena_printf(arena, "%lld%s", (long long)(d / units[i].us), units[i].unit);
}

static struct slice ip_text(struct arena *arena, const struct ip_net *net)
{
	char text[ADDR_TEXT_BYTES];
	size_t len = ip_format(&net->addr, text);

	if (net->bits < (net->addr.family == 4 ? 32 : 128))
		return arena_printf(arena, "%s/%u", text, net->bits);
	return arena_dup(arena, slice_of(text, len));
}

static struct slice list_text(struct arena *arena, const struct value_list *list)
{
	struct slice text = SLICE("[");

	for (size_t i = 0; i < list->count && text.p; i++) {
		struct slice one = value_text(arena, list->items[i]);

		text = arena_printf(arena, "%.*s%s%.*s", SLICE_ARG(text), i ? ", " : "",
		    SLICE_ARG(one));
	}
	return text.p ? arena_printf(arena, "%.*s]", SLICE_ARG(text)) : text;
}

struct slice value_text(struct arena *arena, struct value v)
{
	switch (v.type) {
	case VALUE_BOOL:     return v.b ? SLICE("true") : SLICE("false");
	case VALUE_INT:      return arena_printf(arena, "%lld", (long long)v.i);
	case VALUE_STRING:   return v.s.p ? v.s : SLICE("");
	case VALUE_DURATION: return duration_text(arena, v.dur);
	case VALUE_IP:       return ip_text(arena, v.ip);
	case VALUE_URI:      return v.uri->text;
	case VALUE_LIST:     return list_text(arena, v.list);
	case VALUE_MAP:      return SLICE("<map>");
	case VALUE_ACL:      return SLICE("<acl>");
	case VALUE_NULL:
	case VALUE_ANY:
	case VALUE_VOID:     break;
	}
	return SLICE("");
}

/* ---- copies ---- */

static struct slice moved(struct slice s, const char *from, const char *to)
{
	if (s.p)
		s.p = to + (s.p - from);
	return s;
}

/* The parts of a URI are views of its text: they follow it. */
static bool uri_copy(struct arena *arena, const struct sip_uri *uri, struct value *out)
{
	struct sip_uri *copy = arena_alloc(arena, sizeof(*copy));
	struct slice text = arena_dup(arena, uri->text);

	if (!copy || !text.p)
		return false;
	*copy = *uri;
	copy->text = text;
	copy->scheme_text = moved(uri->scheme_text, uri->text.p, text.p);
	copy->user = moved(uri->user, uri->text.p, text.p);
	copy->password = moved(uri->password, uri->text.p, text.p);
	copy->host = moved(uri->host, uri->text.p, text.p);
	copy->params = moved(uri->params, uri->text.p, text.p);
	copy->headers = moved(uri->headers, uri->text.p, text.p);
	out->uri = copy;
	return true;
}

static bool ip_copy(struct arena *arena, const struct ip_net *ip, struct value *out)
{
	struct ip_net *copy = arena_alloc(arena, sizeof(*copy));

	if (!copy)
		return false;
	*copy = *ip;
	out->ip = copy;
	return true;
}

static bool list_copy(struct arena *arena, const struct value_list *list, struct value *out)
{
	struct value_list *copy = arena_alloc(arena, sizeof(*copy));
	struct value *items = arena_alloc(arena, list->count * sizeof(*items));

	if (!copy || !items)
		return false;
	for (size_t i = 0; i < list->count; i++) {
		items[i] = value_copy(arena, list->items[i]);
		if (items[i].type != list->items[i].type)
			return false;
	}
	copy->count = list->count;
	copy->items = items;
	out->list = copy;
	return true;
}

struct value value_copy(struct arena *arena, struct value v)
{
	bool ok = true;

	switch (v.type) {
	case VALUE_STRING:
		v.s = arena_dup(arena, v.s);
		ok = v.s.p != NULL;
		break;
	case VALUE_URI:
		ok = uri_copy(arena, v.uri, &v);
		break;
	case VALUE_IP:
		ok = ip_copy(arena, v.ip, &v);
		break;
	case VALUE_LIST:
		ok = list_copy(arena, v.list, &v);
		break;
	default:
		break;
	}
	return ok ? v : value_null();
}
