/*
 * modules/auth_ntlm/keys.c - see keys.h.
 *
 * The sequence number is the same for every message and the RC4 state is fresh for each, so
 * what RC4 adds to a signature is a constant: it is computed once.
 */
#include "modules/auth_ntlm/keys.h"

#include "utils/digest.h"

#include <errno.h>

static const unsigned char sequence[4] = { NTLM_SEQUENCE, 0, 0, 0 };

static struct slice bytes(const unsigned char *p, size_t n)
{
	return slice_of((const char *)p, n);
}

/* ---- passwords and answers ---- */

int ntlm_hash_password(const struct ntlm_crypt *c, struct slice password,
    unsigned char out[NTLM_KEY_BYTES])
{
	struct buf *b = buf_new(2 * password.len + 1);
	int err;

	if (!b)
		return -ENOMEM;
	err = ntlm_put_utf16(b, password);
	if (!err)
		err = b->failed ? -ENOMEM : ntlm_md4(c, buf_slice(b), out);
	if (b->data)
		explicit_bzero(b->data, b->cap);
	buf_unref(&b);
	return err;
}

/* Of user and domain as they are in the answer; the user in upper case. */
static int owf(const struct ntlm_crypt *c, const struct ntlm_answer *a,
    const unsigned char hash[NTLM_KEY_BYTES], unsigned char out[NTLM_KEY_BYTES])
{
	struct buf *user = buf_new(a->user.len + 1);
	int err = -ENOMEM;

	if (!user)
		return err;
	ntlm_put_upper(user, a->user);
	if (!user->failed) {
		const struct slice pieces[] = { buf_slice(user), a->domain };

		err = ntlm_hmac_md5(c, hash, pieces, 2, out);
	}
	buf_unref(&user);
	return err;
}

int ntlm_check_answer(const struct ntlm_crypt *c, const struct ntlm_answer *a,
    const unsigned char nonce[NTLM_NONCE_BYTES], const unsigned char hash[NTLM_KEY_BYTES],
    unsigned char base[NTLM_KEY_BYTES])
{
	const struct slice covered[] = { bytes(nonce, NTLM_NONCE_BYTES), a->temp };
	unsigned char key[NTLM_KEY_BYTES], proof[NTLM_KEY_BYTES];
	int err;

	if (!a->proof.len)
		return -EINVAL;
	err = owf(c, a, hash, key);
	if (!err)
		err = ntlm_hmac_md5(c, key, covered, 2, proof);
	if (!err && !digest_equal(bytes(proof, sizeof(proof)), a->proof))
		err = -EACCES;
	if (!err)
		err = ntlm_hmac_md5(c, key, &a->proof, 1, base);
	explicit_bzero(key, sizeof(key));
	return err;
}

/* ---- keys ---- */

static int derive(const struct ntlm_crypt *c, struct slice exported, struct slice magic,
    unsigned char out[NTLM_KEY_BYTES])
{
	const struct slice pieces[] = { exported, magic };

	return ntlm_md5(c, pieces, 2, out);
}

static int make_direction(const struct ntlm_crypt *c, struct slice exported, size_t seal_bytes,
    struct slice sign_magic, struct slice seal_magic, struct ntlm_direction *d)
{
	static const unsigned char zeros[sizeof(d->stream)];
	unsigned char seal[NTLM_KEY_BYTES], key[NTLM_KEY_BYTES];
	int err = derive(c, exported, sign_magic, d->sign);

	if (!err)
		err = derive(c, slice_first(exported, seal_bytes), seal_magic, seal);
	if (!err) {
		const struct slice pieces[] = { bytes(seal, sizeof(seal)), bytes(sequence, 4) };

		err = ntlm_md5(c, pieces, 2, key);
	}
	return err ? err : ntlm_rc4(c, key, zeros, sizeof(zeros), d->stream);
}

/* How many bytes of the key sealing uses: clients of another century had to be weak. */
static size_t seal_bytes(uint32_t flags)
{
	return flags & NTLM_128 ? 16 : flags & NTLM_56 ? 7 : 5;
}

