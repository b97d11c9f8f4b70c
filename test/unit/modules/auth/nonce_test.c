/*
 * Nonces: age, forgery, and the window of counts that have been used.
 */
#include "modules/auth/nonce.h"

#include "test/unit.h"

#define LIFETIME 300

static struct nonces nonces;
static char nonce[NONCE_CHARS];

static int make(void **state)
{
	(void)state;
	if (nonces_init(&nonces, 4, SLICE_NULL) != 0)
		return -1;
	nonce_make(&nonces, 1000, nonce);
	return 0;
}

static int drop(void **state)
{
	(void)state;
	nonces_fini(&nonces);
	return 0;
}

static enum nonce_state use(int64_t now, uint32_t nc)
{
	return nonce_use(&nonces, slice_of(nonce, NONCE_CHARS), now, LIFETIME, nc, 0);
}

static void test_age(void **state)
{
	(void)state;
	assert_int_equal(use(1000, 0), NONCE_FRESH);
	assert_int_equal(use(1000 + LIFETIME, 0), NONCE_FRESH);
	assert_int_equal(use(1001 + LIFETIME, 0), NONCE_OLD);
	assert_int_equal(use(900, 0), NONCE_OLD);	/* from the future: no clock of ours */
}

/* RFC 7616 3.3: a count serves once; a window forgives what came out of order. */
static void test_counts(void **state)
{
	static const struct { uint32_t nc; enum nonce_state state; } steps[] = {
		{ 1, NONCE_FRESH }, { 1, NONCE_REPLAYED },
		{ 3, NONCE_FRESH }, { 2, NONCE_FRESH }, { 2, NONCE_REPLAYED },
		{ 40, NONCE_FRESH }, { 3, NONCE_REPLAYED }, { 9, NONCE_FRESH },
		{ 8, NONCE_REPLAYED },	/* 32 behind: out of the window */
		{ 9, NONCE_REPLAYED }, { 4000000000u, NONCE_FRESH }, { 40, NONCE_REPLAYED },
		{ UINT32_MAX, NONCE_FRESH }, { UINT32_MAX, NONCE_REPLAYED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++)
		if (use(1000, steps[i].nc) != steps[i].state)
			fail_msg("step %zu, count %u", i, steps[i].nc);
}

static enum nonce_state use_marked(int64_t now, uint32_t nc, uint64_t mark)
{
	return nonce_use(&nonces, slice_of(nonce, NONCE_CHARS), now, LIFETIME, nc, mark);
}

/* The very same request may use its count again for as long as clients repeat. */
static void test_copies(void **state)
{
	const uint64_t one = 0x1234567812345678, other = one ^ (uint64_t)1 << 40,
	    third = one ^ (uint64_t)1 << 41;

	(void)state;
	assert_int_equal(use_marked(1000, 1, one), NONCE_FRESH);
	assert_int_equal(use_marked(1000, 1, one), NONCE_COPY);
	assert_int_equal(use_marked(1000 + NONCE_COPY_S, 1, one), NONCE_COPY);
	assert_int_equal(use_marked(1001 + NONCE_COPY_S, 1, one), NONCE_REPLAYED);
	assert_int_equal(use_marked(1000, 1, other), NONCE_REPLAYED);
	assert_int_equal(use_marked(1000, 1, 0), NONCE_REPLAYED);
	assert_int_equal(use_marked(999, 1, one), NONCE_REPLAYED);	/* the clock was put back */
	/* Several under way: each is known until two newer ones have come to its place, which is the
	 * same for 1, 2 and 5. */
	assert_int_equal(use_marked(1010, 2, other), NONCE_FRESH);
	assert_int_equal(use_marked(1011, 2, other), NONCE_COPY);
	assert_int_equal(use_marked(1011, 1, one), NONCE_COPY);
	assert_int_equal(use_marked(1012, 3, 0), NONCE_FRESH);
	assert_int_equal(use_marked(1012, 3, 0), NONCE_REPLAYED);
	assert_int_equal(use_marked(1012, 5, third), NONCE_FRESH);
	assert_int_equal(use_marked(1012, 1, one), NONCE_REPLAYED);
	assert_int_equal(use_marked(1012, 2, other), NONCE_COPY);
	assert_int_equal(use_marked(1012, 5, third), NONCE_COPY);
}

static void test_looking_counts_nothing(void **state)
{
	struct slice text = slice_of(nonce, NONCE_CHARS);

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(nonce_look(&nonces, text, 1000, LIFETIME, 1), NONCE_FRESH);
	assert_int_equal(use(1000, 1), NONCE_FRESH);
	assert_int_equal(nonce_look(&nonces, text, 1000, LIFETIME, 1), NONCE_REPLAYED);
	assert_int_equal(nonce_look(&nonces, text, 1000, LIFETIME, 2), NONCE_FRESH);
	assert_int_equal(nonce_look(&nonces, text, 1000, LIFETIME, 0), NONCE_FRESH);
	assert_int_equal(nonce_look(&nonces, text, 1000 + LIFETIME + 1, LIFETIME, 2), NONCE_OLD);
	nonce[20] = nonce[20] == '0' ? '1' : '0';
	assert_int_equal(nonce_look(&nonces, text, 1000, LIFETIME, 2), NONCE_FOREIGN);
}

static void test_every_digit_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < NONCE_CHARS; i++) {
		char good = nonce[i];

		nonce[i] = good == '0' ? '1' : '0';
		assert_int_equal(use(1000, 1), NONCE_FOREIGN);
		nonce[i] = 'z';
		assert_int_equal(use(1000, 1), NONCE_FOREIGN);
		nonce[i] = good;
	}
	for (size_t len = 0; len < NONCE_CHARS; len++)
		assert_int_equal(nonce_use(&nonces, slice_of(nonce, len), 1000, LIFETIME, 1, 0),
		    NONCE_FOREIGN);
	assert_int_equal(use(1000, 1), NONCE_FRESH);
}

