/*
 * Slices: comparing, searching, cutting, numbers.
 */
#include "test/unit.h"

static void eq_nocase_folds_ascii_only(void **state)
{
	static const struct { const char *a, *b; bool eq; } cases[] = {
		{ "", "", true },
		{ "Call-ID", "call-id", true },
		{ "Content-Disposition", "cONTENT-dISPOSITION", true },
		{ "Content-Disposition", "cONTENT-dISPOSITIOM", false },
		{ "12345678", "12345679", false },
		{ "@[`{", "@[`{", true },
		{ "@@@@@@@@", "````````", false },	/* 0x40 and 0x60 are no letters */
		{ "[[[[[[[[", "{{{{{{{{", false },
		{ "\xc1\xc1\xc1\xc1\xc1\xc1\xc1\xc1", "\xe1\xe1\xe1\xe1\xe1\xe1\xe1\xe1", false },
		{ "abc", "abcd", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(slice_eq_nocase(slice_str(cases[i].a),
		    slice_str(cases[i].b)), cases[i].eq);
}

/* Every byte in every place of a word, against the one-byte fold. */
static void lower8_agrees_with_lower(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++)
		for (size_t at = 0; at < 8; at++) {
			unsigned char in[8] = "Zz@[aA`", out[8];
			uint64_t w;

			in[at] = (unsigned char)byte;
			memcpy(&w, in, 8);
			w = ascii_lower8(w);
			memcpy(out, &w, 8);
			for (size_t i = 0; i < 8; i++)
				assert_int_equal(out[i],
				    (unsigned char)ascii_lower((char)in[i]));
		}
}

/* Every length, with no difference, one of case and one that counts, in each place. */
static void eq_nocase_sees_every_byte(void **state)
{
	(void)state;
	for (size_t len = 0; len < 40; len++)
		for (size_t at = 0; at < len; at++) {
			char *a = malloc(len), *b = malloc(len);	/* ASan knows their ends */

			memset(a, 'k', len);
			memset(b, 'k', len);
			assert_true(slice_eq_nocase(slice_of(a, len), slice_of(b, len)));
			a[at] = 'K';
			assert_true(slice_eq_nocase(slice_of(a, len), slice_of(b, len)));
			a[at] = 'k' ^ 1;
			assert_false(slice_eq_nocase(slice_of(a, len), slice_of(b, len)));
			free(a);
			free(b);
		}
	assert_true(slice_eq_nocase(SLICE_NULL, SLICE("")));
}

static int sign(int n) { return (n > 0) - (n < 0); }

static void cmp_orders_by_bytes_then_length(void **state)
{
	static const struct { const char *a, *b; int order; } cases[] = {
		{ "", "", 0 }, { "", "a", -1 }, { "a", "", 1 }, { "abc", "abd", -1 },
		{ "ab", "abc", -1 }, { "b", "abc", 1 }, { "\xff", "a", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(sign(slice_cmp(slice_str(cases[i].a),
		    slice_str(cases[i].b))), cases[i].order);
	assert_int_equal(slice_cmp(SLICE_NULL, SLICE("")), 0);
}

static void starts_and_ends(void **state)
{
	(void)state;
	assert_true(slice_starts(SLICE("sip:bob"), SLICE("sip:")));
	assert_false(slice_starts(SLICE("SIP:bob"), SLICE("sip:")));
	assert_false(slice_starts(SLICE("si"), SLICE("sip:")));
	assert_true(slice_starts_nocase(SLICE("SIP:bob"), SLICE("sip:")));
	assert_false(slice_starts_nocase(SLICE("tel:1"), SLICE("sip:")));
	assert_true(slice_ends(SLICE("a.example.com"), SLICE(".example.com")));
	assert_false(slice_ends(SLICE("example.com"), SLICE(".example.com")));
	assert_true(slice_starts(SLICE_NULL, SLICE("")));
	assert_true(slice_ends(SLICE_NULL, SLICE_NULL));
}

static void finding(void **state)
{
	struct slice s = { "a\0b:c", 5 };

	(void)state;
	assert_int_equal(slice_find(s, ':'), 3);
	assert_int_equal(slice_find(s, '\0'), 1);
	assert_int_equal(slice_find(s, 'x'), 5);
	assert_int_equal(slice_find(SLICE_NULL, 'x'), 0);
	assert_int_equal(slice_search(s, SLICE("b:")), 2);
	assert_int_equal(slice_search(s, SLICE("c:")), 5);
	assert_int_equal(slice_search(s, SLICE("")), 0);
	assert_int_equal(slice_search(SLICE("ab"), SLICE("abc")), 2);
	assert_int_equal(slice_search(SLICE_NULL, SLICE("a")), 0);
}

static void fitting(void **state)
{
	static char many[4096];

	(void)state;
	assert_true(slice_fits(SLICE("sl"), SLICE("SL")));
	assert_true(slice_fits(SLICE("*"), SLICE_NULL));
	assert_true(slice_fits(SLICE("s*_*y"), SLICE("sl_send_reply")));
	assert_true(slice_fits(SLICE("*ab"), SLICE("aab")));
	assert_false(slice_fits(SLICE("s*_*x"), SLICE("sl_send_reply")));
	assert_false(slice_fits(SLICE_NULL, SLICE("a")));
	assert_false(slice_fits(SLICE("ab"), SLICE("a")));
	/* However many stars, it takes no longer than the lengths' product. */
	memset(many, '*', sizeof(many));
	many[sizeof(many) - 1] = 'x';
	assert_false(slice_fits(slice_of(many, sizeof(many)), SLICE("sl_send_reply")));
}

static void trimming(void **state)
{
	struct slice s = SLICE("\r\n \tx y");

	(void)state;
	assert_slice(slice_trim(SLICE(" \t\r\n a b \r\n")), "a b");
	assert_slice(slice_trim(SLICE(" \t ")), "");
	assert_slice(slice_trim(SLICE_NULL), "");
	slice_skip_lws(&s);
	assert_slice(s, "x y");
}

static void taking_and_splitting(void **state)
{
	struct slice s = SLICE("123abc"), list = SLICE("a,,b"), none = SLICE_NULL;

	(void)state;
	assert_slice(slice_take_while(&s, is_digit), "123");
	assert_slice(s, "abc");
	assert_slice(slice_take_while(&s, is_digit), "");
	assert_slice(slice_take_while(&s, is_alpha), "abc");
	assert_int_equal(s.len, 0);

	assert_slice(slice_split(&list, ','), "a");
	assert_slice(slice_split(&list, ','), "");
	assert_slice(slice_split(&list, ','), "b");
	assert_int_equal(list.len, 0);
	assert_slice(slice_split(&none, ','), "");

	assert_slice(slice_skip(SLICE("abc"), 1), "bc");
	assert_slice(slice_skip(SLICE("abc"), 9), "");
	assert_slice(slice_first(SLICE("abc"), 2), "ab");
	assert_slice(slice_first(SLICE("abc"), 9), "abc");
}

static void unsigned_numbers(void **state)
{
	static const struct { const char *text; int err32, err64; uint64_t n; } cases[] = {
		{ "0", 0, 0, 0 },
		{ "0042", 0, 0, 42 },
		{ "4294967295", 0, 0, 4294967295u },
		{ "4294967296", -ERANGE, 0, 4294967296u },
		{ "18446744073709551615", -ERANGE, 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, -ERANGE, 0 },
		{ "99999999999999999999999x", -EINVAL, -EINVAL, 0 },
		{ "", -EINVAL, -EINVAL, 0 },
		{ " 1", -EINVAL, -EINVAL, 0 },
		{ "1 ", -EINVAL, -EINVAL, 0 },
		{ "-1", -EINVAL, -EINVAL, 0 },
		{ "+1", -EINVAL, -EINVAL, 0 },
		{ "0x1", -EINVAL, -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint32_t n32 = 7;
		uint64_t n64 = 7;

		assert_int_equal(slice_to_u32(slice_str(cases[i].text), &n32),
		    cases[i].err32);
		assert_int_equal(slice_to_u64(slice_str(cases[i].text), &n64),
		    cases[i].err64);
		assert_true(n32 == (cases[i].err32 ? 7 : cases[i].n));
		assert_true(n64 == (cases[i].err64 ? 7 : cases[i].n));
	}
}

static void signed_numbers(void **state)
{
	static const struct { const char *text; int err; int64_t n; } cases[] = {
		{ "-1", 0, -1 }, { "+1", 0, 1 }, { "-0", 0, 0 }, { "12", 0, 12 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "-9223372036854775808", 0, INT64_MIN },
		{ "-9223372036854775809", -ERANGE, 0 },
		{ "--1", -EINVAL, 0 }, { "-", -EINVAL, 0 }, { "", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t n = 7;

		assert_int_equal(slice_to_i64(slice_str(cases[i].text), &n), cases[i].err);
		assert_true(n == (cases[i].err ? 7 : cases[i].n));
	}
}

UNIT_MAIN(
	cmocka_unit_test(eq_nocase_folds_ascii_only),
	cmocka_unit_test(eq_nocase_sees_every_byte),
	cmocka_unit_test(lower8_agrees_with_lower),
	cmocka_unit_test(cmp_orders_by_bytes_then_length),
	cmocka_unit_test(starts_and_ends),
	cmocka_unit_test(finding),
	cmocka_unit_test(fitting),
	cmocka_unit_test(trimming),
	cmocka_unit_test(taking_and_splitting),
	cmocka_unit_test(unsigned_numbers),
	cmocka_unit_test(signed_numbers))
