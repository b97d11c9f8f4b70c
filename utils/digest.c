/*
 * utils/digest.c - hashes by OpenSSL's own functions, HMAC by its EVP.
 *
 * EVP allocates and frees a state for every hash and asks for engines: 1,000 instructions beside
 * the 640 of a block, three times for each digest that a client sends. The functions
 * that it calls in the end are marked as deprecated and go on being there. They ask no provider,
 * so a system in FIPS mode does not take MD5 away; which algorithms are offered to clients is
 * the configuration's to say (RFC 8760). Of HMAC each thread keeps one context, since
 * fetching an algorithm takes locks.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "utils/digest.h"

#include "utils/hex.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/md5.h>
#include <openssl/params.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>

#define GATHER_BYTES 512u

/* ---- hashes ---- */

struct state {
	enum digest_alg alg;
	union { MD5_CTX md5; SHA256_CTX sha256; } of;
};

static bool begin(struct state *s, enum digest_alg alg)
{
	s->alg = alg;
	return (alg == DIGEST_MD5 ? MD5_Init(&s->of.md5) : SHA256_Init(&s->of.sha256)) == 1;
}

static bool add(struct state *s, struct slice in)
{
	return (s->alg == DIGEST_MD5 ? MD5_Update(&s->of.md5, in.p, in.len) :
	    SHA256_Update(&s->of.sha256, in.p, in.len)) == 1;
}

static bool finish(struct state *s, unsigned char *out)
{
	return (s->alg == DIGEST_MD5 ? MD5_Final(out, &s->of.md5) :
	    SHA256_Final(out, &s->of.sha256)) == 1;
}

static bool add_each(struct state *s, const struct slice *pieces, size_t n)
{
	bool ok = true;

	for (size_t i = 0; ok && i < n; i++)
		ok = pieces[i].len == 0 || add(s, pieces[i]);
	return ok;
}

static bool add_gathered(struct state *s, const struct slice *pieces, size_t n)
{
	char all[GATHER_BYTES];
	size_t len = 0;
	bool ok;

	for (size_t i = 0; i < n; len += pieces[i++].len)
		if (pieces[i].len)
			memcpy(all + len, pieces[i].p, pieces[i].len);
	ok = add(s, slice_of(all, len));
	explicit_bzero(all, len);	/* a password may be among them */
	return ok;
}

/* Every call costs as much as some words of input, and our pieces are as short as ":". */
static bool add_all(struct state *s, const struct slice *pieces, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += pieces[i].len;
	return len <= GATHER_BYTES ? add_gathered(s, pieces, n) : add_each(s, pieces, n);
}

int digest(enum digest_alg alg, const struct slice *pieces, size_t n,
    unsigned char out[DIGEST_MAX_BYTES])
{
	struct state s;
	bool ok = begin(&s, alg) && add_all(&s, pieces, n) && finish(&s, out);

	explicit_bzero(&s, sizeof(s));	/* the result of some is as good as a password */
	return ok ? 0 : -EIO;
}

int digest_hex(enum digest_alg alg, const struct slice *pieces, size_t n,
    char out[2 * DIGEST_MAX_BYTES])
{
	unsigned char bytes[DIGEST_MAX_BYTES];
	int err = digest(alg, pieces, n, bytes);

	if (!err)
		hex_encode(out, bytes, digest_size(alg));
	explicit_bzero(bytes, sizeof(bytes));
	return err;
}

/* ---- HMAC ---- */

struct digest_kit {
	EVP_MAC     *mac;
	EVP_MAC_CTX *mac_ctx;
};

static _Thread_local struct digest_kit *kit;
static pthread_key_t kit_key;		/* only for its destructor */
static bool kit_key_is_made;

static void kit_free(void *arg)
{
	struct digest_kit *k = arg;

	EVP_MAC_CTX_free(k->mac_ctx);
	EVP_MAC_free(k->mac);
	free(k);
	kit = NULL;
}

static void make_key(void)
{
	kit_key_is_made = pthread_key_create(&kit_key, kit_free) == 0;
}

static struct digest_kit *kit_of_thread(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (kit)
		return kit;
	pthread_once(&once, make_key);
	if (!kit_key_is_made)
		return NULL;
	kit = calloc(1, sizeof(*kit));
	if (kit && pthread_setspecific(kit_key, kit) != 0)
		kit_free(kit);
	return kit;
}

/* OpenSSL queues its reasons per thread; ours is the return value. */
static int refused(void)
{
	ERR_clear_error();
	return -EIO;
}

static bool fetch_hmac(struct digest_kit *k)
{
	char sha256[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
		OSSL_PARAM_construct_end()
	};
	EVP_MAC_CTX *ctx;

	if (k->mac_ctx)
		return true;
	if (!k->mac)
		k->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	ctx = k->mac ? EVP_MAC_CTX_new(k->mac) : NULL;
	if (ctx && EVP_MAC_CTX_set_params(ctx, params) == 1)
		k->mac_ctx = ctx;
	else
		EVP_MAC_CTX_free(ctx);
	return k->mac_ctx != NULL;
}

int digest_hmac(struct slice key, const struct slice *pieces, size_t n,
    unsigned char out[DIGEST_MAX_BYTES])
{
	/* Without a pointer OpenSSL would take the key of the last time. */
	const void *key_bytes = key.len > 0 ? key.p : "";
	struct digest_kit *k = kit_of_thread();
	size_t len;
	bool ok;

	if (!k || !fetch_hmac(k))
		return refused();
	ok = EVP_MAC_init(k->mac_ctx, key_bytes, key.len, NULL) == 1;
	for (size_t i = 0; ok && i < n; i++)
		ok = EVP_MAC_update(k->mac_ctx, (const void *)pieces[i].p, pieces[i].len) == 1;
	ok = ok && EVP_MAC_final(k->mac_ctx, out, &len, DIGEST_MAX_BYTES) == 1;
	return ok ? 0 : refused();
}

bool digest_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.p, b.p, a.len) == 0);
}
