/*
 * Edits: making them, reading through them, what is refused.
 */
#include "parser/list.h"
#include "parser/received.h"
#include "test/unit/parser/parse.h"

#include <stdlib.h>
#include <time.h>

static const char two_routes[] =
	"INVITE sip:bob@h SIP/2.0\r\n"
	"Via: SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b\r\n"
	"Route: <sip:r1;lr>\r\n"
	"From: <sip:a@h>;tag=1\r\n"
	"X-One: 1\r\n"
	"Route: <sip:r2;lr> , <sip:r3;lr>\r\n"
	"x-one: 2\r\n"
	"\r\n";

/* All headers of that kind as "name=value|". */
static const char *listed(const struct sip_view *v, enum hdr_id id, const char *name)
{
	static char text[2048];
	struct hdr_ref h = { 0 };
	size_t n = 0;

	text[0] = '\0';
	while (view_next_hdr(v, id, slice_str(name), &h))
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%.*s=%.*s|", SLICE_ARG(h.name),
		    SLICE_ARG(h.value));
	return text;
}

static void late_via(struct buf *out, const struct sip_edit *edit, const struct sip_hop *hop)
{
	buf_printf(out, "Via: SIP/2.0/%.*s %s\r\n", SLICE_ARG(transport_via_name(hop->transport)),
	    (const char *)edit->arg);
}

static void the_last_added_at_the_top_is_the_first(void **state)
{
	struct sip_msg *msg = parse_ok(two_routes);
	struct sip_view v = { msg, NULL };

	(void)state;
	assert_int_equal(edit_add(msg->arena, &v.last, EDIT_AT_TOP, SLICE("A"), SLICE("1")), 0);
	assert_int_equal(edit_late(msg->arena, &v.last, EDIT_AT_TOP, late_via, "me"), 0);
	assert_int_equal(edit_add(msg->arena, &v.last, EDIT_AT_TOP, SLICE("B"), SLICE("2")), 0);
	assert_int_equal(edit_add(msg->arena, &v.last, EDIT_AT_END, SLICE("C"), SLICE("3")), 0);
	assert_int_equal(edit_add(msg->arena, &v.last, EDIT_AT_END, SLICE("D"), SLICE("4")), 0);
	assert_int_equal(edit_add(msg->arena, &v.last, 3, SLICE("E"), SLICE("5")), 0);
	assert_int_equal(edit_add(msg->arena, &v.last, 3, SLICE("F"), SLICE("")), 0);
	assert_slice(written(msg, v.last, TRANSPORT_UDP),
	    "INVITE sip:bob@h SIP/2.0\r\n"
	    "B: 2\r\n"
	    "Via: SIP/2.0/UDP me\r\n"
	    "A: 1\r\n"
	    "Via: SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b\r\n"
	    "Route: <sip:r1;lr>\r\n"
	    "From: <sip:a@h>;tag=1\r\n"
	    "E: 5\r\n"
	    "F: \r\n"
	    "X-One: 1\r\n"
	    "Route: <sip:r2;lr> , <sip:r3;lr>\r\n"
	    "x-one: 2\r\n"
	    "C: 3\r\n"
	    "D: 4\r\n"
	    "\r\n");
	assert_string_equal(listed(&v, HDR_OTHER, ""),
	    "B=2|A=1|Via=SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b|Route=<sip:r1;lr>|"
	    "From=<sip:a@h>;tag=1|E=5|F=|X-One=1|Route=<sip:r2;lr> , <sip:r3;lr>|x-one=2|C=3|D=4|");
	sip_msg_unref(&msg);
}

