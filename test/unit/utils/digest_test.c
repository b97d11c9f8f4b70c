/*
 * Digests: the vectors of RFC 1321, FIPS 180-2, RFC 2617 and RFC 4231.
 */
#include "utils/digest.h"

#include "test/oom.h"
#include "test/unit.h"
#include "utils/hex.h"

#include <pthread.h>

static const struct { enum digest_alg alg; const char *text, *hex; } vectors[] = {
	{ DIGEST_MD5, "", "d41d8cd98f00b204e9800998ecf8427e" },
	{ DIGEST_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72" },
	{ DIGEST_MD5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
	{ DIGEST_MD5, "Mufasa:testrealm@host.com:Circle Of Life",
	  "939e7578ed9e3c518a452acee763bce9" },
	{ DIGEST_SHA256, "",
	  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ DIGEST_SHA256, "abc",
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ DIGEST_SHA256, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

/* Every vector whole and cut in three at every pair of places. */
static bool vectors_hold(void)
{
	bool ok = true;

	for (size_t v = 0; v < COUNT(vectors); v++) {
		struct slice all = slice_str(vectors[v].text);
		struct slice want = slice_str(vectors[v].hex);
		char hex[2 * DIGEST_MAX_BYTES];

		for (size_t i = 0; i <= all.len; i++)
			for (size_t j = i; j <= all.len; j++) {
				struct slice cut[] = { slice_first(all, i),
				    slice_first(slice_skip(all, i), j - i),
				    slice_skip(all, j) };

				ok &= digest_hex(vectors[v].alg, cut, 3, hex) == 0 &&
				    slice_eq(slice_of(hex, want.len), want);
			}
		ok &= want.len == 2 * digest_size(vectors[v].alg);
	}
	return ok;
}

static void vectors_in_any_pieces(void **state)
{
	char hex[2 * DIGEST_MAX_BYTES];

	(void)state;
	assert_true(vectors_hold());
	assert_int_equal(digest_hex(DIGEST_MD5, NULL, 0, hex), 0);
	assert_slice(slice_of(hex, 32), vectors[0].hex);
}

/* FIPS 180-2, B.3: a million times "a", here as a thousand pieces that do not fit together. */
static void long_input_in_many_pieces(void **state)
{
	static struct slice pieces[1000];
	static char text[1000];
	char hex[2 * DIGEST_MAX_BYTES];

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < COUNT(pieces); i++)
		pieces[i] = slice_of(text, sizeof(text));
	assert_int_equal(digest_hex(DIGEST_SHA256, pieces, COUNT(pieces), hex), 0);
	assert_slice(slice_of(hex, 64),
	    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void *run_in_thread(void *arg)
{
	unsigned char out[DIGEST_MAX_BYTES];

	*(bool *)arg = vectors_hold() && digest_hmac(SLICE("key"), NULL, 0, out) == 0;
	return NULL;
}

/* Also that a thread's contexts go with it: LeakSanitizer would tell. */
static void every_thread_has_its_own(void **state)
{
	pthread_t threads[4];
	bool ok[4] = { false };

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_in_thread, &ok[i]), 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		assert_true(ok[i]);
	}
}

static void hmac_vectors(void **state)
{
	static const struct { const char *key; size_t key_len; const char *text, *hex; } cases[] = {
		{ "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b",
		  20, "Hi There",
		  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ "Jefe", 4, "what do ya want for nothing?",
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ NULL, 0, "",		/* after another key: it must not be taken again */
		  "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice text = slice_str(cases[i].text);
		struct slice cut[] = { slice_first(text, 5), slice_skip(text, 5) };
		unsigned char out[DIGEST_MAX_BYTES], want[DIGEST_MAX_BYTES];

		assert_int_equal(hex_decode(want, 32, slice_str(cases[i].hex)), 0);
		assert_int_equal(digest_hmac(slice_of(cases[i].key, cases[i].key_len),
		    cut, 2, out), 0);
		assert_memory_equal(out, want, 32);
	}
}

static void equal(void **state)
{
	(void)state;
	assert_true(digest_equal(SLICE("abc"), SLICE("abc")));
	assert_false(digest_equal(SLICE("abc"), SLICE("abd")));
	assert_false(digest_equal(SLICE("abc"), SLICE("ab")));
	assert_true(digest_equal(SLICE_NULL, SLICE("")));
}

static void *first_use_without_memory(void *arg)
{
	int *err = arg;
	unsigned char out[DIGEST_MAX_BYTES];

	oom_fail_nth(1);
	err[0] = digest_hmac(SLICE("key"), NULL, 0, out);
	oom_reset();
	err[1] = digest_hmac(SLICE("key"), NULL, 0, out);
	return NULL;
}

static void no_memory_is_an_error_once(void **state)
{
	int err[2] = { 1, 1 };
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, first_use_without_memory, err), 0);
	pthread_join(thread, NULL);
	assert_int_equal(err[0], -EIO);
	assert_int_equal(err[1], 0);
}

UNIT_MAIN(
	cmocka_unit_test(vectors_in_any_pieces),
	cmocka_unit_test(long_input_in_many_pieces),
	cmocka_unit_test(every_thread_has_its_own),
	cmocka_unit_test(hmac_vectors),
	cmocka_unit_test(equal),
	cmocka_unit_test(no_memory_is_an_error_once))
