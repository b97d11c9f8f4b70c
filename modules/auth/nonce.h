/*
 * modules/auth/nonce.h - nonces that prove their own age, with a replay window each.
 *
 * A nonce is "TTTTTTTTSSSSSSSSMMMMMMMMMMMMMMMM" in hex: time, serial, MAC over
 * both. The serial names a slot in a ring in which the nonce-counts seen are
 * kept as a window of 32 (RFC 7616 3.3: nc must not repeat). When the ring has
 * gone round, the nonce counts as stale.
 */
#ifndef MODULES_AUTH_NONCE_H
#define MODULES_AUTH_NONCE_H

#include "utils/siphash.h"

#include <stdatomic.h>

#define NONCE_CHARS 32

struct nonce_slot { _Atomic uint32_t serial; _Atomic uint64_t window; };

struct nonces {
	struct siphash_key  key;
	_Atomic uint32_t    next;
	size_t              mask;	/* slots - 1 */
	struct nonce_slot  *slots;
	_Atomic uint64_t   *copies;	/* marks of requests and when they came; 0: none. As many */
};

/* How long a client repeats a request that was not answered (RFC 3261 17.1.2: 64*T1), s. */
#define NONCE_COPY_S 32

enum nonce_state { NONCE_FRESH, NONCE_OLD, NONCE_REPLAYED, NONCE_FOREIGN, NONCE_COPY };

/** slots is rounded up to a power of two. secret empty: a random key. 0 or -ENOMEM. */
int  nonces_init(struct nonces *n, size_t slots, struct slice secret);
void nonces_fini(struct nonces *n);
/** Any thread. now: unix seconds. Writes NONCE_CHARS characters. */
void nonce_make(struct nonces *n, int64_t now, char *out);
/**
 * Any thread. Judge a nonce; if it is fresh and nc > 0, count that use.
 * @param lifetime  seconds
 * @param nc        0: the client sent none (RFC 2069 style), nothing is counted
 * @param mark      of all bytes of the request and whom it came from, not to be guessed; 0:
 *                  none. Another use of its count with the same mark, within NONCE_COPY_S of the first,
 *                  is the same use: NONCE_COPY, unless newer marks have taken its place
 */
enum nonce_state nonce_use(struct nonces *n, struct slice nonce, int64_t now, int64_t lifetime,
    uint32_t nc, uint64_t mark);
/** The same judgement, but nothing is counted. */
enum nonce_state nonce_look(struct nonces *n, struct slice nonce, int64_t now, int64_t lifetime,
    uint32_t nc);

#endif
