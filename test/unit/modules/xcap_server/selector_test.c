/*
 * XCAP URIs: which document, and what in it (RFC 4825 section 6).
 */
#include "modules/xcap_server/path.h"

#include "test/unit.h"

static const struct {
	const char *target;
	int err;
	const char *auid, *user, *document, *node, *query;
} paths[] = {
	{ "/xcap-root/resource-lists/users/sip:a@b/index", 0, "resource-lists", "sip:a@b", "index", NULL,
	  "" },
	{ "/xcap-root/resource-lists/users/sip:a@b/index/~~/resource-lists/list?xmlns(a=b)", 0,
	  "resource-lists", "sip:a@b", "index", "resource-lists/list", "xmlns(a=b)" },
	{ "/xcap-root/resource-lists/users/sip%3Aa%40b/index/%7E%7E/x", 0, "resource-lists", "sip:a@b",
	  "index", "x", "" },
	{ "/xcap-root/resource-lists/users/sip:a%2Fb@c/index", 0, "resource-lists", "sip:a/b@c", "index",
	  NULL, "" },
	{ "/xcap-root/xcap-caps/global/index", 0, "xcap-caps", "", "index", NULL, "" },
	{ "/xcap-root/xcap-caps/global/index/~~/", 0, "xcap-caps", "", "index", "", "" },
	{ "/", -ENOENT, NULL, NULL, NULL, NULL, NULL },
	{ "", -ENOENT, NULL, NULL, NULL, NULL, NULL },
	{ "/xcap-root", -ENOENT, NULL, NULL, NULL, NULL, NULL },
	{ "/xcap-rootx/xcap-caps/global/index", -ENOENT, NULL, NULL, NULL, NULL, NULL },
	{ "/xcap-root/../etc/passwd", -ENOENT, NULL, NULL, NULL, NULL, NULL },
	{ "/xcap-root/%2E%2E/users/x/index", -ENOENT, NULL, NULL, NULL, NULL, NULL },
	{ "/xcap-root/resource-lists/users/../../index", -ENOENT, NULL, NULL, NULL, NULL, NULL },
	{ "/xcap-root//users/x/index", -ENOENT, NULL, NULL, NULL, NULL, NULL },
	{ "/xcap-root/a/users/x", -ENOENT, NULL, NULL, NULL, NULL, NULL },
	{ "/xcap-root/a/users/x/", -ENOENT, NULL, NULL, NULL, NULL, NULL },
	{ "/xcap-root/a/users/x/index/more", -ENOENT, NULL, NULL, NULL, NULL, NULL },
	{ "/xcap-root/a/elsewhere/x/index", -ENOENT, NULL, NULL, NULL, NULL, NULL },
	{ "/xcap-root/a/users/%/index", -EBADMSG, NULL, NULL, NULL, NULL, NULL },
	{ "/xcap-root/a/users/%4/index", -EBADMSG, NULL, NULL, NULL, NULL, NULL },
	{ "/xcap-root/a/users/%zz/index", -EBADMSG, NULL, NULL, NULL, NULL, NULL },
	{ "/xcap-root/a/users/x%00/index", -EBADMSG, NULL, NULL, NULL, NULL, NULL },
	{ "/xcap-root/a/users/%c3%28/index", -EBADMSG, NULL, NULL, NULL, NULL, NULL },
	{ "/xcap-root/a/users/%ed%a0%80/index", -EBADMSG, NULL, NULL, NULL, NULL, NULL },
};

static void test_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct arena *arena = arena_new(0);
		struct xcap_path p;
		int err = xcap_path_parse(arena, slice_str(paths[i].target), SLICE("/xcap-root"), &p);

		if (err != paths[i].err)
			fail_msg("%s: %d", paths[i].target, err);
		if (!err) {
			assert_slice(p.auid, paths[i].auid);
			assert_slice(p.user, paths[i].user);
			assert_slice(p.document, paths[i].document);
			assert_int_equal(p.node.p != NULL, paths[i].node != NULL);
			assert_slice(p.node, paths[i].node ? paths[i].node : "");
			assert_slice(p.query, paths[i].query);
			assert_int_equal(p.is_global, !*paths[i].user);
		}
		arena_free(&arena);
	}
}

/* "NS|name[position][NS|attribute=value]" for each step, then what is meant. */
static const char *describe(const struct xcap_node *n)
{
	static const char *const ends[] = { "document", "element", "attribute ", "namespaces" };
	static char text[1024];
	size_t len = 0;

	for (unsigned i = 0; i < n->count; i++) {
		const struct xcap_step *s = &n->steps[i];

		len += (size_t)snprintf(text + len, sizeof(text) - len, "%.*s|%.*s", SLICE_ARG(s->ns),
		    SLICE_ARG(s->name.p ? s->name : SLICE("*")));
		if (s->position)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "[%u]", s->position);
		if (s->attr_name.p)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "[%.*s|%.*s=%.*s]",
			    SLICE_ARG(s->attr_ns), SLICE_ARG(s->attr_name), SLICE_ARG(s->attr_value));
		len += (size_t)snprintf(text + len, sizeof(text) - len, " ");
	}
	len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", ends[n->target]);
	if (n->target == XCAP_ATTRIBUTE)
		snprintf(text + len, sizeof(text) - len, "%.*s|%.*s", SLICE_ARG(n->attr_ns),
		    SLICE_ARG(n->attr_name));
	return text;
}

