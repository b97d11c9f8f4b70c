/*
 * Responses, ACK and CANCEL.
 */
#include "test/unit/parser/parse.h"

static struct slice built(struct sip_msg *request, const struct response_parts *parts)
{
	static char text[4096];
	struct buf *out = buf_new(0);
	struct slice s;

	assert_int_equal(sip_build_response(request, parts, out), 0);
	s = buf_slice(out);
	memcpy(text, s.p, s.len);
	buf_unref(&out);
	return slice_of(text, s.len);
}

static void a_response_takes_over_what_it_must(void **state)
{
	struct sip_msg *msg = parse_ok(
	    "INVITE sip:b@h SIP/2.0\r\n"
	    "f: <sip:a@h>;tag=1\r\n"
	    "Via: SIP/2.0/UDP c;branch=z9hG4bK1;rport , SIP/2.0/TCP d\r\n"
	    "Record-Route: <sip:r1;lr>\r\n"
	    "v:\r\n SIP/2.0/UDP e\r\n"
	    "Timestamp: 54\r\n"
	    "Call-ID: x\r\n"
	    "Record-Route: <sip:r2;lr>\r\n"
	    "CSeq: 7 INVITE\r\n"
	    "To: sip:b@h\r\n\r\n");
	const struct sip_extra extra[] = {
		{ SLICE("Contact"), SLICE("<sip:me>") }, { SLICE("Allow"), SLICE("INVITE") },
	};
	struct response_parts parts = {
		.status = 200, .to_tag = SLICE("t1"), .extra = extra, .extra_count = 2,
		.extra_lines = SLICE("X: 1\r\nY: 2\r\n"), .server = SLICE("lcs"),
		.content_type = SLICE("a/b"), .body = SLICE("body"),
		.copy_record_route = true, .copy_timestamp = true,
	};

	(void)state;
	assert_slice(built(msg, &parts),
	    "SIP/2.0 200 OK\r\n"
	    "Via: SIP/2.0/UDP c;branch=z9hG4bK1;rport=4242;received=192.0.2.33 , SIP/2.0/TCP d\r\n"
	    "v:\r\n SIP/2.0/UDP e\r\n"
	    "f: <sip:a@h>;tag=1\r\n"
	    "To: sip:b@h;tag=t1\r\n"
	    "Call-ID: x\r\n"
	    "CSeq: 7 INVITE\r\n"
	    "Record-Route: <sip:r1;lr>\r\n"
	    "Record-Route: <sip:r2;lr>\r\n"
	    "Timestamp: 54\r\n"
	    "Contact: <sip:me>\r\n"
	    "Allow: INVITE\r\n"
	    "X: 1\r\n"
	    "Y: 2\r\n"
	    "Server: lcs\r\n"
	    "Content-Type: a/b\r\n"
	    "Content-Length: 4\r\n"
	    "\r\n"
	    "body");
	parts = (struct response_parts){ .status = 100, .reason = SLICE("Wait"), .to_tag = SLICE("t1") };
	assert_slice(built(msg, &parts),
	    "SIP/2.0 100 Wait\r\n"
	    "Via: SIP/2.0/UDP c;branch=z9hG4bK1;rport=4242;received=192.0.2.33 , SIP/2.0/TCP d\r\n"
	    "v:\r\n SIP/2.0/UDP e\r\n"
	    "f: <sip:a@h>;tag=1\r\n"
	    "To: sip:b@h\r\n"
	    "Call-ID: x\r\n"
	    "CSeq: 7 INVITE\r\n"
	    "Content-Length: 0\r\n"
	    "\r\n");
	sip_msg_unref(&msg);
}

static void a_tag_that_is_there_stays(void **state)
{
	static const struct { const char *to, *answered; } cases[] = {
		{ "<sip:b@h>;tag=old", "To: <sip:b@h>;tag=old\r\n" },
		{ "sip:b@h;TAG=old", "To: sip:b@h;TAG=old\r\n" },
		{ "<sip:b@h;tag=uri>", "To: <sip:b@h;tag=uri>;tag=new\r\n" },
		{ "\"open <sip:b@h>", "To: \"open <sip:b@h>;tag=new\r\n" },
		{ "\"open <sip:b@h>;tag=old", "To: \"open <sip:b@h>;tag=old\r\n" },
	};
	const struct response_parts parts = { .status = 400, .to_tag = SLICE("new") };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[256];
		struct sip_msg *msg;
		struct slice s;

		snprintf(text, sizeof(text), "BYE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.33\r\n"
		    "To: %s\r\n\r\n", cases[i].to);
		msg = parse_ok(text);
		s = built(msg, &parts);
		if (slice_search(s, slice_str(cases[i].answered)) == s.len)
			fail_msg("%.*s", SLICE_ARG(s));
		sip_msg_unref(&msg);
	}
}

