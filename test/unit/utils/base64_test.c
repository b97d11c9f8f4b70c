/*
 * Base64: the vectors of RFC 4648 section 10, and what is refused.
 */
#include "utils/base64.h"

#include "test/unit.h"

static void rfc_vectors_both_ways(void **state)
{
	static const struct { const char *plain, *text; } cases[] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "+/+/" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t len = strlen(cases[i].plain), n = 99;
		char text[16], plain[16];

		assert_int_equal(BASE64_LEN(len), strlen(cases[i].text));
		n = base64_encode(text, cases[i].plain, len);
		assert_slice(slice_of(text, n), cases[i].text);
		assert_int_equal(base64_decode(plain, &n, slice_str(cases[i].text)), 0);
		assert_slice(slice_of(plain, n), cases[i].plain);
	}
}

static void long_there_and_back(void **state)
{
	unsigned char bytes[1000], back[1002];
	char text[BASE64_LEN(1000)];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 31 + i / 256);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		size_t n = base64_encode(text, bytes, len), m;

		assert_int_equal(n, BASE64_LEN(len));
		memset(back, 0xee, sizeof(back));
		assert_int_equal(base64_decode(back, &m, slice_of(text, n)), 0);
		assert_int_equal(m, len);
		assert_memory_equal(back, bytes, len);
		assert_int_equal(back[len], 0xee);
	}
}

static void refusals(void **state)
{
	static const char *const cases[] = {
		"Z", "Zg", "Zg=", "Z===", "====", "=", "Zg==Zg==", "Zm9vZg=v", "Zm\n9",
		"Zm9v\n", "Zm9-", "Zm9_", "Zm 9", "Zh==", "Zm9=", "\xff\xff\xff\xff",
		"Z=g=", "Zm=v",
	};
	char out[16];
	size_t n = 7;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(base64_decode(out, &n, slice_str(cases[i])), -EINVAL);
		assert_int_equal(n, 7);
	}
}

UNIT_MAIN(
	cmocka_unit_test(rfc_vectors_both_ways),
	cmocka_unit_test(long_there_and_back),
	cmocka_unit_test(refusals))
