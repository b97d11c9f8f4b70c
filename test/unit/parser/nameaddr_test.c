/*
 * Addresses with parameters, quoted strings, contacts.
 */
#include "parser/nameaddr.h"

#include "test/unit.h"

static void addresses_are_taken_apart(void **state)
{
	static const struct {
		const char *text, *display, *uri;
		bool brackets;
		const char *params, *tag;
	} cases[] = {
		{ "sip:a@h", "", "sip:a@h", false, "", "" },
		{ " sip:a@h ", "", "sip:a@h", false, "", "" },
		{ "sip:a@h;tag=1", "", "sip:a@h", false, "tag=1", "1" },
		{ "sip:a@h\r\n ; tag\t=\r\n 1 ;x", "", "sip:a@h", false, "tag\t=\r\n 1 ;x", "1" },
		{ "<sip:a@h;tag=no>;TAG=yes", "", "sip:a@h;tag=no", true, "TAG=yes", "yes" },
		{ "<sip:a@h>;tag=1;tag=2", "", "sip:a@h", true, "tag=1;tag=2", "1" },
		{ "<sip:a@h?x=y,z>", "", "sip:a@h?x=y,z", true, "", "" },
		{ "\"A. \\\"B\\\" <C>, D\" <sip:a@h>", "\"A. \\\"B\\\" <C>, D\"", "sip:a@h", true, "", "" },
		{ "\"\"<sip:a@h>", "\"\"", "sip:a@h", true, "", "" },
		{ "Bell\tAlexander <sip:a@h>", "Bell\tAlexander", "sip:a@h", true, "", "" },
		{ "caller<sip:a@h>;tag=3", "caller", "sip:a@h", true, "tag=3", "3" },
		{ "J\xc3\xb6rg (home) <sip:a@h>", "J\xc3\xb6rg (home)", "sip:a@h", true, "", "" },
		{ "a@h <sip:a@h>", "a@h", "sip:a@h", true, "", "" },
		{ "<tel:+1;ext=2>;tag=t", "", "tel:+1;ext=2", true, "tag=t", "t" },
		{ "tel:+1;tag=t", "", "tel:+1", false, "tag=t", "t" },
		{ "isbn:2983792873", "", "isbn:2983792873", false, "", "" },
		{ "<http://x/;y>;tag=a==", "", "http://x/;y", true, "tag=a==", "a==" },
		{ "sip:a@h;x=\"<sip:b@h>;tag=no\"", "", "sip:a@h", false, "x=\"<sip:b@h>;tag=no\"", "" },
		{ "<sip:[2001:db8::1]>;received=2001:db8::2", "", "sip:[2001:db8::1]", true,
		    "received=2001:db8::2", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct name_addr n;

		if (name_addr_parse(slice_str(cases[i].text), &n, NULL) != 0)
			fail_msg("%s", cases[i].text);
		assert_slice(n.display, cases[i].display);
		assert_slice(n.uri.text, cases[i].uri);
		assert_int_equal(n.brackets, cases[i].brackets);
		assert_slice(n.params, cases[i].params);
		assert_slice(n.tag, cases[i].tag);
	}
}

static void what_two_readers_could_read_differently_is_refused(void **state)
{
	static const char *const cases[] = {
		"", " ", "*", "<>", "<sip:a@h", "sip:a@h>", "\"Joe <sip:a@h>", "\"Joe\" sip:a@h",
		"\"Joe\"", "Bell, Alexander <sip:a@h>", "a;b", "a\"b\" <sip:a@h>", "x\\ <sip:a@h>",
		"< sip:a@h>", "<sip:a@h >", "<sip:a@h> x", "<sip:a@h>;", "<sip:a@h>;;tag=1",
		"<sip:a@h>;tag=1;", "<sip:a@h>;tag=1;;", "<sip:a@h>;=1", "<sip:a@h>;tag=\"1",
		"<sip:a@h>;tag=1 2", "<sip:a@h>;t\xc3\xa4g=1", "<sip:a@h>,<sip:b@h>", "sip:a@h?x=y",
		"sip:a,b@h", "sip:a@h x", "<<sip:a@h>>", "\"a\"\"b\"<sip:a@h>", "<sip:a@h>;x=a,b",
		"<sip:a@h>tag=1", "Joe <bob>",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sip_defect why = { 0 };
		struct name_addr n;

		if (name_addr_parse(slice_str(cases[i]), &n, &why) != -EBADMSG)
			fail_msg("%s was taken", cases[i]);
		assert_int_equal(why.status, 400);
	}
}

static void params_of_headers_are_walked(void **state)
{
	static const struct { const char *params; const char *seen[9]; bool strict; } cases[] = {
		{ "", { NULL }, true },
		{ "a", { "a", "" }, true },
		{ "a=b;c", { "a", "b", "c", "" }, true },
		{ " a = b ; c = \"d;e\\\"\" ", { "a", "b", "c", "\"d;e\\\"\"" }, true },
		{ "a=\r\n b\r\n ;\r\n c", { "a", "b", "c", "" }, true },
		{ "a=;b", { "a", "", "b", "" }, true },
		{ ";a", { "a", "" }, false },
		{ "a;;b;", { "a", "", "b", "" }, false },
		{ "a=\"x", { "a", "\"x" }, false },
		{ "a=\"x\"y;b", { "a", "\"x\"", "b", "" }, false },
		{ "a b;c", { "a", "", "c", "" }, false },
		{ ";;,;,;b", { "b", "" }, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice rest = slice_str(cases[i].params), name, value;
		size_t n = 0;
		int got;

		while (hdr_next_param(&rest, &name, &value)) {
			assert_non_null(cases[i].seen[n]);
			assert_slice(name, cases[i].seen[n++]);
			assert_slice(value, cases[i].seen[n++]);
		}
		assert_null(cases[i].seen[n]);
		rest = slice_str(cases[i].params);
		while ((got = hdr_take_param(&rest, &name, &value)) > 0)
			;
		if ((got == 0) != cases[i].strict)
			fail_msg("%s", cases[i].params);
	}
}

static void a_param_is_found_by_name(void **state)
{
	struct slice value;

	(void)state;
	assert_true(hdr_param(SLICE("a;B=c;b=d"), SLICE("b"), &value));
	assert_slice(value, "c");
	assert_false(hdr_param(SLICE("a;B=c"), SLICE("c"), &value));
	assert_slice(value, "");
}

static void quotes_and_backslashes_go(void **state)
{
	struct arena *a = arena_new(0);
	struct slice s = SLICE("\"plain\"");

	(void)state;
	assert_ptr_equal(hdr_unquote(a, s).p, s.p + 1);
	assert_slice(hdr_unquote(a, s), "plain");
	assert_slice(hdr_unquote(a, SLICE("token")), "token");
	assert_slice(hdr_unquote(a, SLICE("\"")), "\"");
	assert_slice(hdr_unquote(a, SLICE("\"\"")), "");
	assert_slice(hdr_unquote(a, SLICE("\"a\\\"b\\\\c\"")), "a\"b\\c");
	assert_slice(hdr_unquote(a, SLICE("\"a\\\"")), "a\\");
	arena_free(&a);
}

static void contacts_tell_what_registrars_ask(void **state)
{
	static const struct {
		const char *text;
		bool star;
		uint16_t q;
		bool has_expires;
		uint32_t expires;
		const char *instance;
		uint32_t reg_id;
	} cases[] = {
		{ " * ", true, 1000, false, 0, "", 0 },
		{ "<sip:a@h>", false, 1000, false, 0, "", 0 },
		{ "sip:a@h;q=0.7;expires=60", false, 700, true, 60, "", 0 },
		{ "<sip:a@h>;Q=0;EXPIRES=0", false, 0, true, 0, "", 0 },
		{ "<sip:a@h>;q=1.000;expires=4294967295", false, 1000, true, UINT32_MAX, "", 0 },
		{ "<sip:a@h>;q=.33;expires=4294967296", false, 330, true, 3600, "", 0 },
		{ "<sip:a@h>;q=0.1234;expires=soon", false, 123, true, 3600, "", 0 },
		{ "<sip:a@h>;+sip.instance=\"<urn:uuid:00-1>\";reg-id=2", false, 1000, false, 0,
		    "<urn:uuid:00-1>", 2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sip_contact c;

		assert_int_equal(sip_contact_parse(slice_str(cases[i].text), &c, NULL), 0);
		assert_int_equal(c.star, cases[i].star);
		assert_int_equal(c.q, cases[i].q);
		assert_int_equal(c.has_expires, cases[i].has_expires);
		assert_int_equal(c.expires, cases[i].expires);
		assert_slice(c.instance, cases[i].instance);
		assert_int_equal(c.reg_id, cases[i].reg_id);
	}
}

static void bad_contacts_are_refused(void **state)
{
	static const char *const cases[] = {
		"", "**", "*;expires=0", "<sip:a@h>;q=1.1", "<sip:a@h>;q=2", "<sip:a@h>;q=-1",
		"<sip:a@h>;q=", "<sip:a@h>;q=0.x", "<sip:a@h>;q=10", "<sip:a@h>;reg-id=0",
		"<sip:a@h>;reg-id=x", "sip:a@h?Route=%3Csip:x%3E", "\"Joe\" <sip:joe@h>;;;;",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sip_defect why = { 0 };
		struct sip_contact c;

		if (sip_contact_parse(slice_str(cases[i]), &c, &why) != -EBADMSG)
			fail_msg("%s was taken", cases[i]);
		assert_int_equal(why.status, 400);
	}
}

UNIT_MAIN(cmocka_unit_test(addresses_are_taken_apart),
    cmocka_unit_test(what_two_readers_could_read_differently_is_refused),
    cmocka_unit_test(params_of_headers_are_walked), cmocka_unit_test(a_param_is_found_by_name),
    cmocka_unit_test(quotes_and_backslashes_go),
    cmocka_unit_test(contacts_tell_what_registrars_ask),
    cmocka_unit_test(bad_contacts_are_refused))
