/*
 * utils/digest.h - MD5 and SHA-256 of several pieces at once (OpenSSL).
 *
 * MD5 is here because RFC 2617/3261 clients speak nothing else; never for secrets.
 */
#ifndef UTILS_DIGEST_H
#define UTILS_DIGEST_H

#include "utils/slice.h"

enum digest_alg { DIGEST_MD5, DIGEST_SHA256 };
#define DIGEST_MAX_BYTES 32

static inline size_t digest_size(enum digest_alg alg) { return alg == DIGEST_MD5 ? 16 : 32; }

/** Hash the concatenation of n pieces. 0, or -EIO if the library refuses. */
int digest(enum digest_alg alg, const struct slice *pieces, size_t n,
    unsigned char out[DIGEST_MAX_BYTES]);
/** The same as lower case hex digits: 2 * digest_size(alg) of them, no NUL. */
int digest_hex(enum digest_alg alg, const struct slice *pieces, size_t n,
    char out[2 * DIGEST_MAX_BYTES]);
/** HMAC-SHA-256. */
int digest_hmac(struct slice key, const struct slice *pieces, size_t n,
    unsigned char out[DIGEST_MAX_BYTES]);
/** Equal, in time that does not depend on where they differ. */
bool digest_equal(struct slice a, struct slice b);

#endif
