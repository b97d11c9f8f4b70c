/*
 * modules/presence/flow.c - connections that users stand behind: when one ends, its endpoint
 * is signed out, and who watches hears of it at once.
 *
 * The worker of a connection keeps the names of the users behind it. When it has ended it
 * tells their owners; each forgets his bindings, state and subscriptions by that connection.
 */
#include "modules/presence/presence.h"

struct followed {			/* with the connection's worker */
	struct htab_node  node;
	struct inbox_item item;		/* on its way there, and then to the user's owner */
	struct presence  *p;
	flow_id           flow;
	uint64_t          key;
	size_t            len;
	char              aor[];
};

static uint64_t flow_hash(flow_id flow) { return flow * 0x9e3779b97f4a7c15u; }

static struct slice aor_of(const struct followed *f) { return slice_of(f->aor, f->len); }

static bool same_flow(const struct htab_node *node, const void *key)
{
	return container_of(node, const struct followed, node)->flow == *(const flow_id *)key;
}

static bool same_follow(const struct htab_node *node, const void *key)
{
	const struct followed *have = container_of(node, const struct followed, node);
	const struct followed *want = key;

	return have->flow == want->flow && have->key == want->key &&
	    slice_eq_nocase(aor_of(have), aor_of(want));
}

/* ---- with the user ---- */

static void gone(struct inbox_item *item)
{
	struct followed *f = container_of(item, struct followed, item);

	local_of(f->p)->flow_gone(f->p, aor_of(f), f->flow);
	free(f);
}

/* ---- with the connection ---- */

static void tell_owner(struct followed *f)
{
	f->item.run = gone;
	worker_post(worker_of(f->key), &f->item, INBOX_MUST);
}

static void follow(struct inbox_item *item)
{
	struct followed *f = container_of(item, struct followed, item);
	struct htab *table = &local_of(f->p)->flows;
	uint64_t hash = flow_hash(f->flow);

	if (htab_find(table, hash, same_follow, f))
		free(f);
	else if (!flow_is_alive(f->flow))	/* it ended on the way */
		tell_owner(f);
	else
		htab_insert(table, &f->node, hash);
}

void flow_closed(flow_id flow, void *arg)
{
	struct presence *p = arg;
	struct presence_local *local = local_of(p);
	struct htab_node *node;

	if (!local->p)
		return;
	while ((node = htab_find(&local->flows, flow_hash(flow), same_flow, &flow))) {
		htab_remove(&local->flows, node);
		tell_owner(container_of(node, struct followed, node));
	}
}

void flow_follow(struct presence *p, flow_id flow, struct slice aor, uint64_t key)
{
	struct followed *f = malloc(sizeof(*f) + aor.len);

	if (!f) {
		lcs_count(&local_of(p)->no_memory);
		return;
	}
	*f = (struct followed){ .p = p, .flow = flow, .key = key, .len = aor.len };
	memcpy(f->aor, aor.p, aor.len);
	f->item.run = follow;
	if ((int)flow_owner(flow) == worker_self())
		follow(&f->item);
	else
		worker_post(flow_owner(flow), &f->item, INBOX_MUST);
}

/* ---- after a restart ---- */

static void sweep_user(struct htab_node *node, void *arg)
{
	struct presence_user *u = container_of(node, struct presence_user, node);
	struct presence *p = arg;
	const struct usrloc_aor *have = p->usrloc ? p->usrloc->find(p->usrloc_state, u->aor) : NULL;
	struct usrloc_binding b;

	for (unsigned i = 0; have && i < have->count; i++) {
		p->usrloc->binding(have, i, &b);
		if (transport_is_stream(b.received.transport) && b.received.flow &&
		    !flow_is_alive(b.received.flow) && !b.node.len)
			bindings_drop(p, u->aor, &b);
	}
}

/* Connections ended with the process that had them. Whoever has not come back by now is gone,
 * if anybody looks: bindings of others harm nobody, their way is known to be lost. */
static void sweep(struct timer *t)
{
	struct presence_local *local = container_of(t, struct presence_local, sweep);

	htab_each(&local->users, sweep_user, local->p);
}

/* ---- life ---- */

int flows_start(struct presence_local *local, flow_gone_fn *fn)
{
	local->flow_gone = fn;
	timer_init(&local->sweep, sweep);
	timer_start(&local->sweep, conf_of(local->p)->return_time);
	return htab_init(&local->flows, 64);
}

static void free_node(struct htab_node *node, void *arg)
{
	htab_remove(arg, node);
	free(container_of(node, struct followed, node));
}

void flows_stop(struct presence_local *local)
{
	timer_stop(&local->sweep);
	htab_each(&local->flows, free_node, &local->flows);
	htab_fini(&local->flows);
}
