/*
 * utils/xml_read.h - from bytes of a stranger to a tree (libxml2 reads).
 *
 * There is no document type, no entity but the five of XML, no file and no network in it;
 * size, depth and number of nodes have limits. The text must be UTF-8, whatever it declares.
 *
 * In an archive of its own, utils/libxmlread.a: only modules that read XML bring libxml2
 * into the server. Such a module has in its Makefile.inc
 *
 *	modules_NAME_libs = $(XMLREAD_LIBS)
 *	EXTRA_modules_libNAME_a_DEPENDENCIES = $(XMLREAD_DEP)
 */
#ifndef UTILS_XML_READ_H
#define UTILS_XML_READ_H

#include "utils/xml.h"

struct xml_limits {			/* each must be above 0 */
	size_t   bytes;			/* of the text */
	unsigned depth;			/* elements inside each other; at most 200 */
	unsigned nodes;			/* elements, attributes, declarations and pieces of text */
};
#define XML_LIMITS_SMALL ((struct xml_limits){ 64 * 1024, 32, 4096 })

struct xml_defect {
	char     reason[160];		/* printable ASCII, one line: fit for a reason phrase */
	unsigned line;			/* 0: of the whole */
};

/** Once, before there are threads that read: a module that reads does it in load(). */
void xml_read_init(void);

/**
 * Read a document.
 *
 * @param text   borrowed for the call
 * @param arena  holds the tree; its cap counts too
 * @param root   the document's element
 * @return 0; -EBADMSG: not well-formed, or something that is not allowed; -E2BIG: beyond a
 *         limit; -ENOMEM. *why is set for the first two
 */
int xml_read(struct arena *arena, struct slice text, const struct xml_limits *limits,
    struct xml_node **root, struct xml_defect *why);

#endif
