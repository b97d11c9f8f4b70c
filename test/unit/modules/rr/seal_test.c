/*
 * seal_test - the mark of a dialog fits that dialog, that caller, that way and that key alone.
 */
#include "modules/rr/seal.h"
#include "test/unit.h"

static const struct siphash_key key = { 1, 2 }, other_key = { 1, 3 };

static struct slice sealed(char text[SEAL_CHARS])
{
	const struct sealed what = { SLICE("call@host"), SLICE("tag"), SLICE("token"), true };

	seal_text(&key, &what, text);
	return slice_of(text, SEAL_CHARS);
}

static bool is_right(const struct siphash_key *k, const char *call_id, const char *tag,
    struct slice text)
{
	const struct sealed what = { slice_str(call_id), slice_str(tag), SLICE("token"), true };

	return seal_is_right(k, &what, text);
}

static void it_fits_its_dialog_alone(void **state)
{
	static const struct { const char *call_id, *tag; bool fits; } cases[] = {
		{ "call@host", "tag", true },
		{ "call@hos", "ttag", false },
		{ "call@hosttag", "", false },
		{ "", "call@hosttag", false },
		{ "tag", "call@host", false },
		{ "Call@host", "tag", false },
		{ "call@host", "Tag", false },
		{ "", "", false },
	};
	char text[SEAL_CHARS];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (is_right(&key, cases[i].call_id, cases[i].tag, sealed(text)) != cases[i].fits)
			fail_msg("case %zu", i);
	assert_false(is_right(&other_key, "call@host", "tag", sealed(text)));
}

static void it_fits_its_way_alone(void **state)
{
	static const struct { const char *user; bool is_double, fits; } cases[] = {
		{ "token", true, true },
		{ "token", false, false },
		{ "", true, false },
		{ "Token", true, false },
		{ "token2", true, false },
	};
	char text[SEAL_CHARS];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct sealed what = { SLICE("call@host"), SLICE("tag"),
			slice_str(cases[i].user), cases[i].is_double };

		if (seal_is_right(&key, &what, sealed(text)) != cases[i].fits)
			fail_msg("case %zu", i);
	}
}

/* Each character counts, however long the text. */
static void long_texts_are_sealed_whole(void **state)
{
	char id[300], text[SEAL_CHARS];

	(void)state;
	memset(id, 'x', sizeof(id));
	for (size_t len = 1; len <= sizeof(id); len++) {
		struct sealed what = { .call_id = { id, len } };

		seal_text(&key, &what, text);
		assert_true(seal_is_right(&key, &what, slice_of(text, sizeof(text))));
		id[len - 1] = 'y';
		assert_false(seal_is_right(&key, &what, slice_of(text, sizeof(text))));
		id[len - 1] = 'x';
		what.call_id.len--;
		assert_false(seal_is_right(&key, &what, slice_of(text, sizeof(text))));
	}
}

static void one_changed_character_spoils_it(void **state)
{
	char text[SEAL_CHARS];

	(void)state;
	for (size_t at = 0; at < SEAL_CHARS; at++) {
		sealed(text);
		text[at] = text[at] == '0' ? '1' : '0';
		if (is_right(&key, "call@host", "tag", slice_of(text, sizeof(text))))
			fail_msg("character %zu", at);
	}
}

static void other_texts_are_none(void **state)
{
	static const char *const texts[] = { "", "0", "\"\"", "0123456789abcde",
	    "0123456789abcdef0", "0123456789abcdeg" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		if (is_right(&key, "call@host", "tag", slice_str(texts[i])))
			fail_msg("case %zu", i);
}

static void a_secret_gives_the_same_key_everywhere(void **state)
{
	struct siphash_key a, b, c;

	(void)state;
	seal_key(SLICE("one"), &a);
	seal_key(SLICE("one"), &b);
	seal_key(SLICE("two"), &c);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_memory_not_equal(&a, &c, sizeof(a));
}

/* Without a store and a secret: the same at each reload. */
static void without_either_it_is_that_of_the_process(void **state)
{
	struct siphash_key a, b;

	(void)state;
	seal_key(SLICE_NULL, &a);
	seal_key(SLICE_NULL, &b);
	assert_memory_equal(&a, &b, sizeof(a));
}

UNIT_MAIN(
	cmocka_unit_test(it_fits_its_dialog_alone),
	cmocka_unit_test(it_fits_its_way_alone),
	cmocka_unit_test(long_texts_are_sealed_whole),
	cmocka_unit_test(one_changed_character_spoils_it),
	cmocka_unit_test(other_texts_are_none),
	cmocka_unit_test(a_secret_gives_the_same_key_everywhere),
	cmocka_unit_test(without_either_it_is_that_of_the_process))
