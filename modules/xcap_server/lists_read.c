/*
 * modules/xcap_server/lists_read.c - a resource-lists document (RFC 4826 section 3) as contacts.
 *
 * What the contacts could not hold is refused, so that nothing is lost behind a client's back.
 */
#include "modules/xcap_server/lists.h"

#include "modules/xcap_server/shape.h"

/* entry empty: there are two lists of that name. */
static bool not_twice(struct xcap_book *b, struct slice list, struct slice entry, struct xcap_error *e)
{
	xcap_refuse(e, XCAP_UNIQUENESS_FAILURE, "%s", entry.len ? "it is in that list already" :
	    "a list of that name is there already");
	e->field = entry.len ? arena_printf(b->arena,
	    "resource-lists/list[@name=\"%.*s\"]/entry[@uri=\"%.*s\"]/@uri", SLICE_ARG(list),
	    SLICE_ARG(entry)) :
	    arena_printf(b->arena, "resource-lists/list[@name=\"%.*s\"]/@name", SLICE_ARG(list));
	return false;
}

static bool read_entry_name(struct xcap_book *b, const struct xml_node *entry, struct slice *name,
    struct xcap_error *e)
{
	*name = SLICE("");
	for (const struct xml_node *n = xml_child(entry, XML_ANY_NS, SLICE_NULL); n;
	    n = xml_next(n, XML_ANY_NS, SLICE_NULL)) {
		if (!xml_is(n, LISTS_NS, SLICE("display-name")) || name->len)
			return shape_refuse(n, LISTS_NS, e);
		if (!shape_attrs(n, "", e))
			return false;
		*name = shape_text(b->arena, n, e);
		if (!name->p)
			return false;
	}
	return true;
}

static bool join(struct xcap_book *b, struct contacts_contact *old, struct slice name, unsigned id,
    struct slice list, struct slice uri, struct xcap_error *e)
{
	if (old->members & xcap_group_bit(id))
		return not_twice(b, list, uri, e);
	if (!slice_eq(old->name, name))
		return xcap_refuse(e, XCAP_CONSTRAINT_FAILURE,
		    "%.*s has another display-name in another list", SLICE_ARG(uri));
	old->members |= xcap_group_bit(id);
	return true;
}

static bool read_entry(struct xcap_book *b, const struct xml_node *n, const struct contacts_group *g,
    struct xcap_error *e)
{
	struct contacts_contact c = { .members = xcap_group_bit(g->id), .subscribed = true,
	    .external = SLICE(""), .extension = SLICE("") };
	struct slice uri = shape_need(n, "uri", e);
	struct contacts_contact *old;

	if (!uri.p || !shape_attrs(n, "uri", e) || !shape_no_text(n, e) ||
	    !read_entry_name(b, n, &c.name, e))
		return false;
	c.uri = sip_text_bare(uri);
	old = xcap_book_contact(b, c.uri);
	if (old)
		return join(b, old, c.name, g->id, g->name, uri, e);
	if (xcap_book_add(b, &c))
		return true;
	return xcap_refuse(e, XCAP_WHY_COUNT, "%s", "");
}

static bool read_list_name(struct xcap_book *b, const struct xml_node *n,
    const struct contacts_group *g, struct xcap_error *e)
{
	struct slice text = shape_text(b->arena, n, e);

	if (!text.p || !shape_attrs(n, "", e))
		return false;
	return slice_eq(text, g->name) || xcap_refuse(e, XCAP_CONSTRAINT_FAILURE,
	    "the display-name of a list is its name here, which is \"%.*s\"", SLICE_ARG(g->name));
}

static bool read_in_list(struct xcap_book *b, const struct xml_node *n, const struct contacts_group *g,
    struct xcap_error *e)
{
	if (xml_is(n, LISTS_NS, SLICE("entry")))
		return read_entry(b, n, g, e);
	if (xml_is(n, LISTS_NS, SLICE("display-name")))
		return read_list_name(b, n, g, e);
	if (xml_is(n, LISTS_NS, SLICE("list")))
		return xcap_refuse(e, XCAP_CONSTRAINT_FAILURE,
		    "groups of contacts cannot be inside each other");
	if (xml_is(n, LISTS_NS, SLICE("external")) || xml_is(n, LISTS_NS, SLICE("entry-ref")))
		return xcap_refuse(e, XCAP_CONSTRAINT_FAILURE,
		    "%.*s: only entries can be in a list", SLICE_ARG(n->name));
	return shape_refuse(n, LISTS_NS, e);
}

/* Its number is its place in the document; the plan gives it the one that the contacts have. */
static const struct contacts_group *new_group(struct xcap_book *b, const struct xml_node *n,
    struct xcap_error *e)
{
	struct slice name = slice_trim(xml_attr(n, SLICE(""), SLICE("name")));

	if (!name.len || !shape_attrs(n, "name", e)) {
		if (!name.len)
			xcap_refuse(e, XCAP_CONSTRAINT_FAILURE, "a list needs a name here");
		return NULL;
	}
	if (slice_eq(name, LISTS_OPEN))
		return &b->groups[0];
	if (xcap_book_group(b, name)) {
		not_twice(b, name, SLICE(""), e);
		return NULL;
	}
	if (b->group_count == CONTACTS_GROUPS_MAX) {
		xcap_refuse(e, XCAP_CONSTRAINT_FAILURE, "too many lists");
		return NULL;
	}
	b->groups[b->group_count] = (struct contacts_group){ b->group_count + 1, name, SLICE("") };
	return &b->groups[b->group_count++];
}

static bool read_list(struct xcap_book *b, const struct xml_node *list, struct xcap_error *e)
{
	const struct contacts_group *g = new_group(b, list, e);
	unsigned before = b->count;

	if (!g || !shape_no_text(list, e))
		return false;
	for (const struct xml_node *n = xml_child(list, XML_ANY_NS, SLICE_NULL); n;
	    n = xml_next(n, XML_ANY_NS, SLICE_NULL))
		if (!read_in_list(b, n, g, e))
			return false;
	if (g->id == CONTACTS_UNGROUPED && b->count == before)
		return xcap_refuse(e, XCAP_CONSTRAINT_FAILURE,
		    "the list \"~\" is there when there is an entry in it");
	return true;
}

bool xcap_book_read(struct xcap_book *b, const struct xml_node *root, struct xcap_error *e)
{
	*e = (struct xcap_error){ .why = XCAP_WHY_COUNT };
	if (!xml_is(root, LISTS_NS, SLICE("resource-lists")))
		return xcap_refuse(e, XCAP_SCHEMA_VALIDATION_ERROR,
		    "the root is resource-lists in its namespace");
	if (!shape_attrs(root, "", e) || !shape_no_text(root, e))
		return false;
	for (const struct xml_node *n = xml_child(root, XML_ANY_NS, SLICE_NULL); n;
	    n = xml_next(n, XML_ANY_NS, SLICE_NULL)) {
		if (!xml_is(n, LISTS_NS, SLICE("list")))
			return shape_refuse(n, LISTS_NS, e);
		if (!read_list(b, n, e))
			return false;
	}
	return true;
}
