/*
 * XML: what is read, what is refused and why, what is written again.
 */
#include "utils/xml_read.h"
#include "utils/xml_write.h"

#include "test/oom.h"
#include "test/unit.h"

static const struct xml_limits small = { 4096, 8, 64 };

static int read_text(struct arena *a, struct slice text, struct xml_node **root,
    struct xml_defect *why)
{
	memset(why, 0, sizeof(*why));
	return xml_read(a, text, &small, root, why);
}

static void names_with_their_namespaces(void **state)
{
	struct arena *a = arena_new(0);
	struct xml_node *root;
	struct xml_defect why;
	const struct xml_node *n;

	(void)state;
	assert_int_equal(read_text(a, SLICE("<?xml version='1.0' encoding='utf-8'?>\n"
	    "<p:a xmlns:p='urn:p' xmlns='urn:d' one='1' p:one='2'>x<b/>y&amp;<![CDATA[<z>]]>"
	    "<!-- c --><b xmlns='urn:e' t='&#x20AC;' u='&lt;&amp;&#38;'>deep</b><c/></p:a>"), &root, &why), 0);
	assert_true(xml_is(root, SLICE("urn:p"), SLICE("a")));
	assert_slice(root->prefix, "p");
	assert_slice(xml_attr(root, SLICE(""), SLICE("one")), "1");
	assert_slice(xml_attr(root, SLICE("urn:p"), SLICE("one")), "2");
	assert_null(xml_attr(root, XML_ANY_NS, SLICE("two")).p);
	assert_slice(xml_text(a, root), "xy&<z>");
	n = xml_child(root, SLICE("urn:e"), SLICE("b"));
	assert_non_null(n);
	assert_slice(xml_text(a, n), "deep");
	assert_slice(xml_attr(n, XML_ANY_NS, SLICE("t")), "\xe2\x82\xac");
	assert_ptr_equal(xml_next(xml_child(root, XML_ANY_NS, SLICE_NULL), XML_ANY_NS, SLICE("b")), n);
	assert_slice(xml_attr(n, XML_ANY_NS, SLICE("u")), "<&&");
	assert_null(xml_next(n, XML_ANY_NS, SLICE("b")));
	assert_true(xml_is(xml_next(n, XML_ANY_NS, SLICE_NULL), SLICE("urn:d"), SLICE("c")));
	assert_null(xml_child(NULL, XML_ANY_NS, SLICE("b")));
	assert_slice(xml_ns_of(n, SLICE("")), "urn:e");
	assert_slice(xml_ns_of(n, SLICE("p")), "urn:p");
	assert_null(xml_ns_of(n, SLICE("q")).p);
	arena_free(&a);
}

static const struct { const char *text; int err; const char *reason; } bad[] = {
	{ "", -EBADMSG, "there is no document" },
	{ "  \r\n ", -EBADMSG, "there is no document" },
	{ "hello", -EBADMSG, "Start tag expected" },
	{ "<a>", -EBADMSG, "Premature end" },
	{ "<a></b>", -EBADMSG, "tag mismatch" },
	{ "<a/><b/>", -EBADMSG, "Extra content" },
	{ "<a b='1' b='2'/>", -EBADMSG, "Attribute b redefined" },
	{ "<p:a/>", -EBADMSG, "Namespace prefix p on a is not defined" },
	{ "<a p:b='1'/>", -EBADMSG, "Namespace prefix p" },
	{ "<a>&nothing;</a>", -EBADMSG, "Entity 'nothing' not defined" },
	{ "<a>&#0;</a>", -EBADMSG, "invalid xmlChar value 0" },
	{ "<a>\x01</a>", -EBADMSG, "PCDATA invalid Char value 1" },
	{ "<a>\xff</a>", -EBADMSG, "not proper UTF-8" },
	{ "<a>\xc3</a>", -EBADMSG, "UTF-8" },
	{ "<!DOCTYPE a><a/>", -EBADMSG, "a document type is not allowed" },
	{ "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", -EBADMSG, "a document type is not allowed" },
	{ "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", -EBADMSG, "a document type is not allowed" },
	{ "<!DOCTYPE a [<!ENTITY x SYSTEM 'http://127.0.0.1/'>]><a>&x;</a>", -EBADMSG,
	  "a document type is not allowed" },
	{ "<?xml version='1.0' encoding='ISO-8859-1'?><a/>", -EBADMSG, "the encoding is not UTF-8" },
	{ "<?xml version='1.0' encoding = \"UTF-16\"?><a/>", -EBADMSG, "the encoding is not UTF-8" },
	{ "<a><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a></a>", -E2BIG,
	  "elements inside each other too deep" },
};

