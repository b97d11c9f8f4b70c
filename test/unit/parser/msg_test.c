/*
 * Messages: the index, its limits, typed views, the check.
 */
#include "test/unit/parser/parse.h"

static void a_request_is_indexed(void **state)
{
	struct sip_msg *msg = parse_ok(parse_invite);
	const struct hdr *h;

	(void)state;
	assert_true(msg->is_request);
	assert_int_equal(msg->method, METHOD_INVITE);
	assert_slice(msg->method_text, "INVITE");
	assert_slice(msg->request_uri, "sip:bob@bench.example");
	assert_slice(msg->version, "SIP/2.0");
	assert_slice(msg->first_line, "INVITE sip:bob@bench.example SIP/2.0\r\n");
	assert_slice(msg->body, "0123456789");
	assert_slice(msg->raw, parse_invite);
	assert_int_equal(msg->hdr_count, 11);
	assert_false(msg->is_untidy);
	h = &msg->hdrs[1];
	assert_int_equal(h->id, HDR_MAX_FORWARDS);
	assert_slice(h->name, "Max-Forwards");
	assert_slice(h->value, "70");
	assert_slice(h->line, "Max-Forwards: 70\r\n");
	assert_ptr_equal(msg_hdr(msg, HDR_MAX_FORWARDS), h);
	assert_null(msg_hdr(msg, HDR_ROUTE));
	assert_slice(msg_value(msg, HDR_USER_AGENT), "sipload");
	assert_slice(msg_value(msg, HDR_ROUTE), "");
	sip_msg_unref(&msg);
	assert_null(msg);
}

static void a_response_is_indexed(void **state)
{
	struct sip_msg *msg = parse_ok(parse_ringing);

	(void)state;
	assert_false(msg->is_request);
	assert_int_equal(msg->status, 180);
	assert_slice(msg->reason, "Ringing");
	assert_int_equal(msg->method, METHOD_INVITE);
	assert_slice(msg->body, "");
	assert_null(msg_request_uri(msg));
	assert_int_equal(sip_msg_check(msg, NULL), 0);
	sip_msg_unref(&msg);
}

static void headers_are_walked_by_name(void **state)
{
	struct sip_msg *msg = parse_ok(
	    "OPTIONS sip:h SIP/2.0\r\nv: a\r\nX-One: 1\r\nVIA: b\r\nx-one: 2\r\nX-Two: 3\r\nvia:c\r\n\r\n");
	const struct hdr *h = msg_hdr(msg, HDR_VIA);

	(void)state;
	assert_slice(h->value, "a");
	h = msg_hdr_next(msg, h);
	assert_slice(h->value, "b");
	h = msg_hdr_next(msg, h);
	assert_slice(h->value, "c");
	assert_null(msg_hdr_next(msg, h));
	h = msg_hdr_named(msg, SLICE("X-ONE"));
	assert_slice(h->value, "1");
	h = msg_hdr_next(msg, h);
	assert_slice(h->value, "2");
	assert_null(msg_hdr_next(msg, h));
	assert_slice(msg_hdr_named(msg, SLICE("x-two"))->value, "3");
	assert_slice(msg_hdr_named(msg, SLICE("v"))->value, "a");
	assert_null(msg_hdr_named(msg, SLICE("X-Three")));
	assert_null(msg_hdr_named(msg, SLICE("Route")));
	sip_msg_unref(&msg);
}

static void folds_and_odd_white_space_are_one_header(void **state)
{
	struct sip_msg *msg = parse_ok("OPTIONS sip:h SIP/2.0\r\n"
	    "s :\r\n"
	    "TO :\r\n sip:a@h ;\r\n\ttag = 1\r\n"
	    "X-Empty-Fold: a\r\n \r\n b\r\n"
	    "Subject2:\t x \t\r\n"
	    "\r\n body that begins with a space");

	(void)state;
	assert_int_equal(msg->hdr_count, 4);
	assert_slice(msg_value(msg, HDR_SUBJECT), "");
	assert_slice(msg_value(msg, HDR_TO), "sip:a@h ;\r\n\ttag = 1");
	assert_slice(msg_hdr(msg, HDR_TO)->line, "TO :\r\n sip:a@h ;\r\n\ttag = 1\r\n");
	assert_slice(msg_to(msg)->tag, "1");
	assert_slice(msg->hdrs[2].value, "a\r\n \r\n b");
	assert_slice(msg->hdrs[3].value, "x");
	assert_slice(msg->body, " body that begins with a space");
	sip_msg_unref(&msg);
}