static void what_was_changed_is_seen_at_once(void **state)
{
	struct sip_msg *msg = parse_ok(two_routes);
	struct sip_view v = { msg, NULL };
	struct hdr_ref h;

	(void)state;
	assert_true(view_hdr(&v, HDR_OTHER, SLICE("x-one"), 1, &h));
	assert_int_equal(edit_value(msg->arena, &v.last, &h, SLICE(" two ")), 0);
	assert_string_equal(listed(&v, HDR_OTHER, "X-ONE"), "X-One=1|x-one=two|");
	assert_true(view_hdr(&v, HDR_OTHER, SLICE("x-one"), -1, &h));
	assert_slice(h.value, "two");
	assert_int_equal(edit_value(msg->arena, &v.last, &h, SLICE("three")), 0);
	assert_int_equal(edit_add(msg->arena, &v.last, EDIT_AT_END, SLICE("x-ONE"), SLICE("4")), 0);
	assert_string_equal(listed(&v, HDR_OTHER, "X-ONE"), "X-One=1|x-one=three|x-ONE=4|");
	assert_true(view_hdr(&v, HDR_OTHER, SLICE("X-One"), 2, &h));
	assert_int_equal(edit_value(msg->arena, &v.last, &h, SLICE("5")), 0);
	assert_true(view_hdr(&v, HDR_OTHER, SLICE("X-One"), 0, &h));
	assert_int_equal(edit_drop(msg->arena, &v.last, &h), 0);
	assert_string_equal(listed(&v, HDR_OTHER, "X-ONE"), "x-one=three|x-ONE=5|");
	assert_true(view_hdr(&v, HDR_OTHER, SLICE("X-One"), -1, &h));
	assert_int_equal(edit_drop(msg->arena, &v.last, &h), 0);
	assert_string_equal(listed(&v, HDR_OTHER, "X-ONE"), "x-one=three|");
	assert_false(view_hdr(&v, HDR_OTHER, SLICE("X-One"), 1, &h));
	assert_false(view_hdr(&v, HDR_CONTACT, SLICE_NULL, 0, &h));
	assert_false(view_hdr(&v, HDR_CONTACT, SLICE_NULL, -1, &h));
	sip_msg_unref(&msg);
}

static void a_header_is_asked_by_name_or_id(void **state)
{
	struct sip_msg *msg = parse_ok("OPTIONS sip:h SIP/2.0\r\nk: a\r\nSupported: b\r\nz: c\r\n\r\n");
	struct sip_view v = { msg, NULL };

	(void)state;
	assert_int_equal(edit_add(msg->arena, &v.last, EDIT_AT_TOP, SLICE("K"), SLICE("d")), 0);
	assert_string_equal(listed(&v, HDR_SUPPORTED, ""), "K=d|k=a|Supported=b|");
	assert_string_equal(listed(&v, HDR_OTHER, "supported"), "K=d|k=a|Supported=b|");
	assert_string_equal(listed(&v, HDR_OTHER, "K"), "K=d|k=a|Supported=b|");
	assert_string_equal(listed(&v, HDR_OTHER, "Z"), "z=c|");
	assert_string_equal(listed(&v, HDR_OTHER, ""), "K=d|k=a|Supported=b|z=c|");
	sip_msg_unref(&msg);
}

static void values_of_a_list_are_counted_over_lines(void **state)
{
	struct sip_msg *msg = parse_ok(two_routes);
	struct sip_view v = { msg, NULL };
	struct slice value;

	(void)state;
	assert_int_equal(view_value_count(&v, HDR_ROUTE), 3);
	assert_true(view_value(&v, HDR_ROUTE, 0, &value));
	assert_slice(value, "<sip:r1;lr>");
	assert_true(view_value(&v, HDR_ROUTE, 2, &value));
	assert_slice(value, "<sip:r3;lr>");
	assert_true(view_value(&v, HDR_ROUTE, -1, &value));
	assert_slice(value, "<sip:r3;lr>");
	assert_false(view_value(&v, HDR_ROUTE, 3, &value));
	assert_false(view_value(&v, HDR_PATH, 0, &value));
	assert_false(view_value(&v, HDR_PATH, -1, &value));
	assert_int_equal(view_value_count(&v, HDR_PATH), 0);
	sip_msg_unref(&msg);
}

