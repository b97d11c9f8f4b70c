/*
 * modules/presence_winfo/waiting.c - who waits for the user's answer, also when both have gone:
 * kept in the store until the rights say something, or for so long.
 */
#include "modules/presence_winfo/presence_winfo.h"

#include <errno.h>

static const struct store_step steps[] = {
#include "modules/presence_winfo/schema.gen.h"
	{ 0 }
};

enum { STMT_PUT, STMT_DELETE, STMT_PURGE, STMT_ALL };

static const struct store_stmt stmts[] = {
	[STMT_PUT] = { "waiting_put", "replace into presence_waiting(aor, watcher, name, since) "
	    "values (?, ?, ?, ?)", "ssst", NULL, NULL },
	[STMT_DELETE] = { "waiting_delete", "delete from presence_waiting where aor = ? and "
	    "watcher = ?", "ss", NULL, NULL },
	[STMT_PURGE] = { "waiting_purge", "delete from presence_waiting where since < ?", "t",
	    NULL, NULL },
	[STMT_ALL] = { "waiting_all", "select aor, watcher, name, since from presence_waiting "
	    "order by since", "", "ssst", NULL },
	{ 0 }
};

const struct store_schema winfo_schema = { "presence_winfo", steps, stmts, STORE_MADE };

static struct winfo_local *local_of(const struct winfo *w) { return lcs_local(w->mod); }

static const struct winfo_conf *conf_of(const struct winfo *w)
{
	return lcs_conf(w->mod, gen_peek());
}

/* ---- writing ---- */

static void run(int stmt, const struct value *args)
{
	int err = store_is_on() ? store_run(&stmts[stmt], args, NULL, NULL) : 0;

	if (err)
		log_error("presence_winfo", "who waits is not in the store error=\"%s\"",
		    err_text(err));
}

static void put(struct slice aor, const struct waiting *x)
{
	const struct value args[] = { value_string(aor), value_string(x->watcher),
	    value_string(x->name), value_int(x->since) };

	run(STMT_PUT, args);
}

/* ---- memory ---- */

static struct waiting *find(struct winfo_part *part, struct slice watcher)
{
	list_for_each(it, &part->waiting) {
		struct waiting *x = container_of(it, struct waiting, node);

		if (slice_eq_nocase(x->watcher, watcher))
			return x;
	}
	return NULL;
}

const struct waiting *waiting_find(struct winfo_part *part, struct slice watcher)
{
	return find(part, watcher);
}

static struct waiting *waiting_new(struct slice watcher, struct slice name, int64_t since)
{
	struct waiting *x = malloc(sizeof(*x) + watcher.len + name.len + 1);
	char *text;

	if (!x)
		return NULL;
	text = (char *)(x + 1);
	x->watcher = slice_put(&text, watcher);
	x->name = slice_put(&text, name);
	x->since = since;
	return x;
}

/* Others bring back their subscriptions before this module's workers begin. */
static struct list *awaited(struct winfo *w)
{
	struct list *all = &local_of(w)->awaited;

	if (!all->next)
		list_init(all);
	return all;
}

/* A user of whom somebody waits stays. */
static void link_in(struct winfo *w, struct presence_user *u, struct waiting *x)
{
	struct winfo_part *part = winfo_part(w, u);

	list_push_back(&part->waiting, &x->node);
	if (part->waiting_count++ == 0) {
		list_push_back(awaited(w), &part->awaited);
		w->presence->hold(u);
	}
	local_of(w)->waiting++;
}

static void take_out(struct winfo *w, struct presence_user *u, struct waiting *x)
{
	struct winfo_part *part = winfo_part(w, u);
	const struct value key[] = { value_string(w->presence->user_aor(u)), value_string(x->watcher) };

	run(STMT_DELETE, key);
	list_remove(&x->node);
	free(x);
	local_of(w)->waiting--;
	if (--part->waiting_count == 0) {
		list_remove(&part->awaited);
		w->presence->release(u);
	}
}

bool waiting_add(struct winfo *w, struct presence_user *u, struct slice watcher,
    struct slice name)
{
	struct winfo_part *part = winfo_part(w, u);
	struct waiting *x;

	if (find(part, watcher))
		return false;
	x = part->waiting_count < conf_of(w)->max_waiting ?
	    waiting_new(watcher, name, loop_wall(worker_loop())) : NULL;
	if (!x) {
		lcs_count(&local_of(w)->dropped);
		return false;
	}
	link_in(w, u, x);
	put(w->presence->user_aor(u), x);
	return true;
}

