/*
 * Golden vectors: an exchange recorded with a real client, and the published ones.
 */
#include "modules/auth_ntlm/keys.h"
#include "utils/hex.h"

#include "test/unit.h"

#define TYPE3                                                                              \
	"4e544c4d5353500003000000180018006e000000900090008600000000000000480000002200220048" \
	"000000040004006a0000001000100016010000558298620501280a0000000f61006c0069006300650040" \
	"006500780061006d0070006c0065002e0063006f006d0056004d00b05a97c1b2c4bdeacde6cd0b152e01" \
	"ad1f713579087a1402fac9dcdcf765b9412d51bde8e0a3f1470101000000000000800ec84bec78dd011f" \
	"713579087a14020000000002000e004500580041004d0050004c004500010008004c0043005300310004" \
	"0016006500780061006d0070006c0065002e0063006f006d00030020006c006300730031002e00650078" \
	"0061006d0070006c0065002e0063006f006d0000000000000000009eee538b9566429baf510568865850" \
	"d5"
#define TYPE2                                                                              \
	"4e544c4d53535000020000000e000e0038000000558299e2c9ec74ea68ad74900000000000000000600060" \
	"00460000000502ce0e0000000f4500580041004d0050004c00450002000e004500580041004d0050004c00" \
	"4500010008004c00430053003100040016006500780061006d0070006c0065002e0063006f006d00030020" \
	"006c006300730031002e006500780061006d0070006c0065002e0063006f006d0000000000"

#define HEAD(rand, num) "<NTLM><" rand "><" num "><SIP Communications Service><lcs1.example.com>"
#define CALL "<598Bg2BE0a2545i2999m1FA7t85C3bF668x127Fx><3><REGISTER><sip:alice@example.com>" \
	"<4913917394><sip:alice@example.com>"

static struct ntlm_crypt *crypt_;

static int open_crypt(void **state)
{
	(void)state;
	crypt_ = ntlm_crypt_new();
	return crypt_ ? 0 : -1;
}

static int close_crypt(void **state)
{
	(void)state;
	ntlm_crypt_free(&crypt_);
	return 0;
}

static struct slice unhex(const char *hex, unsigned char *out)
{
	struct slice s = slice_str(hex);

	assert_int_equal(hex_decode(out, s.len / 2, s), 0);
	return slice_of((const char *)out, s.len / 2);
}

static void assert_bytes(const unsigned char *got, size_t len, const char *want)
{
	char hex[512];

	hex_encode(hex, got, len);
	assert_slice(slice_of(hex, 2 * len), want);
}

static void test_handshake(void **state)
{
	unsigned char token[512], nonce[8], hash[16], base[16], mac[16];
	struct ntlm_answer a;
	struct ntlm_keys k;

	(void)state;
	assert_int_equal(ntlm_read_answer(unhex(TYPE3, token), &a), 0);
	assert_int_equal(a.flags, 0x62988255);
	assert_int_equal(ntlm_hash_password(crypt_, SLICE("secret1"), hash), 0);
	assert_bytes(hash, 16, "b39a61f16a4e11fa80580241f1d4aae8");
	unhex("c9ec74ea68ad7490", nonce);
	assert_int_equal(ntlm_check_answer(crypt_, &a, nonce, hash, base), 0);
	assert_bytes(base, 16, "0eab4ff29c6806cc22d506605e6d5277");
	assert_int_equal(ntlm_keys_make(crypt_, &a, base, &k), 0);
	assert_bytes(k.client.sign, 16, "e75b5c1127db1284c196b4daeb232ec7");
	assert_bytes(k.server.sign, 16, "aecd5e5bb3006322be0752e23b0100ca");
	assert_int_equal(ntlm_sign(&k, true, SLICE(HEAD("daf5158d", "1") CALL "<><><><>"), mac), 0);
	assert_bytes(mac, 16, "01000000b8649eb7adbb944a64000000");
	assert_int_equal(ntlm_sign(&k, false, SLICE(HEAD("d64a46c8", "1") CALL
	    "<851777440EF34A36><><><7200><200>"), mac), 0);
	assert_bytes(mac, 16, "01000000c0cf76737a3d959a64000000");
	assert_int_equal(ntlm_sign(&k, false, SLICE(HEAD("36bc7b1a", "2")
	    "<D5FAgBB42a4112i3DDBmFB4EtFD20b227AxCAF1x><1><SUBSCRIBE><sip:alice@example.com>"
	    "<4954962600><sip:alice@example.com><C8685084B7809312><><><28800><200>"), mac), 0);
	assert_bytes(mac, 16, "01000000583c6388a9b8d6a664000000");
}