static void bare_lf_and_crlf_in_front_are_taken(void **state)
{
	struct sip_msg *msg = parse_ok("\r\n\n\r\nOPTIONS sip:h SIP/2.0\nVia: a\n b\nTo: c\n\nbody\n");

	(void)state;
	assert_true(msg->is_untidy);
	assert_int_equal(msg->hdr_count, 2);
	assert_slice(msg->hdrs[0].value, "a\n b");
	assert_slice(msg->request_uri, "sip:h");
	assert_slice(msg->body, "body\n");
	sip_msg_unref(&msg);
}

static void all_octets_survive(void **state)
{
	char text[400] = "MESSAGE sip:h SIP/2.0\r\nSubject: ", *p = text + strlen(text);
	struct sip_defect why;
	struct sip_msg *msg;
	struct slice value;

	(void)state;
	value.p = p;
	for (int c = 1; c < 256; c++)
		if (c != '\r' && c != '\n' && c != ' ' && c != '\t')
			*p++ = (char)c;
	value.len = (size_t)(p - value.p);
	memcpy(p, "\r\n\r\n\0\r\n\0", 8);
	p += 8;
	assert_int_equal(sip_msg_parse(slice_between(text, p), NULL, &parse_limits, &msg, &why), 0);
	assert_true(slice_eq(msg_value(msg, HDR_SUBJECT), value));
	assert_int_equal(msg->body.len, 4);
	sip_msg_unref(&msg);
}

static void content_length_ends_the_body(void **state)
{
	struct sip_msg *msg = parse_ok("OPTIONS sip:h SIP/2.0\r\nl :\r\n  0003\r\n\r\n12345");

	(void)state;
	assert_slice(msg->body, "123");
	assert_int_equal(msg->raw.len, strlen("OPTIONS sip:h SIP/2.0\r\nl :\r\n  0003\r\n\r\n12345"));
	sip_msg_unref(&msg);
	msg = parse_ok("OPTIONS sip:h SIP/2.0\r\n\r\n12345");
	assert_slice(msg->body, "12345");
	sip_msg_unref(&msg);
}

#define VIA "Via: SIP/2.0/UDP h\r\n"
#define OTHERS "From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n"
#define NUL_CASE(text, reason) { text, sizeof(text) - 1, reason }

static const struct { const char *text; size_t len; const char *reason; } nuls[] = {
	NUL_CASE("OPTIONS sip:h SIP/2.0\r\nSubject: a\0\r\n" VIA OTHERS, "NUL in a header value"),
	NUL_CASE("OPTIONS sip:h SIP/2.0\r\nX: \\\0\r\n" VIA OTHERS, "NUL in a header value"),
	NUL_CASE("OPTIONS sip:h SIP/2.0\r\nX: \"\0\"\r\n" VIA OTHERS, "NUL in a header value"),
	NUL_CASE("OPTIONS sip:h SIP/2.0\r\nX: \"\\\\\0\"\r\n" VIA OTHERS, "NUL in a header value"),
	NUL_CASE("OPTIONS sip:h SIP/2.0\r\nX: \"\\\0\r\n" VIA OTHERS, "NUL in a header value"),
	NUL_CASE("OPTIONS sip:h SIP/2.0\r\nX: (\\\0)\r\n" VIA OTHERS, "NUL in a header value"),
	NUL_CASE("OPTIONS sip:h SIP/2.0\r\nServer: (\\\0\r\n" VIA OTHERS, "NUL in a header value"),
	NUL_CASE("OPTIONS sip:h SIP/2.0\r\nX: \r\n \0\r\n" VIA OTHERS, "NUL in a header value"),
	NUL_CASE("OPTIONS sip:h SIP/2.0\r\nX\0: a\r\n" VIA OTHERS,
	    "Header line without a name and a colon"),
	NUL_CASE("OPTIONS sip:\0 SIP/2.0\r\n" VIA OTHERS, "Request-URI malformed"),
	NUL_CASE("SIP/2.0 200 \0\r\n" VIA OTHERS, "NUL in the reason phrase"),
	/* Of the quoted-pair of 25.1 NUL is a part, and of the body any octet. */
	NUL_CASE("OPTIONS sip:h SIP/2.0\r\nX: \"\\\0\"\r\n" VIA OTHERS, ""),
	NUL_CASE("OPTIONS sip:h SIP/2.0\r\nServer: x (a(\\\0) b) \"(\"\r\n" VIA OTHERS, ""),
	NUL_CASE("OPTIONS sip:h SIP/2.0\r\n" VIA OTHERS "\0\0", ""),
};

