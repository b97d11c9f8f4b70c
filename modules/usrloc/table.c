/*
 * modules/usrloc/table.c - make, publish and drop records.
 */
#include "modules/usrloc/usrloc.h"

#include "utils/hex.h"
#include "utils/rand.h"

#define RUID_BYTES    5			/* it tells the bindings of one user apart */
#define RUID_CHARS    (2 * RUID_BYTES)
#define BINDING_ALIGN _Alignof(struct binding)

/* ---- bindings ---- */

#define AT(field) offsetof(struct usrloc_binding, field)
static const size_t places[TEXTS] = {
	[TEXT_CONTACT] = AT(contact), [TEXT_PARAMS] = AT(params), [TEXT_CALL_ID] = AT(call_id),
	[TEXT_USER_AGENT] = AT(user_agent), [TEXT_INSTANCE] = AT(instance),
	[TEXT_PATH] = AT(path), [TEXT_NODE] = AT(node), [TEXT_RUID] = AT(ruid),
};

static const struct slice *text_of(const struct usrloc_binding *b, unsigned which)
{
	return (const void *)((const char *)b + places[which]);
}

static size_t addr_size(const struct sock_addr *sa)
{
	return sa->ip.family == 0 ? 0 : sa->ip.family == 4 ? 4 + sizeof(sa->port) :
	    16 + sizeof(sa->port) + sizeof(sa->scope);
}

static char *put_bytes(char *at, const void *bytes, size_t len)
{
	if (len)
		memcpy(at, bytes, len);
	return at + len;
}

static char *pack_addr(char *at, const struct sock_addr *sa)
{
	if (sa->ip.family == 0)
		return at;
	at = put_bytes(at, sa->ip.bytes, sa->ip.family == 4 ? 4 : 16);
	at = put_bytes(at, &sa->port, sizeof(sa->port));
	return sa->ip.family == 4 ? at : put_bytes(at, &sa->scope, sizeof(sa->scope));
}

static void unpack_addr(struct sock_addr *sa, const char *bytes, size_t len)
{
	bool is_v6 = len > 4 + sizeof(sa->port);
	size_t ip = is_v6 ? 16 : 4;

	if (len == 0)
		return;
	sa->ip.family = is_v6 ? 6 : 4;
	memcpy(sa->ip.bytes, bytes, ip);
	memcpy(&sa->port, bytes + ip, sizeof(sa->port));
	if (is_v6)
		memcpy(&sa->scope, bytes + ip + sizeof(sa->port), sizeof(sa->scope));
}

bool binding_fits(const struct usrloc_binding *b)
{
	for (unsigned i = 0; i < TEXTS; i++)
		if (text_of(b, i)->len > USRLOC_TEXT_MAX)
			return false;
	return true;
}

/* Only a row of the store, written by other hands, can be beyond these. */
static uint32_t unix_seconds(int64_t t)
{
	return t < 0 ? 0 : t > UINT32_MAX ? UINT32_MAX : (uint32_t)t;
}

static uint32_t lifetime(const struct usrloc_binding *b)
{
	return b->changed >= b->expires ? 0 : unix_seconds(b->expires - b->changed);
}

/* All but the ruid. */
static size_t packed_size(const struct usrloc_binding *b)
{
	size_t size = sizeof(struct binding) + addr_size(&b->received.remote) +
	    addr_size(&b->received.local) + (b->received.flow ? sizeof(flow_id) : 0);

	for (unsigned i = 0; i < TEXT_RUID; i++)
		size += text_of(b, i)->len;
	return size;
}

static char *put_fresh_ruid(char *at)
{
	unsigned char id[RUID_BYTES];

	rand_bytes(id, sizeof(id));
	hex_encode(at, id, sizeof(id));
	return at + RUID_CHARS;
}

