/*
 * presence_winfo - who watches me (RFC 3857, 3858), and who waits to be let in (LCS clients).
 */
#include "modules/presence_winfo/presence_winfo.h"

static void part_gone(void *arg, struct presence_user *u)
{
	struct winfo_part *part = arg;

	(void)u;
	waiting_free(part);
	for (unsigned i = 0; part->changes && i < CHANGES_MAX; i++)
		free(part->changes[i].xml);
	free(part->changes);
}

/* ---- what happens to watchers ---- */

static void waits(struct winfo *w, struct presence_user *u, const struct presence_sub_info *s)
{
	if (s->state == PRESENCE_SUB_PENDING && waiting_add(w, u, s->watcher, s->watcher_name))
		w->presence->changed(u, &wpending_package);
	else if (s->right != PRESENCE_PENDING)
		waiting_review(w, u, s->watcher);
	/* An LCS client asks its user again for everybody in each notice: who has been answered
	 * goes without one. */
	w->presence->stale(u, &wpending_package);
}

/* One who waits without a subscription has a number of his own: it comes when his last one has run
 * out, and goes when he has one again. */
static void note_wait(struct winfo *w, struct presence_user *u, const struct presence_sub_info *s,
    bool waited)
{
	const struct waiting *x = waiting_find(winfo_part(w, u), s->watcher);
	unsigned n = x ? winfo_subs_of(w, u, s->watcher) : 0;

	if (!x)
		return;
	if (s->state == PRESENCE_SUB_TERMINATED && n == 0)
		winfo_note_waiting(w, u, x, "waiting", PRESENCE_EVENT_TIMEOUT);
	else if (s->state == PRESENCE_SUB_PENDING && waited && n == 1)
		winfo_note_waiting(w, u, x, "terminated", PRESENCE_EVENT_SUBSCRIBE);
}

struct recalling { struct winfo *w; struct presence_user *u; bool any; };

static void recall_one(void *arg, struct presence_sub *sub)
{
	struct recalling *r = arg;
	const struct presence_sub_info *s = r->w->presence->sub_info(sub);

	if (s->state == PRESENCE_SUB_PENDING)
		r->any |= waiting_add(r->w, r->u, s->watcher, s->watcher_name);
}

/* A list watches on when its user is deleted; who waited for that one was forgotten, and waits for whoever
 * has got the address since. */
static void recall(struct winfo *w, struct presence_user *u)
{
	struct recalling r = { w, u, false };

	w->presence->each_sub(u, w->pk, recall_one, &r);
	if (r.any)
		w->presence->changed(u, &wpending_package);
}

static void review(struct winfo *w, struct presence_user *u)
{
	uint64_t before = winfo_part(w, u)->seq;

	waiting_review(w, u, SLICE_NULL);
	w->presence->stale(u, &wpending_package);
	if (winfo_part(w, u)->seq != before)
		w->presence->changed(u, &winfo_package);
}

static void observe(void *arg, struct presence_user *u, const struct presence_sub *sub,
    enum presence_sub_event event)
{
	struct winfo *w = arg;
	const struct presence_sub_info *s;
	bool waited;

	if (!w->pk)
		return;			/* nobody brings "presence" */
	if (!sub && event == PRESENCE_EVENT_NORESOURCE)
		waiting_forget(w, u, SLICE_NULL);	/* the next user of that name is another one */
	else if (!sub)
		review(w, u);
	if (!sub)
		return;
	s = w->presence->sub_info(sub);
	if (s->package == &wpending_package && event == PRESENCE_EVENT_SUBSCRIBE)
		recall(w, u);
	if (s->package != w->pk || (s->flags & PRESENCE_SUB_SELF))
		return;
	waited = waiting_find(winfo_part(w, u), s->watcher);
	waits(w, u, s);
	/* Be it that he is no user any more, and the rights have nothing to do with it. */
	if (event == PRESENCE_EVENT_REJECTED)
		waiting_forget(w, u, s->watcher);
	winfo_note(w, u, sub);
	note_wait(w, u, s, waited);
	w->presence->changed(u, &winfo_package);
}