static void a_nul_has_to_be_quoted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(nuls); i++) {
		uint16_t status;
		const char *reason = parse_reason(slice_of(nuls[i].text, nuls[i].len), &status);

		if (strcmp(reason, nuls[i].reason) != 0)
			fail_msg("%zu: %s", i, reason);
		assert_int_equal(status, *reason && *nuls[i].text != 'S' ? 400 : 0);
	}
}

#define HEAD "Via: SIP/2.0/UDP h;branch=z9hG4bKx\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\n" \
	"Call-ID: c\r\nCSeq: 1 OPTIONS\r\n"
#define LINE "OPTIONS sip:h SIP/2.0\r\n"

/* answerable: sip_msg_parse() leaves the message for the response. */
static const struct {
	const char *text, *reason;
	bool answerable;
} broken[] = {
	{ "", "Start line without an end", false },
	{ "\r\n\r\n", "Start line without an end", false },
	{ "OPTIONS sip:h SIP/2.0", "Start line without an end", false },
	{ LINE, "No empty line behind the headers", false },
	{ LINE HEAD, "No empty line behind the headers", true },
	{ LINE HEAD "X: y", "Header line without an end", true },
	{ LINE HEAD "X: y\r\n ", "Header line without an end", true },
	{ LINE HEAD "no colon\r\n\r\n", "Header line without a name and a colon", true },
	{ LINE HEAD ": no name\r\n\r\n", "Header line without a name and a colon", true },
	{ LINE " folded: x\r\n" HEAD "\r\n", "Header line without a name and a colon", true },
	{ LINE HEAD "\xc3\xa4: x\r\n\r\n", "Header line without a name and a colon", true },
	{ LINE HEAD "X\r\n : y\r\n\r\n", "Header line without a name and a colon", true },
	{ LINE HEAD "Content-Length: -1\r\n\r\n", "Content-Length is not a number", true },
	{ LINE HEAD "Content-Length:\r\n\r\n", "Content-Length is not a number", true },
	{ LINE HEAD "Content-Length: 1, 1\r\n\r\n1", "Content-Length is not a number", true },
	{ LINE HEAD "Content-Length: 4294967296\r\n\r\n1", "Content-Length is not a number", true },
	{ LINE HEAD "Content-Length: 2\r\n\r\n1", "Content-Length is larger than the body", true },
	{ LINE HEAD "l: 0\r\nContent-Length: 1\r\n\r\n1", "Content-Length is there twice and differs", true },
	{ LINE "Content-Length: 2\r\n\r\n1", "Content-Length is larger than the body", false },
	{ "OPTIONS\r\n" HEAD "\r\n", "Malformed request line", true },
	{ "OPTIONS sip:h\r\n" HEAD "\r\n", "Malformed request line", true },
	{ "OPTIONS  sip:h SIP/2.0\r\n" HEAD "\r\n", "Malformed request line", true },
	{ "OPTIONS sip:h  SIP/2.0\r\n" HEAD "\r\n", "Malformed request line", true },
	{ "OPTIONS sip:h SIP/2.0 \r\n" HEAD "\r\n", "Malformed request line", true },
	{ " OPTIONS sip:h SIP/2.0\r\n" HEAD "\r\n", "Malformed request line", true },
	{ "OPT(IONS sip:h SIP/2.0\r\n" HEAD "\r\n", "Malformed request line", true },
	{ "OPTIONS sip:h HTTP/1.1\r\n" HEAD "\r\n", "Malformed request line", true },
	{ "OPTIONS sip:h SIP/2\r\n" HEAD "\r\n", "Malformed request line", true },
	{ "OPTIONS sip:h SIP/2.\r\n" HEAD "\r\n", "Malformed request line", true },
	{ "OPTIONS sip:h SIP/2.0x\r\n" HEAD "\r\n", "Malformed request line", true },
	{ "OPTIONS  SIP/2.0\r\n" HEAD "\r\n", "Malformed request line", true },
	{ "SIP/2.0 99 x\r\n" HEAD "\r\n", "Malformed status line", false },
	{ "SIP/2.0 700 x\r\n" HEAD "\r\n", "Malformed status line", false },
	{ "SIP/2.0 4294967301 x\r\n" HEAD "\r\n", "Malformed status line", false },
	{ "SIP/2.0\r\n" HEAD "\r\n", "Malformed status line", false },
	{ "SIP/2.0  200 OK\r\n" HEAD "\r\n", "Malformed status line", false },
	{ "SIP/2.0 2x0 OK\r\n" HEAD "\r\n", "Malformed status line", false },
	{ "SIP/2.x 200 OK\r\n" HEAD "\r\n", "Malformed status line", false },
	{ "SIP/2.0 200 OK\r\n" HEAD "Content-Length: 1\r\n\r\n", "Content-Length is larger than the body", false },
};