/* The ruid is the last of the texts, so that a fresh one is made in its place. */
static char *pack_texts(struct binding *to, const struct usrloc_binding *b, struct slice ruid)
{
	char *at = to->text;

	for (unsigned i = 0; i < TEXT_RUID; i++) {
		const struct slice *s = text_of(b, i);

		to->len[i] = (uint16_t)s->len;
		at = put_bytes(at, s->p, s->len);
	}
	to->len[TEXT_RUID] = (uint16_t)(ruid.len ? ruid.len : RUID_CHARS);
	return ruid.len ? put_bytes(at, ruid.p, ruid.len) : put_fresh_ruid(at);
}

static void pack(struct binding *to, const struct usrloc_binding *b, struct slice ruid)
{
	const struct sip_hop *hop = &b->received;
	char *at;

	*to = (struct binding){
		.expires = unix_seconds(b->expires), .lifetime = lifetime(b),
		.cseq = b->cseq, .reg_id = b->reg_id, .methods = b->methods, .q = b->q,
		.listener = hop->listener, .transport = (uint8_t)hop->transport,
		.remote_len = (uint8_t)addr_size(&hop->remote),
		.local_len = (uint8_t)addr_size(&hop->local),
		.flow_len = hop->flow ? sizeof(hop->flow) : 0,
	};
	at = pack_texts(to, b, ruid);
	at = pack_addr(at, &hop->remote);
	at = pack_addr(at, &hop->local);
	put_bytes(at, &hop->flow, to->flow_len);
}

static size_t binding_size(const struct binding *b)
{
	size_t size = sizeof(*b) + b->remote_len + b->local_len + b->flow_len;

	for (unsigned i = 0; i < TEXTS; i++)
		size += b->len[i];
	return size;
}

struct slice binding_text(const struct binding *b, enum binding_text which)
{
	const char *at = b->text;

	for (unsigned i = 0; i < which; i++)
		at += b->len[i];
	return slice_of(at, b->len[which]);
}

void binding_unpack(const struct binding *b, struct usrloc_binding *out)
{
	const char *at = b->text;

	*out = (struct usrloc_binding){
		.cseq = b->cseq, .reg_id = b->reg_id, .methods = b->methods, .q = b->q,
		.expires = b->expires, .changed = binding_changed(b),
		.received = { .transport = (enum sip_transport)b->transport,
			      .listener = b->listener },
	};
	for (unsigned i = 0; i < TEXTS; i++) {
		*(struct slice *)(void *)((char *)out + places[i]) = slice_of(at, b->len[i]);
		at += b->len[i];
	}
	unpack_addr(&out->received.remote, at, b->remote_len);
	at += b->remote_len;
	unpack_addr(&out->received.local, at, b->local_len);
	at += b->local_len;
	if (b->flow_len)
		memcpy(&out->received.flow, at, sizeof(out->received.flow));
}

/* ---- records ---- */

struct rank { uint16_t q; int64_t changed; };

static struct rank rank_of(const struct record_part *part)
{
	return part->want ? (struct rank){ part->want->q, part->want->changed } :
	    (struct rank){ part->have->q, binding_changed(part->have) };
}

/* Higher q first; of the same q, what was registered last. */
static bool goes_before(const struct record_part *a, const struct record_part *b)
{
	struct rank x = rank_of(a), y = rank_of(b);

	return x.q != y.q ? x.q > y.q : x.changed > y.changed;
}

static void sort(struct record_part *parts, unsigned count)
{
	for (unsigned i = 1; i < count; i++) {
		struct record_part part = parts[i];
		unsigned at = i;

		for (; at > 0 && goes_before(&part, &parts[at - 1]); at--)
			parts[at] = parts[at - 1];
		parts[at] = part;
	}
}

static size_t aligned(size_t size)
{
	return (size + BINDING_ALIGN - 1) & ~(BINDING_ALIGN - 1);
}

/* What takes a binding's place keeps its ruid. Empty: a fresh one has to be made. */
static struct slice ruid_of(const struct record_part *part)
{
	return part->have ? binding_text(part->have, TEXT_RUID) : part->want->ruid;
}

