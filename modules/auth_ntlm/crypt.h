/*
 * modules/auth_ntlm/crypt.h - MD4, HMAC-MD5 and RC4, from OpenSSL's legacy provider.
 *
 * They live in a library context of their own, so that the rest of the server cannot use them.
 */
#ifndef MODULES_AUTH_NTLM_CRYPT_H
#define MODULES_AUTH_NTLM_CRYPT_H

#include "utils/slice.h"

#define NTLM_KEY_BYTES 16u

struct ntlm_crypt;			/* immutable; any thread */

/** NULL if the provider is not there, or memory is short. */
struct ntlm_crypt *ntlm_crypt_new(void);
void ntlm_crypt_free(struct ntlm_crypt **c);

/* All: 0 or -EIO. */
int ntlm_md4(const struct ntlm_crypt *c, struct slice in, unsigned char out[NTLM_KEY_BYTES]);
int ntlm_md5(const struct ntlm_crypt *c, const struct slice *pieces, size_t n,
    unsigned char out[NTLM_KEY_BYTES]);
int ntlm_hmac_md5(const struct ntlm_crypt *c, const unsigned char key[NTLM_KEY_BYTES],
    const struct slice *pieces, size_t n, unsigned char out[NTLM_KEY_BYTES]);
/** len bytes of in, encrypted by a fresh RC4 of a key of 16 bytes. */
int ntlm_rc4(const struct ntlm_crypt *c, const unsigned char key[NTLM_KEY_BYTES],
    const unsigned char *in, size_t len, unsigned char *out);

#endif