static void broken_messages_are_refused_and_kept_for_an_answer(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(broken); i++) {
		struct sip_defect why = { 0 };
		struct sip_msg *msg;
		int err = sip_msg_parse(slice_str(broken[i].text), NULL, &parse_limits, &msg, &why);

		assert_int_equal(err, -EBADMSG);
		assert_string_equal(why.reason, broken[i].reason);
		/* Nobody answers a response, or what is no message at all. */
		assert_int_equal(why.status, strncmp(broken[i].text, "SIP/", 4) == 0 ||
		    strcmp(why.reason, "Start line without an end") == 0 ? 0 : 400);
		if ((msg != NULL) != broken[i].answerable)
			fail_msg("%s", broken[i].text);
		sip_msg_unref(&msg);
	}
}

static void status_lines_may_lack_a_reason(void **state)
{
	static const char *const lines[] = { "SIP/2.0 100 \r\n\r\n", "SIP/2.0 100\r\n\r\n" };

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct sip_msg *msg = parse_ok(lines[i]);

		assert_int_equal(msg->status, 100);
		assert_slice(msg->reason, "");
		assert_int_equal(msg->method, METHOD_OTHER);
		sip_msg_unref(&msg);
	}
}

static void limits_hold(void **state)
{
	struct msg_limits limits = parse_limits;
	size_t len = strlen(parse_invite);
	struct sip_defect why;
	struct sip_msg *msg;

	(void)state;
	limits.max_bytes = len;
	limits.max_hdrs = 11;
	assert_int_equal(sip_msg_parse(slice_of(parse_invite, len), NULL, &limits, &msg, &why), 0);
	sip_msg_unref(&msg);
	limits.max_hdrs = 10;
	assert_int_equal(sip_msg_parse(slice_of(parse_invite, len), NULL, &limits, &msg, &why), -EBADMSG);
	assert_int_equal(why.status, 513);
	assert_non_null(msg);		/* enough was there to answer it */
	assert_int_equal(msg->hdr_count, 10);
	sip_msg_unref(&msg);
	limits.max_hdrs = 2;
	assert_int_equal(sip_msg_parse(slice_of(parse_invite, len), NULL, &limits, &msg, &why), -EBADMSG);
	assert_null(msg);
	limits.max_hdrs = 11;
	limits.max_bytes = len - 1;
	assert_int_equal(sip_msg_parse(slice_of(parse_invite, len), NULL, &limits, &msg, &why), -EMSGSIZE);
	assert_null(msg);
	limits = parse_limits;
	limits.arena_bytes = 512;
	assert_int_equal(sip_msg_parse(slice_of(parse_invite, len), NULL, &limits, &msg, &why), -ENOMEM);
	assert_null(msg);
}

