/*
 * Pieces of documents: found, put, deleted, written (RFC 4825 sections 7 and 8).
 */
#include "modules/xcap_server/tree.h"

#include "test/oom.h"
#include "test/unit.h"

static const struct xml_limits limits = { 65536, 16, 4096 };

struct doc {
	struct arena    *arena;
	struct xml_node *root;
	struct xcap_node where;
};

static void open_doc(struct doc *d, const char *text, const char *node, const char *query)
{
	const struct xcap_path p = { .node = slice_str(node), .query = slice_str(query) };
	struct xml_defect why;

	d->arena = arena_new(0);
	assert_int_equal(xml_read(d->arena, slice_str(text), &limits, &d->root, &why), 0);
	assert_int_equal(xcap_node_parse(d->arena, &p, SLICE("d"), &d->where), 0);
}

static const char *written(const struct doc *d)
{
	static char text[4096];
	struct buf *b = buf_new(256);
	struct slice s;

	xcap_write_document(b, d->root);
	s = buf_slice(b);
	s = slice_skip(s, slice_search(s, SLICE("?>")) + 4);
	snprintf(text, sizeof(text), "%.*s", SLICE_ARG(s));
	buf_unref(&b);
	return text;
}

#define DOC "<a xmlns=\"d\" xmlns:p=\"e\"><b x=\"1\"/><p:b x=\"1\"/><b x=\"2\">t</b><c x=\"1\"/></a>"

static const struct { const char *node, *query, *piece; } gets[] = {
	{ "a", "", "<a xmlns=\"d\" xmlns:p=\"e\"><b x=\"1\"/><p:b x=\"1\"/><b x=\"2\">t</b><c x=\"1\"/></a>" },
	{ "a/b[1]", "", "<b x=\"1\"/>" },
	{ "a/b[2]", "", "<b x=\"2\">t</b>" },
	{ "a/b", "", NULL },				/* two */
	{ "a/b[3]", "", NULL },
	{ "a/b[@x=\"2\"]", "", "<b x=\"2\">t</b>" },
	{ "a/b[1][@x=\"2\"]", "", NULL },
	{ "a/b[2][@x=\"2\"]", "", "<b x=\"2\">t</b>" },
	{ "a/*[2]", "", "<p:b xmlns:p=\"e\" x=\"1\"/>" },
	{ "a/*[@x=\"1\"]", "", NULL },			/* three */
	{ "a/q:b", "xmlns(q=e)", "<p:b xmlns:p=\"e\" x=\"1\"/>" },
	{ "a/c", "", "<c x=\"1\"/>" },
	{ "a/c/@x", "", "1" },
	{ "a/c/@y", "", NULL },
	{ "a/c/namespace::*", "", "<c xmlns=\"d\" xmlns:p=\"e\"/>" },
	{ "b", "", NULL },
	{ "a/c/b", "", NULL },
	{ "a/q:c", "xmlns(q=f)", NULL },
};

static void test_get(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(gets); i++) {
		struct buf *b = buf_new(256);
		struct xml_node *n;
		struct doc d;
		bool found;

		open_doc(&d, DOC, gets[i].node, gets[i].query);
		n = xcap_select(d.root, d.where.steps, d.where.count);
		found = n && xcap_write_piece(b, n, &d.where);
		if (found != (gets[i].piece != NULL))
			fail_msg("%s: %d", gets[i].node, found);
		if (found)
			assert_slice(buf_slice(b), gets[i].piece);
		buf_unref(&b);
		arena_free(&d.arena);
	}
}

#define OLD "<a xmlns=\"d\" xmlns:p=\"e\"><b x=\"1\"/><b x=\"2\"/><c/></a>"
#define A   "<a xmlns=\"d\" xmlns:p=\"e\">"

