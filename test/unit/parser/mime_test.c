/*
 * Media types, Accept, list membership.
 */
#include "parser/list.h"
#include "parser/mime.h"
#include "test/unit/parser/parse.h"

static void types_are_taken_apart(void **state)
{
	static const struct { const char *text, *type, *subtype, *params; } cases[] = {
		{ "application/sdp", "application", "sdp", "" },
		{ " multipart / mixed ; boundary=\"a;b\" ", "multipart", "mixed", "boundary=\"a;b\"" },
		{ "*/*", "*", "*", "" },
		{ "application/cpim-pidf+xml;q=0.5", "application", "cpim-pidf+xml", "q=0.5" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mime_type t;

		assert_int_equal(mime_type_parse(slice_str(cases[i].text), &t, NULL), 0);
		assert_slice(t.type, cases[i].type);
		assert_slice(t.subtype, cases[i].subtype);
		assert_slice(t.params, cases[i].params);
	}
}

static void bad_types_are_refused(void **state)
{
	static const char *const cases[] = { "", "text", "text/", "/plain", "text/plain x",
		"text/plain;;a", "text/plain;a=\"", "text plain", "te xt/plain" };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mime_type t;

		if (mime_type_parse(slice_str(cases[i]), &t, NULL) != -EBADMSG)
			fail_msg("%s was taken", cases[i]);
	}
}

static void types_are_named_case_blind(void **state)
{
	struct mime_type t;

	(void)state;
	assert_int_equal(mime_type_parse(SLICE("Application/SDP;x=y"), &t, NULL), 0);
	assert_true(mime_type_is(&t, SLICE("application/sdp")));
	assert_false(mime_type_is(&t, SLICE("application/sd")));
	assert_false(mime_type_is(&t, SLICE("application")));
}

static void the_closest_range_decides(void **state)
{
	static const struct { const char *accept, *offer; int q; } cases[] = {
		{ "application/sdp", "application/sdp", 1000 },
		{ "application/sdp", "text/plain", MIME_ACCEPT_NONE },
		{ "", "text/plain", MIME_ACCEPT_NONE },
		{ "text/*;q=0.3, */*;q=0.1", "text/plain", 300 },
		{ "*/*;q=0.1, text/*;q=0.3", "text/plain", 300 },
		{ "text/*, text/plain;q=0", "text/plain", 0 },
		{ "text/plain;format=flowed, text/plain;q=0.5", "text/plain", 500 },
		{ "text/plain;format=flowed, text/plain;q=0.5", "text/plain;format=\"flowed\"", 1000 },
		{ "*/xml", "text/xml", MIME_ACCEPT_NONE },
		{ "nonsense, text/plain", "text/plain", 1000 },
		{ "text/plain;q=7, */*;q=0.2", "text/plain", 200 },
		{ "TEXT/PLAIN;Q=0.25;ext=1", "text/plain", 250 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mime_type offer;

		assert_int_equal(mime_type_parse(slice_str(cases[i].offer), &offer, NULL), 0);
		assert_int_equal(mime_accept(slice_str(cases[i].accept), &offer), cases[i].q);
	}
}

static void the_best_offer_wins(void **state)
{
	const struct slice offers[] = {
		SLICE("application/pidf+xml"), SLICE("application/xpidf+xml"), SLICE("text/xml"),
	};
	struct sip_msg *msg = parse_ok("SUBSCRIBE sip:h SIP/2.0\r\nAccept: application/pidf+xml;q=0.4\r\n"
	    "Accept: text/*;q=0.8, application/xpidf+xml;q=0.8\r\n\r\n");
	struct sip_view v = { msg, NULL };
	struct mime_type offer;

	(void)state;
	assert_int_equal(view_accept_best(&v, offers, 3), 1);
	assert_int_equal(view_accept_best(&v, offers, 1), 0);
	assert_int_equal(mime_type_parse(SLICE("audio/x"), &offer, NULL), 0);
	assert_int_equal(view_accept(&v, &offer), MIME_ACCEPT_NONE);
	assert_int_equal(edit_drop_all(msg->arena, &v, HDR_ACCEPT, SLICE_NULL), 2);
	assert_int_equal(view_accept(&v, &offer), MIME_ACCEPT_ABSENT);
	assert_int_equal(view_accept_best(&v, offers, 3), -1);
	assert_int_equal(edit_add(msg->arena, &v.last, 0, SLICE("Accept"), SLICE("")), 0);
	assert_int_equal(view_accept(&v, &offer), MIME_ACCEPT_NONE);
	sip_msg_unref(&msg);
}

static void words_are_found_in_lists(void **state)
{
	struct sip_msg *msg = parse_ok("OPTIONS sip:h SIP/2.0\r\nk: path, 100rel\r\nSupported:GRUU\r\n\r\n");
	struct sip_view v = { msg, NULL };

	(void)state;
	assert_true(hdr_list_has(SLICE("a, b ;q=1,c"), SLICE("B")));
	assert_false(hdr_list_has(SLICE("ab, a b"), SLICE("a")));
	assert_false(hdr_list_has(SLICE(""), SLICE("")));
	assert_true(msg_list_has(msg, HDR_SUPPORTED, SLICE("100rel")));
	assert_true(msg_list_has(msg, HDR_SUPPORTED, SLICE("gruu")));
	assert_false(msg_list_has(msg, HDR_SUPPORTED, SLICE("outbound")));
	assert_false(msg_list_has(msg, HDR_REQUIRE, SLICE("path")));
	assert_int_equal(edit_add(msg->arena, &v.last, 0, SLICE("Supported"), SLICE("outbound")), 0);
	assert_true(view_list_has(&v, HDR_SUPPORTED, SLICE("outbound")));
	assert_false(msg_list_has(msg, HDR_SUPPORTED, SLICE("outbound")));
	sip_msg_unref(&msg);
}

UNIT_MAIN(cmocka_unit_test(types_are_taken_apart), cmocka_unit_test(bad_types_are_refused),
    cmocka_unit_test(types_are_named_case_blind), cmocka_unit_test(the_closest_range_decides),
    cmocka_unit_test(the_best_offer_wins), cmocka_unit_test(words_are_found_in_lists))