/* A list as long as the message leaves memory for an answer. */
static void many_contacts_do_not_take_all_memory(void **state)
{
	const struct msg_limits limits = { .max_bytes = 65536, .arena_bytes = 1 << 20 };
	static char text[65536];
	char *p = text + snprintf(text, sizeof(text), "REGISTER sip:h SIP/2.0\r\n"
	    "Via: SIP/2.0/TCP a;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:a@h>\r\n"
	    "Call-ID: 1\r\nCSeq: 1 REGISTER\r\nContact: <sip:a>");
	struct sip_defect why = { 0 };
	struct sip_msg *msg;

	(void)state;
	while (p < text + sizeof(text) - 16) {
		memcpy(p, ",<sip:a>", 8);
		p += 8;
	}
	memcpy(p, "\r\n\r\n", 4);
	assert_int_equal(sip_msg_parse(slice_between(text, p + 4), NULL, &limits, &msg, &why), 0);
	assert_int_equal(sip_msg_check(msg, &why), 0);
	assert_non_null(arena_alloc(msg->arena, 512 * 1024));
	sip_msg_unref(&msg);
}

/* As many headers as there may be, and one more. */
static void the_hard_bound_of_headers_holds(void **state)
{
	const struct msg_limits none = { 0 };
	char *text = malloc(16 * (MSG_MAX_HDRS + 8)), *p = text;
	struct sip_defect why;
	struct sip_msg *msg;

	(void)state;
	p += snprintf(p, 64, "OPTIONS sip:h SIP/2.0\r\n");
	for (int i = 0; i < MSG_MAX_HDRS; i++)
		p += snprintf(p, 16, "X-%d: %d\r\n", i, i);
	memcpy(p, "\r\n", 2);
	assert_int_equal(sip_msg_parse(slice_between(text, p + 2), NULL, &none, &msg, &why), 0);
	assert_int_equal(msg->hdr_count, MSG_MAX_HDRS);
	assert_slice(msg->hdrs[MSG_MAX_HDRS - 1].value, "511");
	assert_slice(msg->hdrs[20].name, "X-20");
	sip_msg_unref(&msg);
	memcpy(p, "One: more\r\n\r\n", 13);
	assert_int_equal(sip_msg_parse(slice_between(text, p + 13), NULL, &none, &msg, &why), -EBADMSG);
	assert_int_equal(why.status, 513);
	assert_null(msg);
	free(text);
}

/* Nothing is read behind the end (the sanitizer sees to that), and no piece of a message is
 * taken for the whole while its Content-Length says otherwise. */
static void every_beginning_of_a_message_is_refused(void **state)
{
	size_t len = strlen(parse_invite);

	(void)state;
	for (size_t n = 0; n < len; n++) {
		char *exact = malloc(n + 1);
		struct sip_defect why = { 0 };
		struct sip_msg *msg;

		memcpy(exact, parse_invite, n);
		assert_int_equal(sip_msg_parse(slice_of(exact, n), NULL, &parse_limits, &msg, &why), -EBADMSG);
		free(exact);
		if (msg)
			sip_msg_check(msg, &why);
		assert_non_null(why.reason);
		sip_msg_unref(&msg);
	}
}

static void views_are_made_once(void **state)
{
	struct sip_msg *msg = parse_ok(parse_invite);
	const struct name_addr *from = msg_from(msg);
	size_t used;

	(void)state;
	assert_slice(from->display, "\"User 17\"");
	assert_slice(from->tag, "f1f.2a");
	assert_slice(msg_to(msg)->uri.user, "u16");
	assert_slice(msg_via(msg)->branch, "z9hG4bKsl.1f.2a.1");
	assert_true(via_has_cookie(msg_via(msg)));
	assert_int_equal(msg_cseq(msg)->seq, 1);
	assert_slice(msg_request_uri(msg)->user, "bob");
	assert_slice(msg_call_id(msg), "sl1f.2a@127.0.0.1");
	assert_slice(msg_name_addr(msg, HDR_CONTACT)->uri.user, "u17");
	assert_int_equal(msg_max_forwards(msg), 70);
	assert_int_equal(msg_expires(msg), -1);
	used = arena_used(msg->arena);
	assert_ptr_equal(msg_from(msg), from);
	assert_null(msg_name_addr(msg, HDR_ROUTE));
	assert_null(msg_name_addr(msg, HDR_CALL_ID));
	assert_slice(msg_via(msg)->host, "127.0.0.1");
	assert_int_equal(arena_used(msg->arena), used);
	sip_msg_unref(&msg);
}

