/*
 * test/fuzz/ntlm_fuzz.c - any bytes as the token of an NTLM client.
 */
#include "modules/auth_ntlm/keys.h"
#include "test/fuzz/random.h"
#include "utils/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ntlm_crypt *crypt_once(void)
{
	static struct ntlm_crypt *c;

	if (!c)
		c = ntlm_crypt_new();
	lcs_assert(c);
	return c;
}

/* Text that goes one way comes back the same. */
static void check_text(struct slice utf16)
{
	struct buf *text = buf_new(16), *again = buf_new(16);

	if (ntlm_put_utf8(text, utf16) == 0) {
		lcs_assert(ntlm_put_utf16(again, buf_slice(text)) == 0);
		lcs_assert(slice_eq(buf_slice(again), utf16));
	}
	buf_clear(text);
	ntlm_put_upper(text, utf16);
	lcs_assert(text->len == utf16.len / 2 * 2);
	buf_unref(&text);
	buf_unref(&again);
}

static void check_keys(const struct ntlm_answer *a, struct slice s)
{
	static const unsigned char nonce[NTLM_NONCE_BYTES], hash[NTLM_KEY_BYTES];
	unsigned char base[NTLM_KEY_BYTES] = { 0 }, mac[NTLM_MAC_BYTES];
	struct ntlm_keys keys;

	/* Nobody finds by chance what a password proves. */
	lcs_assert(ntlm_check_answer(crypt_once(), a, nonce, hash, base) != 0);
	if (ntlm_keys_make(crypt_once(), a, base, &keys) != 0)
		return;
	lcs_assert(ntlm_sign(&keys, true, s, mac) == 0);
	lcs_assert(ntlm_verify(&keys, true, s, slice_of((const char *)mac, sizeof(mac))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = slice_of((const char *)data, size);
	struct ntlm_answer a;

	check_text(s);
	if (ntlm_read_answer(s, &a) != 0)
		return 0;
	lcs_assert(slice_lies_in(a.user, s) && slice_lies_in(a.domain, s));
	lcs_assert(slice_lies_in(a.nt, s) && slice_lies_in(a.key, s) && slice_lies_in(a.lm, s));
	lcs_assert(a.proof.len == 0 || (slice_lies_in(a.temp, s) && a.proof.len == 16));
	check_text(a.user);
	check_keys(&a, s);
	return 0;
}