static size_t part_size(const struct record_part *part)
{
	size_t ruid;

	if (!part->want)
		return binding_size(part->have);
	ruid = part->have ? part->have->len[TEXT_RUID] : part->want->ruid.len;
	return packed_size(part->want) + (ruid ? ruid : RUID_CHARS);
}

static size_t head_size(struct slice aor, unsigned count)
{
	return aligned(offsetof(struct record, at) + count * sizeof(uint32_t) + aor.len);
}

static size_t record_size(struct slice aor, const struct record_part *parts, unsigned count)
{
	size_t size = head_size(aor, count);

	for (unsigned i = 0; i < count; i++)
		size += aligned(part_size(&parts[i]));
	return size;
}

static void put_part(struct binding *to, struct record_part *part)
{
	if (part->want)
		pack(to, part->want, ruid_of(part));
	else
		memcpy(to, part->have, binding_size(part->have));
	part->made = to;
}

/* Workers have a pool each; what was read in before there were any is in another. */
static struct pool *pool_here(struct usrloc *ul)
{
	int self = worker_self();

	return self < 0 ? &ul->loaded_pool : &ul->pools[self].pool;
}

struct record *record_new(struct usrloc *ul, struct slice aor, struct record_part *parts,
    unsigned count)
{
	size_t size = record_size(aor, parts, count);
	struct record *r = size <= UINT32_MAX ? pool_get(pool_here(ul), size) : NULL;
	uint32_t at = (uint32_t)head_size(aor, count);

	if (!r)
		return NULL;
	r->ul = ul;
	r->size = (uint32_t)size;
	r->aor_len = (uint32_t)aor.len;
	r->pub.count = count;
	list_init(&r->due);
	put_bytes((char *)&r->at[count], aor.p, aor.len);
	sort(parts, count);
	for (unsigned i = 0; i < count; i++) {
		r->at[i] = at;
		put_part((void *)((char *)r + at), &parts[i]);
		at += (uint32_t)aligned(binding_size(parts[i].made));
	}
	return r;
}

void record_discard(struct record *r)
{
	pool_put(pool_here(r->ul), r, r->size);
}

static void record_drop(struct epoch_item *item)
{
	record_discard(container_of(item, struct record, item));
}

static void count_change(struct usrloc *ul, const struct record *old, const struct record *next)
{
	struct usrloc_local *stats = lcs_local(ul->mod);

	/* Gauges may go below zero in one worker's memory only as a wrapped sum: they add up. */
	stats->users += (uint64_t)(next != NULL) - (uint64_t)(old != NULL);
	stats->bindings += (uint64_t)(next ? next->pub.count : 0) -
	    (uint64_t)(old ? old->pub.count : 0);
}

void record_publish(struct usrloc *ul, struct record *old, struct record *next, uint64_t key)
{
	if (old && next)
		rtab_replace(ul->table, &old->node, &next->node);
	else if (next)
		rtab_insert(ul->table, &next->node, key);
	else if (old)
		rtab_remove(ul->table, &old->node);
	count_change(ul, old, next);
	if (next)
		due_add(lcs_local(ul->mod), next);
	for (unsigned i = 0; i < ul->watch_count && (old || next); i++)
		ul->watches[i].fn(ul->watches[i].arg, record_aor(next ? next : old),
		    old ? &old->pub : NULL, next ? &next->pub : NULL);
	if (!old)
		return;
	/* Readers may still look at it: it goes after a grace period. */
	list_remove(&old->due);
	epoch_defer(&old->item, record_drop);
}

static bool same_aor(const struct rtab_node *node, const void *key)
{
	return slice_eq_nocase(record_aor((const struct record *)(const void *)node),
	    *(const struct slice *)key);
}

const struct record *record_find(const struct usrloc *ul, struct slice aor, uint64_t key)
{
	return (const struct record *)(const void *)rtab_find(ul->table, key, same_aor, &aor);
}

struct record *record_mine(const struct usrloc *ul, struct slice aor, uint64_t key)
{
	return (struct record *)(uintptr_t)record_find(ul, aor, key);
}
