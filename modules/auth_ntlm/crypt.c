/*
 * modules/auth_ntlm/crypt.c - see crypt.h.
 */
#include "modules/auth_ntlm/crypt.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdlib.h>

struct ntlm_crypt {
	OSSL_LIB_CTX  *lib;
	OSSL_PROVIDER *legacy, *usual;
	EVP_MD        *md4, *md5;
	EVP_CIPHER    *rc4;
	EVP_MAC       *mac;
	EVP_MAC_CTX   *hmac;		/* told its digest, not its key; copied for each use */
};

static bool open_all(struct ntlm_crypt *c)
{
	char md5[] = "MD5";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, md5, sizeof(md5) - 1),
		OSSL_PARAM_construct_end(),
	};

	c->lib = OSSL_LIB_CTX_new();
	if (!c->lib)
		return false;
	c->legacy = OSSL_PROVIDER_load(c->lib, "legacy");
	c->usual = OSSL_PROVIDER_load(c->lib, "default");
	c->md4 = EVP_MD_fetch(c->lib, "MD4", NULL);
	c->md5 = EVP_MD_fetch(c->lib, "MD5", NULL);
	c->rc4 = EVP_CIPHER_fetch(c->lib, "RC4", NULL);
	c->mac = EVP_MAC_fetch(c->lib, "HMAC", NULL);
	c->hmac = c->mac ? EVP_MAC_CTX_new(c->mac) : NULL;
	return c->legacy && c->usual && c->md4 && c->md5 && c->rc4 && c->hmac &&
	    EVP_MAC_CTX_set_params(c->hmac, params);
}

struct ntlm_crypt *ntlm_crypt_new(void)
{
	struct ntlm_crypt *c = calloc(1, sizeof(*c));

	if (c && !open_all(c))
		ntlm_crypt_free(&c);
	return c;
}

void ntlm_crypt_free(struct ntlm_crypt **p)
{
	struct ntlm_crypt *c = *p;

	*p = NULL;
	if (!c)
		return;
	EVP_MAC_CTX_free(c->hmac);
	EVP_MAC_free(c->mac);
	EVP_CIPHER_free(c->rc4);
	EVP_MD_free(c->md5);
	EVP_MD_free(c->md4);
	if (c->legacy)
		OSSL_PROVIDER_unload(c->legacy);
	if (c->usual)
		OSSL_PROVIDER_unload(c->usual);
	OSSL_LIB_CTX_free(c->lib);
	free(c);
}

static int hash(const EVP_MD *md, const struct slice *pieces, size_t n, unsigned char *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex2(ctx, md, NULL);

	for (size_t i = 0; ok && i < n; i++)
		ok = pieces[i].len == 0 || EVP_DigestUpdate(ctx, pieces[i].p, pieces[i].len);
	ok = ok && EVP_DigestFinal_ex(ctx, out, NULL);
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : -EIO;
}

int ntlm_md4(const struct ntlm_crypt *c, struct slice in, unsigned char out[NTLM_KEY_BYTES])
{
	return hash(c->md4, &in, 1, out);
}

int ntlm_md5(const struct ntlm_crypt *c, const struct slice *pieces, size_t n,
    unsigned char out[NTLM_KEY_BYTES])
{
	return hash(c->md5, pieces, n, out);
}

int ntlm_hmac_md5(const struct ntlm_crypt *c, const unsigned char key[NTLM_KEY_BYTES],
    const struct slice *pieces, size_t n, unsigned char out[NTLM_KEY_BYTES])
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(c->hmac);
	bool ok = ctx && EVP_MAC_init(ctx, key, NTLM_KEY_BYTES, NULL);
	size_t len;

	for (size_t i = 0; ok && i < n; i++)
		ok = pieces[i].len == 0 ||
		    EVP_MAC_update(ctx, (const unsigned char *)pieces[i].p, pieces[i].len);
	ok = ok && EVP_MAC_final(ctx, out, &len, NTLM_KEY_BYTES);
	EVP_MAC_CTX_free(ctx);
	return ok ? 0 : -EIO;
}

int ntlm_rc4(const struct ntlm_crypt *c, const unsigned char key[NTLM_KEY_BYTES],
    const unsigned char *in, size_t len, unsigned char *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int done;
	bool ok = ctx && EVP_EncryptInit_ex2(ctx, c->rc4, key, NULL, NULL) &&
	    EVP_EncryptUpdate(ctx, out, &done, in, (int)len);

	EVP_CIPHER_CTX_free(ctx);
	return ok ? 0 : -EIO;
}