/* With the ring gone round the first nonce's memory belongs to another. */
static void test_ring_forgets(void **state)
{
	char other[NONCE_CHARS];

	(void)state;
	for (int i = 0; i < 3; i++)
		nonce_make(&nonces, 1000, other);
	assert_int_equal(use(1000, 1), NONCE_FRESH);
	nonce_make(&nonces, 1000, other);
	assert_int_equal(use(1000, 2), NONCE_OLD);
	assert_int_equal(nonce_use(&nonces, slice_of(other, NONCE_CHARS), 1000, LIFETIME, 1, 0),
	    NONCE_FRESH);
}

static void test_secret(void **state)
{
	struct nonces a, b, c;
	char made[NONCE_CHARS];

	(void)state;
	assert_int_equal(nonces_init(&a, 4, SLICE("shared")), 0);
	assert_int_equal(nonces_init(&b, 4, SLICE("shared")), 0);
	assert_int_equal(nonces_init(&c, 4, SLICE("other")), 0);
	nonce_make(&a, 1000, made);
	/* b knows the key but has not seen the serial: stale, not foreign. */
	assert_int_equal(nonce_use(&b, slice_of(made, NONCE_CHARS), 1000, LIFETIME, 1, 0), NONCE_OLD);
	assert_int_equal(nonce_use(&c, slice_of(made, NONCE_CHARS), 1000, LIFETIME, 1, 0),
	    NONCE_FOREIGN);
	nonces_fini(&a);
	nonces_fini(&b);
	nonces_fini(&c);
}

#define NONCE_TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)

UNIT_MAIN(
	NONCE_TEST(test_age),
	NONCE_TEST(test_counts),
	NONCE_TEST(test_copies),
	NONCE_TEST(test_looking_counts_nothing),
	NONCE_TEST(test_every_digit_counts),
	NONCE_TEST(test_ring_forgets),
	NONCE_TEST(test_secret),
)