int ntlm_keys_from(const struct ntlm_crypt *c, uint32_t flags,
    const unsigned char exported[NTLM_KEY_BYTES], struct ntlm_keys *out)
{
	static const unsigned char zeros[sizeof(out->stream)];
	struct slice key = bytes(exported, NTLM_KEY_BYTES);
	int err;

	*out = (struct ntlm_keys){ .crypt = c, .extended = flags & NTLM_EXTENDED };
	if (!out->extended)
		return ntlm_rc4(c, exported, zeros, sizeof(zeros), out->stream);
	err = make_direction(c, key, seal_bytes(flags),
	    SLICE("session key to client-to-server signing key magic constant\0"),
	    SLICE("session key to client-to-server sealing key magic constant\0"), &out->client);
	return err ? err : make_direction(c, key, seal_bytes(flags),
	    SLICE("session key to server-to-client signing key magic constant\0"),
	    SLICE("session key to server-to-client sealing key magic constant\0"), &out->server);
}

int ntlm_keys_make(const struct ntlm_crypt *c, const struct ntlm_answer *a,
    const unsigned char base[NTLM_KEY_BYTES], struct ntlm_keys *out)
{
	unsigned char exported[NTLM_KEY_BYTES];
	int err = 0;

	if (!(a->flags & NTLM_KEY_EXCH))
		return ntlm_keys_from(c, a->flags, base, out);
	if (a->key.len != NTLM_KEY_BYTES)
		return -EINVAL;
	err = ntlm_rc4(c, base, (const unsigned char *)a->key.p, NTLM_KEY_BYTES, exported);
	if (!err)
		err = ntlm_keys_from(c, a->flags, exported, out);
	explicit_bzero(exported, sizeof(exported));
	return err;
}

/* ---- signatures ---- */

/* The usual CRC32 (ISO 3309), bit by bit: clients that want it are rare. */
static uint32_t crc32_of(struct slice s)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < s.len; i++) {
		crc ^= (unsigned char)s.p[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

/* Version, what RC4 hides of padding, checksum and number. */
static void sign_plain(const struct ntlm_keys *k, struct slice text,
    unsigned char mac[NTLM_MAC_BYTES])
{
	uint32_t crc = crc32_of(text);

	memset(mac + 4, 0, 4);
	for (unsigned i = 0; i < 4; i++) {
		mac[8 + i] = (unsigned char)(crc >> 8 * i) ^ k->stream[4 + i];
		mac[12 + i] = sequence[i] ^ k->stream[8 + i];
	}
}

static int sign_extended(const struct ntlm_direction *d, const struct ntlm_crypt *c,
    struct slice text, unsigned char mac[NTLM_MAC_BYTES])
{
	const struct slice pieces[] = { bytes(sequence, sizeof(sequence)), text };
	unsigned char full[NTLM_KEY_BYTES];
	int err = ntlm_hmac_md5(c, d->sign, pieces, 2, full);

	for (unsigned i = 0; i < sizeof(d->stream); i++)
		mac[4 + i] = full[i] ^ d->stream[i];
	memcpy(mac + 12, sequence, sizeof(sequence));
	return err;
}

int ntlm_sign(const struct ntlm_keys *k, bool by_client, struct slice text,
    unsigned char mac[NTLM_MAC_BYTES])
{
	memcpy(mac, "\1\0\0\0", 4);
	if (k->extended)
		return sign_extended(by_client ? &k->client : &k->server, k->crypt, text, mac);
	sign_plain(k, text, mac);
	return 0;
}

/* What the client of old pads with is its own affair. */
bool ntlm_verify(const struct ntlm_keys *k, bool by_client, struct slice text, struct slice mac)
{
	unsigned char want[NTLM_MAC_BYTES] = { 0 };
	struct slice w = bytes(want, sizeof(want));

	if (mac.len != sizeof(want) || ntlm_sign(k, by_client, text, want) != 0)
		return false;
	if (k->extended)
		return digest_equal(w, mac);
	return digest_equal(slice_first(w, 4), slice_first(mac, 4)) &&
	    digest_equal(slice_skip(w, 8), slice_skip(mac, 8));
}
