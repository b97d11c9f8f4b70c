/*
 * utils/rand.h - random bytes: strong ones for secrets, tags, branches, nonces.
 *
 * Per thread a ChaCha-like stream is not ours to write: getrandom() fills a
 * buffer of the thread, from which bytes are handed out and wiped.
 */
#ifndef UTILS_RAND_H
#define UTILS_RAND_H

#include <stddef.h>
#include <stdint.h>

/** Any thread; a process that was forked goes on with its own. A kernel without randomness is
 *  an assertion: nothing that we send would be safe. */
void     rand_bytes(void *out, size_t len);
uint64_t rand_u64(void);
/** Uniform in [0, n); n > 0. */
uint32_t rand_below(uint32_t n);
/** Tests: make the stream of this thread a fixed one. */
void     rand_seed_for_tests(uint64_t seed);

#endif
