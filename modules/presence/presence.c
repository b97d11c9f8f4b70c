/*
 * presence - who watches whom, and what they are told (RFC 6665, RFC 3903, RFC 3856).
 *
 * The engine knows nothing of documents: other modules bring event packages, and what they
 * keep with a user.
 */
#include "modules/presence/asking.h"
#include "modules/presence/pub.h"
#include "modules/presence/roaming.h"

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

static int observe(struct presence *p, presence_observer_fn *fn, void *arg)
{
	if (p->observer_count == OBSERVERS_MAX)
		return -ENOSPC;
	p->observers[p->observer_count].fn = fn;
	p->observers[p->observer_count++].arg = arg;
	return 0;
}

/* ---- what they may look at ---- */

static void each_sub(struct presence_user *u, const struct presence_package *pk,
    void (*fn)(void *arg, struct presence_sub *sub), void *arg)
{
	list_for_each_safe(it, &u->subs) {
		struct presence_sub *sub = container_of(it, struct presence_sub, node);

		if ((!pk || sub->pkg->pk == pk) && sub->info.state != PRESENCE_SUB_TERMINATED)
			fn(arg, sub);
	}
}

static const struct presence_sub_info *sub_info(const struct presence_sub *sub)
{
	return &sub->info;
}

static struct presence_user *sub_user(const struct presence_sub *sub) { return sub->user; }

static void set_sub_data(struct presence_sub *sub, void *data) { sub->data = data; }

static void *sub_data(const struct presence_sub *sub) { return sub->data; }

static void notify_sub(struct presence_sub *sub) { notify_owe(sub, OWED_CHANGE); }

static void stale(struct presence_user *u, const struct presence_package *pk)
{
	view_forget(u, package_of(u->p, pk));
}

static bool wants_full(const struct presence_sub *sub) { return sub->is_full; }

static struct slice event(const struct presence_sub *sub)
{
	return sub_event(sub);
}

static void keep_list(struct presence_sub *sub)
{
	if (!(sub->info.flags & PRESENCE_SUB_ONCE))
		presence_put_sub(sub, NULL, NULL);
}

static const struct presence_api api = {
	.add_part = add_part, .add_package = package_add, .set_policy = set_policy,
	.set_lists = set_lists, .allow_events = package_announced, .package = package_named,
	.user = user_find, .user_aor = user_aor, .part = user_part, .hold = user_hold,
	.release = user_release, .is_registered = user_is_registered,
	.take_turn = user_take_turn, .end_turn = user_end_turn, .changed = notify_changed,
	.push = notify_push, .notify = notify_sub, .rights_changed = notify_rights,
	.right_of = view_right, .each_sub = each_sub, .sub_info = sub_info,
	.sub_user = sub_user, .set_sub_data = set_sub_data, .sub_data = sub_data,
	.end_sub = sub_end, .next_publication = pub_next, .publish = pub_by_module, .watch = watch_begin, .unwatch = watch_end,
	.observe = observe, .stale = stale, .wants_full = wants_full,
	.event = event, .set_event = sub_set_event, .keep_list = keep_list,
	.roaming = &presence_roaming,
};

/* ---- life ---- */

static int load(struct lcs_mod *mod)
{
	struct presence *p = lcs_shared(mod);
	int err;

	p->mod = mod;
	watches_init(p);
	p->dialogs = rtab_new(1024);
	if (!p->dialogs)
		return -ENOMEM;
	p->flow_watch = (struct flow_watch){ .closed = flow_closed, .arg = p };
	flow_watch_register(&p->flow_watch);
	err = presence_follow_names(p);
	if (err)
		return err;
	return p->usrloc ? p->usrloc->watch(p->usrloc_state, bindings_changed, p) : 0;
}

