/*
 * utils/xml.c - questions to a document's tree.
 */
#include "utils/xml.h"

#include <errno.h>

bool xml_is(const struct xml_node *n, struct slice ns, struct slice name)
{
	return xml_is_element(n) && (!name.p || slice_eq(n->name, name)) &&
	    (!ns.p || slice_eq(n->ns, ns));
}

static const struct xml_node *first_of(const struct xml_node *n, struct slice ns, struct slice name)
{
	while (n && !xml_is(n, ns, name))
		n = n->next;
	return n;
}

const struct xml_node *xml_child(const struct xml_node *n, struct slice ns, struct slice name)
{
	return n ? first_of(n->children, ns, name) : NULL;
}

const struct xml_node *xml_next(const struct xml_node *n, struct slice ns, struct slice name)
{
	return first_of(n->next, ns, name);
}

const struct xml_node *xml_below(const struct xml_node *n, const struct xml_node *top)
{
	if (n->children)
		return n->children;
	while (n != top && !n->next)
		n = n->parent;
	return n == top ? NULL : n->next;
}

struct slice xml_attr(const struct xml_node *n, struct slice ns, struct slice name)
{
	const struct xml_attr *a = n ? n->attrs : NULL;

	for (; a; a = a->next)
		if (slice_eq(a->name, name) && (!ns.p || slice_eq(a->ns, ns)))
			return a->value;
	return SLICE_NULL;
}

static struct slice join(struct arena *arena, const struct xml_node *first, size_t len)
{
	char *p = arena_bytes(arena, len), *at = p;

	if (!p)
		return SLICE_NULL;
	for (const struct xml_node *n = first; n; n = n->next) {
		if (xml_is_element(n))
			continue;
		memcpy(at, n->text.p, n->text.len);
		at += n->text.len;
	}
	return slice_of(p, len);
}

struct slice xml_text(struct arena *arena, const struct xml_node *n)
{
	const struct xml_node *only = NULL;
	unsigned count = 0;
	size_t len = 0;

	if (!n)
		return SLICE_NULL;
	for (const struct xml_node *c = n->children; c; c = c->next) {
		if (xml_is_element(c))
			continue;
		only = c;
		count++;
		len += c->text.len;
	}
	if (!count)
		return SLICE("");
	return count == 1 ? only->text : join(arena, n->children, len);
}

struct slice xml_ns_of(const struct xml_node *n, struct slice prefix)
{
	for (; n; n = n->parent)
		for (const struct xml_decl *d = n->decls; d; d = d->next)
			if (slice_eq(d->prefix, prefix))
				return d->ns;
	if (slice_eq(prefix, SLICE("xml")))
		return SLICE("http://www.w3.org/XML/1998/namespace");
	return SLICE_NULL;
}

int xml_bool(struct slice s, bool *out)
{
	s = slice_trim(s);
	if (slice_eq(s, SLICE("true")) || slice_eq(s, SLICE("1")))
		*out = true;
	else if (slice_eq(s, SLICE("false")) || slice_eq(s, SLICE("0")))
		*out = false;
	else
		return -EINVAL;
	return 0;
}
