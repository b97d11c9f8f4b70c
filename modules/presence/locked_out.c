/*
 * modules/presence/locked_out.c - who is no user any more, or must not be signed in, watches
 * nobody: he has proved once who he is, and his dialogs would go on until they run out. And who is
 * no user any more is watched by nobody.
 */
#include "modules/presence/pub.h"
#include "modules/presence/sub.h"

#include <stdlib.h>

struct locking { struct presence *p; struct slice aor; unsigned ended[WORKERS_MAX]; };
struct round { struct slice aor; unsigned ended; };
struct leaving { struct presence *p; size_t len; char aor[]; };

/* What lists watch for him ends with the list. */
static void end_his(struct htab_node *node, void *arg)
{
	struct presence_user *u = container_of(node, struct presence_user, node);
	struct round *round = arg;

	list_for_each_safe(it, &u->subs) {
		struct presence_sub *sub = container_of(it, struct presence_sub, node);

		if (sub->watch || !slice_eq_nocase(sub->info.watcher, round->aor))
			continue;
		sub_end(sub, PRESENCE_EVENT_REJECTED);
		round->ended++;
	}
}

static void end_on_worker(unsigned index, void *arg)
{
	struct locking *l = arg;
	struct round round = { l->aor, 0 };

	/* Users without anything left go at the end of the turn, so the table stays as it is. */
	htab_each(&local_of(l->p)->users, end_his, &round);
	l->ended[index] = round.ended;
}

void presence_lock_out(struct presence *p, struct slice aor)
{
	struct locking l = { .p = p, .aor = aor };
	unsigned ended = 0;

	worker_on_each(end_on_worker, &l);
	for (unsigned i = 0; i < worker_count(); i++)
		ended += l.ended[i];
	if (ended)
		log_info("presence", "a user who is locked out watches nobody any more user=%.*s "
		    "subscriptions=%u", SLICE_ARG(aor), ended);
}

/* ---- who watches him ---- */

/* The last that is seen of him is that he is not there, whatever he has set or registered; and that
 * there is nobody to be watched (RFC 6665 4.1.3). Where there are other homes he may be about to
 * move to one: then they are to try again, and learn what has become of him. */
static void end_watcher(struct presence_sub *sub)
{
	bool may_move = sub->user->p->homing != NULL;

	if (sub->info.right == PRESENCE_ALLOW)
		sub->info.view = PRESENCE_VIEW_OFFLINE;
	sub_end(sub, may_move ? PRESENCE_EVENT_PROBATION : PRESENCE_EVENT_NORESOURCE);
}

/* A list stays, and shows whoever comes back under this address: until then it has seen that nobody
 * is there. */
static void watch_on(struct presence_sub *sub)
{
	unsigned view;
	struct presence_body *body;

	sub_rate(sub);
	sub_tell(sub, PRESENCE_EVENT_SUBSCRIBE);
	if (sub->info.right != PRESENCE_ALLOW)
		return;
	view = sub->info.view;
	sub->info.view = PRESENCE_VIEW_OFFLINE;
	if (body_for(sub, true, &body) == 0) {
		notify_has_seen(sub, body);
		presence_body_unref(&body);
	}
	sub->info.view = view;
}

/* A user who is renamed is deleted, too: his watchers go over to the new name. */
static void end_watchers(void *arg)
{
	struct leaving *l = arg;
	struct presence_user *u = user_find(l->p, slice_of(l->aor, l->len), false);

	free(l);
	if (!u || u->is_leaving)
		return;
	pubs_forget(u);
	list_for_each_safe(it, &u->subs) {
		struct presence_sub *sub = container_of(it, struct presence_sub, node);
		bool is_of_module = sub->watch != NULL;

		end_watcher(sub);
		if (is_of_module)
			watch_on(sub);
	}
	sub_observe(u, NULL, PRESENCE_EVENT_NORESOURCE);
}

void presence_no_resource(struct presence *p, struct slice aor)
{
	struct leaving *l = malloc(sizeof(*l) + aor.len);

	if (l) {
		*l = (struct leaving){ .p = p, .len = aor.len };
		memcpy(l->aor, aor.p, aor.len);
	}
	if (l && lcs_post(lcs_user_key(aor), end_watchers, l) == 0)
		return;
	free(l);
	log_error("presence", "who watches a deleted user is not told user=%.*s: memory is short",
	    SLICE_ARG(aor));
}
