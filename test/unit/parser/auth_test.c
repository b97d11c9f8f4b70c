/*
 * Credentials.
 */
#include "parser/auth.h"

#include "test/unit.h"

static void digest_is_taken_apart(void **state)
{
	struct arena *a = arena_new(0);
	struct auth_credentials c;
	struct slice value;

	(void)state;
	assert_int_equal(auth_credentials_parse(a, SLICE(" dIGEST\r\n username=\"al\\\"ice\" ,realm=\"a, b\","
	    " Nonce=\"n\",uri=\"sip:h;x=y\", response=\"00ff\",algorithm=MD5, cnonce=\"c\",opaque=\"\","
	    "\r\n qop=auth,nc=0000001F, other=\"x\\\\y\""), &c, NULL), 0);
	assert_slice(c.scheme, "dIGEST");
	assert_slice(c.username, "al\"ice");
	assert_slice(c.realm, "a, b");
	assert_slice(c.nonce, "n");
	assert_slice(c.uri, "sip:h;x=y");
	assert_slice(c.response, "00ff");
	assert_slice(c.algorithm, "MD5");
	assert_slice(c.cnonce, "c");
	assert_slice(c.opaque, "");
	assert_slice(c.qop, "auth");
	assert_slice(c.nc, "0000001F");
	assert_true(auth_param(a, c.params, SLICE("OTHER"), &value));
	assert_slice(value, "x\\y");
	assert_false(auth_param(a, c.params, SLICE("more"), &value));
	arena_free(&a);
}

static void other_schemes_give_what_they_can(void **state)
{
	struct arena *a = arena_new(0);
	struct auth_credentials c;
	struct slice value;

	(void)state;
	assert_int_equal(auth_credentials_parse(a, SLICE("Kerberos qop=\"auth\", realm=\"SIP\", "
	    "gssapi-data=\"YII==\", crand=\"5ea\""), &c, NULL), 0);
	assert_slice(c.scheme, "Kerberos");
	assert_slice(c.realm, "SIP");
	assert_true(auth_param(a, c.params, SLICE("gssapi-data"), &value));
	assert_slice(value, "YII==");
	assert_int_equal(auth_credentials_parse(a, SLICE("Bearer eyJ.e30.x="), &c, NULL), 0);
	assert_slice(c.scheme, "Bearer");
	assert_slice(c.params, "eyJ.e30.x=");
	assert_slice(c.realm, "");
	assert_int_equal(auth_credentials_parse(a, SLICE("Odd nonce=a, nonce=b"), &c, NULL), 0);
	arena_free(&a);
}

static void malformed_digest_is_refused(void **state)
{
	static const char *const cases[] = {
		"", "Digest", "Digest ", "=x a=b", "Digest a", "Digest a=", "Digest =b",
		"Digest a=b c=d", "Digest a=\"b", "Digest a=\"b\"c", "Digest a=b;c=d",
		"Digest username=a,username=b", "Digest nonce=\"\",nonce=\"\"", "Digest nc=1",
		"Digest nc=0000000g", "Digest nc=000000001", "Digest nc=\"\"",
		"Digest nc=\"5c\\401\"", "Digest \"a\"=b",
	};
	struct arena *a = arena_new(0);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sip_defect why = { 0 };
		struct auth_credentials c;

		if (auth_credentials_parse(a, slice_str(cases[i]), &c, &why) != -EBADMSG)
			fail_msg("%s was taken", cases[i]);
		assert_int_equal(why.status, 400);
		/* In the value, not in what was made of it. */
		assert_true(why.where.len == 0 || (why.where.p >= cases[i] &&
		    slice_end(why.where) <= cases[i] + strlen(cases[i])));
	}
	arena_free(&a);
}

static void surplus_commas_are_skipped(void **state)
{
	struct arena *a = arena_new(0);
	struct auth_credentials c;

	(void)state;
	assert_int_equal(auth_credentials_parse(a, SLICE("Digest ,, realm=r ,, nonce=n ,"), &c, NULL), 0);
	assert_slice(c.realm, "r");
	assert_slice(c.nonce, "n");
	arena_free(&a);
}

static void a_full_arena_is_no_bad_message(void **state)
{
	struct arena *a = arena_new(512);
	struct auth_credentials c;

	(void)state;
	while (arena_bytes(a, 1))
		;
	assert_int_equal(auth_credentials_parse(a, SLICE("Digest realm=\"a\\b\""), &c, NULL), -ENOMEM);
	assert_int_equal(auth_credentials_parse(a, SLICE("Digest realm=\"ab\""), &c, NULL), 0);
	arena_free(&a);
}

UNIT_MAIN(cmocka_unit_test(digest_is_taken_apart),
    cmocka_unit_test(other_schemes_give_what_they_can),
    cmocka_unit_test(malformed_digest_is_refused), cmocka_unit_test(surplus_commas_are_skipped),
    cmocka_unit_test(a_full_arena_is_no_bad_message))