static void refusals_with_their_reasons(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct arena *a = arena_new(0);
		struct xml_node *root = NULL;
		struct xml_defect why;

		assert_int_equal(read_text(a, slice_str(bad[i].text), &root, &why), bad[i].err);
		assert_null(root);
		if (!strstr(why.reason, bad[i].reason))
			fail_msg("\"%s\": \"%s\"", bad[i].text, why.reason);
		arena_free(&a);
	}
}

static void utf16_is_refused(void **state)
{
	struct arena *a = arena_new(0);
	struct xml_node *root = NULL;
	struct xml_defect why;

	(void)state;
	assert_int_equal(read_text(a, SLICE("\xff\xfe<\0a\0/\0>\0"), &root, &why), -EBADMSG);
	assert_string_equal(why.reason, "the encoding is not UTF-8");
	assert_int_equal(read_text(a, SLICE("\xef\xbb\xbf<a/>"), &root, &why), 0);
	arena_free(&a);
}

static void limits_hold(void **state)
{
	struct arena *a = arena_new(0);
	struct buf *b = buf_new(64);
	struct xml_node *root = NULL;
	struct xml_defect why;

	(void)state;
	buf_put(b, SLICE("<a>"));
	for (unsigned i = 0; i < 64; i++)
		buf_put(b, SLICE("<b/>"));
	buf_put(b, SLICE("</a>"));
	assert_int_equal(read_text(a, buf_slice(b), &root, &why), -E2BIG);
	assert_string_equal(why.reason, "too many elements and attributes");
	buf_clear(b);
	for (unsigned i = 0; i < 4097; i++)
		buf_put_char(b, ' ');
	assert_int_equal(read_text(a, buf_slice(b), &root, &why), -E2BIG);
	assert_string_equal(why.reason, "the document is too long");
	assert_null(root);
	buf_unref(&b);
	arena_free(&a);
}

/* Cut anywhere, a document is refused, never read in part. */
static void cut_at_every_byte(void **state)
{
	static const char text[] = "<a xmlns='urn:a' b='c'>d<e f='g'>&lt;</e><![CDATA[h]]></a>";

	(void)state;
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		struct arena *a = arena_new(0);
		struct xml_node *root = NULL;
		struct xml_defect why;

		assert_int_equal(read_text(a, slice_of(text, n), &root, &why), -EBADMSG);
		assert_null(root);
		arena_free(&a);
	}
}

static void long_text_is_one_piece(void **state)
{
	struct arena *a = arena_new(0);
	struct buf *b = buf_new(64);
	struct xml_node *root;
	struct xml_defect why;

	(void)state;
	buf_put(b, SLICE("<a>"));
	for (unsigned i = 0; i < 700; i++)
		buf_put(b, SLICE("\xc3\xa4&lt;"));
	buf_put(b, SLICE("</a>"));
	assert_int_equal(xml_read(a, buf_slice(b), &XML_LIMITS_SMALL, &root, &why), 0);
	assert_non_null(root->children);
	assert_null(root->children->next);
	assert_int_equal(root->children->text.len, 2100);
	buf_unref(&b);
	arena_free(&a);
}

static void what_is_written(void **state)
{
	struct buf *b = buf_new(16);
	struct xml_writer w;

	(void)state;
	xml_write_init(&w, b);
	xml_begin(&w, "a");
	xml_put_attr(&w, "b", SLICE("<\"&'\n\x01\xff>"));
	xml_put_attr_u64(&w, "n", 300);
	xml_put_leaf(&w, "c", SLICE("\xe2\x82\xac \xed\xa0\x80 1<2\xc3"));
	xml_begin(&w, "d");
	xml_end(&w);
	xml_put_raw(&w, SLICE("<e/>"));
	xml_end(&w);
	xml_end(&w);
	assert_slice(buf_slice(b), "<a b=\"&lt;&quot;&amp;'&#10;\xef\xbf\xbd\xef\xbf\xbd&gt;\" n=\"300\">"
	    "<c>\xe2\x82\xac \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd 1&lt;2\xef\xbf\xbd</c><d/><e/></a>");
	assert_false(b->failed);
	buf_unref(&b);
}

