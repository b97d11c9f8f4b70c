/*
 * utils/siphash.c - SipHash-2-4 and 1-3 (Aumasson and Bernstein, 2012) and the boot key.
 */
#include "utils/siphash.h"

#include "utils/rand.h"

#include <endian.h>
#include <pthread.h>
#include <stdatomic.h>

struct sip_state { uint64_t v0, v1, v2, v3; };

static inline uint64_t rotl(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static inline void sip_round(struct sip_state *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 = rotl(s->v0, 32) + s->v3;
	s->v2 += s->v1;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v2 = rotl(s->v2, 32);
}

static inline void absorb(struct sip_state *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	sip_round(s);
	s->v0 ^= word;
}

/* One round a word and three at the end: SipHash-1-3. */
static inline void absorb_quick(struct sip_state *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	s->v0 ^= word;
}

static inline struct sip_state begin(const struct siphash_key *key)
{
	return (struct sip_state){
		key->k0 ^ 0x736f6d6570736575u, key->k1 ^ 0x646f72616e646f6du,
		key->k0 ^ 0x6c7967656e657261u, key->k1 ^ 0x7465646279746573u,
	};
}

static inline uint64_t load(const char *p)
{
	uint64_t w;

	memcpy(&w, p, 8);
	return le64toh(w);
}

static inline uint64_t load_four(const char *p)
{
	uint32_t w;

	memcpy(&w, p, 4);
	return le32toh(w);
}

/* One to seven bytes; where two of those that are read overlap they are the same. */
static inline uint64_t load_few(const char *p, size_t len)
{
	const unsigned char *b = (const unsigned char *)p;

	if (len >= 4)
		return load_four(p) | load_four(p + len - 4) << 8 * (len - 4);
	return b[0] | (uint64_t)b[len / 2] << 8 * (len / 2) | (uint64_t)b[len - 1] << 8 * (len - 1);
}

/* The len % 8 bytes at the end, lowest first. */
static inline uint64_t load_tail(const char *end, size_t len)
{
	size_t left = len % 8;

	if (left == 0)
		return 0;
	return len >= 8 ? load(end - 8) >> (64 - 8 * left) : load_few(end - left, left);
}

static inline uint64_t sip(const struct siphash_key *key, struct slice in, bool fold)
{
	struct sip_state s = begin(key);
	const char *p = in.p, *end = slice_end(in);
	uint64_t w;

	for (; end - p >= 8; p += 8) {
		w = load(p);
		absorb(&s, fold ? ascii_lower8(w) : w);
	}
	w = load_tail(end, in.len);
	absorb(&s, (fold ? ascii_lower8(w) : w) | (uint64_t)in.len << 56);
	s.v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t siphash(const struct siphash_key *key, struct slice s)
{
	return sip(key, s, false);
}

uint64_t siphash_nocase(const struct siphash_key *key, struct slice s)
{
	return sip(key, s, true);
}

static inline uint64_t quick_end(struct sip_state *s)
{
	s->v2 ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(s);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t siphash_quick(const struct siphash_key *key, struct slice in)
{
	struct sip_state s = begin(key);
	const char *p = in.p, *end = slice_end(in);

	for (; end - p >= 8; p += 8)
		absorb_quick(&s, load(p));
	absorb_quick(&s, load_tail(end, in.len) | (uint64_t)in.len << 56);
	return quick_end(&s);
}

static inline void absorb_piece(struct sip_state *s, struct slice in, bool fold)
{
	const char *p = in.p, *end = slice_end(in);

	if (fold)
		for (; end - p >= 8; p += 8)
			absorb_quick(s, ascii_lower8(load(p)));
	else
		for (; end - p >= 8; p += 8)
			absorb_quick(s, load(p));
	if (p < end)
		absorb_quick(s, fold ? ascii_lower8(load_tail(end, in.len)) :
		    load_tail(end, in.len));
}

/* Each piece is filled up to whole words; the lengths behind them tell where each ended. */
uint64_t siphash_pieces(const struct siphash_key *key, const struct slice *pieces,
    unsigned count, unsigned fold)
{
	struct sip_state s = begin(key);
	uint64_t lengths = 0;

	for (unsigned i = 0; i < count; i++) {
		absorb_piece(&s, pieces[i], fold >> i & 1);
		lengths = lengths << 32 | (uint32_t)pieces[i].len;
		if (i % 2 || i + 1 == count)
			absorb_quick(&s, lengths);
	}
	return quick_end(&s);
}

static struct siphash_key boot_key;
static atomic_bool boot_key_is_set;

static void boot_key_store(struct siphash_key key)
{
	boot_key = key;
	atomic_store_explicit(&boot_key_is_set, true, memory_order_release);
}

static void boot_key_make(void)
{
	if (!atomic_load_explicit(&boot_key_is_set, memory_order_acquire))
		boot_key_store((struct siphash_key){ rand_u64(), rand_u64() });
}

const struct siphash_key *siphash_boot_key(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (!atomic_load_explicit(&boot_key_is_set, memory_order_acquire))
		pthread_once(&once, boot_key_make);
	return &boot_key;
}

void siphash_set_boot_key(struct siphash_key key)
{
	boot_key_store(key);
}