static void failure_is_remembered_too(void **state)
{
	struct sip_msg *msg = parse_ok("OPTIONS sip: SIP/2.0\r\nFrom: x\r\nTo:\r\nVia:\r\nCSeq: a\r\n"
	    "Route: ,\r\nMax-Forwards: 256\r\nExpires: x\r\n\r\n");
	size_t used;

	(void)state;
	for (int round = 0; round < 2; round++) {
		assert_null(msg_from(msg));
		assert_null(msg_to(msg));
		assert_null(msg_via(msg));
		assert_null(msg_cseq(msg));
		assert_null(msg_request_uri(msg));
		assert_null(msg_name_addr(msg, HDR_ROUTE));
		assert_int_equal(msg_max_forwards(msg), -EBADMSG);
		assert_int_equal(msg_expires(msg), -EBADMSG);
		if (round == 0)
			used = arena_used(msg->arena);
	}
	assert_ptr_equal(msg->typed[HDR_FROM], SIP_TYPED_BAD);
	assert_int_equal(arena_used(msg->arena), used);
	sip_msg_unref(&msg);
}

static void the_way_back_is_kept(void **state)
{
	struct sip_hop from = hop_from(TRANSPORT_TLS, "[2001:db8::7]:5061");
	char name[] = "peer.example";
	struct sip_msg *msg, *other;

	(void)state;
	from.flow = 77;
	from.name = slice_str(name);
	assert_int_equal(sip_msg_parse(slice_str(parse_invite), &from, &parse_limits, &msg, NULL), 0);
	name[0] = 'X';
	assert_int_equal(msg->from.flow, 77);
	assert_true(sock_addr_eq(&msg->from.remote, &from.remote));
	assert_slice(msg->from.name, "peer.example");
	other = sip_msg_ref(msg);
	sip_msg_unref(&msg);
	assert_slice(other->from.name, "peer.example");
	sip_msg_unref(&other);
	sip_msg_unref(&other);
}

