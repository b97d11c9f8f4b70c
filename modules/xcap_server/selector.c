/*
 * modules/xcap_server/selector.c - see path.h: the node's part (RFC 4825 6.3, 6.4).
 */
#include "modules/xcap_server/path.h"

#include <errno.h>

#define BINDINGS_MAX 16u

struct reading {
	struct arena *arena;
	struct slice  rest;		/* decoded, not read yet */
	struct slice  default_ns;
	struct { struct slice prefix, ns; } bound[BINDINGS_MAX];
	unsigned      bound_count;
};

/* ---- namespace bindings: xmlns(a=urn:x)xmlns(b=urn:y) ---- */

/* A circumflex takes the meaning from a parenthesis (XPointer 3.2). */
static int take_binding_text(struct reading *r, struct slice *s, struct slice *out)
{
	char *to = arena_bytes(r->arena, s->len + 1);
	size_t n = 0, i = 0;

	if (!to)
		return -ENOMEM;
	for (; i < s->len && s->p[i] != ')'; i++) {
		if (s->p[i] == '(' || (s->p[i] == '^' && ++i == s->len))
			return -EBADMSG;
		to[n++] = s->p[i];
	}
	if (i == s->len)
		return -EBADMSG;
	*s = slice_skip(*s, i + 1);
	*out = slice_of(to, n);
	return 0;
}

static int bind(struct reading *r, struct slice text)
{
	struct slice ns = text, prefix = slice_trim(slice_split(&ns, '='));

	ns = slice_trim(ns);
	if (!prefix.len || !ns.len || r->bound_count == BINDINGS_MAX)
		return -EBADMSG;
	r->bound[r->bound_count].prefix = prefix;
	r->bound[r->bound_count++].ns = ns;
	return 0;
}

static int read_bindings(struct reading *r, struct slice query)
{
	struct slice text, one;
	int err = xcap_decode(r->arena, query, &text);

	while (!err && (slice_skip_lws(&text), text.len)) {
		if (!slice_starts(text, SLICE("xmlns(")))
			return -EBADMSG;
		text = slice_skip(text, 6);
		err = take_binding_text(r, &text, &one);
		if (!err)
			err = bind(r, one);
	}
	return err;
}

static bool find_ns(const struct reading *r, struct slice prefix, struct slice *out)
{
	for (unsigned i = r->bound_count; i-- > 0;)
		if (slice_eq(r->bound[i].prefix, prefix)) {
			*out = r->bound[i].ns;
			return true;
		}
	if (!slice_eq(prefix, SLICE("xml")))
		return false;
	*out = SLICE("http://www.w3.org/XML/1998/namespace");
	return true;
}

/* ---- names and values ---- */

static bool take(struct reading *r, char c)
{
	if (!r->rest.len || r->rest.p[0] != c)
		return false;
	r->rest = slice_skip(r->rest, 1);
	return true;
}

static bool is_name_char(char c)
{
	return is_alnum(c) || c == '_' || c == '-' || c == '.' || (unsigned char)c >= 0x80;
}

static bool is_name(struct slice s)
{
	return s.len && !is_digit(s.p[0]) && s.p[0] != '-' && s.p[0] != '.';
}

/* name or prefix:name. An attribute without prefix is in no namespace. */
static int take_qname(struct reading *r, struct slice unprefixed, struct slice *ns,
    struct slice *name)
{
	struct slice prefix = SLICE_NULL;

	*name = slice_take_while(&r->rest, is_name_char);
	if (take(r, ':')) {
		prefix = *name;
		*name = slice_take_while(&r->rest, is_name_char);
	}
	if (!is_name(*name) || (prefix.p && !is_name(prefix)))
		return -EBADMSG;
	*ns = unprefixed;
	return !prefix.p || find_ns(r, prefix, ns) ? 0 : -EBADMSG;
}

/* What stands between quotes is an attribute's value as XML writes it: with references. */
static const struct { struct slice text; char c; } references[] = {
	{ SLICE_INIT("&amp;"), '&' }, { SLICE_INIT("&lt;"), '<' }, { SLICE_INIT("&gt;"), '>' },
	{ SLICE_INIT("&quot;"), '"' }, { SLICE_INIT("&apos;"), '\'' },
};