static void too_deep_fails(void **state)
{
	struct buf *b = buf_new(16);
	struct xml_writer w;

	(void)state;
	xml_write_init(&w, b);
	for (unsigned i = 0; i <= XML_WRITE_DEPTH; i++)
		xml_begin(&w, "a");
	assert_true(b->failed);
	for (unsigned i = 0; i <= XML_WRITE_DEPTH; i++)
		xml_end(&w);
	buf_unref(&b);
}

static const struct { const char *text, *default_ns, *out; } pieces[] = {
	{ "<r xmlns='urn:r'><x>a<b/>c</x></r>", "urn:r", "<x>a<b/>c</x>" },
	{ "<r xmlns='urn:r'><x>a<b/>c</x></r>", "", "<x xmlns=\"urn:r\">a<b/>c</x>" },
	{ "<r><x><b/></x></r>", "urn:r", "<x xmlns=\"\"><b/></x>" },
	{ "<r xmlns:i='urn:i'><x><s i:t='1'/><s i:t='2' i:u='&lt;'/></x></r>", "",
	  "<x><s xmlns:i=\"urn:i\" i:t=\"1\"/><s xmlns:i=\"urn:i\" i:t=\"2\" i:u=\"&lt;\"/></x>" },
	{ "<r xmlns:i='urn:i'><i:x><s i:t='1'/></i:x></r>", "",
	  "<i:x xmlns:i=\"urn:i\"><s i:t=\"1\"/></i:x>" },
	{ "<r xmlns:i='urn:i'><x xmlns:i='urn:k'><s i:t='1'/></x></r>", "",
	  "<x xmlns:i=\"urn:k\"><s i:t=\"1\"/></x>" },
	{ "<r xmlns:i='urn:i'><x i:a='1'><s xmlns:i='urn:k' i:t='1'/><s i:b='2'/></x></r>", "",
	  "<x xmlns:i=\"urn:i\" i:a=\"1\"><s xmlns:i=\"urn:k\" i:t=\"1\"/><s i:b=\"2\"/></x>" },
	{ "<r><x xml:lang='en'/></r>", "", "<x xml:lang=\"en\"/>" },
};

static void pieces_mean_the_same_elsewhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pieces); i++) {
		struct arena *a = arena_new(0);
		struct buf *b = buf_new(64);
		struct xml_node *root;
		struct xml_defect why;
		struct xml_writer w;

		assert_int_equal(read_text(a, slice_str(pieces[i].text), &root, &why), 0);
		xml_write_init(&w, b);
		xml_put_node(&w, xml_child(root, XML_ANY_NS, SLICE("x")),
		    slice_str(pieces[i].default_ns));
		assert_slice(buf_slice(b), pieces[i].out);
		buf_unref(&b);
		arena_free(&a);
	}
}

static void booleans(void **state)
{
	bool v = false;

	(void)state;
	assert_int_equal(xml_bool(SLICE(" true "), &v), 0);
	assert_true(v);
	assert_int_equal(xml_bool(SLICE("0"), &v), 0);
	assert_false(v);
	assert_int_equal(xml_bool(SLICE("TRUE"), &v), -EINVAL);
}

static void short_memory(void **state)
{
	(void)state;
	OOM_WALK(nth) {
		struct arena *a = arena_new(0);
		struct xml_node *root = NULL;
		struct xml_defect why;
		int err = a ? read_text(a, SLICE("<a b='c'>d<e>f</e></a>"), &root, &why) : -ENOMEM;

		assert_int_equal(err, oom_hit() ? -ENOMEM : 0);
		if (a)
			arena_free(&a);
	}
}

UNIT_MAIN(
	cmocka_unit_test(names_with_their_namespaces),
	cmocka_unit_test(refusals_with_their_reasons),
	cmocka_unit_test(utf16_is_refused),
	cmocka_unit_test(limits_hold),
	cmocka_unit_test(cut_at_every_byte),
	cmocka_unit_test(long_text_is_one_piece),
	cmocka_unit_test(what_is_written),
	cmocka_unit_test(too_deep_fails),
	cmocka_unit_test(pieces_mean_the_same_elsewhere),
	cmocka_unit_test(booleans),
	cmocka_unit_test(short_memory))
