/*
 * URIs: taking apart, comparing, the canonical address of record.
 */
#include "parser/uri.h"

#include "test/unit.h"
#include "utils/addr.h"

struct parts {
	const char *text;
	enum uri_scheme scheme;
	const char *user, *password, *host;
	uint16_t port;
	const char *params, *headers;
};

static void whole_uris_are_taken_apart(void **state)
{
	static const struct parts cases[] = {
		{ "sip:alice@atlanta.com", URI_SIP, "alice", "", "atlanta.com", 0, "", "" },
		{ "SIP:atlanta.com", URI_SIP, "", "", "atlanta.com", 0, "", "" },
		{ "sips:a:secret@h:5061;transport=tcp;lr?subject=x&to=y", URI_SIPS, "a", "secret",
		    "h", 5061, "transport=tcp;lr", "subject=x&to=y" },
		{ "sip:a:@h", URI_SIP, "a", "", "h", 0, "", "" },
		{ "sip:h:05060", URI_SIP, "", "", "h", 5060, "", "" },
		{ "sip:h?x=y", URI_SIP, "", "", "h", 0, "", "x=y" },
		{ "sip:h;", URI_SIP, "", "", "h", 0, "", "" },
		{ "sip:h;a;?x", URI_SIP, "", "", "h", 0, "a;", "x" },
		{ "sip:a;b=c?d/e@h;x", URI_SIP, "a;b=c?d/e", "", "h", 0, "x", "" },
		{ "sip:#31#+49.89@my_host.", URI_SIP, "#31#+49.89", "", "my_host.", 0, "", "" },
		{ "sip:\xc3\xa9@h", URI_SIP, "\xc3\xa9", "", "h", 0, "", "" },
		{ "sip:a@[2001:db8::1]", URI_SIP, "a", "", "[2001:db8::1]", 0, "", "" },
		{ "sip:[2001:db8::1]:5070;lr", URI_SIP, "", "", "[2001:db8::1]", 5070, "lr", "" },
		{ "sip:[2001:db8:::192.0.2.1]", URI_SIP, "", "", "[2001:db8:::192.0.2.1]", 0, "", "" },
		{ "sip:%00@h", URI_SIP, "%00", "", "h", 0, "", "" },
		{ "tel:+1-201-555-0123", URI_TEL, "+1-201-555-0123", "", "", 0, "", "" },
		{ "tel:7042;phone-context=example.com", URI_TEL, "7042", "", "", 0,
		    "phone-context=example.com", "" },
		{ "tel:*97#", URI_TEL, "*97#", "", "", 0, "", "" },
		{ "http://x/y?z", URI_OTHER, "", "", "", 0, "", "" },
		{ "nobodyKnowsThisScheme:totallyopaquecontent", URI_OTHER, "", "", "", 0, "", "" },
		{ "soap.beep://192.0.2.103:3002", URI_OTHER, "", "", "", 0, "", "" },
		{ "isbn:2983792873", URI_OTHER, "", "", "", 0, "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct parts *c = &cases[i];
		struct sip_uri uri;

		if (sip_uri_parse(slice_str(c->text), &uri, NULL) != 0)
			fail_msg("%s", c->text);
		assert_int_equal(uri.scheme, c->scheme);
		assert_slice(uri.text, c->text);
		assert_slice(uri.user, c->user);
		assert_slice(uri.password, c->password);
		assert_slice(uri.host, c->host);
		assert_int_equal(uri.port, c->port);
		assert_slice(uri.params, c->params);
		assert_slice(uri.headers, c->headers);
	}
}

static void others_are_refused(void **state)
{
	static const char *const cases[] = {
		"", ":", "sip", "sip:", "sip:@h", "sip:a@", "sip::5060", "sip:h:", "sip:h:0",
		"sip:h:65536", "sip:h:99999999999999999999", "sip:h:50a", "sip:h:5060x", "sip:h/x",
		"sip:a@h@i", "sip:2001:db8::10", "sip:[2001:db8::1", "sip:[]", "sip:[x]", "sip:[::1]x",
		"sip:[::1", "sip:a b@h", "sip: a@h", "sip:a@h ", "sip:a@h;x y", "sip:a@h>", "sip:<a@h",
		"sip:\"a\"@h", "sip:a\x01@h", "sip:a\x7f@h", "sip:%4@h", "sip:%@h", "sip:a@h;%zz",
		"sip:a@%41.com", "a@h", "a@h:5060", "1sip:a@h", "//h", "tel:", "tel:+", "tel:+x",
		"tel:1 2", "tel:;x", "foo: bar", "sip:a,b", "sip:a@b,c",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sip_defect why = { 0 };
		struct sip_uri uri = { .port = 77 };

		if (sip_uri_parse(slice_str(cases[i]), &uri, &why) != -EBADMSG)
			fail_msg("%s was taken", cases[i]);
		assert_int_equal(why.status, 400);
		assert_non_null(why.reason);
		assert_int_equal(uri.port, 77);
	}
	assert_int_equal(sip_uri_parse(slice_of("sip:a\0b@h", 9), &(struct sip_uri){ 0 }, NULL),
	    -EBADMSG);
}

static void params_are_found_case_blind(void **state)
{
	struct sip_uri uri;
	struct slice value;

	(void)state;
	assert_int_equal(sip_uri_parse(SLICE("sip:h;;LR;Transport=TCP;x=;x=2;y=a=b"), &uri, NULL), 0);
	assert_true(sip_uri_param(&uri, SLICE("lr"), &value));
	assert_slice(value, "");
	assert_true(sip_uri_param(&uri, SLICE("transport"), &value));
	assert_slice(value, "TCP");
	assert_true(sip_uri_param(&uri, SLICE("x"), &value));
	assert_slice(value, "");
	assert_true(sip_uri_param(&uri, SLICE("y"), &value));
	assert_slice(value, "a=b");
	assert_false(sip_uri_param(&uri, SLICE("maddr"), &value));
	assert_slice(value, "");
}

/* RFC 3261 19.1.4 has most of these. */
static void equality_follows_the_rfc(void **state)
{
	static const struct { bool eq; const char *a, *b; } cases[] = {
		{ true, "sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp" },
		{ true, "sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5" },
		{ true, "sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on" },
		{ true, "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
		    "sip:alice@atlanta.com?priority=urgent&subject=project%20x" },
		{ true, "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
		    "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com" },
		{ true, "SIP:a@h", "sip:a@h" },
		{ true, "sip:a%2dB@h", "sip:a-B@h" },
		{ true, "sip:a@h;%6Dethod=x", "sip:a@h;method=X" },
		{ false, "SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP" },
		{ false, "sip:bob@biloxi.com", "sip:bob@biloxi.com:5060" },
		{ false, "sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp" },
		{ false, "sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp" },
		{ false, "sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting" },
		{ false, "sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4" },
		{ false, "sip:carol@chicago.com;security=off", "sip:carol@chicago.com;security=on" },
		{ false, "sip:a@h", "sips:a@h" },
		{ false, "sip:a@h", "sip:A@h" },
		{ false, "sip:a:x@h", "sip:a:y@h" },
		{ false, "sip:a:x@h", "sip:a@h" },
		{ false, "sip:h", "sip:a@h" },
		{ false, "sip:a@h;user=phone", "sip:a@h" },
		{ false, "sip:a@h", "sip:a@h;ttl=1" },
		{ false, "sip:a@h;maddr=1.2.3.4", "sip:a@h" },
		{ false, "sip:a@h;method=INVITE", "sip:a@h" },
		{ false, "sip:a%3bb@h", "sip:a;b@h" },		/* reserved: not the same */
		{ true, "sip:a%3bb@h", "sip:a%3Bb@h" },
		{ false, "sip:%00@h", "sip:%00%00@h" },
		{ false, "sip:a@h?x=1&y=2", "sip:a@h?x=1" },
		{ true, "tel:+1-201-555-0123", "tel:+12015550123" },
		{ true, "TEL:+1(201)555.0123", "tel:+12015550123" },
		{ false, "tel:+12015550123", "tel:12015550123" },
		{ false, "tel:+12015550123", "tel:+12015550124" },
		{ false, "tel:7042;phone-context=a.com", "tel:7042;phone-context=b.com" },
		{ false, "tel:7042;phone-context=a.com", "tel:7042" },
		{ true, "tel:7;ext=1;phone-context=a", "tel:7;Phone-Context=A;ext=1" },
		{ false, "tel:+1", "sip:+1@h" },
		{ true, "HTTP://x/y", "http://x/y" },
		{ false, "http://x/y", "http://x/Y" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sip_uri a, b;

		assert_int_equal(sip_uri_parse(slice_str(cases[i].a), &a, NULL), 0);
		assert_int_equal(sip_uri_parse(slice_str(cases[i].b), &b, NULL), 0);
		if (sip_uri_eq(&a, &b) != cases[i].eq || sip_uri_eq(&b, &a) != cases[i].eq)
			fail_msg("%s %s", cases[i].a, cases[i].b);
		assert_true(sip_uri_eq(&a, &a));
	}
}

static char *many_params(size_t n, bool backwards)
{
	char *text = malloc(16 * n + 16), *p = text;

	p += snprintf(p, 16, "sip:h");
	for (size_t i = 0; i < n; i++)
		p += snprintf(p, 16, ";p%zu", backwards ? n - 1 - i : i);
	return text;
}

static void equality_with_many_params_is_bounded(void **state)
{
	struct sip_uri a, b;
	char *one, *two;

	(void)state;
	one = many_params(64, false);
	two = many_params(64, true);
	assert_int_equal(sip_uri_parse(slice_str(one), &a, NULL), 0);
	assert_int_equal(sip_uri_parse(slice_str(two), &b, NULL), 0);
	assert_true(sip_uri_eq(&a, &b));
	free(one);
	free(two);
	one = many_params(40000, false);
	two = many_params(40000, true);
	assert_int_equal(sip_uri_parse(slice_str(one), &a, NULL), 0);
	assert_int_equal(sip_uri_parse(slice_str(two), &b, NULL), 0);
	assert_false(sip_uri_eq(&a, &b));
	assert_true(sip_uri_eq(&a, &a));
	free(one);
	free(two);
}

static void all_spellings_of_a_user_are_one(void **state)
{
	static const struct { const char *uri, *aor; } cases[] = {
		{ "sip:alice@Atlanta.COM", "alice@atlanta.com" },
		{ "sips:alice:pw@atlanta.com.:5061;transport=tcp?x=y", "alice@atlanta.com" },
		{ "sip:%61l%69ce@atlanta.com", "alice@atlanta.com" },
		{ "sip:Alice@atlanta.com", "Alice@atlanta.com" },
		{ "sip:%2B4989@h", "+4989@h" },
		{ "sip:a%40b@h", "a%40b@h" },
		{ "sip:j%c3%a9@h", "j%C3%A9@h" },
		{ "sip:j\xc3\xa9@h", "j%C3%A9@h" },
		{ "sip:%00@h", "%00@h" },
		{ "sip:a%3bb@h", "a;b@h" },
		{ "sip:+49-89.1(2)@h", "+49-89.1(2)@h" },
		{ "sip:+49-89.1(2);x-y@h;user=phone", "+498912;x-y@h" },
		{ "sip:a-b@h;user=phone", "a-b@h" },
		{ "sip:Example.com", "example.com" },
		{ "sip:a@[2001:DB8:0::0001]", "a@[2001:db8::1]" },
		{ "sip:a@[2001:db8:::192.0.2.1]", "a@[2001:db8::c000:201]" },
		{ "sip:a@192.0.2.1", "a@192.0.2.1" },
		{ "tel:+1-201-555-0123;ext=1", "+12015550123@" },
		{ "tel:7042", "7042@" },
	};
	struct arena *arena = arena_new(0);
	struct sip_uri uri;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(sip_uri_parse(slice_str(cases[i].uri), &uri, NULL), 0);
		assert_slice(sip_uri_aor(arena, &uri), cases[i].aor);
	}
	assert_int_equal(sip_uri_parse(SLICE("http://x"), &uri, NULL), 0);
	assert_null(sip_uri_aor(arena, &uri).p);
	arena_free(&arena);
}

static void users_are_named_with_a_scheme_or_without(void **state)
{
	static const struct { const char *text, *aor; } cases[] = {
		{ "sip:alice@Example.com;transport=tcp", "alice@example.com" },
		{ "SIPS:alice@example.com", "alice@example.com" },
		{ "alice@example.com", "alice@example.com" },
		{ "example.com", "example.com" }, { "", NULL }, { "alice@", NULL }, { "a b@c", NULL },
	};
	struct arena *arena = arena_new(0);

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice aor = sip_text_aor(arena, slice_str(cases[i].text));

		assert_int_equal(aor.p != NULL, cases[i].aor != NULL);
		if (aor.p)
			assert_slice(aor, cases[i].aor);
	}
	arena_free(&arena);
}

