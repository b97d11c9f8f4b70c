/*
 * modules/auth_lcs/guard.c - the associations of a connection: one for each endpoint (epid) that
 * has signed in over it. Every message of a connection that has one is signed on its way out
 * and verified when it comes.
 */
#include "modules/auth_lcs/guard.h"

#include <stdlib.h>

/* ---- a connection ---- */

static void forget(struct guard *g)
{
	list_for_each_safe(it, &g->sas)
		sa_free(container_of(it, struct sa, node));
	list_remove(&g->node);
	buf_unref(&g->text);
	free(g);
}

static void gone(struct flow_guard *guard)
{
	struct guard *g = container_of(guard, struct guard, guard);
	struct auth_lcs_local *local = auth_lcs_stats(g->lcs);

	if (local->is_up)
		local->associations -= g->count;
	forget(g);
}

static const struct flow_guard_ops guard_ops = { guard_seal, gone };

struct guard *guard_of(flow_id flow)
{
	struct flow_guard *guard = flow_guard(flow);

	return guard && guard->ops == &guard_ops ? container_of(guard, struct guard, guard) : NULL;
}

static struct guard *guard_new(struct auth_lcs *lcs, flow_id flow)
{
	struct guard *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->guard.ops = &guard_ops;
	g->flow = flow;
	g->lcs = lcs;
	list_init(&g->sas);
	g->text = buf_new(SA_TEXT_BYTES);
	list_push_back(&auth_lcs_stats(lcs)->guards, &g->node);
	if (g->text && flow_set_guard(flow, &g->guard) == 0)
		return g;
	forget(g);
	return NULL;
}

/* ---- a new association ---- */

static void drop(struct guard *g, struct sa *sa)
{
	sa_free(sa);
	g->count--;
	auth_lcs_stats(g->lcs)->associations--;
}

/* What waited for it goes out, to be signed with the new one. */
static void replace(struct guard *g, struct sa *old)
{
	list_remove(&old->node);
	held_release(old);
	drop(g, old);
}

/* The oldest goes where there are too many. */
static void make_room(struct guard *g, const struct sa *sa)
{
	while (g->count >= sa->limit)
		drop(g, container_of(g->sas.prev, struct sa, node));
}

void guard_close(struct guard *g, flow_id flow, struct auth_lcs *lcs, const char *why)
{
	if (g && g->closing)
		return;
	if (g)
		g->closing = true;
	lcs_count(&auth_lcs_stats(lcs)->closed);
	flow_close(flow, why);
}

static void attach(flow_id flow, void *arg)
{
	struct sa *sa = arg, *old;
	struct guard *g = guard_of(flow);

	if (!g)
		g = guard_new(sa->lcs, flow);
	if (!g) {
		sa_free(sa);
		return;
	}
	/* A token that was answered before comes again: its running numbers would begin anew. */
	if (sa->stamp && sa->stamp <= g->stamp) {
		lcs_count(&auth_lcs_stats(g->lcs)->replayed);
		guard_close(g, flow, g->lcs, "a token was used twice");
		sa_free(sa);
		return;
	}
	if (sa->stamp)
		g->stamp = sa->stamp;
	old = sa_by_epid(&g->sas, sa->epid);
	if (!old)
		make_room(g, sa);
	list_push_front(&g->sas, &sa->node);
	g->count++;
	if (old)
		replace(g, old);
	g->renewing = false;
	auth_lcs_stats(g->lcs)->associations++;
}

int sa_attach(struct sa *sa)
{
	int err = flow_run(sa->flow, attach, sa);

	if (err)
		sa_free(sa);
	return err;
}

/* ---- all of this worker ---- */

void sa_forget(struct auth_lcs_local *local)
{
	struct list *node;

	/* The connections end soon, and tell it then: nothing of this worker is touched. */
	while ((node = list_pop_front(&local->guards)))
		;
	local->is_up = false;
}

void sa_each(const struct auth_lcs_local *local, void (*fn)(const struct sa *sa, void *arg),
    void *arg)
{
	list_for_each(node, &local->guards) {
		struct guard *g = container_of(node, struct guard, node);

		list_for_each(it, &g->sas)
			fn(container_of(it, struct sa, node), arg);
	}
}

static bool is_of(const struct sa *sa, struct slice aor)
{
	return aor.len == sa->name.len + 1 + sa->domain.len &&
	    slice_eq_nocase(slice_first(aor, sa->name.len), sa->name) &&
	    slice_eq_nocase(slice_skip(aor, sa->name.len + 1), sa->domain);
}

void sa_close_user(struct auth_lcs_local *local, struct slice aor, flow_id flow,
    enum auth_lcs_farewell why)
{
	list_for_each(node, &local->guards) {
		struct guard *g = container_of(node, struct guard, node);
		const struct sa *his = NULL;

		/* Two endpoints of one connection: one farewell. */
		if (g->closing)
			continue;
		list_for_each(it, &g->sas)
			if ((!flow || flow == g->flow) && is_of(container_of(it, struct sa, node), aor))
				his = container_of(it, struct sa, node);
		if (his && sa_farewell(his, why) != 0)
			guard_close(g, g->flow, g->lcs, "the user may not be signed in any more");
		if (his)
			g->closing = true;	/* nothing of it is listened to meanwhile */
	}
}