static void values_are_walked_over_lines(void **state)
{
	static const char *const routes[] = { "<sip:r0>", "<sip:r1;lr>", "<sip:r2;lr>", "<sip:r3;lr>" };
	struct sip_msg *msg = parse_ok(two_routes);
	struct sip_view v = { msg, NULL };
	struct value_walk w = { 0 }, none = { 0 };
	struct slice value;
	size_t n = 0;

	(void)state;
	assert_int_equal(edit_add(msg->arena, &v.last, EDIT_AT_TOP, SLICE("Route"),
	    SLICE("<sip:r0>")), 0);
	while (view_next_value(&v, HDR_ROUTE, &w, &value)) {
		assert_true(n < COUNT(routes));
		assert_slice(value, routes[n++]);
	}
	assert_int_equal(n, COUNT(routes));
	assert_false(view_next_value(&v, HDR_PATH, &none, &value));
	sip_msg_unref(&msg);
}

/*
 * A message of a megabyte, all of it one list. Whoever begins in front for each value needs a
 * minute or more for it, whoever walks some milliseconds.
 */
static void long_lists_cost_what_they_are_long(void **state)
{
	static const char head[] = "OPTIONS sip:h SIP/2.0\r\nRequire: have", item[] = ", x";
	const unsigned items = 300000;
	char *text = malloc(sizeof(head) + items * strlen(item) + 5), *p = text;
	struct sip_msg *msg;
	struct sip_view v;
	struct value_walk w = { 0 };
	struct slice value, lacking;
	unsigned n = 0;
	clock_t begun;

	(void)state;
	p += snprintf(p, sizeof(head), "%s", head);
	for (unsigned i = 0; i < items; i++, p += strlen(item))
		memcpy(p, item, strlen(item));
	memcpy(p, "\r\n\r\n", 5);
	msg = parse_ok(text);
	v = (struct sip_view){ msg, NULL };
	begun = clock();
	while (view_next_value(&v, HDR_REQUIRE, &w, &value))
		n++;
	assert_int_equal(n, items + 1);
	lacking = view_list_lacking(msg->arena, &v, HDR_REQUIRE, SLICE("other, have"));
	assert_int_equal(lacking.len, items * strlen(item) - 2);
	assert_true(clock() - begun < 20 * CLOCKS_PER_SEC);
	lacking = view_list_lacking(msg->arena, &v, HDR_REQUIRE, SLICE("x, have"));
	assert_true(lacking.p && lacking.len == 0);
	sip_msg_unref(&msg);
	free(text);
}

static void the_first_value_goes_and_its_line_with_the_last(void **state)
{
	struct sip_msg *msg = parse_ok(two_routes);
	struct sip_view v = { msg, NULL };

	(void)state;
	assert_int_equal(edit_drop_first_value(msg->arena, &v, HDR_ROUTE), 0);
	assert_string_equal(listed(&v, HDR_ROUTE, ""), "Route=<sip:r2;lr> , <sip:r3;lr>|");
	assert_int_equal(edit_drop_first_value(msg->arena, &v, HDR_ROUTE), 0);
	assert_string_equal(listed(&v, HDR_ROUTE, ""), "Route=<sip:r3;lr>|");
	assert_int_equal(edit_drop_first_value(msg->arena, &v, HDR_ROUTE), 0);
	assert_string_equal(listed(&v, HDR_ROUTE, ""), "");
	assert_int_equal(edit_drop_first_value(msg->arena, &v, HDR_ROUTE), 0);
	assert_int_equal(edit_drop_first_value(msg->arena, &v, HDR_VIA), 0);
	assert_string_equal(listed(&v, HDR_VIA, ""), "Via=SIP/2.0/UDP b|");
	assert_int_equal(edit_drop_first_value(msg->arena, &v, HDR_FROM), 0);
	assert_string_equal(listed(&v, HDR_FROM, ""), "");
	sip_msg_unref(&msg);
}

