/*
 * modules/presence/rpc.c - lcsctl presence: list, show, drop; lcsctl explain presence A B.
 */
#include "modules/presence/pub.h"
#include "modules/presence/sub.h"

#include <errno.h>

static struct slice user_param(const json_t *params, const char *name)
{
	return sip_text_bare(json_text(params, name));
}

/* ---- what there is ---- */

struct listing {
	struct presence *p;
	json_t          *array;
	struct slice     only, watcher, why;
	unsigned         count;
	bool             found;
	struct await    *forgotten;	/* its room: an int, the store's error */
};

static const char *state_word(const struct presence_sub *sub)
{
	static const char *const words[] = { "pending", "active", "refused" };

	return words[sub->info.state];
}

static const char *right_word(enum presence_right right)
{
	static const char *const words[] = { "allow", "confirm", "polite-block", "deny" };

	return words[right];
}

static const char *way_word(const struct presence_sub *sub)
{
	if (sub->watch)
		return "list";
	if (sub->dialog->way_lost)
		return "connection lost";
	return sub->info.flags & PRESENCE_SUB_BENOTIFY ? "benotify" : "notify";
}

static json_t *describe_sub(const struct presence_sub *sub)
{
	int64_t left = sub->watch ? 0 : sub->info.expires - loop_wall(worker_loop());

	return json_pack("{s:o, s:o, s:o, s:s, s:s, s:I, s:s, s:o, s:o}",
	    "user", json_slice(sub->user->aor), "watcher", json_slice(sub->info.watcher),
	    "package", json_slice(sub->pkg->pk->name), "state", state_word(sub),
	    "right", right_word(sub->info.right), "expires", (json_int_t)left,
	    "way", way_word(sub), "endpoint", json_slice(sub->info.epid),
	    "id", json_slice(sub->info.id));
}

static bool is_asked_for(const struct listing *l, const struct presence_user *u)
{
	return !l->only.len || slice_eq_nocase(l->only, u->aor);
}

static void list_user(struct htab_node *node, void *arg)
{
	struct presence_user *u = container_of(node, struct presence_user, node);
	struct listing *l = arg;

	if (!is_asked_for(l, u))
		return;
	list_for_each(it, &u->subs) {
		struct presence_sub *sub = container_of(it, struct presence_sub, node);

		if (!l->watcher.len || slice_eq_nocase(l->watcher, sub->info.watcher))
			json_array_append_new(l->array, describe_sub(sub));
	}
}

static void list_worker(unsigned index, void *arg)
{
	struct listing *l = arg;

	(void)index;
	htab_each(&local_of(l->p)->users, list_user, l);
}

static int rpc_list(struct lcs_rpc_call *call)
{
	struct listing l = { .p = lcs_shared(call->mod), .array = json_array(),
	    .only = user_param(call->params, "user"), .watcher = user_param(call->params,
	    "watcher") };

	worker_on_each(list_worker, &l);
	call->result = l.array;
	return 0;
}

/* ---- one user's state ---- */

static json_t *describe_pub(const struct pub *pub)
{
	int64_t now = loop_wall(worker_loop());

	return json_pack("{s:o, s:o, s:o, s:I, s:I, s:o}",
	    "package", json_slice(pub->pkg->pk->name),
	    "source", pub->info.source.len ? json_slice(pub->info.source) :
	    json_slice(pub->info.etag),
	    "type", json_slice(pub->info.content_type),
	    "age", (json_int_t)(now - pub->info.changed),
	    "expires", (json_int_t)(pub->info.expires ? pub->info.expires - now : 0),
	    "body", json_slice(pub->info.body));
}

static void show_worker(unsigned index, void *arg)
{
	struct listing *l = arg;
	struct presence_user *u;

	if (index != worker_of(lcs_user_key(l->only)))
		return;
	u = user_find(l->p, l->only, false);
	l->found = u != NULL;
	for (struct list *it = u ? u->pubs.next : NULL; u && it != &u->pubs; it = it->next)
		json_array_append_new(l->array, describe_pub(container_of(it, struct pub, node)));
}

static int no_user(struct lcs_rpc_call *call, struct slice user)
{
	return lcs_rpc_fail(call, -ENOENT, "nothing is known about %.*s: nobody watches it, "
	    "and nothing " "was published", SLICE_ARG(user));
}

static int rpc_show(struct lcs_rpc_call *call)
{
	struct listing l = { .p = lcs_shared(call->mod), .array = json_array(),
	    .only = user_param(call->params, "user") };

	worker_on_each(show_worker, &l);
	if (!l.found) {
		json_decref(l.array);
		return no_user(call, l.only);
	}
	call->result = l.array;
	return 0;
}

/* ---- ending ---- */

