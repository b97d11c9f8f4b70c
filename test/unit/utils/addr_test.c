/*
 * Addresses: tables for what people write, the C library as judge for the rest.
 */
#include "utils/addr.h"

#include "test/unit.h"
#include "utils/rand.h"

#include <arpa/inet.h>

static void texts_and_their_normal_form(void **state)
{
	static const struct { const char *text, *normal; } cases[] = {
		{ "10.0.0.1", "10.0.0.1" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1" },
		{ "[2001:db8::1]", "2001:db8::1" },
		{ "::", "::" }, { "::1", "::1" }, { "1::", "1::" },
		{ "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },	/* 5952 4.2.2 */
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },		/* 4.2.3 */
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
		{ "::ffff:c000:201", "::ffff:192.0.2.1" },
		{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
		{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[ADDR_TEXT_BYTES];
		struct ip_addr ip;
		size_t n;

		assert_int_equal(ip_parse(slice_str(cases[i].text), &ip), 0);
		n = ip_format(&ip, text);
		assert_string_equal(text, cases[i].normal);
		assert_int_equal(n, strlen(text));
	}
}

static void refused_texts(void **state)
{
	static const char *const cases[] = {
		"", ".", "1", "1.2.3", "1.2.3.", "1.2.3.4.", ".1.2.3.4", "1.2.3.4.5", "1..2.3",
		"256.1.1.1", "1.2.3.999", "1.2.3.0004", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4",
		"1.2.3.a", "0x1.2.3.4", "-1.2.3.4", "[1.2.3.4]",
		":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "1:2:3:4:5:6:7:8::",
		"::1:2:3:4:5:6:7:8", ":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:", "12345::", "g::",
		"::1.2.3", "::1.2.3.4.5", "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4",
		"[::1", "::1]", "[]", "[[::1]]", "fe80::1%1", "::1 ", "1:2:3:4:5:6:7:",
	};
	struct ip_addr ip = { .family = 9 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (ip_parse(slice_str(cases[i]), &ip) != -EINVAL)
			fail_msg("took \"%s\"", cases[i]);
	assert_int_equal(ip_parse(SLICE_NULL, &ip), -EINVAL);
	assert_int_equal(ip_parse(slice_of("1.2.3.4\0x", 9), &ip), -EINVAL);
	assert_int_equal(ip.family, 9);
}

/* Texts near to addresses: the C library must think the same of them. */
static void random_texts_against_inet_pton(void **state)
{
	static const char bytes[] = "0123456789af::::....::1";
	unsigned good = 0;

	(void)state;
	rand_seed_for_tests(3);
	for (int i = 0; i < 300000; i++) {
		char text[24];
		size_t len = rand_below(sizeof(text) - 1);
		unsigned char want[16];
		struct ip_addr ip;
		int af;

		for (size_t j = 0; j < len; j++)
			text[j] = bytes[rand_below(sizeof(bytes) - 1)];
		text[len] = '\0';
		af = strchr(text, ':') ? AF_INET6 : AF_INET;
		if (inet_pton(af, text, want) == 1) {
			good++;
			assert_int_equal(ip_parse(slice_str(text), &ip), 0);
			assert_memory_equal(ip.bytes, want, af == AF_INET ? 4 : 16);
		} else if (ip_parse(slice_str(text), &ip) == 0) {
			fail_msg("took \"%s\"", text);
		}
	}
	assert_true(good > 100);
}

/* Many zero groups. The one known difference: the C library writes addresses
 * below ::1:0:0 as dotted quads, which RFC 5952 wants for known prefixes only. */
static void random_addresses_against_inet_ntop(void **state)
{
	(void)state;
	rand_seed_for_tests(4);
	for (int i = 0; i < 100000; i++) {
		char text[ADDR_TEXT_BYTES], want[ADDR_TEXT_BYTES];
		struct ip_addr ip = { .family = i % 2 ? 6 : 4 }, back;
		unsigned zeros = 0;

		rand_bytes(ip.bytes, sizeof(ip.bytes));
		for (int g = 0; g < 16; g += 2)
			if (rand_below(2))
				ip.bytes[g] = ip.bytes[g + 1] = 0;
		for (int g = 0; g < 12; g++)
			zeros += ip.bytes[g] == 0;
		ip_format(&ip, text);
		assert_int_equal(ip_parse(slice_str(text), &back), 0);
		assert_true(ip_eq(&ip, &back));
		inet_ntop(i % 2 ? AF_INET6 : AF_INET, ip.bytes, want, sizeof(want));
		if (ip.family == 4 || zeros < 12)
			assert_string_equal(text, want);
	}
}

static void sockets(void **state)
{
	static const struct { const char *text; int err; const char *normal; } cases[] = {
		{ "10.0.0.1:5060", 0, "10.0.0.1:5060" },
		{ "10.0.0.1:0", 0, "10.0.0.1:0" },
		{ "[::1]:65535", 0, "[::1]:65535" },
		{ "[fe80::1%7]:1", 0, "[fe80::1%7]:1" },
		{ "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535", 0,
		  "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535" },
		{ "10.0.0.1", -EINVAL, "" }, { "10.0.0.1:", -EINVAL, "" },
		{ "10.0.0.1:65536", -EINVAL, "" }, { "10.0.0.1:000080", -EINVAL, "" },
		{ "10.0.0.1:-1", -EINVAL, "" }, { "::1:5060", -EINVAL, "" },
		{ "[::1]", -EINVAL, "" }, { "[::1]5060", -EINVAL, "" },
		{ "[::1]:", -EINVAL, "" }, { "[::1%]:1", -EINVAL, "" },
		{ "[::1%x]:1", -EINVAL, "" }, { "[10.0.0.1]:1", -EINVAL, "" },
		{ ":5060", -EINVAL, "" }, { "", -EINVAL, "" }, { "[::1", -EINVAL, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[ADDR_TEXT_BYTES] = "";
		struct sockaddr_storage ss;
		struct sock_addr sa, back;

		assert_int_equal(sock_addr_parse(slice_str(cases[i].text), &sa), cases[i].err);
		if (cases[i].err)
			continue;
		assert_int_equal(sock_addr_format(&sa, text), strlen(cases[i].normal));
		assert_string_equal(text, cases[i].normal);
		assert_int_equal(sock_addr_to(&sa, &ss), sa.ip.family == 4 ?
		    sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
		sock_addr_from(&back, &ss);
		assert_true(sock_addr_eq(&sa, &back));
	}
}

static void mapped_sockets_become_plain(void **state)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(5060),
	    .sin6_scope_id = 3 };
	struct sockaddr_storage ss = { 0 };
	struct sock_addr sa, none;
	char text[ADDR_TEXT_BYTES];

	(void)state;
	assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.1", &in6.sin6_addr), 1);
	memcpy(&ss, &in6, sizeof(in6));
	sock_addr_from(&sa, &ss);
	sock_addr_format(&sa, text);
	assert_string_equal(text, "192.0.2.1:5060");
	ss.ss_family = AF_UNIX;
	sock_addr_from(&none, &ss);
	assert_int_equal(none.ip.family, 0);
	assert_int_equal(sock_addr_to(&none, &ss), 0);
	assert_int_equal(ss.ss_family, AF_UNSPEC);
	sock_addr_format(&none, text);
	assert_string_equal(text, ":0");
}

static struct ip_addr ip(const char *text)
{
	struct ip_addr out;

	assert_int_equal(ip_parse(slice_str(text), &out), 0);
	return out;
}

static void networks(void **state)
{
	static const struct { const char *net, *ip; bool covers; } cases[] = {
		{ "10.0.0.0/8", "10.255.1.2", true }, { "10.0.0.0/8", "11.0.0.0", false },
		{ "10.1.2.3", "10.1.2.3", true }, { "10.1.2.3", "10.1.2.2", false },
		{ "0.0.0.0/0", "1.2.3.4", true }, { "0.0.0.0/0", "::", false },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.128/25", "192.0.2.200", true },
		{ "10.1.2.3/8", "10.9.9.9", true },
		{ "2001:db8::/32", "2001:db8:ffff::1", true },
		{ "2001:db8::/32", "2001:db9::1", false },
		{ "[2001:db8::]/33", "2001:db8:8000::", false },
		{ "::1", "::1", true }, { "::/0", "10.0.0.1", false },
		{ "::ffff:0:0/96", "10.0.0.1", false },
	};
	static const char *const refused[] = {
		"10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8",
		"10.0.0/8", "/8", "", "::/0008",
	};
	struct ip_net net;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ip_addr a = ip(cases[i].ip);

		assert_int_equal(ip_net_parse(slice_str(cases[i].net), &net), 0);
		assert_int_equal(ip_net_covers(&net, &a), cases[i].covers);
	}
	for (size_t i = 0; i < COUNT(refused); i++)
		assert_int_equal(ip_net_parse(slice_str(refused[i]), &net), -EINVAL);
}

static void special_addresses(void **state)
{
	static const struct { const char *text; bool any, loopback; } cases[] = {
		{ "0.0.0.0", true, false }, { "::", true, false }, { "127.0.0.1", false, true },
		{ "127.255.0.9", false, true }, { "::1", false, true }, { "::2", false, false },
		{ "128.0.0.1", false, false }, { "::ffff:127.0.0.1", false, false },
	};
	struct ip_addr none = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ip_addr a = ip(cases[i].text);

		assert_int_equal(ip_is_any(&a), cases[i].any);
		assert_int_equal(ip_is_loopback(&a), cases[i].loopback);
		assert_false(ip_eq(&a, &none));
	}
	assert_false(ip_is_any(&none) || ip_is_loopback(&none));
	assert_true(ip_eq(&none, &none));
}

UNIT_MAIN(
	cmocka_unit_test(texts_and_their_normal_form),
	cmocka_unit_test(refused_texts),
	cmocka_unit_test(random_texts_against_inet_pton),
	cmocka_unit_test(random_addresses_against_inet_ntop),
	cmocka_unit_test(sockets),
	cmocka_unit_test(mapped_sockets_become_plain),
	cmocka_unit_test(networks),
	cmocka_unit_test(special_addresses))
