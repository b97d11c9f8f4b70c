/*
 * SipHash-2-4 against the vectors of its authors, and the folding variant.
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
	cmocka_unit_test(nocase_is_the_hash_of_lower_case),
	cmocka_unit_test(boot_key_stays))
