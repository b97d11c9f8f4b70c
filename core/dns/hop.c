/*
 * core/dns/hop.c - lists of hops, and hops that did not answer lately.
 */
#include "core/dns/hop.h"

#include "utils/siphash.h"
#include "utils/spare.h"

#include <stdatomic.h>

#define SHUNNED 1024u			/* a direct-mapped table: a newer hop may push out an older */

static struct { _Atomic uint64_t key; _Atomic msec_t until; } shunned[SHUNNED];

struct hop_list *hop_list_new(unsigned room, size_t name_bytes)
{
	struct hop_list *l;
	size_t bytes = sizeof(*l) + room * sizeof(l->hops[0]) + name_bytes;

	l = spare_get(bytes);

	if (!l)
		return NULL;
	ref_init(&l->refs);
	l->bytes = bytes;
	l->count = 0;
	for (unsigned i = 0; i < room; i++)
		l->hops[i] = (struct sip_hop){ 0 };
	return l;
}

struct hop_list *hop_list_ref(struct hop_list *l)
{
	ref_get(&l->refs);
	return l;
}

void hop_list_unref(struct hop_list **l)
{
	struct hop_list *old = *l;

	*l = NULL;
	if (old && ref_put(&old->refs))
		spare_put(old, old->bytes);
}

static uint64_t key_of(const struct sip_hop *hop)
{
	struct { uint8_t ip[16]; uint16_t port, transport; } k = { .port = hop->remote.port,
	    .transport = (uint16_t)hop->transport };

	memcpy(k.ip, hop->remote.ip.bytes, sizeof(k.ip));
	return siphash_quick(siphash_boot_key(), slice_of((const char *)&k, sizeof(k))) | 1;
}

void resolve_shun(const struct sip_hop *hop, msec_t how_long)
{
	uint64_t key = key_of(hop);

	atomic_store_explicit(&shunned[key % SHUNNED].until, loop_now(worker_loop()) + how_long,
	    memory_order_relaxed);
	atomic_store_explicit(&shunned[key % SHUNNED].key, key, memory_order_release);
}

bool hop_is_shunned(const struct sip_hop *hop, msec_t now)
{
	uint64_t key = key_of(hop);

	return atomic_load_explicit(&shunned[key % SHUNNED].key, memory_order_acquire) == key &&
	    atomic_load_explicit(&shunned[key % SHUNNED].until, memory_order_relaxed) > now;
}

/* Stable: among the good and among the shunned the order stays. */
void hop_list_shunned_last(struct hop_list *l, msec_t now)
{
	unsigned bad = 0, n = l->count > 1 ? l->count : 0;	/* one has nobody to stand behind */

	for (unsigned i = 0; i + bad < n; ) {
		struct sip_hop hop = l->hops[i];

		if (!hop_is_shunned(&hop, now)) {
			i++;
			continue;
		}
		memmove(&l->hops[i], &l->hops[i + 1], (n - i - 1) * sizeof(hop));
		l->hops[n - 1] = hop;
		bad++;
	}
}