static size_t reference(struct slice s, char *c)
{
	for (unsigned i = 0; i < sizeof(references) / sizeof(*references); i++)
		if (slice_starts(s, references[i].text)) {
			*c = references[i].c;
			return references[i].text.len;
		}
	return 0;
}

static int resolve(struct arena *arena, struct slice text, struct slice *out)
{
	char *to = arena_bytes(arena, text.len + 1);
	size_t n = 0;

	if (!to)
		return -ENOMEM;
	while (text.len) {
		size_t len = 1;

		to[n] = text.p[0];
		if (text.p[0] == '&')
			len = reference(text, &to[n]);
		if (!len || text.p[0] == '<')
			return -EBADMSG;
		text = slice_skip(text, len);
		n++;
	}
	*out = slice_of(to, n);
	return 0;
}

static int take_value(struct reading *r, struct slice *out)
{
	char quote = r->rest.len ? r->rest.p[0] : 0;
	struct slice inside = slice_skip(r->rest, 1);
	size_t end = slice_find(inside, quote);

	if ((quote != '"' && quote != '\'') || end == inside.len)
		return -EBADMSG;
	r->rest = slice_skip(inside, end + 1);
	return resolve(r->arena, slice_first(inside, end), out);
}

/* ---- steps ---- */

static int take_predicate(struct reading *r, struct xcap_step *s)
{
	int err;

	if (take(r, '@')) {
		err = take_qname(r, SLICE(""), &s->attr_ns, &s->attr_name);
		if (!err)
			err = take(r, '=') ? take_value(r, &s->attr_value) : -EBADMSG;
	} else {
		struct slice digits = slice_take_while(&r->rest, is_digit);

		err = s->position || slice_to_u32(digits, &s->position) != 0 || !s->position ?
		    -EBADMSG : 0;
	}
	return err ? err : take(r, ']') ? 0 : -EBADMSG;
}

/* Position first, then the attribute, and nothing behind that. */
static int take_step(struct reading *r, struct xcap_step *s)
{
	int err = 0;

	*s = (struct xcap_step){ 0 };
	if (!take(r, '*'))
		err = take_qname(r, r->default_ns, &s->ns, &s->name);
	while (!err && !s->attr_name.p && take(r, '['))
		err = take_predicate(r, s);
	return err;
}

static int take_end(struct reading *r, struct xcap_node *out)
{
	if (slice_eq(r->rest, SLICE("namespace::*"))) {
		out->target = XCAP_NAMESPACES;
		r->rest = SLICE("");
		return out->count ? 1 : -EBADMSG;
	}
	if (!take(r, '@'))
		return 0;
	out->target = XCAP_ATTRIBUTE;
	if (take_qname(r, SLICE(""), &out->attr_ns, &out->attr_name) != 0 || !out->count)
		return -EBADMSG;
	return 1;
}

static int read_steps(struct reading *r, struct xcap_node *out)
{
	do {
		int end = take_end(r, out);
		int err = end < 0 ? end : end > 0 ? 0 : out->count == XCAP_STEPS_MAX ? -E2BIG :
		    take_step(r, &out->steps[out->count]);

		if (err)
			return err;
		if (end)
			return r->rest.len ? -EBADMSG : 0;
		out->count++;
	} while (take(r, '/'));
	return r->rest.len ? -EBADMSG : 0;
}

int xcap_node_parse(struct arena *arena, const struct xcap_path *path, struct slice default_ns,
    struct xcap_node *out)
{
	struct reading r = { .arena = arena, .default_ns = default_ns };
	int err;

	*out = (struct xcap_node){ .target = path->node.p ? XCAP_ELEMENT : XCAP_DOCUMENT };
	if (!path->node.p)
		return 0;
	err = xcap_decode(arena, path->node, &r.rest);
	if (!err)
		err = read_bindings(&r, path->query);
	return err ? err : read_steps(&r, out);
}