/* ---- who is deleted ---- */

struct deletion { struct winfo *w; struct slice aor; };

static void forget_on_worker(unsigned index, void *arg)
{
	const struct deletion *d = arg;

	(void)index;
	waiting_forget_all(d->w, d->aor);
}

/* Whom a list has watched for, or who had given up, has no subscription that would be rejected; and
 * a new user of that name is somebody else. */
static void locked_out(void *arg, struct slice aor, bool deleted)
{
	struct deletion d = { arg, aor };

	if (deleted)
		worker_on_each(forget_on_worker, &d);
}

static int follow_deletions(struct winfo *w)
{
	static const struct auth_db_watch watch = { .locked_out = locked_out };
	void *state;
	const struct auth_db_api *db = lcs_import(w->mod, "auth_db", &state);

	return db ? db->watch(state, &watch, w) : 0;
}

/* ---- life ---- */

static const struct presence_part part = { "winfo", sizeof(struct winfo_part), part_gone };

static int load(struct lcs_mod *mod)
{
	struct winfo *w = lcs_shared(mod);
	int err;

	w->mod = mod;
	w->part = w->presence->add_part(w->presence_state, &part);
	err = w->part < 0 ? w->part : w->presence->add_package(w->presence_state, &winfo_package, w);
	if (!err)
		err = w->presence->add_package(w->presence_state, &wpending_package, w);
	if (!err)
		err = w->presence->observe(w->presence_state, observe, w);
	return err ? err : follow_deletions(w);
}

/* All modules are loaded by now, so the package is there if anybody brings it. */
static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct winfo *w = lcs_shared(mod);
	const struct winfo_conf *c = conf;

	(void)next;
	w->pk = w->presence->package(w->presence_state, SLICE("presence"));
	return store_is_on() && !w->loaded ?
	    waiting_load(w, clock_wall() - c->wait_time / 1000) : 0;
}

static int worker_start(struct lcs_mod *mod, void *local)
{
	(void)local;
	waiting_adopt(lcs_shared(mod));
	return 0;
}

static void unload(struct lcs_mod *mod)
{
	waiting_fini(lcs_shared(mod));
}

/* ---- tables ---- */

static const struct lcs_need needs[] = {
	NEED(struct winfo, presence, presence, 1),
	{ .name = "auth_db", .version = 1, .optional = true },
	{ 0 }
};

static const struct lcs_param params[] = {
	PARAM_INT(struct winfo_conf, max_waiting, "200", 1, 100000,
	    "watchers of one user that may wait for an answer; more wait without being remembered"),
	PARAM_DURATION(struct winfo_conf, wait_time, "30d", 60000, (int64_t)3650 * 86400000, "s",
	    "how long a watcher who waits is remembered"),
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct winfo_local, waiting, STAT_GAUGE, "watchers that wait for an answer"),
	LCS_STAT(struct winfo_local, dropped, STAT_COUNTER,
	    "watchers not remembered: above max_waiting, or memory was short"),
	{ 0 }
};

LCS_MODULE(presence_winfo,
	.summary = "who watches a user, and who waits for the user's consent",
	.conf_size = sizeof(struct winfo_conf),
	.local_size = sizeof(struct winfo_local),
	.shared_size = sizeof(struct winfo),
	.params = params,
	.needs = needs,
	.stats = stats,
	.schema = &winfo_schema,
	.flags = MODULE_AT_START,
	.load = load,
	.prepare = prepare,
	.worker_start = worker_start,
	.unload = unload,
	.manual =
	    "Two event packages, both for the user himself only:\n\n"
	    "- `presence.winfo` (RFC 3857, 3858): all watchers with their state and what happened to\n"
	    "  them last; the first document is full, those that follow are partial.\n"
	    "- `presence.wpending`: those who wait for the user's consent, as LCS clients want it. A\n"
	    "  notice is sent only when somebody new waits.\n\n"
	    "Who waits is remembered when both sides have signed out, and after a restart, until the\n"
	    "user's rules say something about the watcher (`waiting` in RFC 3858's words), or until\n"
	    "either of them is deleted.\n",
);