static const struct { const char *node, *query, *says; } nodes[] = {
	{ "a", "", "d|a element" },
	{ "a/b/c", "", "d|a d|b d|c element" },
	{ "*", "", "|* element" },
	{ "a/*[2]", "", "d|a |*[2] element" },
	{ "a[1]/b[12]", "", "d|a[1] d|b[12] element" },
	{ "a%5b@x=%22y%22%5d", "", "d|a[|x=y] element" },
	{ "a[@x='y z']", "", "d|a[|x=y z] element" },
	{ "a[@x=\"1/2]3\"]/b", "", "d|a[|x=1/2]3] d|b element" },
	{ "a[@x=\"&lt;&amp;&quot;&apos;&gt;\"]", "", "d|a[|x=<&\"'>] element" },
	{ "a[2][@x=\"y\"]", "", "d|a[2][|x=y] element" },
	{ "p:a/q:b", "xmlns(p=urn:p)xmlns(q=urn:q)", "urn:p|a urn:q|b element" },
	{ "p:a", "xmlns(p=urn:1)%20xmlns(p=urn:2)", "urn:2|a element" },
	{ "p:a", "xmlns(p=urn:^(x^)^^)", "urn:(x)^|a element" },
	{ "a[@p:x=\"y\"]", "xmlns(p=urn:p)", "d|a[urn:p|x=y] element" },
	{ "a/@x", "", "d|a attribute |x" },
	{ "a/@p:x", "xmlns(p=urn:p)", "d|a attribute urn:p|x" },
	{ "a/@xml:lang", "", "d|a attribute http://www.w3.org/XML/1998/namespace|lang" },
	{ "a/namespace::*", "", "d|a namespaces" },
	{ "\xc3\xa9t\xc3\xa9", "", "d|\xc3\xa9t\xc3\xa9 element" },
	{ "", "", NULL },
	{ "/a", "", NULL },
	{ "a/", "", NULL },
	{ "a//b", "", NULL },
	{ "@x", "", NULL },
	{ "namespace::*", "", NULL },
	{ "a/@x/b", "", NULL },
	{ "a/namespace::*/b", "", NULL },
	{ "a[0]", "", NULL },
	{ "a[-1]", "", NULL },
	{ "a[99999999999]", "", NULL },
	{ "a[1][2]", "", NULL },
	{ "a[@x=\"y\"][1]", "", NULL },
	{ "a[@x=y]", "", NULL },
	{ "a[@x=\"y]", "", NULL },
	{ "a[@x=\"y\"", "", NULL },
	{ "a[@x]", "", NULL },
	{ "a[]", "", NULL },
	{ "a[last()]", "", NULL },
	{ "a[@x=\"<\"]", "", NULL },
	{ "a[@x=\"&nbsp;\"]", "", NULL },
	{ "1a", "", NULL },
	{ "a b", "", NULL },
	{ "..", "", NULL },
	{ "a/..", "", NULL },
	{ "a|b", "", NULL },
	{ "p:a", "", NULL },
	{ "p:a", "xmlns(q=urn:q)", NULL },
	{ "a", "xmlns(p=)", NULL },
	{ "a", "xmlns(p=urn:p", NULL },
	{ "a", "xmlns(p=urn:(p))", NULL },
	{ "a", "element(/1)", NULL },
	{ "a", "p=urn:p", NULL },
	{ "%zz", "", NULL },
};

static void test_nodes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(nodes); i++) {
		const struct xcap_path p = { .node = slice_str(nodes[i].node),
		    .query = slice_str(nodes[i].query) };
		struct arena *arena = arena_new(0);
		struct xcap_node n;
		int err = xcap_node_parse(arena, &p, SLICE("d"), &n);

		if (err != (nodes[i].says ? 0 : -EBADMSG))
			fail_msg("%s: %d", nodes[i].node, err);
		if (!err && strcmp(describe(&n), nodes[i].says) != 0)
			fail_msg("%s: \"%s\"", nodes[i].node, describe(&n));
		arena_free(&arena);
	}
}

static void test_limits(void **state)
{
	struct arena *arena = arena_new(0);
	const struct xcap_path none = { 0 }, deep = { .node = SLICE(
	    "a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"), .query = SLICE("") };
	struct xcap_node n;
	char query[2048];
	struct xcap_path many = { .node = SLICE("a"), .query = { query, 0 } };

	(void)state;
	assert_int_equal(xcap_node_parse(arena, &none, SLICE("d"), &n), 0);
	assert_int_equal(n.target, XCAP_DOCUMENT);
	assert_int_equal(xcap_node_parse(arena, &deep, SLICE("d"), &n), -E2BIG);
	for (int i = 0; i < 17; i++)
		many.query.len += (size_t)snprintf(query + many.query.len,
		    sizeof(query) - many.query.len, "xmlns(p%d=urn:p)", i);
	assert_int_equal(xcap_node_parse(arena, &many, SLICE("d"), &n), -EBADMSG);
	arena_free(&arena);
}

UNIT_MAIN(cmocka_unit_test(test_paths), cmocka_unit_test(test_nodes),
    cmocka_unit_test(test_limits))