static void all_of_a_kind_go(void **state)
{
	struct sip_msg *msg = parse_ok(two_routes);
	struct sip_view v = { msg, NULL };

	(void)state;
	assert_int_equal(edit_add(msg->arena, &v.last, 0, SLICE("Route"), SLICE("<sip:r0>")), 0);
	assert_int_equal(edit_drop_all(msg->arena, &v, HDR_ROUTE, SLICE_NULL), 3);
	assert_int_equal(edit_drop_all(msg->arena, &v, HDR_ROUTE, SLICE_NULL), 0);
	assert_int_equal(edit_drop_all(msg->arena, &v, HDR_OTHER, SLICE("X-One")), 2);
	assert_string_equal(listed(&v, HDR_OTHER, ""),
	    "Via=SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b|From=<sip:a@h>;tag=1|");
	sip_msg_unref(&msg);
}

static void a_new_body_brings_its_length_and_type(void **state)
{
	struct sip_msg *msg = parse_ok("MESSAGE sip:h SIP/2.0\r\nContent-Type: text/plain\r\n"
	    "Content-Encoding: gzip\r\nl: 3\r\nTo: x\r\n\r\nold");
	struct sip_view v = { msg, NULL };
	const struct sip_edit *typed;

	(void)state;
	assert_int_equal(edit_body(msg->arena, &v.last, SLICE("fresh"), SLICE("")), 0);
	assert_slice(view_body(&v), "fresh");
	assert_slice(written(msg, v.last, TRANSPORT_UDP), "MESSAGE sip:h SIP/2.0\r\n"
	    "Content-Type: text/plain\r\nContent-Encoding: gzip\r\nTo: x\r\nContent-Length: 5\r\n\r\nfresh");
	assert_int_equal(edit_body(msg->arena, &v.last, SLICE("<x/>"), SLICE("text/xml")), 0);
	typed = v.last;
	assert_string_equal(listed(&v, HDR_OTHER, ""), "To=x|Content-Type=text/xml|Content-Length=4|");
	assert_slice(written(msg, v.last, TRANSPORT_TCP), "MESSAGE sip:h SIP/2.0\r\n"
	    "To: x\r\nContent-Type: text/xml\r\nContent-Length: 4\r\n\r\n<x/>");
	assert_int_equal(edit_body(msg->arena, &v.last, SLICE(""), SLICE("")), 0);
	assert_slice(written(msg, v.last, TRANSPORT_TCP),
	    "MESSAGE sip:h SIP/2.0\r\nTo: x\r\nContent-Length: 0\r\n\r\n");
	/* The other branch does not know of it. */
	v.last = typed;
	assert_slice(view_body(&v), "<x/>");
	assert_string_equal(listed(&v, HDR_CONTENT_LENGTH, ""), "Content-Length=4|");
	sip_msg_unref(&msg);
}

static void start_lines_are_changed(void **state)
{
	struct sip_msg *msg = parse_ok(two_routes);
	struct sip_view v = { msg, NULL };
	struct arena *a = arena_new(0);
	const struct sip_uri *uri;

	(void)state;
	assert_ptr_equal(view_uri(a, &v), msg_request_uri(msg));
	assert_int_equal(edit_request_uri(a, &v.last, SLICE("sip:x@y")), 0);
	assert_int_equal(edit_request_uri(a, &v.last, SLICE("sip:carol@k;lr")), 0);
	assert_slice(view_request_uri(&v), "sip:carol@k;lr");
	uri = view_uri(a, &v);
	assert_slice(uri->user, "carol");
	assert_true(slice_starts(written(msg, v.last, TRANSPORT_UDP),
	    SLICE("INVITE sip:carol@k;lr SIP/2.0\r\nVia: ")));
	assert_int_equal(edit_request_uri(a, &v.last, SLICE("nonsense")), 0);
	assert_null(view_uri(a, &v));
	sip_msg_unref(&msg);

	msg = parse_ok(parse_ringing);
	v = (struct sip_view){ msg, NULL };
	assert_int_equal(view_status(&v), 180);
	assert_slice(view_reason(&v), "Ringing");
	assert_int_equal(edit_status(a, &v.last, 183, SLICE("In Progress")), 0);
	assert_int_equal(view_status(&v), 183);
	assert_slice(view_reason(&v), "In Progress");
	assert_true(slice_starts(written(msg, v.last, TRANSPORT_UDP),
	    SLICE("SIP/2.0 183 In Progress\r\nVia: ")));
	sip_msg_unref(&msg);
	arena_free(&a);
}

