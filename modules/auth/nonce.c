/*
 * modules/auth/nonce.c - make and judge nonces, without a lock.
 */
#include "modules/auth/nonce.h"

#include "utils/digest.h"
#include "utils/hex.h"
#include "utils/rand.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>

/* The window packs the highest nc seen (upper half) and a bit for each of the 32 below. */
#define WINDOW_BITS 32u

/* Of what is kept of a request, the lower bits are those of the second: they come round after
 * twelve days, which no nonce lives to see. */
#define SECOND_BITS 0xfffffu
#define IS_MARK     ((uint64_t)1 << 63)

/* When it was made, in seconds, and a serial; behind it stands the hash of these digits. */
#define HEAD_CHARS 16u

static uint64_t mac(const struct nonces *n, const char head[HEAD_CHARS])
{
	return siphash(&n->key, slice_of(head, HEAD_CHARS));
}

/* Sixteen digits, as a number is written. */
static void put_hex(char *out, uint64_t v)
{
	v = htobe64(v);
	hex_encode(out, &v, sizeof(v));
}

static bool get_hex(const char *p, uint64_t *out)
{
	uint64_t v;

	if (hex_decode(&v, sizeof(v), slice_of(p, 2 * sizeof(v))) != 0)
		return false;
	*out = be64toh(v);
	return true;
}

int nonces_init(struct nonces *n, size_t slots, struct slice secret)
{
	unsigned char bytes[DIGEST_MAX_BYTES];
	size_t size = 1;

	while (size < slots)
		size *= 2;
	n->slots = calloc(size, sizeof(*n->slots));
	n->copies = calloc(size + 1, sizeof(*n->copies));
	if (!n->slots || !n->copies) {
		nonces_fini(n);
		return -ENOMEM;
	}
	n->mask = size - 1;
	if (!secret.len)
		rand_bytes(bytes, sizeof(bytes));
	else if (digest(DIGEST_SHA256, &secret, 1, bytes) != 0)
		return -ENOMEM;
	memcpy(&n->key, bytes, sizeof(n->key));
	/* Serials of the last boot, if the secret is a configured one, must not fit. */
	atomic_init(&n->next, (uint32_t)rand_u64() | 1);
	return 0;
}

void nonces_fini(struct nonces *n)
{
	free(n->slots);
	free(n->copies);
	n->slots = NULL;
	n->copies = NULL;
}

void nonce_make(struct nonces *n, int64_t now, char *out)
{
	uint32_t serial = atomic_fetch_add_explicit(&n->next, 1, memory_order_relaxed);
	struct nonce_slot *slot = &n->slots[serial & n->mask];

	/* Readers check the serial first: the window of the old one is void from here on. */
	atomic_store_explicit(&slot->serial, serial, memory_order_release);
	atomic_store_explicit(&slot->window, 0, memory_order_release);
	put_hex(out, (uint64_t)now << 32 | serial);
	put_hex(out + HEAD_CHARS, mac(n, out));
}

/* The window after nc was seen, or the same if nc is not acceptable. */
static uint64_t window_with(uint64_t window, uint32_t nc)
{
	uint32_t top = (uint32_t)(window >> 32), bits = (uint32_t)window;

	if (nc > top) {
		uint32_t shift = nc - top;

		bits = shift < WINDOW_BITS ? bits << shift : 0;
		return (uint64_t)nc << 32 | bits | 1;
	}
	if (top - nc >= WINDOW_BITS || bits >> (top - nc) & 1)
		return window;
	return window | (uint64_t)1 << (top - nc);
}

static bool count_use(struct nonce_slot *slot, uint32_t nc)
{
	uint64_t seen = atomic_load_explicit(&slot->window, memory_order_acquire), next;

	do {
		next = window_with(seen, nc);
		if (next == seen)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&slot->window, &seen, next,
	    memory_order_acq_rel, memory_order_acquire));
	return true;
}

