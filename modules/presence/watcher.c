/*
 * modules/presence/watcher.c - the subscriptions that one watcher has to one user.
 *
 * A SUBSCRIBE asks for its copy, for what the same endpoint had before, and for how many there
 * are: without looking at the user's other watchers, of whom there may be thousands.
 */
#include "modules/presence/sub.h"

struct pair { const struct presence_user *user; struct slice watcher; };

static struct presence_sub *sub_of(struct htab_node *node)
{
	return node ? container_of(node, struct presence_sub, by_watcher) : NULL;
}

static bool is_pair(const struct htab_node *node, const void *key)
{
	const struct presence_sub *sub = container_of(node, struct presence_sub, by_watcher);
	const struct pair *pair = key;

	return sub->user == pair->user && slice_eq_nocase(sub->info.watcher, pair->watcher);
}

uint64_t watcher_key(const struct presence_user *u, struct slice watcher)
{
	return lcs_user_key(watcher) ^ (u->key << 1 | u->key >> 63);
}

void watcher_add(struct presence_sub *sub)
{
	htab_insert(&local_of(sub->user->p)->watchers, &sub->by_watcher,
	    watcher_key(sub->user, sub->info.watcher));
}

void watcher_remove(struct presence_sub *sub)
{
	htab_remove(&local_of(sub->user->p)->watchers, &sub->by_watcher);
}

struct presence_sub *watcher_first(struct presence_user *u, uint64_t key, struct slice watcher)
{
	const struct pair pair = { u, watcher };

	return sub_of(htab_find(&local_of(u->p)->watchers, key, is_pair, &pair));
}

struct presence_sub *watcher_next(const struct presence_sub *sub)
{
	const struct pair pair = { sub->user, sub->info.watcher };

	return sub_of(htab_find_next(&sub->by_watcher, is_pair, &pair));
}
