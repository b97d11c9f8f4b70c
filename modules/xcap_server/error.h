/*
 * modules/xcap_server/error.h - why a change is refused: application/xcap-error+xml (RFC 4825
 * section 11).
 */
#ifndef MODULES_XCAP_SERVER_ERROR_H
#define MODULES_XCAP_SERVER_ERROR_H

#include "utils/buf.h"
#include "utils/slice.h"

enum xcap_why {
	XCAP_NOT_UTF_8, XCAP_NOT_WELL_FORMED, XCAP_NOT_XML_FRAG, XCAP_NOT_XML_ATT_VALUE,
	XCAP_NO_PARENT, XCAP_CANNOT_INSERT, XCAP_CANNOT_DELETE, XCAP_SCHEMA_VALIDATION_ERROR,
	XCAP_CONSTRAINT_FAILURE, XCAP_UNIQUENESS_FAILURE,
	XCAP_WHY_COUNT
};

struct xcap_error {
	enum xcap_why why;
	char          phrase[200];	/* for people; printable ASCII */
	struct slice  field;		/* of XCAP_UNIQUENESS_FAILURE: a node selector; borrowed */
	struct slice  ancestor;		/* of XCAP_NO_PARENT: a URI; borrowed; empty: none */
};

/** Fill in; always false, so that a check can end with it. */
bool xcap_refuse(struct xcap_error *e, enum xcap_why why, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void xcap_error_write(struct buf *b, const struct xcap_error *e);
/** "cannot-insert": the element's name. */
const char *xcap_why_name(enum xcap_why why);

#endif