/* NONCE_FRESH with *out, where its uses are counted. */
static enum nonce_state find_slot(struct nonces *n, struct slice nonce, int64_t now,
    int64_t lifetime, struct nonce_slot **out)
{
	uint64_t head, tag;
	uint32_t serial;
	int64_t made;
	struct nonce_slot *slot;

	if (nonce.len != NONCE_CHARS || !get_hex(nonce.p, &head) ||
	    !get_hex(nonce.p + HEAD_CHARS, &tag) || tag != mac(n, nonce.p))
		return NONCE_FOREIGN;
	made = (int64_t)(head >> 32);
	serial = (uint32_t)head;
	if (now > made + lifetime || now + 1 < made)
		return NONCE_OLD;
	slot = &n->slots[serial & n->mask];
	if (atomic_load_explicit(&slot->serial, memory_order_acquire) != serial)
		return NONCE_OLD;
	*out = slot;
	return NONCE_FRESH;
}

/* ---- copies ---- */

static uint64_t copy_of(uint64_t mark, int64_t now)
{
	return IS_MARK | (mark & ~(uint64_t)SECOND_BITS) | ((uint64_t)now & SECOND_BITS);
}

/*
 * A mark stands in one of two places, found by the use that it is of: all its bits are left to
 * tell one request from another. First uses, which most are, stand in the order of their nonces:
 * so the place is near those that were used last, and in the cache.
 */
static _Atomic uint64_t *places_of(const struct nonces *n, uint32_t serial, uint32_t nc)
{
	uint32_t use = serial + nc * 0x9e3779b1u;

	return &n->copies[use & n->mask & ~(size_t)1];
}

static uint64_t age_of(uint64_t copy, int64_t now)
{
	return copy ? ((uint64_t)now - copy) & SECOND_BITS : UINT64_MAX;
}

static bool is_copy(_Atomic uint64_t *places, uint64_t mark, int64_t now)
{
	for (unsigned i = 0; i < 2; i++) {
		uint64_t was = atomic_load_explicit(&places[i], memory_order_relaxed);

		if ((was ^ copy_of(mark, now)) <= SECOND_BITS && age_of(was, now) <= NONCE_COPY_S)
			return true;
	}
	return false;
}

/* Where the older one was. */
static void keep_mark(_Atomic uint64_t *places, uint64_t mark, int64_t now)
{
	uint64_t first = atomic_load_explicit(&places[0], memory_order_relaxed);
	uint64_t second = atomic_load_explicit(&places[1], memory_order_relaxed);

	atomic_store_explicit(&places[age_of(second, now) > age_of(first, now)],
	    copy_of(mark, now), memory_order_relaxed);
}

/* ---- judging ---- */

enum nonce_state nonce_use(struct nonces *n, struct slice nonce, int64_t now, int64_t lifetime,
    uint32_t nc, uint64_t mark)
{
	struct nonce_slot *slot;
	enum nonce_state state = find_slot(n, nonce, now, lifetime, &slot);
	_Atomic uint64_t *places;

	if (state != NONCE_FRESH || !nc)
		return state;
	places = places_of(n, atomic_load_explicit(&slot->serial, memory_order_relaxed), nc);
	if (!count_use(slot, nc))
		return mark && is_copy(places, mark, now) ? NONCE_COPY : NONCE_REPLAYED;
	if (mark)
		keep_mark(places, mark, now);
	return NONCE_FRESH;
}

enum nonce_state nonce_look(struct nonces *n, struct slice nonce, int64_t now, int64_t lifetime,
    uint32_t nc)
{
	struct nonce_slot *slot;
	enum nonce_state state = find_slot(n, nonce, now, lifetime, &slot);
	uint64_t seen;

	if (state != NONCE_FRESH || !nc)
		return state;
	seen = atomic_load_explicit(&slot->window, memory_order_acquire);
	return window_with(seen, nc) == seen ? NONCE_REPLAYED : NONCE_FRESH;
}