static const struct { const char *word; enum presence_right right; } rights[] = {
	{ "allow", PRESENCE_ALLOW }, { "confirm", PRESENCE_PENDING },
	{ "polite-block", PRESENCE_POLITE_BLOCK }, { "deny", PRESENCE_DENY },
};

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct presence *p = lcs_shared(mod);
	struct presence_conf *c = conf;

	(void)next;
	for (unsigned i = 0; i < sizeof(rights) / sizeof(rights[0]); i++)
		if (slice_eq(c->default_right, slice_str(rights[i].word)))
			c->right = rights[i].right;
	return store_is_on() && !p->loaded ? presence_load(p) : 0;
}

static void adopt(void *arg)
{
	presence_adopt(arg);
}

/* Packages, lists and policies are asked about what is restored: their modules begin after
 * this one, so it waits for the worker's first turn. */
static int worker_start(struct lcs_mod *mod, void *arg)
{
	struct presence_local *local = arg;

	local->p = lcs_shared(mod);
	ending_start(local);
	if (users_start(local) != 0 || flows_start(local, bindings_flow_gone) != 0)
		return -ENOMEM;
	return worker_post_fn((unsigned)worker_self(), adopt, local->p);
}

static void worker_stop(struct lcs_mod *mod, void *arg)
{
	struct presence_local *local = arg;

	(void)mod;
	ending_stop(local);
	users_stop(local);
	flows_stop(local);
	local->p = NULL;		/* connections end after this, too */
}

static void unload(struct lcs_mod *mod)
{
	struct presence *p = lcs_shared(mod);

	if (p->flow_watch.closed)
		list_remove(&p->flow_watch.node);
	presence_fini(p);
	watches_free(p);
	rtab_free(&p->dialogs);
}

/* ---- tables ---- */

static const struct lcs_iface ifaces[] = { { "presence", 1, &api }, { 0 } };
static const struct lcs_need needs[] = {
	NEED(struct presence, tm, tm, 1),
	NEED_OPTIONAL(struct presence, usrloc, usrloc, 1),
	NEED_OPTIONAL(struct presence, users, auth_db, 1),
	NEED_OPTIONAL(struct presence, homing, homing, 1),
	{ 0 }
};

static const struct lcs_param params[] = {
	PARAM_WORD(struct presence_conf, default_right, "allow", "allow|confirm|polite-block|deny",
	    "what a watcher may see if no module with rules decides: the state; nothing until the "
	    "user confirms; that of somebody who is offline; nothing, with 403"),
	PARAM_WORD(struct presence_conf, at_stop, "auto", "auto|keep|deactivate",
	    "what becomes of subscriptions when the server ends in good order: kept silently, since "
	    "the store brings them back; ended with a last notice (deactivated), on which watchers "
	    "subscribe anew; auto: kept with a store, ended without"),
	PARAM_INT(struct presence_conf, max_subs, "2000", 1, 1000000,
	    "subscriptions to one user; more are refused with 403"),
	PARAM_INT(struct presence_conf, max_subs_watcher, "40", 1, 100000,
	    "of these, those of one watcher"),
	PARAM_INT(struct presence_conf, max_publications, "20", 1, 10000,
	    "publications of one user; more are refused with 403"),
	PARAM_INT(struct presence_conf, max_body, "65536", 256, 16777216,
	    "bytes of the body of a SUBSCRIBE or PUBLISH, as it came and when it is unpacked; more "
	    "are refused with 413"),
	PARAM_DURATION(struct presence_conf, return_time, "60s", 0, 86400000, "s",
	    "how long a subscription waits for the watcher's return when the connection it came by "
	    "has ended, and the state of an endpoint after a restart"),
	PARAM_DURATION(struct presence_conf, retry_time, "2s", 100, 3600000, "s",
	    "how often such a subscription looks whether the watcher is back"),
	PARAM_DURATION(struct presence_conf, quiet_interval, "1s", 10, 86400000, "s",
	    "the least time between notices without news, which a watcher asks for by min-rate or "
	    "adaptive-min-rate (RFC 6446); who asks for more gets this rate and is told so"),
	{ 0 }
};