static const struct { const char *text, *reason; uint16_t status; } checks[] = {
	{ LINE HEAD "\r\n", "", 0 },
	{ LINE HEAD "Max-Forwards: 255\r\n\r\n", "", 0 },
	{ "OPTIONS sip:h sip/2.0\r\n" HEAD "\r\n", "", 0 },
	/* RFC 2543: neither cookie nor tag nor Max-Forwards. */
	{ "OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: sip:a@h\r\nTo: b <sip:b@h>\r\n"
	  "Call-ID: 1@h\r\nCSeq: 1 OPTIONS\r\n\r\n", "", 0 },
	{ "OPTIONS sip:h SIP/7.0\r\n" HEAD "\r\n", "SIP version is not 2.0", 505 },
	{ "SIP/7.0 200 OK\r\n" HEAD "\r\n", "SIP version is not 2.0", 0 },
	{ LINE HEAD "From: <sip:a@h>\r\n\r\n", "From is there twice", 400 },
	{ LINE HEAD "f: <sip:a@h>\r\n\r\n", "From is there twice", 400 },
	{ LINE HEAD "Expires: 1\r\nexpires: 1\r\n\r\n", "Expires is there twice", 400 },
	{ LINE HEAD "Via: SIP/2.0/UDP i\r\nRoute: <sip:x>\r\nRoute: <sip:y>\r\nX-1: 1\r\nX-1: 1\r\n"
	  "Authorization: A b=c\r\nAuthorization: A b=d\r\n\r\n", "", 0 },
	{ LINE "From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n", "Via missing", 400 },
	{ LINE "Via: SIP/2.0/UDP h\r\nTo: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n", "From missing", 400 },
	{ LINE "Via: SIP/2.0/UDP h\r\nFrom: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n", "To missing", 400 },
	{ LINE "Via: SIP/2.0/UDP h\r\nFrom: <sip:b@h>\r\nTo: <sip:b@h>\r\nCSeq: 1 OPTIONS\r\n\r\n", "Call-ID missing", 400 },
	{ LINE "Via: SIP/2.0/UDP h\r\nFrom: <sip:b@h>\r\nTo: <sip:b@h>\r\nCall-ID: 1\r\n\r\n", "CSeq missing", 400 },
	{ "SIP/2.0 200 OK\r\nFrom: <sip:a@h>\r\nTo: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n", "Via missing", 0 },
	{ LINE "Via: x\r\nFrom: <sip:a@h>\r\nTo: <sip:b@h>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n", "Via malformed", 400 },
	{ LINE "Via: SIP/2.0/UDP h;branch=z9hg4bk\r\nFrom: <sip:a@h>\r\nTo: <sip:b@h>\r\nCall-ID: 1\r\n"
	  "CSeq: 1 OPTIONS\r\n\r\n", "Via branch is the bare magic cookie", 400 },
	{ LINE "Via: SIP/2.0/UDP h\r\nFrom: <a@h>\r\nTo: <sip:b@h>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n", "From malformed", 400 },
	{ LINE "Via: SIP/2.0/UDP h\r\nFrom: <sip:a@h>\r\nTo: \"b\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n", "To malformed", 400 },
	{ LINE "Via: SIP/2.0/UDP h\r\nFrom: <sip:a@h>\r\nTo: <sip:a@h>\r\nCall-ID: 1 2\r\nCSeq: 1 OPTIONS\r\n\r\n", "Call-ID malformed", 400 },
	{ LINE "Via: SIP/2.0/UDP h\r\nFrom: <sip:a@h>\r\nTo: <sip:a@h>\r\nCall-ID:\r\nCSeq: 1 OPTIONS\r\n\r\n", "Call-ID malformed", 400 },
	{ LINE "Via: SIP/2.0/UDP h\r\nFrom: <sip:a@h>\r\nTo: <sip:a@h>\r\nCall-ID: 1\r\nCSeq: OPTIONS\r\n\r\n", "CSeq malformed", 400 },
	{ LINE "Via: SIP/2.0/UDP h\r\nFrom: <sip:a@h>\r\nTo: <sip:a@h>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n", "CSeq method is not the request's", 400 },
	{ "NEW sip:h SIP/2.0\r\n" HEAD "\r\n", "CSeq method is not the request's", 501 },
	{ "options sip:h SIP/2.0\r\n" HEAD "\r\n", "CSeq method is not the request's", 501 },
	{ LINE HEAD "Max-Forwards: 256\r\n\r\n", "Max-Forwards is not a number up to 255", 400 },
	{ LINE HEAD "Max-Forwards: -1\r\n\r\n", "Max-Forwards is not a number up to 255", 400 },
	{ "OPTIONS <sip:h> SIP/2.0\r\n" HEAD "\r\n", "Request-URI malformed", 400 },
	{ "OPTIONS sip:h; lr SIP/2.0\r\n" HEAD "\r\n", "Request-URI malformed", 400 },
	{ "OPTIONS sip:h?Route=x SIP/2.0\r\n" HEAD "\r\n", "Request-URI with headers", 400 },
	{ "OPTIONS isbn:1 SIP/2.0\r\n" HEAD "\r\n", "", 0 },
	{ LINE HEAD "Contact: nonsense\r\n\r\n", "", 0 },
	{ "REGISTER sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@h>\r\nTo: <sip:a@h>\r\n"
	  "Call-ID: 1\r\nCSeq: 1 REGISTER\r\nContact: *\r\nm: <sip:a@h>, sip:b@h?x\r\n\r\n", "Contact malformed", 400 },
};

static void the_check_names_the_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(checks); i++) {
		uint16_t status;

		if (strcmp(parse_reason(slice_str(checks[i].text), &status), checks[i].reason) != 0)
			fail_msg("%s is what is wrong with\n%s",
			    parse_reason(slice_str(checks[i].text), &status), checks[i].text);
		assert_int_equal(status, checks[i].status);
	}
}

