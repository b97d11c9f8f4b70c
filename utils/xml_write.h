/*
 * utils/xml_write.h - documents out of elements, never out of pieces of text.
 *
 * Names are ours and written as they are; values are a stranger's and escaped. What XML cannot
 * hold (control characters, broken UTF-8) becomes U+FFFD. The length is limited by the
 * buffer's limit; errors are sticky in the buffer.
 */
#ifndef UTILS_XML_WRITE_H
#define UTILS_XML_WRITE_H

#include "utils/buf.h"
#include "utils/xml.h"

#define XML_WRITE_DEPTH 32u

struct xml_writer {
	struct buf  *out;
	const char  *open[XML_WRITE_DEPTH];	/* names of the open elements */
	unsigned     depth;
	bool         in_tag;			/* the last begin tag has no '>' yet */
};

/** Bytes of the character at s, of at least one left; 0 if it is none that XML allows. */
size_t xml_char_len(const unsigned char *s, size_t left);

/** Nothing is written yet. out is borrowed until the last element has ended. */
void xml_write_init(struct xml_writer *w, struct buf *out);
/** <?xml version="1.0" encoding="UTF-8"?> */
void xml_write_head(struct xml_writer *w);

/** Names must live until the element's end. Deeper than XML_WRITE_DEPTH: the buffer fails. */
void xml_begin(struct xml_writer *w, const char *name);
void xml_end(struct xml_writer *w);
/** Of the element that was begun last, before anything else is in it. */
void xml_put_attr(struct xml_writer *w, const char *name, struct slice value);
/** The same, of a value in two pieces: "sip:" and what is kept without it. */
void xml_put_attr_pair(struct xml_writer *w, const char *name, struct slice first,
    struct slice second);
/** The same, decimal. */
void xml_put_attr_u64(struct xml_writer *w, const char *name, uint64_t value);
/** Content of the element that is open, escaped. */
void xml_put_text(struct xml_writer *w, struct slice text);
/** <name>text</name> */
void xml_put_leaf(struct xml_writer *w, const char *name, struct slice text);
/** Text that is XML already, as xml_put_node() has made it. */
void xml_put_raw(struct xml_writer *w, struct slice xml);

/**
 * A piece of a document as it was read. Prefixes that it uses and that were declared above
 * it are declared again where they are needed.
 * @param default_ns  namespace without prefix at the place it is written to
 */
void xml_put_node(struct xml_writer *w, const struct xml_node *node, struct slice default_ns);

/** Text escaped for content and for values in double quotes. */
void xml_escape(struct buf *out, struct slice text);

#endif
