/*
 * test/unit/core/sip/steer_test.c - what is seen in a message's bytes is what the parser finds.
 */
#include "test/unit.h"

#include "core/sip/api.h"
#include "core/sip/steer.h"

#define REST "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa\r\nFrom: <sip:a@example.com>;tag=1\r\n" \
	"CSeq: 1 "

static const struct { bool seen; const char *text; } cases[] = {
	{ true, "OPTIONS sip:b SIP/2.0\r\nTo: <sip:b>\r\nCall-ID: abc@def\r\n" REST "OPTIONS\r\n\r\n" },
	{ true, "SIP/2.0 200 OK\r\nTo: <sip:b>\r\ncall-id \t:abc@def \t\r\n" REST "OPTIONS\r\n\r\n" },
	{ true, "SIP/2.0 200 OK\nTo: <sip:b>\ni: abc@def\n" REST "OPTIONS\n\n" },
	{ true, "BYE sip:b SIP/2.0\r\nCall-Info: <http:x>\r\nCALL-ID:abc\r\n" REST "BYE\r\n\r\n" },
	{ true, "INFO sip:b SIP/2.0\r\ninfo: x\r\nI:abc\r\nTo: <sip:b>\r\n" REST "INFO\r\n\r\n" },
	{ true, "REGISTER sip:b SIP/2.0\r\nCall-ID: x\r\nTo: <sip:Ab@EXAMPLE.com>\r\n" REST
	    "REGISTER\r\n\r\n" },
	{ true, "REGISTER sip:b SIP/2.0\r\nCall-ID: x\r\nt: \"N\" <sips:ab@example.com:5061>\r\n"
	    REST "REGISTER\r\n\r\n" },
	{ true, "REGISTER sip:b SIP/2.0\r\nTo: sip:ab@example.com;tag=3\r\nCall-ID: x\r\n" REST
	    "REGISTER\r\n\r\n" },
	{ true, "REGISTER sip:b SIP/2.0\r\nTimestamp: 4\r\nTo:sip:example.com\r\nCall-ID: x\r\n"
	    REST "REGISTER\r\n\r\n" },
	{ true, "BYE sip:b SIP/2.0\r\nCall-Info: <http:x>\r\nCall-ID: abc\r\n" REST "BYE\r\n\r\n" },
	{ true, "BYE sip:b SIP/2.0\r\nCall-ID: 0123456789012345678901234567890123456789012345678901"
	    "234567890123456789@longer\r\n" REST "BYE\r\n\r\n" },
	{ true, "REGISTER sip:b SIP/2.0\r\nCall-ID: x\r\nTo: \"A\" <sip:ab@example.com;x=y>;z=1\r\n"
	    REST "REGISTER\r\n\r\n" },
	{ false, "OPTIONS sip:b SIP/2.0\r\n" REST "OPTIONS\r\n\r\ncall-id: in the body\r\n" },
	{ false, "i: in the first line\r\n" REST "OPTIONS\r\n\r\n" },
	{ false, "OPTIONS sip:b SIP/2.0\r\nCall-ID:\r\n" REST "OPTIONS\r\n\r\n" },
	{ false, "REGISTER sip:b SIP/2.0\r\nCall-ID: x\r\nTo: <tel>\r\n" REST "REGISTER\r\n\r\n" },
	{ false, "OPTIONS sip:b SIP/2.0\r\nCall-ID: no end of the line" },
	{ false, "" },
};

static uint64_t key_of(struct sip_msg *msg)
{
	return msg->method == METHOD_REGISTER ? lcs_user_key(msg_to_aor(msg)) :
	    lcs_key(msg_call_id(msg));
}

static void the_key_is_that_of_the_parsed_message(void **state)
{
	static const struct msg_limits limits = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice text = slice_str(cases[i].text);
		struct sip_msg *msg = NULL;
		uint64_t key = 0;

		assert_int_equal(steer_key(text, &key), cases[i].seen);
		if (!cases[i].seen)
			continue;
		sip_msg_parse(text, NULL, &limits, &msg, NULL);
		assert_non_null(msg);
		assert_true(key == key_of(msg));
		sip_msg_unref(&msg);
	}
}

/* Whatever stands behind the end is not looked at: the address sanitizer watches. */
static void every_beginning_is_looked_at_safely(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len = strlen(cases[i].text);

		for (size_t n = 0; n <= len; n++) {
			char *part = malloc(n ? n : 1);
			uint64_t key;

			assert_non_null(part);
			memcpy(part, cases[i].text, n);
			steer_key(slice_of(part, n), &key);
			free(part);
		}
	}
}

UNIT_MAIN(
	cmocka_unit_test(the_key_is_that_of_the_parsed_message),
	cmocka_unit_test(every_beginning_is_looked_at_safely))