static const struct {
	const char *node, *body;
	enum xcap_tree did;
	const char *result;		/* refused: the error's name */
} puts_[] = {
	/* in the place of what is there */
	{ "a/c", "<c y=\"z\"/>", XCAP_TREE_REPLACED, A "<b x=\"1\"/><b x=\"2\"/><c y=\"z\"/></a>" },
	{ "a/b[1]", "<b/>", XCAP_TREE_REPLACED, A "<b/><b x=\"2\"/><c/></a>" },
	{ "a/b[@x=\"2\"]", "<b x=\"2\">t</b>", XCAP_TREE_REPLACED,
	  A "<b x=\"1\"/><b x=\"2\">t</b><c/></a>" },
	{ "a", "<a xmlns=\"d\"/>", XCAP_TREE_REPLACED, "<a xmlns=\"d\"/>" },
	/* what is new goes behind the last of its name, or to its position */
	{ "a/b[@x=\"3\"]", "<b x=\"3\"/>", XCAP_TREE_CREATED,
	  A "<b x=\"1\"/><b x=\"2\"/><b x=\"3\"/><c/></a>" },
	{ "a/b[3]", "<b/>", XCAP_TREE_CREATED, A "<b x=\"1\"/><b x=\"2\"/><b/><c/></a>" },
	{ "a/b[1][@x=\"3\"]", "<b x=\"3\"/>", XCAP_TREE_CREATED,
	  A "<b x=\"3\"/><b x=\"1\"/><b x=\"2\"/><c/></a>" },
	{ "a/e", "<e/>", XCAP_TREE_CREATED, A "<b x=\"1\"/><b x=\"2\"/><c/><e/></a>" },
	{ "a/c/e", "<e/>", XCAP_TREE_CREATED, A "<b x=\"1\"/><b x=\"2\"/><c><e/></c></a>" },
	{ "a/e", " <e><p:f/></e>\n", XCAP_TREE_CREATED,
	  A "<b x=\"1\"/><b x=\"2\"/><c/><e><p:f/></e></a>" },
	{ "a/*[4]", "<e/>", XCAP_TREE_CREATED, A "<b x=\"1\"/><b x=\"2\"/><c/><e/></a>" },
	/* the selector has to lead there */
	{ "a/b[@x=\"3\"]", "<b x=\"4\"/>", XCAP_TREE_REFUSED, "cannot-insert" },
	{ "a/b[@x=\"1\"]", "<b x=\"4\"/>", XCAP_TREE_REFUSED, "cannot-insert" },
	{ "a/b[@x=\"3\"]", "<c x=\"3\"/>", XCAP_TREE_REFUSED, "cannot-insert" },
	{ "a/c", "<c xmlns=\"f\"/>", XCAP_TREE_REFUSED, "cannot-insert" },
	{ "a/b[9]", "<b/>", XCAP_TREE_REFUSED, "cannot-insert" },
	{ "a/e[2]", "<e/>", XCAP_TREE_REFUSED, "cannot-insert" },
	{ "a/b", "<b/>", XCAP_TREE_REFUSED, "cannot-insert" },
	{ "a/x/y", "<y/>", XCAP_TREE_REFUSED, "no-parent" },
	{ "a/b/y", "<y/>", XCAP_TREE_REFUSED, "no-parent" },
	{ "b", "<b xmlns=\"d\"/>", XCAP_TREE_REFUSED, "no-parent" },
	/* what is no element */
	{ "a/e", "", XCAP_TREE_REFUSED, "not-xml-frag" },
	{ "a/e", "text", XCAP_TREE_REFUSED, "not-xml-frag" },
	{ "a/e", "<e/><e/>", XCAP_TREE_REFUSED, "not-xml-frag" },
	{ "a/e", "<e>", XCAP_TREE_REFUSED, "not-xml-frag" },
	{ "a/e", "<e/>t", XCAP_TREE_REFUSED, "not-xml-frag" },
	{ "a/e", "<q:e/>", XCAP_TREE_REFUSED, "not-xml-frag" },
	{ "a/e", "<e/></in><in>", XCAP_TREE_REFUSED, "not-xml-frag" },
	{ "a/e", "<?xml version=\"1.0\"?><e/>", XCAP_TREE_REFUSED, "not-xml-frag" },
	{ "a/e", "<!DOCTYPE e [<!ENTITY x \"y\">]><e>&x;</e>", XCAP_TREE_REFUSED, "not-xml-frag" },
	{ "a/e", "<e>&x;</e>", XCAP_TREE_REFUSED, "not-xml-frag" },
	{ "a/e", "<e>\xff</e>", XCAP_TREE_REFUSED, "not-utf-8" },
	/* attributes */
	{ "a/c/@y", "z", XCAP_TREE_CREATED, A "<b x=\"1\"/><b x=\"2\"/><c y=\"z\"/></a>" },
	{ "a/b[1]/@x", "z", XCAP_TREE_REPLACED, A "<b x=\"z\"/><b x=\"2\"/><c/></a>" },
	{ "a/c/@y", "\"&lt;&amp;", XCAP_TREE_CREATED,
	  A "<b x=\"1\"/><b x=\"2\"/><c y=\"&quot;&lt;&amp;\"/></a>" },
	{ "a/c/@y", "", XCAP_TREE_CREATED, A "<b x=\"1\"/><b x=\"2\"/><c y=\"\"/></a>" },
	{ "a/b[@x=\"1\"]/@x", "z", XCAP_TREE_REFUSED, "cannot-insert" },
	{ "a/c/@y", "<", XCAP_TREE_REFUSED, "not-xml-att-value" },
	{ "a/c/@y", "&", XCAP_TREE_REFUSED, "not-xml-att-value" },
	{ "a/c/@y", "\"'", XCAP_TREE_REFUSED, "not-xml-att-value" },
	{ "a/c/@y", "\" z=\"1", XCAP_TREE_CREATED,
	  A "<b x=\"1\"/><b x=\"2\"/><c y=\"&quot; z=&quot;1\"/></a>" },
	{ "a/e/@y", "z", XCAP_TREE_REFUSED, "no-parent" },
};

