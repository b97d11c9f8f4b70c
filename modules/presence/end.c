/*
 * modules/presence/end.c - an orderly end of the server: watchers whose subscriptions will not be
 * there afterwards are told to begin anew (RFC 6665 4.1.3, "deactivated").
 */
#include "modules/presence/sub.h"

#define ENDS_PER_TURN 400u

/* What is in the store comes back, and its watchers need not notice. */
static bool is_for_good(const struct presence_conf *conf)
{
	return slice_eq(conf->at_stop, SLICE("deactivate")) ||
	    (slice_eq(conf->at_stop, SLICE("auto")) && !store_is_on());
}

struct round { unsigned left; };

/* Who watches for a module is not told: the module ends, too. */
static void end_user(struct htab_node *node, void *arg)
{
	struct presence_user *u = container_of(node, struct presence_user, node);
	struct round *round = arg;

	list_for_each_safe(it, &u->subs) {
		struct presence_sub *sub = container_of(it, struct presence_sub, node);

		if (sub->watch)
			continue;
		if (round->left == 0)
			return;
		round->left--;
		sub_end(sub, PRESENCE_EVENT_DEACTIVATED);
	}
}

/* The table must not change while it is walked, and does not: users without anything left go at
 * the end of the turn. */
static void end_some(struct presence_local *local)
{
	struct round round = { ENDS_PER_TURN };

	htab_each(&local->users, end_user, &round);
	if (round.left == 0)
		timer_start(&local->ending, 0);
	else
		lcs_let_end();
}

static void end_more(struct timer *t)
{
	end_some(container_of(t, struct presence_local, ending));
}

static void begin(unsigned index, void *arg)
{
	(void)index;
	end_some(local_of(arg));
}

void presence_stopping(struct lcs_mod *mod)
{
	struct presence *p = lcs_shared(mod);

	if (!is_for_good(conf_of(p)))
		return;
	for (unsigned i = 0; i < worker_count(); i++)
		lcs_hold_end();
	worker_on_each(begin, p);
}

void ending_start(struct presence_local *local) { timer_init(&local->ending, end_more); }

void ending_stop(struct presence_local *local) { timer_stop(&local->ending); }