#define WAITS (FUNC_MAY_SUSPEND | FUNC_BEARS_COPIES | FUNC_MAY_FAIL | FUNC_ENDS | FUNC_REPLIES)

static const struct lcs_func funcs[] = {
	{ "handle_subscribe() -> bool", presence_handle_subscribe, IN_REQUEST, WAITS,
	  "carry out a SUBSCRIBE to a user of ours, or one in a dialog of ours, and answer it; false "
	  "if it was refused" },
	{ "handle_publish() -> bool", presence_handle_publish, IN_REQUEST, WAITS,
	  "carry out a PUBLISH of a user of ours in his own name and answer it; false if it was "
	  "refused" },
	{ "serves_event() -> bool", presence_serves_event, IN_REQUEST, FUNC_MUST_CHECK,
	  "is the event of this request of a package that handle_subscribe() serves" },
	{ "is_our_subscription() -> bool", presence_is_ours, IN_REQUEST, FUNC_MUST_CHECK,
	  "does this request belong to a subscription that handle_subscribe() has accepted" },
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
	.funcs = funcs,
	.needs = needs,
	.ifaces = ifaces,
	.stats = stats,
	.flags = MODULE_AT_START,
	.load = load,
	.prepare = prepare,
	.worker_start = worker_start,
	.worker_stop = worker_stop,
	.unload = unload,
	.stopping = presence_stopping,
	.manual =
	    "Other modules bring event packages (`presence_xml`, `presence_winfo`, `contacts`); this one\n"
	    "keeps who watches whom and what was published, and sends the notices.\n\n"
	    "    if (is_method(\"SUBSCRIBE\") && serves_event()) { handle_subscribe(); exit; }\n"
	    "    if (is_method(\"PUBLISH\")) { handle_publish(); exit; }\n\n"
	    "and in dialogs, before loose_route():\n\n"
	    "    if (is_method(\"SUBSCRIBE\") && is_our_subscription()) { handle_subscribe(); exit; }\n\n"
	    "Authenticate before: who watches is whoever has proved a name, else what From says.\n\n"
	    "A subscription and a publication are in the store before they are answered. After a restart\n"
	    "every watcher is told the state as it is, without subscribing again: over UDP at once, over\n"
	    "TCP and TLS when the client has registered the same contact again within `return_time`. What\n"
	    "a watcher has been told already is not sent again, several changes at once are one notice,\n"
	    "and a watcher's wish for fewer or for regular notices (RFC 6446) or for conditional ones\n"
	    "(RFC 5839) is kept: `max-rate` holds back what is new, after `min-rate` he is told again\n"
	    "what he knows, and with `adaptive-min-rate` so, too, but later after much news and sooner\n"
	    "after little, so that the rate over eight of its intervals is the one asked for. Of both the\n"
	    "sooner counts; `max-rate` goes before them. An LCS client gets its first notice in the 200\n"
	    "and then BENOTIFY, over its own connection; when that ends, so do its subscriptions.\n\n"
	    "Bodies may come compressed (`Content-Encoding: deflate` or `gzip`); notices are sent as they\n"
	    "are.\n\n"
	    "When a user is renamed (`lcsctl users rename`), subscriptions to him go on in their dialogs as\n"
	    "subscriptions to the new address, which the documents name from then on; lists that\n"
	    "watchers have brought (RFC 5367) name it, too. What he himself watches ends, as it does for a\n"
	    "user who is disabled or deleted: he is told so (`rejected`), and nothing more.\n\n"
	    "The end of a client's connection removes its bindings, and with them its state, at once.\n"
	    "`lcsctl explain presence ALICE BOB` says whether Bob sees Alice, in which state and form, and why.\n",
	.rpcs = presence_rpcs,
	.schema = &presence_schema,
);