static void views_of_addresses_follow_the_edits(void **state)
{
	struct sip_msg *msg = parse_ok(two_routes);
	struct sip_view v = { msg, NULL };
	struct hdr_ref h;

	(void)state;
	assert_ptr_equal(view_name_addr(msg->arena, &v, HDR_FROM), msg_from(msg));
	assert_slice(view_name_addr(msg->arena, &v, HDR_ROUTE)->uri.host, "r1");
	assert_true(view_hdr(&v, HDR_FROM, SLICE_NULL, 0, &h));
	assert_int_equal(edit_value(msg->arena, &v.last, &h, SLICE("<sip:z@h>;tag=9")), 0);
	assert_slice(view_name_addr(msg->arena, &v, HDR_FROM)->tag, "9");
	assert_slice(msg_from(msg)->tag, "1");
	assert_int_equal(edit_drop_first_value(msg->arena, &v, HDR_ROUTE), 0);
	assert_slice(view_name_addr(msg->arena, &v, HDR_ROUTE)->uri.host, "r2");
	assert_int_equal(edit_add(msg->arena, &v.last, 0, SLICE("Route"), SLICE("<sip:r0>")), 0);
	assert_slice(view_name_addr(msg->arena, &v, HDR_ROUTE)->uri.host, "r0");
	assert_null(view_name_addr(msg->arena, &v, HDR_CONTACT));
	assert_int_equal(edit_add(msg->arena, &v.last, 0, SLICE("Contact"), SLICE("<bad>")), 0);
	assert_null(view_name_addr(msg->arena, &v, HDR_CONTACT));
	sip_msg_unref(&msg);
}

