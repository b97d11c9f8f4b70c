/*
 * modules/rls/read.c - what a list subscription's body asks for: LCS's adhoclist, or a list
 * of resources (RFC 4826) as RFC 5367 puts it into a SUBSCRIBE.
 */
#include "modules/rls/rls.h"

#include "parser/mime.h"

#include <errno.h>

static int read_resources(const struct xml_node *op, enum rls_step step, rls_resource_fn *fn,
    void *arg)
{
	const struct xml_node *n = xml_child(op, XML_ANY_NS, SLICE("resource"));
	int err = fn(arg, step, SLICE_NULL);

	for (; n && !err; n = xml_next(n, XML_ANY_NS, SLICE("resource"))) {
		struct slice uri = slice_trim(xml_attr(n, XML_ANY_NS, SLICE("uri")));

		err = uri.len ? fn(arg, step, uri) : -EBADMSG;
	}
	return err;
}

static int read_adhoc(const struct xml_node *root, rls_resource_fn *fn, void *arg)
{
	static const struct { const char *name; enum rls_step step; } steps[] = {
		{ "create", RLS_CREATE }, { "add", RLS_ADD }, { "delete", RLS_DELETE },
	};
	const struct xml_node *n = xml_child(root, XML_ANY_NS, SLICE_NULL);
	int err = 0;

	if (!xml_is(root, ADRL_NS, SLICE("adhoclist")) || !n)
		return -EBADMSG;
	for (; n && !err; n = xml_next(n, XML_ANY_NS, SLICE_NULL)) {
		unsigned i = 0;

		while (i < 3 && !slice_eq(n->name, slice_str(steps[i].name)))
			i++;
		err = i < 3 ? read_resources(n, steps[i].step, fn, arg) : -EBADMSG;
	}
	return err;
}

/* Lists inside lists are one here. What points to another document cannot be followed. */
static int read_lists(const struct xml_node *root, rls_resource_fn *fn, void *arg)
{
	int err = -EBADMSG;

	if (xml_is(root, LISTS_NS, SLICE("resource-lists")))
		err = fn(arg, RLS_CREATE, SLICE_NULL);
	for (const struct xml_node *n = root; n && !err; n = xml_below(n, root)) {
		struct slice uri;

		if (!xml_is_element(n) || !slice_eq(n->ns, LISTS_NS))
			continue;
		if (slice_eq(n->name, SLICE("external")) || slice_eq(n->name, SLICE("entry-ref")))
			return -EOPNOTSUPP;
		if (!slice_eq(n->name, SLICE("entry")))
			continue;
		uri = slice_trim(xml_attr(n, SLICE(""), SLICE("uri")));
		err = uri.len ? fn(arg, RLS_CREATE, uri) : -EBADMSG;
	}
	return err;
}

int rls_read(struct arena *arena, struct slice content_type, struct slice body,
    rls_resource_fn *fn, void *arg)
{
	const struct xml_limits limits = { 256 * 1024, 24, 16384 };
	struct xml_defect why;
	struct mime_type type;
	struct xml_node *root;
	bool is_adhoc;
	int err;

	if (mime_type_parse(content_type, &type, NULL) != 0)
		return -EMEDIUMTYPE;
	is_adhoc = mime_type_is(&type, ADRL_TYPE);
	if (!is_adhoc && !mime_type_is(&type, LISTS_TYPE))
		return -EMEDIUMTYPE;
	err = xml_read(arena, body, &limits, &root, &why);
	if (err)
		return err == -E2BIG ? -EBADMSG : err;
	return is_adhoc ? read_adhoc(root, fn, arg) : read_lists(root, fn, arg);
}
