/*
 * modules/xcap_server/shape.c - see shape.h.
 */
#include "modules/xcap_server/shape.h"

static bool is_named(struct slice list, struct slice name)
{
	while (list.len)
		if (slice_eq(slice_split(&list, ' '), name))
			return true;
	return false;
}

bool shape_attrs(const struct xml_node *n, const char *allowed, struct xcap_error *e)
{
	for (const struct xml_attr *a = n->attrs; a; a = a->next)
		if (a->ns.len || !is_named(slice_str(allowed), a->name))
			return xcap_refuse(e, XCAP_CONSTRAINT_FAILURE,
			    "the attribute %.*s of %.*s cannot be kept", SLICE_ARG(a->name),
			    SLICE_ARG(n->name));
	return true;
}

struct slice shape_need(const struct xml_node *n, const char *name, struct xcap_error *e)
{
	struct slice value = slice_trim(xml_attr(n, SLICE(""), slice_str(name)));

	if (value.len)
		return value;
	xcap_refuse(e, XCAP_SCHEMA_VALIDATION_ERROR, "%.*s needs the attribute %s",
	    SLICE_ARG(n->name), name);
	return SLICE_NULL;
}

bool shape_no_text(const struct xml_node *n, struct xcap_error *e)
{
	for (const struct xml_node *c = n->children; c; c = c->next)
		if (!xml_is_element(c) && slice_trim(c->text).len)
			return xcap_refuse(e, XCAP_SCHEMA_VALIDATION_ERROR,
			    "there is text in %.*s", SLICE_ARG(n->name));
	return true;
}

bool shape_refuse(const struct xml_node *n, struct slice ns, struct xcap_error *e)
{
	if (slice_eq(n->ns, ns))
		return xcap_refuse(e, XCAP_SCHEMA_VALIDATION_ERROR, "%.*s cannot be in %.*s",
		    SLICE_ARG(n->name), SLICE_ARG(n->parent ? n->parent->name : SLICE("it")));
	return xcap_refuse(e, XCAP_CONSTRAINT_FAILURE, "%.*s (%.*s) cannot be kept",
	    SLICE_ARG(n->name), SLICE_ARG(n->ns.len ? n->ns : SLICE("no namespace")));
}

struct slice shape_text(struct arena *arena, const struct xml_node *n, struct xcap_error *e)
{
	struct slice text;

	*e = (struct xcap_error){ .why = XCAP_WHY_COUNT };
	if (xml_child(n, XML_ANY_NS, SLICE_NULL)) {
		xcap_refuse(e, XCAP_SCHEMA_VALIDATION_ERROR, "there are elements in %.*s",
		    SLICE_ARG(n->name));
		return SLICE_NULL;
	}
	text = xml_text(arena, n);
	return text.p ? slice_trim(text) : SLICE_NULL;
}