static void forgotten(void *arg, int err, const struct store_rows *rows)
{
	struct await *await = arg;

	(void)rows;
	*(int *)await_room(await) = err;
	await_end(await);
}

static void drop_worker(unsigned index, void *arg)
{
	struct listing *l = arg;
	struct presence_user *u;

	if (index != worker_of(lcs_user_key(l->only)))
		return;
	u = user_find(l->p, l->only, false);
	if (!u)
		return;
	list_for_each_safe(it, &u->subs) {
		struct presence_sub *sub = container_of(it, struct presence_sub, node);

		if (sub->watch || (l->watcher.len &&
		    !slice_eq_nocase(l->watcher, sub->info.watcher)))
			continue;
		sub_end(sub, PRESENCE_EVENT_DEACTIVATED);
		l->count++;
	}
	/* A write that changes nothing: when it is on disk, so are those before it. */
	await_begin(l->forgotten);
	presence_delete_sub(SLICE(""), forgotten, l->forgotten);
}

static int rpc_drop(struct lcs_rpc_call *call)
{
	struct listing l = { .p = lcs_shared(call->mod), .only = user_param(call->params,
	    "user"),
	    .watcher = user_param(call->params, "watcher"), .forgotten = await_new(sizeof(int)) };
	int err = l.forgotten ? 0 : -ENOMEM;

	if (err)
		return err;
	worker_on_each(drop_worker, &l);
	err = await_all(l.forgotten, AWAIT_MOST);
	if (!err)
		err = *(int *)await_room(l.forgotten);
	await_unref(&l.forgotten);
	if (!l.count)
		return lcs_rpc_fail(call, -ENOENT, "no such subscription to %.*s; see "
		    "\"presence list\"", SLICE_ARG(l.only));
	log_notice("audit", "subscriptions ended by=administrator user=%.*s watcher=%.*s count=%u",
	    SLICE_ARG(l.only), l.watcher.len ? (int)l.watcher.len : 3,
	    l.watcher.len ? l.watcher.p : "all", l.count);
	if (err)
		return lcs_rpc_fail(call, err, "they are ended, but the store has not said that it has "
		    "forgotten them: a restart may bring them back");
	call->result = json_pack("{s:o, s:i}", "user", json_slice(l.only), "dropped",
	    (int)l.count);
	return 0;
}

/* ---- explain ---- */

struct explaining {
	struct presence *p;
	struct slice     user, watcher, package;
	struct arena    *arena;
	json_t          *result;
	struct slice     home;		/* where the user lives, if not here */
	bool             no_package, no_user;
};

/* What decides before anybody asks for rights: who is no user may not even ask. The users of other
 * homes are known there. */
static const char *locked_out(const struct presence *p, struct slice watcher)
{
	enum auth_db_state state;

	if (!p->users || presence_lives_at(p, watcher).len || !lcs_is_own_host(gen_peek(), slice_skip(watcher,
	    slice_find(watcher, '@') + 1), 0))
		return NULL;
	state = p->users->state(p->users_state, watcher);
	return state == AUTH_DB_UNKNOWN ? "the watcher is no user here" :
	    state == AUTH_DB_DISABLED ? "the watcher is disabled" : NULL;
}

static unsigned count_pubs(const struct presence_user *u, const struct package *pkg)
{
	unsigned n = 0;

	for (const struct list *it = u->pubs.next; it != &u->pubs; it = it->next)
		n += container_of(it, const struct pub, node)->pkg == pkg;
	return n;
}

static bool is_disabled(const struct presence_user *u)
{
	return u->p->users &&
	    u->p->users->state(u->p->users_state, u->aor) == AUTH_DB_DISABLED;
}

static const char *verdict(const struct presence_user *u, enum presence_right right, unsigned pubs)
{
	static const char *const words[] = { "sees the state", "sees nothing until the user confirms",
	    "sees the user offline", "is refused" };

	if (right == PRESENCE_ALLOW && is_disabled(u))
		return "sees the state: the user is disabled";
	if (right == PRESENCE_ALLOW && !u->is_registered && !pubs)
		return "sees the state: nobody is signed in, nothing is published";
	return words[right];
}

/* What is told, in a word; empty: nothing, or the package has no words for it. */
static struct slice told(struct presence_user *u, const struct package *pkg,
    enum presence_right right, struct arena *arena)
{
	static const unsigned views[] = { PRESENCE_VIEW_FULL, PRESENCE_VIEW_NOTHING,
	    PRESENCE_VIEW_OFFLINE };

	if (!pkg->pk->describe || right == PRESENCE_DENY)
		return SLICE("");
	return pkg->pk->describe(pkg->arg, u, views[right], arena);
}

