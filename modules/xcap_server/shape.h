/*
 * modules/xcap_server/shape.h - is a document of the shape that its schema says?
 */
#ifndef MODULES_XCAP_SERVER_SHAPE_H
#define MODULES_XCAP_SERVER_SHAPE_H

#include "modules/xcap_server/error.h"
#include "utils/xml.h"

/** An element has no attributes but these (names separated by blanks; of no namespace). */
bool shape_attrs(const struct xml_node *n, const char *allowed, struct xcap_error *e);
/** An attribute that must be there: its value, trimmed; .p NULL: *e says why. */
struct slice shape_need(const struct xml_node *n, const char *name, struct xcap_error *e);
/** Text below it is blank. */
bool shape_no_text(const struct xml_node *n, struct xcap_error *e);
/** An element that cannot be here: of our namespace the schema says so, of others we do. */
bool shape_refuse(const struct xml_node *n, struct slice ns, struct xcap_error *e);
/** xml_text(), trimmed; .p NULL if memory is short. No elements may be in it (*e; .p is NULL). */
struct slice shape_text(struct arena *arena, const struct xml_node *n, struct xcap_error *e);

#endif
