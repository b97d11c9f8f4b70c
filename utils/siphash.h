/*
 * utils/siphash.h - keyed hash (SipHash) for everything a peer can choose.
 *
 * What must not be forged (tags, tokens, nonces) takes SipHash-2-4; keys of tables,
 * of which a peer never sees the hash, take the quicker SipHash-1-3.
 */
#ifndef UTILS_SIPHASH_H
#define UTILS_SIPHASH_H

#include "utils/slice.h"

struct siphash_key { uint64_t k0, k1; };

/** SipHash-2-4: for what must not be forged. */
uint64_t siphash(const struct siphash_key *key, struct slice s);
/** The same after folding ASCII letters to lower case. */
uint64_t siphash_nocase(const struct siphash_key *key, struct slice s);

/** SipHash-1-3: for tables. */
uint64_t siphash_quick(const struct siphash_key *key, struct slice s);
/** The same over several pieces, so that "ab","c" is not "a","bc". Bit n of fold: letters of
 *  piece n are taken as lower case. Not the hash of anything else that this header makes. */
uint64_t siphash_pieces(const struct siphash_key *key, const struct slice *pieces,
    unsigned count, unsigned fold);

/** The key of this boot; made on first use, any thread. Tests set it,
 *  before other threads look. */
const struct siphash_key *siphash_boot_key(void);
void siphash_set_boot_key(struct siphash_key key);

#endif
