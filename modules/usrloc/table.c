/*
 * modules/usrloc/table.c - make, publish and drop records.
 */
#include "modules/usrloc/usrloc.h"

#include "utils/hex.h"
#include "utils/rand.h"

#include <stdlib.h>

#define RUID_BYTES 5			/* it tells the bindings of one user apart */

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

struct packed_addr { uint8_t len; char bytes[16 + sizeof(uint16_t) + sizeof(uint32_t)]; };

static void pack_addr(struct packed_addr *p, const struct sock_addr *sa)
{
	size_t ip = sa->ip.family == 6 ? 16 : 4;

	p->len = 0;
	if (sa->ip.family == 0)
		return;
	memcpy(p->bytes, sa->ip.bytes, ip);
	memcpy(p->bytes + ip, &sa->port, sizeof(sa->port));
	p->len = (uint8_t)(ip + sizeof(sa->port));
	if (sa->ip.family != 6)
		return;
	memcpy(p->bytes + p->len, &sa->scope, sizeof(sa->scope));
	p->len += sizeof(sa->scope);
}

static void unpack_addr(struct sock_addr *sa, const char *bytes, size_t len)
{
	bool is_v6 = len > 4 + sizeof(sa->port);
	size_t ip = is_v6 ? 16 : 4;

	*sa = (struct sock_addr){ 0 };
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

static struct slice fresh_ruid(char text[2 * RUID_BYTES])
{
	unsigned char id[RUID_BYTES];

	rand_bytes(id, sizeof(id));
	hex_encode(text, id, sizeof(id));
	return slice_of(text, 2 * RUID_BYTES);
}

/* Only a row of the store, written by other hands, can be beyond this. */
static uint32_t lifetime(const struct usrloc_binding *b)
{
	if (b->changed >= b->expires)
		return 0;
	return b->expires - b->changed > UINT32_MAX ? UINT32_MAX :
	    (uint32_t)(b->expires - b->changed);
}

static char *put_bytes(char *at, const char *bytes, size_t len)
{
	if (len)
		memcpy(at, bytes, len);
	return at + len;
}

struct binding *binding_new(const struct usrloc_binding *from)
{
	struct usrloc_binding b = *from;
	struct packed_addr remote, local;
	char ruid[2 * RUID_BYTES], *at;
	struct binding *copy;
	size_t room = 0;

	if (!b.ruid.len)
		b.ruid = fresh_ruid(ruid);
	pack_addr(&remote, &b.received.remote);
	pack_addr(&local, &b.received.local);
	for (unsigned i = 0; i < TEXTS; i++)
		room += text_of(&b, i)->len;
	copy = malloc(sizeof(*copy) + room + remote.len + local.len);
	if (!copy)
		return NULL;
	*copy = (struct binding){
		.expires = b.expires, .lifetime = lifetime(&b), .flow = b.received.flow,
		.cseq = b.cseq, .reg_id = b.reg_id, .methods = b.methods, .q = b.q,
		.listener = b.received.listener, .transport = (uint8_t)b.received.transport,
		.remote_len = remote.len, .local_len = local.len,
	};
	at = copy->text;
	for (unsigned i = 0; i < TEXTS; i++) {
		const struct slice *s = text_of(&b, i);

		copy->len[i] = (uint16_t)s->len;
		at = put_bytes(at, s->p, s->len);
	}
	at = put_bytes(at, remote.bytes, remote.len);
	put_bytes(at, local.bytes, local.len);
	return copy;
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
			      .listener = b->listener, .flow = b->flow },
	};
	for (unsigned i = 0; i < TEXTS; i++) {
		*(struct slice *)(void *)((char *)out + places[i]) = slice_of(at, b->len[i]);
		at += b->len[i];
	}
	unpack_addr(&out->received.remote, at, b->remote_len);
	unpack_addr(&out->received.local, at + b->remote_len, b->local_len);
}

static void binding_drop(struct epoch_item *item)
{
	free(container_of(item, struct binding, item));
}

void binding_free_unused(struct binding *b)
{
	if (b->refs == 0)
		free(b);
}

/* ---- records ---- */

/* Higher q first; of the same q, what was registered last. */
static bool goes_before(const struct binding *a, const struct binding *b)
{
	return a->q != b->q ? a->q > b->q : binding_changed(a) > binding_changed(b);
}

static void sort_in(struct record *r, struct binding *b)
{
	unsigned at = r->pub.count++;

	while (at > 0 && goes_before(b, r->list[at - 1])) {
		r->list[at] = r->list[at - 1];
		at--;
	}
	r->list[at] = b;
}

static void expired(struct wheel_timer *t)
{
	struct timer *timer = container_of(t, struct timer, t);
	struct record *r = container_of(timer, struct record, expiry);

	usrloc_expire(r->ul, record_aor(r));
}

struct record *record_new(struct usrloc *ul, struct slice aor, struct binding *const *bindings,
    unsigned count)
{
	struct record *r = malloc(sizeof(*r) + count * sizeof(r->list[0]) + aor.len);

	if (!r)
		return NULL;
	*r = (struct record){ .ul = ul, .aor_len = (uint32_t)aor.len };
	memcpy(&r->list[count], aor.p, aor.len);
	timer_init(&r->expiry, expired);
	for (unsigned i = 0; i < count; i++) {
		bindings[i]->refs++;
		sort_in(r, bindings[i]);
	}
	return r;
}

void record_discard(struct record *r)
{
	for (unsigned i = 0; i < r->pub.count; i++)
		if (--r->list[i]->refs == 0)
			free(r->list[i]);
	free(r);
}

static void record_drop(struct epoch_item *item)
{
	free(container_of(item, struct record, item));
}

/* Readers may still look at it and at its bindings: both go after a grace period. */
static void retire(struct record *r)
{
	for (unsigned i = 0; i < r->pub.count; i++)
		if (--r->list[i]->refs == 0)
			epoch_defer(&r->list[i]->item, binding_drop);
	epoch_defer(&r->item, record_drop);
}

void record_arm(struct record *r)
{
	int64_t now = loop_wall(worker_loop()), first = INT64_MAX;

	for (unsigned i = 0; i < r->pub.count; i++)
		if (r->list[i]->expires < first)
			first = r->list[i]->expires;
	timer_start(&r->expiry, first <= now ? WHEEL_TICK_MS : (first - now) * 1000);
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
	if (old)
		timer_stop(&old->expiry);
	if (old && next) {
		rtab_replace(ul->table, &old->node, &next->node);
	} else if (next) {
		rtab_insert(ul->table, &next->node, key);
	} else if (old) {
		rtab_remove(ul->table, &old->node);
	}
	count_change(ul, old, next);
	if (next)
		record_arm(next);
	if (old)
		retire(old);
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