static void hosts_lie_below_domains(void **state)
{
	static const struct { const char *host, *domain; bool is; } cases[] = {
		{ "example.org", "EXAMPLE.org", true }, { "a.b.example.org", "example.org", true },
		{ "badexample.org", "example.org", false }, { "org", "example.org", false },
		{ "", "example.org", false }, { ".example.org", "example.org", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(uri_host_is_below(slice_str(cases[i].host),
		    slice_str(cases[i].domain)), cases[i].is);
}

static void escapes_are_resolved(void **state)
{
	struct arena *arena = arena_new(0);
	struct slice s = SLICE("plain");

	(void)state;
	assert_ptr_equal(uri_unescape(arena, s).p, s.p);
	assert_slice(uri_unescape(arena, SLICE("a%20b%2525")), "a b%25");
	assert_slice(uri_unescape(arena, SLICE("%")), "%");
	assert_slice(uri_unescape(arena, SLICE("%4")), "%4");
	assert_slice(uri_unescape(arena, SLICE("%zz%41")), "%zzA");
	s = uri_unescape(arena, SLICE("%00x"));
	assert_int_equal(s.len, 2);
	assert_memory_equal(s.p, "\0x", 2);
	arena_free(&arena);
}

static void numeric_hosts_are_read(void **state)
{
	static const struct { const char *host, *ip; } cases[] = {
		{ "192.0.2.1", "192.0.2.1" }, { "[2001:db8::1]", "2001:db8::1" },
		{ "[2001:db8:::192.0.2.1]", "2001:db8::c000:201" }, { "2001:db8::9:255", "2001:db8::9:255" },
		{ "example.com", NULL }, { "[::::1]", NULL }, { "", NULL }, { ":::", "::" },
	};
	char text[ADDR_TEXT_BYTES];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ip_addr ip;
		int err = uri_host_ip(slice_str(cases[i].host), &ip);

		assert_int_equal(err == 0, cases[i].ip != NULL);
		if (err == 0)
			assert_slice(slice_of(text, ip_format(&ip, text)), cases[i].ip);
	}
}

UNIT_MAIN(cmocka_unit_test(whole_uris_are_taken_apart), cmocka_unit_test(others_are_refused),
    cmocka_unit_test(params_are_found_case_blind), cmocka_unit_test(equality_follows_the_rfc),
    cmocka_unit_test(equality_with_many_params_is_bounded),
    cmocka_unit_test(all_spellings_of_a_user_are_one),
    cmocka_unit_test(users_are_named_with_a_scheme_or_without),
    cmocka_unit_test(hosts_lie_below_domains), cmocka_unit_test(escapes_are_resolved),
    cmocka_unit_test(numeric_hosts_are_read))
