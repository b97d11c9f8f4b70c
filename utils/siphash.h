/*
 * utils/siphash.h - keyed hash (SipHash-2-4) for everything a peer can choose.
 */
#ifndef UTILS_SIPHASH_H
#define UTILS_SIPHASH_H

#include "utils/slice.h"

struct siphash_key { uint64_t k0, k1; };

uint64_t siphash(const struct siphash_key *key, struct slice s);
/** The same after folding ASCII letters to lower case. */
uint64_t siphash_nocase(const struct siphash_key *key, struct slice s);

/** The key of this boot; made on first use, any thread. Tests set it,
 *  before other threads look. */
const struct siphash_key *siphash_boot_key(void);
void siphash_set_boot_key(struct siphash_key key);

#endif