static void test_put(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(puts_); i++) {
		struct xcap_error e;
		struct doc d;
		enum xcap_tree did;
		const char *result;

		open_doc(&d, OLD, puts_[i].node, "");
		did = xcap_put(d.arena, &d.root, &d.where, slice_str(puts_[i].body), &limits, &e);
		result = did == XCAP_TREE_REFUSED ? xcap_why_name(e.why) : written(&d);
		if (did != puts_[i].did || strcmp(result, puts_[i].result) != 0)
			fail_msg("%s: %d %s", puts_[i].node, (int)did, result);
		arena_free(&d.arena);
	}
}

static const struct { const char *node; enum xcap_tree did; const char *result; } deletes[] = {
	{ "a/c", XCAP_TREE_DELETED, A "<b x=\"1\"/><b x=\"2\"/></a>" },
	{ "a/b[@x=\"1\"]", XCAP_TREE_DELETED, A "<b x=\"2\"/><c/></a>" },
	{ "a/b[2]", XCAP_TREE_DELETED, A "<b x=\"1\"/><c/></a>" },
	{ "a/b[1]/@x", XCAP_TREE_DELETED, A "<b/><b x=\"2\"/><c/></a>" },
	{ "a/b[1]", XCAP_TREE_REFUSED, "cannot-delete" },	/* the second would be the first */
	{ "a", XCAP_TREE_REFUSED, "cannot-delete" },
	{ "a/e", XCAP_TREE_ABSENT, NULL },
	{ "a/b", XCAP_TREE_ABSENT, NULL },
	{ "a/b[1]/@y", XCAP_TREE_ABSENT, NULL },
	{ "a/e/@y", XCAP_TREE_ABSENT, NULL },
};

static void test_delete(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(deletes); i++) {
		struct xcap_error e;
		struct doc d;
		enum xcap_tree did;

		open_doc(&d, OLD, deletes[i].node, "");
		did = xcap_delete(d.root, &d.where, &e);
		if (did != deletes[i].did || (deletes[i].result && strcmp(deletes[i].result,
		    did == XCAP_TREE_REFUSED ? xcap_why_name(e.why) : written(&d)) != 0))
			fail_msg("%s: %d", deletes[i].node, (int)did);
		arena_free(&d.arena);
	}
}

static void test_reach(void **state)
{
	struct doc d;

	(void)state;
	open_doc(&d, OLD, "a/c/e/f", "");
	assert_int_equal(xcap_reach(d.root, d.where.steps, d.where.count), 2);
	arena_free(&d.arena);
}

static void test_errors(void **state)
{
	struct buf *b = buf_new(64);
	struct xcap_error e;

	(void)state;
	xcap_refuse(&e, XCAP_UNIQUENESS_FAILURE, "two of \"%s\" \x01", "<x>");
	e.field = SLICE("a/b[@c=\"d\"]");
	xcap_error_write(b, &e);
	assert_true(slice_search(buf_slice(b), SLICE("<uniqueness-failure phrase=\"two of &quot;"
	    "&lt;x&gt;&quot; ?\"><exists field=\"a/b[@c=&quot;d&quot;]\"/></uniqueness-failure>")) <
	    b->len);
	buf_clear(b);
	xcap_refuse(&e, XCAP_NO_PARENT, "%s", "");
	e.ancestor = SLICE("/x");
	xcap_error_write(b, &e);
	assert_true(slice_search(buf_slice(b),
	    SLICE("<no-parent><ancestor>/x</ancestor></no-parent>")) < b->len);
	buf_unref(&b);
}

/* Every allocation of a change fails once. */
static void test_short_memory(void **state)
{
	static const char *const nodes[] = { "a/e", "a/c/@y" };
	static const char *const bodies[] = { "<e><p:f/>t</e>", "v" };

	(void)state;
	for (size_t i = 0; i < COUNT(nodes); i++) {
		unsigned failed = 0;

		for (enum xcap_tree did = XCAP_TREE_NO_MEMORY; did != XCAP_TREE_CREATED;) {
			struct xcap_error e;
			struct doc d;

			open_doc(&d, OLD, nodes[i], "");
			oom_fail_nth(++failed);
			did = xcap_put(d.arena, &d.root, &d.where, slice_str(bodies[i]), &limits, &e);
			assert_int_equal(did, oom_reset() ? XCAP_TREE_NO_MEMORY : XCAP_TREE_CREATED);
			arena_free(&d.arena);
		}
		assert_true(failed > 1);
	}
}

UNIT_MAIN(cmocka_unit_test(test_get), cmocka_unit_test(test_put), cmocka_unit_test(test_delete),
    cmocka_unit_test(test_reach), cmocka_unit_test(test_errors),
    cmocka_unit_test(test_short_memory))