static unsigned count_subs(const struct presence_user *u, const struct explaining *x,
    const struct package *pkg, const struct presence_sub **one)
{
	unsigned n = 0;

	list_for_each(it, &u->subs) {
		const struct presence_sub *sub = container_of(it, struct presence_sub, node);

		if (sub->pkg != pkg || !slice_eq_nocase(sub->info.watcher, x->watcher))
			continue;
		*one = sub;
		n++;
	}
	return n;
}

static void explain_worker(unsigned index, void *arg)
{
	struct explaining *x = arg;
	struct package *pkg = package_find(x->p, x->package);
	const struct presence_sub *one = NULL;
	const char *barred = locked_out(x->p, x->watcher);
	enum presence_right right;
	struct presence_user *u;
	struct slice why;
	unsigned n, pubs;

	x->no_package = !pkg;
	if (!pkg || index != worker_of(lcs_user_key(x->user)))
		return;
	x->home = presence_lives_at(x->p, x->user);
	x->home = x->home.len ? arena_dup(x->arena, x->home) : SLICE("");
	x->no_user = !x->home.len && presence_is_stranger(x->p, x->user);
	if (x->no_user || x->home.len)
		return;
	u = user_find(x->p, x->user, true);
	if (!u)
		return;
	right = barred ? PRESENCE_DENY : view_right(u, pkg->pk, x->watcher, x->arena, &why);
	if (barred)
		why = slice_str(barred);
	n = count_subs(u, x, pkg, &one);
	pubs = count_pubs(u, pkg);
	x->result = json_pack("{s:o, s:o, s:s, s:o, s:s, s:o, s:b, s:i, s:i, s:s, s:o, s:s}",
	    "user", json_slice(x->user), "watcher", json_slice(x->watcher),
	    "verdict", verdict(u, right, pubs),
	    "state", json_slice(told(u, pkg, right, x->arena)), "right", right_word(right),
	    "because", json_slice(why), "signed_in", u->is_registered, "publications", (int)pubs,
	    "subscriptions", (int)n, "subscription", one ? state_word(one) : "none",
	    "form", json_slice(one && one->info.format ? one->info.format->content_type :
	    one ? SLICE("a list") : SLICE("none: it does not watch now")),
	    "way", one ? way_word(one) : "");
}

static int rpc_explain(struct lcs_rpc_call *call)
{
	struct explaining x = { .p = lcs_shared(call->mod), .arena = call->arena,
	    .package = json_text(call->params, "package") };
	int err = lcs_rpc_user(call, "user", &x.user);

	if (!err)
		err = lcs_rpc_user(call, "watcher", &x.watcher);
	if (err)
		return err;
	if (!x.package.len)
		x.package = SLICE("presence");
	worker_on_each(explain_worker, &x);
	if (x.no_package)
		return lcs_rpc_fail(call, -ENOENT, "there is no event package \"%.*s\": no "
		    "module that is loaded brings it", SLICE_ARG(x.package));
	if (x.no_user)
		return lcs_rpc_fail(call, -ENOENT, "there is no user \"%.*s\" here",
		    SLICE_ARG(x.user));
	if (x.home.len)
		return lcs_rpc_fail(call, -ENOENT, "%.*s lives on %.*s, which decides: ask there",
		    SLICE_ARG(x.user), SLICE_ARG(x.home));
	call->result = x.result;
	return x.result ? 0 : -ENOMEM;
}

/* ---- tables ---- */

static const struct lcs_rpc_arg list_args[] = {
	{ "user", VALUE_STRING, false, "only those to this user (name@domain)" },
	{ "watcher", VALUE_STRING, false, "only those of this watcher" },
	{ 0 }
};
static const struct lcs_rpc_arg show_args[] = {
	{ "user", VALUE_STRING, true, "name@domain" },
	{ 0 }
};
static const struct lcs_rpc_arg drop_args[] = {
	{ "user", VALUE_STRING, true, "who is watched (name@domain)" },
	{ "watcher", VALUE_STRING, false, "only those of this watcher; else all" },
	{ 0 }
};
static const struct lcs_rpc_arg explain_args[] = {
	{ "user", VALUE_STRING, true, "who is watched (name@domain)" },
	{ "watcher", VALUE_STRING, true, "who watches" },
	{ "package", VALUE_STRING, false, "event package; \"presence\" if not given" },
	{ 0 }
};

const struct lcs_rpc presence_rpcs[] = {
	{ "presence.list", RIGHT_READ, list_args, rpc_list, "who watches whom" },
	{ "presence.show", RIGHT_READ, show_args, rpc_show, "what a user has published" },
	{ "presence.drop", RIGHT_ADMIN, drop_args, rpc_drop,
	  "end subscriptions; their clients may begin anew" },
	{ "explain.presence", RIGHT_READ, explain_args, rpc_explain,
	  "does a watcher see a user, in which state and form, and what decides" },
	{ 0 }
};
