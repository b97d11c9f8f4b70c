/*
 * modules/presence/client.c - what all subscriptions of one client have in common, kept once.
 *
 * A client that watches twenty users says the same things twenty times: who it is, where it is,
 * by which connection. Each worker keeps one copy of what it has been told, for as long as any
 * subscription has it. A copy never changes: who moves gets another.
 */
#include "modules/presence/sub.h"

#include "utils/siphash.h"

#define TEXTS 8u

static void texts_of(struct sub_client *c, struct slice *out[TEXTS])
{
	struct slice *all[TEXTS] = { &c->watcher, &c->watcher_name, &c->epid, &c->instance,
	    &c->target, &c->route_set, &c->contact, &c->event };

	memcpy(out, all, sizeof(all));
}

static size_t length_of(struct slice *const texts[TEXTS])
{
	size_t len = 0;

	for (unsigned i = 0; i < TEXTS; i++)
		len += texts[i]->len;
	return len;
}

static struct sub_client *copy_of(const struct sub_client *like)
{
	struct sub_client from = *like, *c;
	struct slice *given[TEXTS], *own[TEXTS];
	char *at;

	texts_of(&from, given);
	c = malloc(sizeof(*c) + length_of(given) + 1);
	if (!c)
		return NULL;
	*c = from;
	c->refs = 1;
	c->hop.name = SLICE_NULL;
	texts_of(c, own);
	at = c->bytes;
	for (unsigned i = 0; i < TEXTS; i++)
		*own[i] = slice_put(&at, *given[i]);
	return c;
}

static bool is_same_hop(const struct sip_hop *a, const struct sip_hop *b)
{
	return a->transport == b->transport && a->listener == b->listener && a->flow == b->flow &&
	    sock_addr_eq(&a->remote, &b->remote) && sock_addr_eq(&a->local, &b->local);
}

static bool is_same(const struct htab_node *node, const void *key)
{
	struct sub_client a = *container_of(node, struct sub_client, node);
	struct sub_client b = *(const struct sub_client *)key;
	struct slice *one[TEXTS], *other[TEXTS];

	if (a.has_hop != b.has_hop || a.is_located != b.is_located ||
	    !is_same_hop(&a.hop, &b.hop))
		return false;
	texts_of(&a, one);
	texts_of(&b, other);
	for (unsigned i = 0; i < TEXTS; i++)
		if (!slice_eq(*one[i], *other[i]))
			return false;
	return true;
}

struct sub_client *client_take(struct presence_local *local, const struct sub_client *like)
{
	struct sub_client *c = copy_of(like), *there;
	struct htab_node *node;
	uint64_t hash;

	if (!c)
		return NULL;
	hash = siphash_quick(siphash_boot_key(), slice_of(c->bytes,
	    (size_t)(c->event.p + c->event.len - c->bytes)));
	node = htab_find(&local->clients, hash, is_same, c);
	if (!node) {
		htab_insert(&local->clients, &c->node, hash);
		return c;
	}
	free(c);
	there = container_of(node, struct sub_client, node);
	there->refs++;
	return there;
}

void client_leave(struct presence_local *local, struct sub_client **client)
{
	struct sub_client *c = *client;

	*client = NULL;
	if (!c || --c->refs)
		return;
	htab_remove(&local->clients, &c->node);
	free(c);
}
