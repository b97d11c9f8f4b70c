/*
 * modules/presence_xml/read.c - a body becomes a document.
 */
#include "modules/presence_xml/doc.h"

#include "parser/mime.h"

#include <errno.h>

static int read_xml(struct pdoc *doc, struct slice body, const struct pdoc_limits *limits,
    struct xml_node **root, const char **why)
{
	struct xml_defect defect;
	int err = xml_read(doc->arena, body, &limits->xml, root, &defect);

	if (err == -E2BIG)
		*why = "The XML is too long, too deep or has too many elements";
	else if (err == -EBADMSG)
		*why = "The XML is not well-formed UTF-8 without a document type";
	return err;
}

static int read_root(struct pdoc *doc, const struct mime_type *type, const struct xml_node *root,
    const struct pdoc_limits *limits, const char **why)
{
	doc->root = root;
	if (mime_type_is(type, PIDF_TYPE) || mime_type_is(type, CPIM_TYPE))
		return pdoc_read_pidf(doc, root, why);
	if (mime_type_is(type, MSRTC_TYPE))
		return pdoc_read_lcs(doc, root, limits, why);
	return pdoc_read_user_info(doc, root, limits, why);
}

static bool is_known(const struct mime_type *type)
{
	return mime_type_is(type, PIDF_TYPE) || mime_type_is(type, CPIM_TYPE) ||
	    mime_type_is(type, MSRTC_TYPE) || mime_type_is(type, USERINFO_TYPE);
}

static struct pdoc *doc_new(void)
{
	struct arena *arena = arena_new(0);
	struct pdoc *doc = arena ? arena_zalloc(arena, sizeof(*doc)) : NULL;

	if (!doc) {
		arena_free(&arena);
		return NULL;
	}
	doc->arena = arena;
	return doc;
}

int pdoc_read(struct slice content_type, struct slice body, const struct pdoc_limits *limits,
    struct pdoc **out, const char **why)
{
	struct mime_type type;
	struct xml_node *root;
	struct pdoc *doc;
	int err = 0;

	if (mime_type_parse(content_type, &type, NULL) != 0)
		return -EINVAL;
	doc = doc_new();
	if (!doc)
		return -ENOMEM;
	if (mime_type_is(&type, GONE_TYPE)) {
		doc->kind = PDOC_GONE;
	} else if (!is_known(&type)) {
		err = -EINVAL;
	} else {
		err = read_xml(doc, body, limits, &root, why);
		if (!err)
			err = read_root(doc, &type, root, limits, why);
	}
	if (err)
		pdoc_free(&doc);
	else
		*out = doc;
	return err;
}

void pdoc_free(struct pdoc **doc)
{
	struct arena *arena = *doc ? (*doc)->arena : NULL;

	*doc = NULL;
	arena_free(&arena);
}
