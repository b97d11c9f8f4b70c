/*
 * utils/xml.h - an XML document as a tree of slices.
 *
 * What utils/xml_read.h makes. A tree lives in one arena, is never changed, and moves
 * between threads with its arena. Names are compared with their namespace; prefixes are kept
 * for writing a piece of the document again.
 */
#ifndef UTILS_XML_H
#define UTILS_XML_H

#include "utils/arena.h"

struct xml_attr {
	struct slice     prefix, ns, name, value;	/* ns empty: as most attributes are */
	struct xml_attr *next;
};

struct xml_decl {					/* xmlns:prefix="ns" */
	struct slice     prefix, ns;			/* prefix empty: the default namespace */
	struct xml_decl *next;
};

struct xml_node {
	struct slice     prefix, ns, name;		/* name.p NULL: text */
	struct slice     text;				/* of a text: references are resolved */
	struct xml_attr *attrs;
	struct xml_decl *decls;
	struct xml_node *parent, *children, *next;
};

/* In questions: whatever the namespace is. */
#define XML_ANY_NS SLICE_NULL

static inline bool xml_is_element(const struct xml_node *n) { return n->name.p != NULL; }
/** ns with .p NULL: any; empty but not NULL (SLICE("")): none. */
bool xml_is(const struct xml_node *n, struct slice ns, struct slice name);

/** The first child element of that name; name.p NULL: of any. NULL if there is none; n may be NULL. */
const struct xml_node *xml_child(const struct xml_node *n, struct slice ns, struct slice name);
/** The next one behind n with the same parent. */
const struct xml_node *xml_next(const struct xml_node *n, struct slice ns, struct slice name);
/* All child elements, or those of that name, one after the other; parent may be NULL. */
#define xml_for_each_named(n, parent, ns, name)                            \
	for (const struct xml_node *n = xml_child(parent, ns, name); n;    \
	    n = xml_next(n, ns, name))
#define xml_for_each(n, parent) xml_for_each_named(n, parent, XML_ANY_NS, SLICE_NULL)

/** The next node on a walk through all below top, texts included; NULL: that was the last. */
const struct xml_node *xml_below(const struct xml_node *n, const struct xml_node *top);

/** An attribute's value; .p NULL if it is not there. n may be NULL. */
struct slice xml_attr(const struct xml_node *n, struct slice ns, struct slice name);
/**
 * The text right below an element, pieces between child elements joined; without those of
 * the children. @return empty if there is none; .p NULL only if memory is short or n is NULL
 */
struct slice xml_text(struct arena *arena, const struct xml_node *n);

/** What a prefix means at this place: .p NULL if nothing. */
struct slice xml_ns_of(const struct xml_node *n, struct slice prefix);

/** "true" or "1", "false" or "0" (XML Schema's boolean); 0 or -EINVAL. Blanks around it pass. */
int xml_bool(struct slice s, bool *out);

#endif
