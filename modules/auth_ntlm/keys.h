/*
 * modules/auth_ntlm/keys.h - NTLMv2: is the answer right, and what signs afterwards.
 */
#ifndef MODULES_AUTH_NTLM_KEYS_H
#define MODULES_AUTH_NTLM_KEYS_H

#include "modules/auth_ntlm/crypt.h"
#include "modules/auth_ntlm/token.h"

#define NTLM_MAC_BYTES 16u
#define NTLM_SEQUENCE  100u		/* of every message: the datagram variant does not count */

/** MD4 of a password in UTF-8. 0, -EILSEQ, -ENOMEM, -EIO. */
int ntlm_hash_password(const struct ntlm_crypt *c, struct slice password,
    unsigned char out[NTLM_KEY_BYTES]);

/**
 * Compare the answer with what the password's hash makes of the nonce.
 * @param base  out: the key it agrees on
 * @return 0, -EACCES (wrong), -EINVAL (no NTLMv2), -ENOMEM, -EIO
 */
int ntlm_check_answer(const struct ntlm_crypt *c, const struct ntlm_answer *a,
    const unsigned char nonce[NTLM_NONCE_BYTES], const unsigned char hash[NTLM_KEY_BYTES],
    unsigned char base[NTLM_KEY_BYTES]);

struct ntlm_direction { unsigned char sign[NTLM_KEY_BYTES], stream[8]; };

struct ntlm_keys {
	const struct ntlm_crypt *crypt;
	bool                     extended;	/* else the stream is all there is */
	struct ntlm_direction    client, server;
	unsigned char            stream[12];	/* without EXTENDED_SESSIONSECURITY, both ways */
};

/** From the base key and the answer's flags and encrypted key. 0, -EINVAL, -EIO. */
int ntlm_keys_make(const struct ntlm_crypt *c, const struct ntlm_answer *a,
    const unsigned char base[NTLM_KEY_BYTES], struct ntlm_keys *out);
/** The same from the exported key itself. */
int ntlm_keys_from(const struct ntlm_crypt *c, uint32_t flags,
    const unsigned char exported[NTLM_KEY_BYTES], struct ntlm_keys *out);

/** 0 or -EIO. */
int  ntlm_sign(const struct ntlm_keys *k, bool by_client, struct slice text,
    unsigned char mac[NTLM_MAC_BYTES]);
bool ntlm_verify(const struct ntlm_keys *k, bool by_client, struct slice text, struct slice mac);

#endif
