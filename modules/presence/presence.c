/*
 * presence - who watches whom, and what they are told (RFC 6665, RFC 3903, RFC 3856).
 *
 * The engine knows nothing of documents: other modules bring event packages, and what they
 * keep with a user.
 */
#include "modules/presence/presence.h"

#include <errno.h>

/* ---- what modules bring in load() ---- */

static int add_part(struct presence *p, const struct presence_part *part)
{
	const size_t align = _Alignof(max_align_t);
	unsigned at = p->part_count;

	if (at == PARTS_MAX)
		return -ENOSPC;
	p->parts[at] = part;
	p->part_at[at] = p->parts_size;
	p->parts_size += (part->size + align - 1) & ~(align - 1);
	p->part_count++;
	return (int)at;
}

static int set_policy(struct presence *p, const struct presence_policy *policy, void *arg)
{
	if (p->policy)
		return -EEXIST;
	p->policy = policy;
	p->policy_arg = arg;
	return 0;
}

static int set_lists(struct presence *p, const struct presence_lists *lists, void *arg)
{
	if (p->lists)
		return -EEXIST;
	p->lists = lists;
	p->lists_arg = arg;
	return 0;
}

static const struct presence_api api = {
	.add_part = add_part, .add_package = package_add, .set_policy = set_policy,
	.set_lists = set_lists, .allow_events = package_announced, .package = package_named,
	.user = user_find, .user_aor = user_aor, .part = user_part, .hold = user_hold,
	.release = user_release, .is_registered = user_is_registered,
	.take_turn = user_take_turn, .end_turn = user_end_turn,
};

/* ---- life ---- */

static int load(struct lcs_mod *mod)
{
	struct presence *p = lcs_shared(mod);
	void *shared = NULL;

	p->mod = mod;
	p->tm = lcs_import(mod, "tm", &shared);
	p->tm_state = shared;
	p->usrloc = lcs_import(mod, "usrloc", &shared);
	p->ul = p->usrloc ? shared : NULL;
	return 0;
}

static const struct { const char *word; enum presence_right right; } rights[] = {
	{ "allow", PRESENCE_ALLOW }, { "confirm", PRESENCE_PENDING },
	{ "polite-block", PRESENCE_POLITE_BLOCK }, { "deny", PRESENCE_DENY },
};

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct presence_conf *c = conf;

	(void)mod;
	(void)next;
	for (unsigned i = 0; i < sizeof(rights) / sizeof(rights[0]); i++)
		if (slice_eq(c->default_right, slice_str(rights[i].word)))
			c->right = rights[i].right;
	return 0;
}

static int worker_start(struct lcs_mod *mod, void *arg)
{
	struct presence_local *local = arg;

	local->p = lcs_shared(mod);
	return users_start(local);
}

static void worker_stop(struct lcs_mod *mod, void *arg)
{
	(void)mod;
	users_stop(arg);
}

/* ---- tables ---- */

static const struct lcs_iface ifaces[] = { { "presence", 1, &api }, { 0 } };
static const struct lcs_need needs[] = { { "tm", 1, false }, { "usrloc", 1, true }, { 0 } };

static const struct lcs_param params[] = {
	PARAM_WORD(struct presence_conf, default_right, "allow", "allow|confirm|polite-block|deny",
	    "what a watcher may see if no module with rules decides: the state; nothing until the "
	    "user confirms; that of somebody who is offline; nothing, with 403"),
	{ 0 }
};

static const struct lcs_stat stats[] = {
#define S(name, kind, doc) LCS_STAT(struct presence_local, name, kind, doc),
	PRESENCE_STATS(S)
#undef S
	{ 0 }
};

LCS_MODULE(presence,
	.summary = "event packages, subscriptions and publications of users",
	.conf_size = sizeof(struct presence_conf),
	.local_size = sizeof(struct presence_local),
	.shared_size = sizeof(struct presence),
	.params = params,
	.needs = needs,
	.ifaces = ifaces,
	.stats = stats,
	.flags = MODULE_AT_START,
	.load = load,
	.prepare = prepare,
	.worker_start = worker_start,
	.worker_stop = worker_stop,
);