/* One bit anywhere in what is covered, or in the signature. */
static void test_flipped(void **state)
{
	unsigned char token[512], copy[512], nonce[8], hash[16], base[16], mac[16];
	char text[] = HEAD("daf5158d", "1") CALL "<><><><>";
	struct slice t = slice_str(text), t3 = unhex(TYPE3, token);
	struct ntlm_answer a;
	struct ntlm_keys k;

	(void)state;
	unhex("c9ec74ea68ad7490", nonce);
	ntlm_hash_password(crypt_, SLICE("secret1"), hash);
	for (size_t at = 134; at < 278; at++) {		/* the response */
		memcpy(copy, token, t3.len);
		copy[at] ^= 4;
		if (ntlm_read_answer(slice_of((char *)copy, t3.len), &a) == 0)
			assert_int_not_equal(ntlm_check_answer(crypt_, &a, nonce, hash, base), 0);
	}
	ntlm_read_answer(t3, &a);
	assert_int_equal(ntlm_check_answer(crypt_, &a, nonce, hash, base), 0);
	ntlm_keys_make(crypt_, &a, base, &k);
	ntlm_sign(&k, true, t, mac);
	assert_true(ntlm_verify(&k, true, t, slice_of((char *)mac, 16)));
	assert_false(ntlm_verify(&k, false, t, slice_of((char *)mac, 16)));
	assert_false(ntlm_verify(&k, true, t, slice_of((char *)mac, 15)));
	for (size_t i = 0; i < t.len; i++) {
		text[i] ^= 1;
		assert_false(ntlm_verify(&k, true, t, slice_of((char *)mac, 16)));
		text[i] ^= 1;
	}
	for (size_t i = 0; i < 16; i++) {
		mac[i] ^= 0x80;
		assert_false(ntlm_verify(&k, true, t, slice_of((char *)mac, 16)));
		mac[i] ^= 0x80;
	}
}

static void test_wrong_password(void **state)
{
	unsigned char token[512], nonce[8], hash[16], base[16];
	struct ntlm_answer a;

	(void)state;
	ntlm_read_answer(unhex(TYPE3, token), &a);
	unhex("c9ec74ea68ad7490", nonce);
	ntlm_hash_password(crypt_, SLICE("secret2"), hash);
	assert_int_equal(ntlm_check_answer(crypt_, &a, nonce, hash, base), -EACCES);
	a.proof = SLICE_NULL;
	assert_int_equal(ntlm_check_answer(crypt_, &a, nonce, hash, base), -EINVAL);
}

/* The client of old: RC4 with the key itself, CRC32. */
static void test_without_extended(void **state)
{
	const struct slice text = SLICE("<NTLM><00000001><1><SIP Communications Service>"
	    "<lcs1.example.com><c1><1><SUBSCRIBE><sip:alice@example.com><t1><><>");
	unsigned char key[16], mac[16];
	struct ntlm_keys k;

	(void)state;
	unhex("000102030405060708090a0b0c0d0e0f", key);
	assert_int_equal(ntlm_keys_from(crypt_, 0, key, &k), 0);
	assert_int_equal(ntlm_sign(&k, false, text, mac), 0);
	assert_bytes(mac, 16, "0100000000000000ceb95fba62db97c6");
	mac[5] = 0x77;			/* its padding is its own affair */
	assert_true(ntlm_verify(&k, true, text, slice_of((char *)mac, 16)));
	mac[9] ^= 1;
	assert_false(ntlm_verify(&k, true, text, slice_of((char *)mac, 16)));
}

/* Published: Password / User / Domain. */
static void test_published(void **state)
{
	const struct slice utf16 = SLICE("U\0s\0e\0r\0"), domain = SLICE("D\0o\0m\0a\0i\0n\0");
	unsigned char temp[44 + 36] = { 1, 1 }, proof[16], nonce[8], hash[16], base[16];
	struct ntlm_answer a = { .user = utf16, .domain = domain, .flags = 0xe28a8233 };
	unsigned char key[16], exported[16];
	struct ntlm_keys k;

	(void)state;
	unhex("0123456789abcdef", nonce);
	memset(temp + 16, 0xaa, 8);
	unhex("02000c0044006f006d00610069006e0001000c0053006500720076006500720000000000"
	    "00000000", temp + 28);
	a.temp = slice_of((char *)temp, 28 + 36 + 4);
	a.proof = unhex("68cd0ab851e51c96aabc927bebef6a1c", proof);
	assert_int_equal(ntlm_hash_password(crypt_, SLICE("Password"), hash), 0);
	assert_int_equal(ntlm_check_answer(crypt_, &a, nonce, hash, base), 0);
	assert_bytes(base, 16, "8de40ccadbc14a82f15cb0ad0de95ca3");
	a.key = unhex("c5dad2544fc9799094ce1ce90bc9d03e", key);
	assert_int_equal(ntlm_keys_make(crypt_, &a, base, &k), 0);
	assert_bytes(k.client.sign, 16, "4788dc861b4782f35d43fd98fe1a2d39");
	memset(exported, 0x55, 16);
	assert_int_equal(ntlm_keys_from(crypt_, a.flags, exported, &k), 0);
	assert_bytes(k.client.sign, 16, "4788dc861b4782f35d43fd98fe1a2d39");
}

static void test_challenge(void **state)
{
	const struct ntlm_names names = { SLICE("EXAMPLE"), SLICE("LCS1"), SLICE("example.com"),
	    SLICE("lcs1.example.com") };
	unsigned char nonce[8];
	struct buf *b = buf_new(16);

	(void)state;
	unhex("c9ec74ea68ad7490", nonce);
	ntlm_put_challenge(b, nonce, &names);
	assert_false(b->failed);
	assert_bytes((unsigned char *)b->data, b->len, TYPE2);
	buf_unref(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handshake), cmocka_unit_test(test_flipped),
		cmocka_unit_test(test_wrong_password), cmocka_unit_test(test_without_extended),
		cmocka_unit_test(test_published), cmocka_unit_test(test_challenge),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_crypt, close_crypt);
}