/* Who has a subscription was told of with that. */
static void note_end(struct winfo *w, struct presence_user *u, const struct waiting *x,
    enum presence_right right, struct slice told)
{
	if (!slice_eq_nocase(x->watcher, told) && winfo_subs_of(w, u, x->watcher) == 0)
		winfo_note_waiting(w, u, x, "terminated", right == PRESENCE_PENDING ?
		    PRESENCE_EVENT_GIVEUP : right == PRESENCE_ALLOW ? PRESENCE_EVENT_APPROVED :
		    PRESENCE_EVENT_REJECTED);
}

void waiting_review(struct winfo *w, struct presence_user *u, struct slice told)
{
	struct winfo_part *part = winfo_part(w, u);
	int64_t oldest = loop_wall(worker_loop()) - conf_of(w)->wait_time / 1000;

	w->presence->hold(u);
	list_for_each_safe(it, &part->waiting) {
		struct waiting *x = container_of(it, struct waiting, node);
		enum presence_right right = w->presence->right_of(u, w->pk, x->watcher, NULL, NULL);

		if (x->since >= oldest && right == PRESENCE_PENDING)
			continue;
		note_end(w, u, x, right, told);
		take_out(w, u, x);
	}
	w->presence->release(u);
}

void waiting_forget(struct winfo *w, struct presence_user *u, struct slice watcher)
{
	w->presence->hold(u);
	list_for_each_safe(it, &winfo_part(w, u)->waiting) {
		struct waiting *x = container_of(it, struct waiting, node);

		if (!watcher.p || slice_eq_nocase(x->watcher, watcher))
			take_out(w, u, x);
	}
	w->presence->release(u);
}

void waiting_forget_all(struct winfo *w, struct slice watcher)
{
	list_for_each_safe(it, awaited(w)) {
		struct winfo_part *part = container_of(it, struct winfo_part, awaited);
		struct presence_user *u = part->user;
		const struct waiting *x = find(part, watcher);

		if (!x)
			continue;
		note_end(w, u, x, PRESENCE_DENY, SLICE_NULL);
		waiting_forget(w, u, watcher);
		w->presence->stale(u, &wpending_package);
		w->presence->changed(u, &winfo_package);
	}
}

void waiting_free(struct winfo_part *part)
{
	struct list *node;

	while (part->w && (node = list_pop_front(&part->waiting)))
		free(container_of(node, struct waiting, node));
}

/* ---- reading ---- */

struct row { struct row *next; struct slice aor, watcher, name; int64_t since; };

struct loaded { struct arena *arena; struct row *first, **end; int64_t oldest; int err; };

/* Older ones are still there if they could not be taken out. */
static void load_row(void *arg, const struct value *c, unsigned columns)
{
	struct loaded *l = arg;
	struct row *row;

	lcs_assert(columns == 4);
	if (c[0].type != VALUE_STRING || c[1].type != VALUE_STRING || c[2].type != VALUE_STRING ||
	    c[3].type != VALUE_INT || !c[1].s.len || c[3].i < l->oldest)
		return;
	row = arena_zalloc(l->arena, sizeof(*row));
	if (!row) {
		l->err = -ENOMEM;
		return;
	}
	row->aor = arena_dup(l->arena, c[0].s);
	row->watcher = arena_dup(l->arena, c[1].s);
	row->name = c[2].s.len ? arena_dup(l->arena, c[2].s) : SLICE_NULL;
	row->since = c[3].i;
	if (!row->aor.p || !row->watcher.p)
		l->err = -ENOMEM;
	*l->end = row;
	l->end = &row->next;
}

int waiting_load(struct winfo *w, int64_t oldest)
{
	struct loaded *l = calloc(1, sizeof(*l));
	const struct value since = value_int(oldest);
	int n;

	if (!l)
		return -ENOMEM;
	w->loaded = l;
	l->oldest = oldest;
	l->end = &l->first;
	l->arena = arena_new(0);
	if (!l->arena)
		return -ENOMEM;
	n = store_run_now(&stmts[STMT_PURGE], &since, NULL, NULL);
	if (n < 0)			/* a full disk is no reason not to begin */
		log_error("presence_winfo", "who has waited for too long stays in the store "
		    "error=\"%s\"", err_text(n));
	n = store_run_now(&stmts[STMT_ALL], NULL, load_row, l);
	return n < 0 ? n : l->err;
}

void waiting_adopt(struct winfo *w)
{
	struct presence_user *u;
	struct waiting *x;

	for (struct row *row = w->loaded ? w->loaded->first : NULL; row; row = row->next) {
		if ((int)worker_of(lcs_user_key(row->aor)) != worker_self())
			continue;
		u = w->presence->user(w->presence_state, row->aor, true);
		if (!u || find(winfo_part(w, u), row->watcher))
			continue;
		x = waiting_new(row->watcher, row->name, row->since);
		if (x)
			link_in(w, u, x);
	}
}

void waiting_fini(struct winfo *w)
{
	if (!w->loaded)
		return;
	arena_free(&w->loaded->arena);
	free(w->loaded);
	w->loaded = NULL;
}
