/*
 * What a signature covers, and the credentials header.
 */
#include "modules/auth_lcs/creds.h"
#include "modules/auth_lcs/text.h"

#include "test/unit.h"

#define REALM  "SIP Communications Service"
#define TARGET "lcs1.example.com"

static const struct sa_mark mark4 = {
	.scheme = { "NTLM", 4 }, .rand = { "daf5158d", 8 }, .num = { "1", 1 },
	.realm = { REALM, sizeof(REALM) - 1 }, .targetname = { TARGET, sizeof(TARGET) - 1 },
	.version = 4,
};

static void check_text(const char *message, const struct sa_mark *mark, const char *want)
{
	struct buf *b = buf_new(64);
	struct sa_fields f;

	assert_int_equal(sa_fields_read(slice_str(message), &f), 0);
	sa_text_put(b, mark, &f);
	assert_slice(buf_slice(b), want);
	buf_unref(&b);
}

#define REGISTER_HEAD                                                       \
	"Via: SIP/2.0/tcp 10.1.1.5:39010;branch=z9hG4bK1\r\n"               \
	"From: <sip:alice@example.com>;tag=4913917394;epid=cf0b98dadeb9\r\n"
#define REGISTER_REST                                                       \
	"Call-ID: 598Bg2BE0a2545i2999m1FA7t85C3bF668x127Fx\r\n"             \
	"CSeq: 3 REGISTER\r\n"

static void test_request(void **state)
{
	(void)state;
	check_text("REGISTER sip:example.com SIP/2.0\r\n" REGISTER_HEAD
	    "To: <sip:alice@example.com>\r\n" REGISTER_REST "Content-Length: 0\r\n\r\n", &mark4,
	    "<NTLM><daf5158d><1><" REALM "><" TARGET "><598Bg2BE0a2545i2999m1FA7t85C3bF668x127Fx>"
	    "<3><REGISTER><sip:alice@example.com><4913917394><sip:alice@example.com><><><><>");
}

static void test_response(void **state)
{
	struct sa_mark mark = mark4;

	(void)state;
	mark.rand = SLICE("d64a46c8");
	check_text("SIP/2.0 200 OK\r\n" REGISTER_HEAD
	    "To: <sip:alice@example.com>;tag=851777440EF34A36\r\n" REGISTER_REST
	    "Expires: 7200\r\nContact: <sip:a@b>;expires=60\r\nContent-Length: 0\r\n\r\n", &mark,
	    "<NTLM><d64a46c8><1><" REALM "><" TARGET "><598Bg2BE0a2545i2999m1FA7t85C3bF668x127Fx>"
	    "<3><REGISTER><sip:alice@example.com><4913917394><sip:alice@example.com>"
	    "<851777440EF34A36><><><7200><200>");
}

/* LCS 2003 and 2005 knew neither To URI nor asserted identities. */
static void test_old_layout(void **state)
{
	struct sa_mark mark = mark4;

	(void)state;
	mark.version = 2;
	check_text("SUBSCRIBE sip:alice@example.com SIP/2.0\r\nFrom: <sip:alice@example.com>;tag=t1\r\n"
	    "To: <sip:bob@example.com>\r\nCall-ID: c1\r\nCSeq: 1 SUBSCRIBE\r\n"
	    "P-Asserted-Identity: <sip:x@y>\r\n\r\n", &mark,
	    "<NTLM><daf5158d><1><" REALM "><" TARGET "><c1><1><SUBSCRIBE><sip:alice@example.com>"
	    "<t1><><>");
}

static void test_identities(void **state)
{
	(void)state;
	check_text("MESSAGE sip:b SIP/2.0\r\nf: \"A, <b>\" <sip:a@x;p=1>;tag=1\r\n"
	    "t: sip:b@x;tag=2\r\ni: c\r\nCSeq: 7 MESSAGE\r\n"
	    "P-Preferred-Identity: <tel:+3>, <sip:no@x>\r\n"
	    "P-Asserted-Identity: <tel:+1>, \"x\" <sip:s@x>, <sip:t@x>\r\n\r\nFrom: <sip:body>\r\n",
	    &mark4, "<NTLM><daf5158d><1><" REALM "><" TARGET "><c><7><MESSAGE><b><1><sip:b@x><2>"
	    "<sip:s@x><tel:+1><>");
}

/* Whoever cuts a message short must not make us read beyond it. */
static void test_cut(void **state)
{
	static const char whole[] = "SIP/2.0 200 OK\r\n" REGISTER_HEAD
	    "To: <sip:alice@example.com>;tag=8\r\n\tfolded\r\n" REGISTER_REST "\r\n";
	struct sa_fields f;

	(void)state;
	for (size_t n = 0; n < sizeof(whole); n++) {
		char *copy = malloc(n + 1);

		memcpy(copy, whole, n);
		sa_fields_read(slice_of(copy, n), &f);
		free(copy);
	}
	assert_int_equal(sa_fields_read(SLICE(""), &f), -EBADMSG);
	assert_int_equal(sa_fields_read(SLICE("\r\n\r\n"), &f), -EBADMSG);
	assert_int_equal(sa_fields_read(SLICE("SIP/2.0 abc OK\r\n\r\n"), &f), -EBADMSG);
}

static void test_creds(void **state)
{
	struct lcs_creds c;

	(void)state;
	assert_int_equal(lcs_creds_parse(SLICE("NTLM qop=\"auth\", opaque=\"A611BCEE\", realm=\"" REALM
	    "\", targetname=\"" TARGET "\", gssapi-data=\"\", version=4"), &c), 0);
	assert_slice(c.scheme, "NTLM");
	assert_slice(c.opaque, "A611BCEE");
	assert_slice(c.realm, REALM);
	assert_int_equal(c.version, 4);
	assert_true(c.has_token && c.gssapi_data.len == 0);
	assert_int_equal(lcs_creds_parse(SLICE("Kerberos CNUM=\"2\" , Response=\"01\",crand=\"a\""),
	    &c), 0);
	assert_slice(c.cnum, "2");
	assert_slice(c.response, "01");
	assert_int_equal(c.version, 2);
	assert_false(c.has_token);
}

static void test_bad_creds(void **state)
{
	static const char *const bad[] = { "", " ", "NTLM =", "NTLM a", "NTLM a=\"b", "NTLM a=b c=d",
	    "NTLM version=x", "NTLM version=99999999999", "NTLM version=\"\"" };
	struct lcs_creds c;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(lcs_creds_parse(slice_str(bad[i]), &c), -EBADMSG);
}

UNIT_MAIN(
	cmocka_unit_test(test_request),
	cmocka_unit_test(test_response),
	cmocka_unit_test(test_old_layout),
	cmocka_unit_test(test_identities),
	cmocka_unit_test(test_cut),
	cmocka_unit_test(test_creds),
	cmocka_unit_test(test_bad_creds),
)
