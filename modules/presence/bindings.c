/*
 * modules/presence/bindings.c - what becomes of a user when his bindings are others, or one of
 * their connections has ended.
 */
#include "modules/presence/pub.h"
#include "modules/presence/sub.h"

static bool has_flow(struct presence *p, const struct usrloc_aor *aor, flow_id flow)
{
	struct usrloc_binding b;

	for (unsigned i = 0; aor && i < aor->count; i++) {
		p->usrloc->binding(aor, i, &b);
		if (b.received.flow == flow)
			return true;
	}
	return false;
}

static void follow_new(struct presence *p, struct slice name, const struct usrloc_aor *old,
    const struct usrloc_aor *now)
{
	struct usrloc_binding b;

	for (unsigned i = 0; now && i < now->count; i++) {
		p->usrloc->binding(now, i, &b);
		if (b.received.flow && transport_is_stream(b.received.transport) &&
		    flow_is_alive(b.received.flow) && !has_flow(p, old, b.received.flow))
			flow_follow(p, b.received.flow, name, lcs_user_key(name));
	}
}

static struct slice epid_of(const struct usrloc_binding *b)
{
	struct slice epid;

	return hdr_param(b->params, SLICE("epid"), &epid) ? epid : SLICE_NULL;
}

static bool has_epid(struct presence *p, const struct usrloc_aor *aor, struct slice epid)
{
	struct usrloc_binding b;

	for (unsigned i = 0; aor && i < aor->count; i++) {
		p->usrloc->binding(aor, i, &b);
		if (slice_eq_nocase(epid_of(&b), epid))
			return true;
	}
	return false;
}

/* What an endpoint has set by a connection goes with its binding, also where the connection stays:
 * its client hangs, has signed off, or shares it with others behind a proxy. */
static void drop_state(struct presence_user *u, const struct usrloc_aor *old,
    const struct usrloc_aor *now)
{
	const struct presence *p = u->p;
	struct usrloc_binding b;

	for (unsigned i = 0; old && i < old->count; i++) {
		p->usrloc->binding(old, i, &b);
		if (b.received.flow && !has_flow(u->p, now, b.received.flow))
			pubs_flow_gone(u, b.received.flow);
		if (epid_of(&b).len && !has_epid(u->p, now, epid_of(&b)))
			pubs_endpoint_gone(u, epid_of(&b));
	}
}

static void set_registered(struct presence_user *u, bool is)
{
	struct presence *p = u->p;
	bool differs = u->is_registered != is;

	u->is_registered = is;
	for (unsigned i = 0; i < p->package_count; i++) {
		const struct package *pkg = &p->packages[i];

		if (differs && pkg->pk->registered)
			pkg->pk->registered(pkg->arg, u, is);
		if (pkg->pk->flags & PRESENCE_FOLLOWS)
			notify_changed(u, pkg->pk);
	}
}

/* Owner of aor, when its bindings are others. */
void bindings_changed(void *arg, struct slice aor, const struct usrloc_aor *old,
    const struct usrloc_aor *now)
{
	struct presence *p = arg;
	struct presence_user *u = user_find(p, aor, false);

	follow_new(p, aor, old, now);
	if (!u)
		return;
	drop_state(u, old, now);
	set_registered(u, now && now->count);
}

/* ---- a connection of his has ended ---- */

/* Unless its client has come back by another one: that may be on its way to disk. */
void bindings_drop(struct presence *p, struct slice aor, const struct usrloc_binding *b)
{
	const struct usrloc_which which = { b->ruid, b->received.flow };

	if (p->usrloc->remove(p->usrloc_state, aor, &which, NULL, NULL) != 0)
		lcs_count(&local_of(p)->no_memory);
}

static void drop_all_by(struct presence *p, struct slice aor, flow_id flow)
{
	const struct usrloc_aor *have = p->usrloc ? p->usrloc->find(p->usrloc_state, aor) : NULL;
	struct usrloc_binding b;

	for (unsigned i = 0; have && i < have->count; i++) {
		p->usrloc->binding(have, i, &b);
		if (b.received.flow == flow)
			bindings_drop(p, aor, &b);
	}
}

static bool has_another(struct presence *p, struct slice aor, flow_id flow)
{
	const struct usrloc_aor *have = p->usrloc ? p->usrloc->find(p->usrloc_state, aor) : NULL;
	struct usrloc_binding b;

	for (unsigned i = 0; have && i < have->count; i++) {
		p->usrloc->binding(have, i, &b);
		if (b.received.flow != flow)
			return true;
	}
	return false;
}

/* Removing a binding may wait for the disk: what is found here is not changed by it. Watchers
 * hear at once, and only once: what the endpoint said goes together with its being there. */
void bindings_flow_gone(struct presence *p, struct slice aor, flow_id flow)
{
	struct presence_user *u = user_find(p, aor, false);

	drop_all_by(p, aor, flow);
	if (!u)
		return;
	pubs_flow_gone(u, flow);
	way_flow_gone(u, flow);
	if (u->is_registered && !has_another(p, aor, flow))
		set_registered(u, false);
}
