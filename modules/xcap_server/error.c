/*
 * modules/xcap_server/error.c - see error.h.
 */
#include "modules/xcap_server/error.h"

#include "utils/xml_write.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const names[XCAP_WHY_COUNT] = {
	[XCAP_NOT_UTF_8] = "not-utf-8",
	[XCAP_NOT_WELL_FORMED] = "not-well-formed",
	[XCAP_NOT_XML_FRAG] = "not-xml-frag",
	[XCAP_NOT_XML_ATT_VALUE] = "not-xml-att-value",
	[XCAP_NO_PARENT] = "no-parent",
	[XCAP_CANNOT_INSERT] = "cannot-insert",
	[XCAP_CANNOT_DELETE] = "cannot-delete",
	[XCAP_SCHEMA_VALIDATION_ERROR] = "schema-validation-error",
	[XCAP_CONSTRAINT_FAILURE] = "constraint-failure",
	[XCAP_UNIQUENESS_FAILURE] = "uniqueness-failure",
};

const char *xcap_why_name(enum xcap_why why) { return names[why]; }

/* Words of a stranger may be in it. */
static void make_printable(char *s)
{
	for (; *s; s++)
		if (*s < 0x20 || *s > 0x7e)
			*s = '?';
}

bool xcap_refuse(struct xcap_error *e, enum xcap_why why, const char *format, ...)
{
	va_list ap;

	*e = (struct xcap_error){ .why = why };
	va_start(ap, format);
	vsnprintf(e->phrase, sizeof(e->phrase), format, ap);
	va_end(ap);
	make_printable(e->phrase);
	return false;
}

void xcap_error_write(struct buf *b, const struct xcap_error *e)
{
	struct xml_writer w;

	xml_write_init(&w, b);
	xml_write_head(&w);
	xml_begin(&w, "xcap-error");
	xml_put_attr(&w, "xmlns", SLICE("urn:ietf:params:xml:ns:xcap-error"));
	xml_begin(&w, names[e->why]);
	if (e->phrase[0])
		xml_put_attr(&w, "phrase", slice_str(e->phrase));
	if (e->why == XCAP_NO_PARENT && e->ancestor.len)
		xml_put_leaf(&w, "ancestor", e->ancestor);
	if (e->why == XCAP_UNIQUENESS_FAILURE) {
		xml_begin(&w, "exists");
		xml_put_attr(&w, "field", e->field);
		xml_end(&w);
	}
	xml_end(&w);
	xml_end(&w);
}