/* Nothing a script puts together may become a second header or a second message. */
static void what_would_break_the_message_is_refused(void **state)
{
	static const char *const values[] = {
		"a\r\nX: y", "a\nX: y", "a\rX: y", "a\r x", "a\r\n\r\nINVITE", "a\r\n\t\nX: y",
	};
	struct sip_msg *msg = parse_ok(two_routes);
	struct sip_view v = { msg, NULL };
	struct hdr_ref h;

	(void)state;
	assert_true(view_hdr(&v, HDR_FROM, SLICE_NULL, 0, &h));
	for (size_t i = 0; i < COUNT(values); i++) {
		struct slice s = slice_str(values[i]);

		assert_int_equal(edit_add(msg->arena, &v.last, 0, SLICE("A"), s), -EINVAL);
		assert_int_equal(edit_value(msg->arena, &v.last, &h, s), -EINVAL);
		assert_int_equal(edit_status(msg->arena, &v.last, 200, s), -EINVAL);
		assert_int_equal(edit_body(msg->arena, &v.last, SLICE("b"), s), -EINVAL);
	}
	assert_int_equal(edit_add(msg->arena, &v.last, 0, SLICE("A"), SLICE("\0")), -EINVAL);
	assert_int_equal(edit_value(msg->arena, &v.last, &h, SLICE("abcdefghijklmn\0pqrst")), -EINVAL);
	assert_int_equal(edit_value(msg->arena, &v.last, &h, SLICE("abcdefghijklmnopqrst\0")), -EINVAL);
	assert_int_equal(edit_status(msg->arena, &v.last, 200, SLICE("O\0")), -EINVAL);
	assert_int_equal(edit_add(msg->arena, &v.last, 0, SLICE(""), SLICE("x")), -EINVAL);
	assert_int_equal(edit_add(msg->arena, &v.last, 0, SLICE("A:"), SLICE("x")), -EINVAL);
	assert_int_equal(edit_add(msg->arena, &v.last, 0, SLICE("A B"), SLICE("x")), -EINVAL);
	assert_int_equal(edit_request_uri(msg->arena, &v.last, SLICE("")), -EINVAL);
	assert_int_equal(edit_request_uri(msg->arena, &v.last, SLICE("sip:a b")), -EINVAL);
	assert_int_equal(edit_request_uri(msg->arena, &v.last, SLICE("sip:a\r\n")), -EINVAL);
	assert_int_equal(edit_status(msg->arena, &v.last, 99, SLICE("x")), -EINVAL);
	assert_int_equal(edit_status(msg->arena, &v.last, 700, SLICE("x")), -EINVAL);
	assert_null(v.last);
	assert_int_equal(edit_add(msg->arena, &v.last, 0, SLICE("A"), SLICE("a\r\n b\n\tc\r\n")), 0);
	assert_string_equal(listed(&v, HDR_OTHER, "A"), "A=a b c|");
	assert_int_equal(edit_value(msg->arena, &v.last, &h, SLICE("\"\\\0\" <sip:a@b>")), 0);
	sip_msg_unref(&msg);
}

/* RFC 3261 18.2.1: before a request goes on, its top Via tells where it came from. */
static void the_top_via_is_completed(void **state)
{
	struct sip_msg *msg = parse_ok("OPTIONS sip:h SIP/2.0\r\nTo: x\r\n"
	    "v: SIP/2.0/UDP a;rport;branch=1 ,\r\n SIP/2.0/UDP b\r\nVia: SIP/2.0/UDP c;rport\r\n\r\n");
	struct sip_view v = { msg, NULL };

	(void)state;
	assert_int_equal(edit_received(msg->arena, &v.last, msg), 0);
	assert_string_equal(listed(&v, HDR_VIA, ""),
	    "v=SIP/2.0/UDP a;rport=4242;branch=1;received=192.0.2.33 ,   SIP/2.0/UDP b|"
	    "Via=SIP/2.0/UDP c;rport|");
	sip_msg_unref(&msg);
	msg = parse_ok("OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.33\r\n\r\n");
	v = (struct sip_view){ msg, NULL };
	assert_int_equal(edit_received(msg->arena, &v.last, msg), 0);
	assert_null(v.last);
	sip_msg_unref(&msg);
	msg = parse_ok("OPTIONS sip:h SIP/2.0\r\nVia: bad\r\n\r\n");
	assert_int_equal(edit_received(msg->arena, &v.last, msg), 0);
	assert_null(v.last);
	sip_msg_unref(&msg);
}

UNIT_MAIN(cmocka_unit_test(the_top_via_is_completed),
    cmocka_unit_test(the_last_added_at_the_top_is_the_first),
    cmocka_unit_test(what_was_changed_is_seen_at_once),
    cmocka_unit_test(a_header_is_asked_by_name_or_id),
    cmocka_unit_test(values_of_a_list_are_counted_over_lines),
	cmocka_unit_test(values_are_walked_over_lines),
	cmocka_unit_test(long_lists_cost_what_they_are_long),
    cmocka_unit_test(the_first_value_goes_and_its_line_with_the_last),
    cmocka_unit_test(all_of_a_kind_go), cmocka_unit_test(a_new_body_brings_its_length_and_type),
    cmocka_unit_test(start_lines_are_changed),
    cmocka_unit_test(views_of_addresses_follow_the_edits),
    cmocka_unit_test(what_would_break_the_message_is_refused))