static void broken_requests_are_answered_in_clean_lines(void **state)
{
	struct sip_msg *msg = parse_ok(
	    "BYE sip:b@h SIP/2.0\nVia: nonsense\nvia:\n SIP/2.0/UDP x\nFrom: a\n b\nTo: c\nCall-ID: d\nCSeq: e\n\n");
	const struct response_parts parts = { .status = 400, .to_tag = SLICE("t") };

	(void)state;
	assert_slice(built(msg, &parts),
	    "SIP/2.0 400 Bad Request\r\n"
	    "Via: nonsense\r\n"
	    "via:\r\n SIP/2.0/UDP x\r\n"
	    "From: a\r\n b\r\n"
	    "To: c;tag=t\r\n"
	    "Call-ID: d\r\n"
	    "CSeq: e\r\n"
	    "Content-Length: 0\r\n"
	    "\r\n");
	sip_msg_unref(&msg);
}

static void reasons_fit_the_status(void **state)
{
	(void)state;
	assert_slice(sip_reason(404), "Not Found");
	assert_slice(sip_reason(481), "Call/Transaction Does Not Exist");
	assert_slice(sip_reason(606), "Not Acceptable");
	assert_slice(sip_reason(100), "Trying");
	assert_slice(sip_reason(299), "Success");
	assert_slice(sip_reason(450), "Request Failure");
	assert_slice(sip_reason(699), "Global Failure");
	assert_slice(sip_reason(99), "Unknown");
	assert_slice(sip_reason(700), "Unknown");
	for (uint16_t status = 100; status < 700; status++)
		assert_int_not_equal(sip_reason(status).len, 0);
}

static const char sent[] =
	"INVITE sip:b@next;transport=tcp SIP/2.0\r\n"
	"Via: SIP/2.0/TCP me;branch=z9hG4bKmine, SIP/2.0/UDP other\r\n"
	"Via: SIP/2.0/UDP third\r\n"
	"Route: <sip:r1;lr>\r\n"
	"Max-Forwards: 69\r\n"
	"From: \"A\"\r\n <sip:a@h>;tag=1\r\n"
	"t: <sip:b@h>\r\n"
	"Call-ID: x\r\n"
	"Require: 100rel\r\n"
	"Route: <sip:r2;lr>\r\n"
	"CSeq: 7 INVITE\r\n"
	"Contact: <sip:a@c>\r\n"
	"Content-Length: 4\r\n"
	"\r\n"
	"To: not a header\r\n";

static void an_ack_belongs_to_the_transaction(void **state)
{
	struct buf *out = buf_new(0);

	(void)state;
	assert_int_equal(sip_build_ack(slice_str(sent), SLICE("<sip:b@h>;tag=2"), out), 0);
	assert_slice(buf_slice(out),
	    "ACK sip:b@next;transport=tcp SIP/2.0\r\n"
	    "Via: SIP/2.0/TCP me;branch=z9hG4bKmine\r\n"
	    "Route: <sip:r1;lr>\r\n"
	    "From: \"A\"\r\n <sip:a@h>;tag=1\r\n"
	    "To: <sip:b@h>;tag=2\r\n"
	    "Call-ID: x\r\n"
	    "Route: <sip:r2;lr>\r\n"
	    "CSeq: 7 ACK\r\n"
	    "Max-Forwards: 70\r\n"
	    "Content-Length: 0\r\n"
	    "\r\n");
	buf_unref(&out);
}

static void a_cancel_is_like_what_it_cancels(void **state)
{
	struct buf *out = buf_new(0);

	(void)state;
	assert_int_equal(sip_build_cancel(slice_str(sent), SLICE("SIP;cause=200"), out), 0);
	assert_slice(buf_slice(out),
	    "CANCEL sip:b@next;transport=tcp SIP/2.0\r\n"
	    "Via: SIP/2.0/TCP me;branch=z9hG4bKmine\r\n"
	    "Route: <sip:r1;lr>\r\n"
	    "From: \"A\"\r\n <sip:a@h>;tag=1\r\n"
	    "t: <sip:b@h>\r\n"
	    "Call-ID: x\r\n"
	    "Route: <sip:r2;lr>\r\n"
	    "CSeq: 7 CANCEL\r\n"
	    "Max-Forwards: 70\r\n"
	    "Reason: SIP;cause=200\r\n"
	    "Content-Length: 0\r\n"
	    "\r\n");
	buf_unref(&out);
}

UNIT_MAIN(cmocka_unit_test(a_response_takes_over_what_it_must),
    cmocka_unit_test(a_tag_that_is_there_stays),
    cmocka_unit_test(broken_requests_are_answered_in_clean_lines),
    cmocka_unit_test(reasons_fit_the_status),
    cmocka_unit_test(an_ack_belongs_to_the_transaction),
    cmocka_unit_test(a_cancel_is_like_what_it_cancels))
