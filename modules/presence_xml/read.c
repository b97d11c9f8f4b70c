/*
 * modules/presence_xml/read.c - a body becomes a document.
 */
#include "modules/presence_xml/doc.h"

#include "parser/mime.h"

#include <errno.h>
#include <stdlib.h>

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

/* A PIDF document is kept with its tree, which takes some four times its text. */
static struct pdoc *doc_new(size_t text_bytes)
{
	struct arena *arena = arena_new_small(sizeof(struct pdoc) + 5 * text_bytes);
	struct pdoc *doc = arena ? arena_zalloc(arena, sizeof(*doc)) : NULL;

	if (!doc) {
		arena_free(&arena);
		return NULL;
	}
	doc->arena = arena;
	return doc;
}

/* ---- what stays ---- */

static void texts_of(struct pdoc *doc, struct slice *texts[7])
{
	texts[0] = &doc->note;
	texts[1] = &doc->display_name;
	texts[2] = &doc->availability_text;
	texts[3] = &doc->activity_text;
	texts[4] = &doc->device;
	texts[5] = &doc->info.xml;
	texts[6] = &doc->info.note;
}

/* Of an LCS document only a few texts are used later, and every endpoint has one for hours: the
 * tree is not worth its memory. */
static struct pdoc *without_tree(const struct pdoc *doc)
{
	struct pdoc copy = *doc, *out;
	struct slice *texts[7];
	size_t len = 0;
	char *at;

	texts_of(&copy, texts);
	for (unsigned i = 0; i < 7; i++)
		len += texts[i]->len;
	out = malloc(sizeof(*out) + len + 1);
	if (!out)
		return NULL;
	at = (char *)(out + 1);
	for (unsigned i = 0; i < 7; i++)
		if (texts[i]->p)	/* "" and none are not the same */
			*texts[i] = slice_put(&at, *texts[i]);
	*out = copy;
	out->arena = NULL;
	out->root = NULL;
	return out;
}

static int keep(struct pdoc *doc, struct pdoc **out)
{
	if (doc->kind == PDOC_PIDF) {
		*out = doc;
		return 0;
	}
	*out = without_tree(doc);
	pdoc_free(&doc);
	return *out ? 0 : -ENOMEM;
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
	doc = doc_new(body.len);
	if (!doc)
		return -ENOMEM;
	if (mime_type_is(&type, GONE_TYPE)) {
		doc->kind = PDOC_GONE;
	} else if (mime_type_is(&type, SILENT_TYPE)) {
		doc->kind = PDOC_SILENT;
	} else if (!is_known(&type)) {
		err = -EINVAL;
	} else {
		err = read_xml(doc, body, limits, &root, why);
		if (!err)
			err = read_root(doc, &type, root, limits, why);
	}
	if (!err)
		return keep(doc, out);
	pdoc_free(&doc);
	return err;
}

void pdoc_free(struct pdoc **doc)
{
	struct pdoc *d = *doc;
	struct arena *arena = d ? d->arena : NULL;

	*doc = NULL;
	if (arena)
		arena_free(&arena);		/* it is in it */
	else
		free(d);
}