static void cseq_is_read(void **state)
{
	static const struct { const char *text; int err; uint32_t seq; enum sip_method method; } cases[] = {
		{ "1 INVITE", 0, 1, METHOD_INVITE },
		{ " 0009\r\n INVITE ", 0, 9, METHOD_INVITE },
		{ "2147483647 NEW", 0, 2147483647, METHOD_OTHER },
		{ "2147483648 INVITE", -EBADMSG, 0, 0 },	/* 8.1.1.5: below 2**31 */
		{ "36893488147419103232 INVITE", -EBADMSG, 0, 0 },
		{ "", -EBADMSG, 0, 0 },
		{ "INVITE", -EBADMSG, 0, 0 },
		{ "1", -EBADMSG, 0, 0 },
		{ "1INVITE", -EBADMSG, 0, 0 },
		{ "1 INVITE x", -EBADMSG, 0, 0 },
		{ "-1 INVITE", -EBADMSG, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sip_cseq cseq;

		assert_int_equal(sip_cseq_parse(slice_str(cases[i].text), &cseq, NULL), cases[i].err);
		if (cases[i].err)
			continue;
		assert_int_equal(cseq.seq, cases[i].seq);
		assert_int_equal(cseq.method, cases[i].method);
	}
}

static void methods_are_named_by_case(void **state)
{
	(void)state;
	for (enum sip_method m = METHOD_OTHER + 1; m < METHOD_COUNT; m++) {
		struct slice name = sip_method_name(m);
		char text[16];

		assert_int_not_equal(name.len, 0);
		assert_int_equal(sip_method_parse(name), m);
		memcpy(text, name.p, name.len);
		text[0] = ascii_lower(text[0]);
		assert_int_equal(sip_method_parse(slice_of(text, name.len)), METHOD_OTHER);
		assert_int_equal(sip_method_parse(slice_first(name, name.len - 1)), METHOD_OTHER);
	}
	assert_int_equal(sip_method_parse(SLICE("")), METHOD_OTHER);
	assert_int_equal(sip_method_parse(SLICE("XYZ")), METHOD_OTHER);
	assert_slice(sip_method_name(METHOD_OTHER), "");
}

/* A megabyte of one thing; what would take the square of it does not end. */
static void hostile_messages_take_linear_time(void **state)
{
	static const struct { const char *head, *piece, *tail; } cases[] = {
		{ LINE HEAD "X: ", "\r\n ", "y\r\n\r\n" },
		{ LINE HEAD "X: ", "\r\n \t", "\r\n\r\n" },
		{ LINE HEAD "Contact: <sip:a@h>", ";a", "\r\n\r\n" },
		{ "REGISTER sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@h>\r\nTo: <sip:a@h>\r\n"
		  "Call-ID: 1\r\nCSeq: 1 REGISTER\r\nContact: <sip:a@h>", ", <sip:b@h>;x=\",\"", "\r\n\r\n" },
		{ LINE "Via: SIP/2.0/UDP h", ", SIP/2.0/UDP h", "\r\n" HEAD "\r\n" },
		{ LINE HEAD "From: \"", "\\\"", "\r\n\r\n" },
		{ "OPTIONS sip:h", ";a", " SIP/2.0\r\n" HEAD "\r\n" },
		{ "OPTIONS sip:h", " ", " SIP/2.0\r\n" HEAD "\r\n" },
		{ "", "\r\n", LINE HEAD "\r\n" },
	};
	size_t room = 1 << 20;
	char *text = malloc(room + 1024);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t piece = strlen(cases[i].piece), n = strlen(cases[i].head);
		uint16_t status;

		memcpy(text, cases[i].head, n);
		for (; n + piece < room - 1024; n += piece)
			memcpy(text + n, cases[i].piece, piece);
		memcpy(text + n, cases[i].tail, strlen(cases[i].tail));
		parse_reason(slice_of(text, n + strlen(cases[i].tail)), &status);
	}
	free(text);
}

UNIT_MAIN(cmocka_unit_test(a_request_is_indexed), cmocka_unit_test(a_response_is_indexed),
    cmocka_unit_test(headers_are_walked_by_name),
    cmocka_unit_test(folds_and_odd_white_space_are_one_header),
    cmocka_unit_test(bare_lf_and_crlf_in_front_are_taken), cmocka_unit_test(all_octets_survive),
    cmocka_unit_test(a_nul_has_to_be_quoted),
    cmocka_unit_test(content_length_ends_the_body),
    cmocka_unit_test(broken_messages_are_refused_and_kept_for_an_answer),
    cmocka_unit_test(status_lines_may_lack_a_reason), cmocka_unit_test(limits_hold),
	cmocka_unit_test(many_contacts_do_not_take_all_memory),
    cmocka_unit_test(the_hard_bound_of_headers_holds),
    cmocka_unit_test(every_beginning_of_a_message_is_refused),
    cmocka_unit_test(views_are_made_once), cmocka_unit_test(failure_is_remembered_too),
    cmocka_unit_test(the_way_back_is_kept), cmocka_unit_test(the_check_names_the_field),
    cmocka_unit_test(cseq_is_read), cmocka_unit_test(methods_are_named_by_case),
    cmocka_unit_test(hostile_messages_take_linear_time))
