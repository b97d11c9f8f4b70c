/*
 * modules/xcap_server/tree.h - finding and changing a piece of a document (RFC 4825 sections 7, 8).
 *
 * Pure. The tree is the caller's own, read from text in the same arena, and is changed in place.
 */
#ifndef MODULES_XCAP_SERVER_TREE_H
#define MODULES_XCAP_SERVER_TREE_H

#include "modules/xcap_server/error.h"
#include "modules/xcap_server/path.h"
#include "utils/buf.h"
#include "utils/xml_read.h"

/** The element that count steps lead to; NULL: none, or more than one at some step. */
struct xml_node *xcap_select(struct xml_node *root, const struct xcap_step *steps, unsigned count);
/** Its attribute; NULL if it has none of that name. */
struct xml_attr *xcap_attr(struct xml_node *n, struct slice ns, struct slice name);
/** How many steps lead somewhere: for "no-parent", which tells the last ancestor there is. */
unsigned xcap_reach(struct xml_node *root, const struct xcap_step *steps, unsigned count);

/* What a change did. With XCAP_TREE_REFUSED *e says why. */
enum xcap_tree { XCAP_TREE_CREATED, XCAP_TREE_REPLACED, XCAP_TREE_DELETED, XCAP_TREE_ABSENT,
		 XCAP_TREE_REFUSED, XCAP_TREE_NO_MEMORY };

/**
 * Put an element or an attribute where the selector leads to, and see that it leads there
 * afterwards (GET(PUT(x)) = x, else cannot-insert).
 *
 * @param body    the element, or the attribute's value as XML writes it between quotes
 * @param limits  of the element
 */
enum xcap_tree xcap_put(struct arena *arena, struct xml_node **root, const struct xcap_node *where,
    struct slice body, const struct xml_limits *limits, struct xcap_error *e);
/** Take it away; afterwards the selector leads nowhere, else cannot-delete. */
enum xcap_tree xcap_delete(struct xml_node *root, const struct xcap_node *where,
    struct xcap_error *e);

/** The whole document, with its XML declaration. */
void xcap_write_document(struct buf *b, const struct xml_node *root);
/** What a GET of a piece answers: the element as it stands there, the attribute's value, or an
 *  empty element with all prefixes that count there. False: there is no such attribute. */
bool xcap_write_piece(struct buf *b, struct xml_node *n, const struct xcap_node *where);

#endif
