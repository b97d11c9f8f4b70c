/*
 * modules/xcap_server/lists_read.c - a resource-lists document (RFC 4826 section 3) as contacts.
 *
 * What the contacts could not hold is refused, so that nothing is lost behind a client's back.
 */
#include "modules/xcap_server/lists.h"

#include "modules/xcap_server/shape.h"

struct reading {
	struct xcap_book            *b;
	const struct contacts_group *g;	/* the list that is being read */
	struct xcap_error           *e;
};

/* entry empty: there are two lists of that name. */
static bool not_twice(struct reading *r, struct slice list, struct slice entry)
{
	struct xcap_error *e = r->e;

	xcap_refuse(e, XCAP_UNIQUENESS_FAILURE, "%s", entry.len ? "it is in that list already" :
	    "a list of that name is there already");
	e->field = entry.len ? arena_printf(r->b->arena,
	    "resource-lists/list[@name=\"%.*s\"]/entry[@uri=\"%.*s\"]/@uri", SLICE_ARG(list),
	    SLICE_ARG(entry)) :
	    arena_printf(r->b->arena, "resource-lists/list[@name=\"%.*s\"]/@name", SLICE_ARG(list));
	return false;
}

static bool read_entry_name(struct reading *r, const struct xml_node *entry, struct slice *name)
{
	*name = SLICE("");
	xml_for_each(n, entry) {
		if (!xml_is(n, LISTS_NS, SLICE("display-name")) || name->len)
			return shape_refuse(n, LISTS_NS, r->e);
		if (!shape_attrs(n, "", r->e))
			return false;
		*name = shape_text(r->b->arena, n, r->e);
		if (!name->p)
			return false;
	}
	return true;
}

static bool join(struct reading *r, struct contacts_contact *old, struct slice name, struct slice uri)
{
	uint64_t bit = xcap_group_bit(r->g->id);

	if (old->members & bit)
		return not_twice(r, r->g->name, uri);
	if (!slice_eq(old->name, name))
		return xcap_refuse(r->e, XCAP_CONSTRAINT_FAILURE,
		    "%.*s has another display-name in another list", SLICE_ARG(uri));
	old->members |= bit;
	return true;
}

static bool read_entry(struct reading *r, const struct xml_node *n)
{
	struct contacts_contact c = { .members = xcap_group_bit(r->g->id), .subscribed = true,
	    .external = SLICE(""), .extension = SLICE("") };
	struct slice uri = shape_need(n, "uri", r->e);
	struct contacts_contact *old;

	if (!uri.p || !shape_attrs(n, "uri", r->e) || !shape_no_text(n, r->e) ||
	    !read_entry_name(r, n, &c.name))
		return false;
	c.uri = sip_text_bare(uri);
	old = xcap_book_contact(r->b, c.uri);
	if (old)
		return join(r, old, c.name, uri);
	if (xcap_book_add(r->b, &c))
		return true;
	return xcap_refuse(r->e, XCAP_WHY_COUNT, "%s", "");
}

static bool read_list_name(struct reading *r, const struct xml_node *n)
{
	struct slice text = shape_text(r->b->arena, n, r->e);

	if (!text.p || !shape_attrs(n, "", r->e))
		return false;
	return slice_eq(text, r->g->name) || xcap_refuse(r->e, XCAP_CONSTRAINT_FAILURE,
	    "the display-name of a list is its name here, which is \"%.*s\"",
	    SLICE_ARG(r->g->name));
}

static bool read_in_list(struct reading *r, const struct xml_node *n)
{
	if (xml_is(n, LISTS_NS, SLICE("entry")))
		return read_entry(r, n);
	if (xml_is(n, LISTS_NS, SLICE("display-name")))
		return read_list_name(r, n);
	if (xml_is(n, LISTS_NS, SLICE("list")))
		return xcap_refuse(r->e, XCAP_CONSTRAINT_FAILURE,
		    "groups of contacts cannot be inside each other");
	if (xml_is(n, LISTS_NS, SLICE("external")) || xml_is(n, LISTS_NS, SLICE("entry-ref")))
		return xcap_refuse(r->e, XCAP_CONSTRAINT_FAILURE,
		    "%.*s: only entries can be in a list", SLICE_ARG(n->name));
	return shape_refuse(n, LISTS_NS, r->e);
}

/* Its number is its place in the document; the plan gives it the one that the contacts have. */
static bool begin_list(struct reading *r, const struct xml_node *n)
{
	struct slice name = slice_trim(xml_attr(n, SLICE(""), SLICE("name")));
	struct xcap_book *b = r->b;

	if (!name.len)
		return xcap_refuse(r->e, XCAP_CONSTRAINT_FAILURE, "a list needs a name here");
	if (!shape_attrs(n, "name", r->e))
		return false;
	if (slice_eq(name, LISTS_OPEN)) {
		r->g = &b->groups[0];
		return true;
	}
	if (xcap_book_group(b, name))
		return not_twice(r, name, SLICE(""));
	if (b->group_count == CONTACTS_GROUPS_MAX)
		return xcap_refuse(r->e, XCAP_CONSTRAINT_FAILURE, "too many lists");
	r->g = &b->groups[b->group_count];
	b->groups[b->group_count] = (struct contacts_group){ b->group_count + 1, name, SLICE("") };
	b->group_count++;
	return true;
}

static bool read_list(struct reading *r, const struct xml_node *list)
{
	unsigned before = r->b->count;

	if (!begin_list(r, list) || !shape_no_text(list, r->e))
		return false;
	xml_for_each(n, list)
		if (!read_in_list(r, n))
			return false;
	if (r->g->id == CONTACTS_UNGROUPED && r->b->count == before)
		return xcap_refuse(r->e, XCAP_CONSTRAINT_FAILURE,
		    "the list \"~\" is there when there is an entry in it");
	return true;
}

bool xcap_book_read(struct xcap_book *b, const struct xml_node *root, struct xcap_error *e)
{
	struct reading r = { .b = b, .e = e };

	*e = (struct xcap_error){ .why = XCAP_WHY_COUNT };
	if (!xml_is(root, LISTS_NS, SLICE("resource-lists")))
		return xcap_refuse(e, XCAP_SCHEMA_VALIDATION_ERROR,
		    "the root is resource-lists in its namespace");
	if (!shape_attrs(root, "", e) || !shape_no_text(root, e))
		return false;
	xml_for_each(n, root) {
		if (!xml_is(n, LISTS_NS, SLICE("list")))
			return shape_refuse(n, LISTS_NS, e);
		if (!read_list(&r, n))
			return false;
	}
	return true;
}
