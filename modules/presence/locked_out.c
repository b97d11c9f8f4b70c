/*
 * modules/presence/locked_out.c - who is no user any more, or must not be signed in, watches
 * nobody: he has proved once who he is, and his dialogs would go on until they run out.
 */
#include "modules/presence/presence.h"

struct locking { struct presence *p; struct slice aor; unsigned ended[WORKERS_MAX]; };
struct round { struct slice aor; unsigned ended; };

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
