/*
 * SipHash-2-4 against the vectors of its authors, 1-3 against OpenSSL's, the variants.
 */
#include "utils/siphash.h"

#include "test/unit.h"

/* Key 00 01 .. 0f, messages "", 00, 00 01, ...: from the reference's vectors. */
static const struct siphash_key ref_key = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u };
static const struct { size_t len; uint64_t hash; } vectors[] = {
	{ 0, 0x726fdb47dd0e0e31u },
	{ 1, 0x74f839c593dc67fdu },
	{ 2, 0x0d6c8009d9a94f5au },
	{ 3, 0x85676696d7fb7e2du },
	{ 4, 0xcf2794e0277187b7u },
	{ 5, 0x18765564cd99a68du },
	{ 6, 0xcbc9466e58fee3ceu },
	{ 7, 0xab0200f58b01d137u },
	{ 8, 0x93f5f5799a932462u },
	{ 9, 0x9e0082df0ba9e4b0u },
	{ 15, 0xa129ca6149be45e5u },
	{ 63, 0x958a324ceb064572u },
};

static void reference_vectors(void **state)
{
	char bytes[64];

	(void)state;
	for (int i = 0; i < 64; i++)
		bytes[i] = (char)i;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		/* In a block of its own, so that reading beyond it is seen. */
		char *copy = malloc(vectors[i].len + !vectors[i].len);

		memcpy(copy, bytes, vectors[i].len);
		assert_true(siphash(&ref_key, slice_of(copy, vectors[i].len)) ==
		    vectors[i].hash);
		free(copy);
	}
	assert_true(siphash(&ref_key, SLICE_NULL) == vectors[0].hash);
}

/* The same messages and key with one round a word and three at the end, by OpenSSL. */
static const struct { size_t len; uint64_t hash; } quick_vectors[] = {
	{ 0, 0xabac0158050fc4dcu },
	{ 1, 0xc9f49bf37d57ca93u },
	{ 7, 0xd3927d989bb11140u },
	{ 8, 0x369095118d299a8eu },
	{ 9, 0x25a48eb36c063de4u },
	{ 15, 0xd320d86d2a519956u },
	{ 63, 0x9d199062b7bbb3a8u },
};

static void quick_vectors_of_another_implementation(void **state)
{
	char bytes[64];

	(void)state;
	for (int i = 0; i < 64; i++)
		bytes[i] = (char)i;
	for (size_t i = 0; i < COUNT(quick_vectors); i++)
		assert_true(siphash_quick(&ref_key, slice_of(bytes, quick_vectors[i].len)) ==
		    quick_vectors[i].hash);
}

static uint64_t of_two(const char *a, const char *b, unsigned fold)
{
	const struct slice pieces[] = { slice_str(a), slice_str(b) };

	return siphash_pieces(&ref_key, pieces, 2, fold);
}

static void pieces_keep_their_borders(void **state)
{
	(void)state;
	assert_true(of_two("abcdefghij", "k", 0) == of_two("abcdefghij", "k", 0));
	assert_true(of_two("ab", "c", 0) != of_two("a", "bc", 0));
	assert_true(of_two("abcdefgh", "", 0) != of_two("", "abcdefgh", 0));
	assert_true(of_two("HOST.example", "Tag", 1) == of_two("host.EXAMPLE", "Tag", 1));
	assert_true(of_two("HOST.example", "Tag", 1) != of_two("host.EXAMPLE", "tag", 1));
	assert_true(of_two("HOST", "Tag", 0) != of_two("host", "Tag", 0));
}

/* A zero byte at the end is not the filling of the last word. */
static void filling_is_not_content(void **state)
{
	const struct slice short_one = slice_of("abc\0", 3), long_one = slice_of("abc\0", 4);

	(void)state;
	assert_true(siphash_pieces(&ref_key, &short_one, 1, 0) !=
	    siphash_pieces(&ref_key, &long_one, 1, 0));
}

static void nocase_is_the_hash_of_lower_case(void **state)
{
	char upper[40], lower[40];

	(void)state;
	for (size_t len = 0; len < sizeof(upper); len++) {
		for (size_t i = 0; i < len; i++) {
			upper[i] = (char)(i * 7 + len);
			lower[i] = ascii_lower(upper[i]);
		}
		assert_true(siphash_nocase(&ref_key, slice_of(upper, len)) ==
		    siphash(&ref_key, slice_of(lower, len)));
	}
}

static void boot_key_stays(void **state)
{
	const struct siphash_key *made = siphash_boot_key();
	struct siphash_key first = *made;

	(void)state;
	assert_true(first.k0 != 0 || first.k1 != 0);
	assert_memory_equal(siphash_boot_key(), &first, sizeof(first));
	siphash_set_boot_key(ref_key);
	assert_memory_equal(siphash_boot_key(), &ref_key, sizeof(ref_key));
}

UNIT_MAIN(
	cmocka_unit_test(reference_vectors),
	cmocka_unit_test(quick_vectors_of_another_implementation),
	cmocka_unit_test(pieces_keep_their_borders),
	cmocka_unit_test(filling_is_not_content),
	cmocka_unit_test(nocase_is_the_hash_of_lower_case),
	cmocka_unit_test(boot_key_stays))
