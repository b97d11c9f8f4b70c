/*
 * Hexadecimal digits.
 */
#include "utils/hex.h"

#include "test/unit.h"

static void every_digit(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		const char *low = "0123456789abcdef", *high = "0123456789ABCDEF";
		const char *at = c ? strchr(low, c) : NULL;

		if (c && !at && (at = strchr(high, c)))
			at = low + (at - high);
		assert_int_equal(hex_digit((char)c), at ? at - low : -1);
	}
}

static void there_and_back(void **state)
{
	unsigned char bytes[256], back[256];
	char text[512];

	(void)state;
	for (int i = 0; i < 256; i++)
		bytes[i] = (unsigned char)i;
	hex_encode(text, bytes, 256);
	assert_memory_equal(text, "000102", 6);
	assert_memory_equal(text + 506, "fdfeff", 6);
	assert_int_equal(hex_decode(back, 256, slice_of(text, 512)), 0);
	assert_memory_equal(back, bytes, 256);
}

/* Four are taken at once: every byte at every place of all lengths up to nine. */
static void any_byte_anywhere(void **state)
{
	unsigned char bytes[9] = { 0 };
	char text[20], want[3];

	(void)state;
	for (size_t len = 0; len <= sizeof(bytes); len++)
		for (size_t at = 0; at < len; at++)
			for (unsigned b = 0; b < 256; b++) {
				memset(bytes, 0x9a, sizeof(bytes));
				memset(text, '!', sizeof(text));
				bytes[at] = (unsigned char)b;
				hex_encode(text, bytes, len);
				snprintf(want, sizeof(want), "%02x", b);
				assert_memory_equal(text + 2 * at, want, 2);
				assert_int_equal(text[2 * len], '!');
				for (size_t i = 0; i < len; i++)
					assert_true(i == at || memcmp(text + 2 * i, "9a", 2) == 0);
			}
}

static void refusals(void **state)
{
	static const struct { const char *text; size_t len; int err; } cases[] = {
		{ "", 0, 0 }, { "AbfF", 2, 0 }, { "AbfF", 1, -EINVAL },
		{ "AbfF", 3, -EINVAL }, { "abc", 1, -EINVAL }, { "ag", 1, -EINVAL },
		{ "ga", 1, -EINVAL }, { " a", 1, -EINVAL }, { "0", 0, -EINVAL },
	};
	unsigned char out[4];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(hex_decode(out, cases[i].len, slice_str(cases[i].text)),
		    cases[i].err);
}

/* Eight are taken at once: whatever stands among them, and wherever. */
static void any_character_anywhere(void **state)
{
	char text[18];
	unsigned char out[9];

	(void)state;
	for (size_t at = 0; at < sizeof(text); at++)
		for (int c = 0; c < 256; c++) {
			int value = hex_digit((char)c);

			memset(text, '5', sizeof(text));
			text[at] = (char)c;
			assert_int_equal(hex_decode(out, sizeof(out), slice_of(text, sizeof(text))),
			    value < 0 ? -EINVAL : 0);
			if (value >= 0)
				assert_int_equal(out[at / 2], at % 2 ? 0x50 | value : value << 4 | 5);
		}
}

UNIT_MAIN(
	cmocka_unit_test(every_digit),
	cmocka_unit_test(any_byte_anywhere),
	cmocka_unit_test(any_character_anywhere),
	cmocka_unit_test(there_and_back),
	cmocka_unit_test(refusals))
