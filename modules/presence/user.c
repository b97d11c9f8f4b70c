/*
 * modules/presence/user.c - users: made when there is something to remember, gone when not.
 */
#include "modules/presence/pub.h"
#include "modules/presence/sub.h"

#include <errno.h>

#define NOTICES_PER_TURN 400u

static bool same_aor(const struct htab_node *node, const void *key)
{
	return slice_eq_nocase(container_of(node, const struct presence_user, node)->aor,
	    *(const struct slice *)key);
}

static struct presence_user *user_new(struct presence *p, struct slice aor, uint64_t key)
{
	struct presence_user *u = calloc(1, sizeof(*u) + p->parts_size + aor.len + 1);
	struct presence_local *local = local_of(p);
	char *text;

	if (!u) {
		lcs_count(&local->no_memory);
		return NULL;
	}
	text = u->parts + p->parts_size;
	memcpy(text, aor.p, aor.len);
	u->aor = slice_of(text, aor.len);
	u->p = p;
	u->key = key;
	list_init(&u->dirty);
	list_init(&u->turns);
	list_init(&u->subs);
	list_init(&u->due);
	list_init(&u->pubs);
	list_init(&u->bodies);
	u->is_registered = bindings_are_there(p, aor);
	htab_insert(&local->users, &u->node, key);
	local->users_known++;
	return u;
}

struct presence_user *user_find(struct presence *p, struct slice aor, bool make)
{
	return user_at(p, aor, lcs_user_key(aor), make);
}

struct presence_user *user_at(struct presence *p, struct slice aor, uint64_t key, bool make)
{
	struct htab_node *node;
	struct presence_user *u;

	lcs_assert((int)worker_of(key) == worker_self());
	node = htab_find(&local_of(p)->users, key, same_aor, &aor);
	if (node)
		return container_of(node, struct presence_user, node);
	u = make && aor.len ? user_new(p, aor, key) : NULL;
	if (u)
		user_touch(u);
	return u;
}

struct slice user_aor(const struct presence_user *u) { return u->aor; }

bool user_is_registered(const struct presence_user *u) { return u->is_registered; }

void *user_part(struct presence_user *u, int index)
{
	lcs_assert(index >= 0 && (unsigned)index < u->p->part_count);
	return u->parts + u->p->part_at[index];
}

void user_touch(struct presence_user *u)
{
	struct presence_local *local = local_of(u->p);

	if (list_is_empty(&u->dirty))
		list_push_back(&local->dirty, &u->dirty);
	if (!timer_is_running(&local->more))
		loop_at_end(worker_loop(), &local->task);
}

void user_hold(struct presence_user *u) { u->holds++; }

void user_release(struct presence_user *u)
{
	lcs_assert(u->holds > 0);
	if (--u->holds == 0)
		user_touch(u);
}

/* ---- turns ---- */

static void begin_turn(struct presence_user *u, void (*fn)(struct presence_user *u, void *arg),
    void *arg)
{
	u->in_turn = true;
	user_hold(u);
	fn(u, arg);
}

int user_take_turn(struct presence_user *u, void (*fn)(struct presence_user *u, void *arg),
    void *arg)
{
	struct turn *t;

	if (!u->in_turn && list_is_empty(&u->turns)) {
		begin_turn(u, fn, arg);
		return 0;
	}
	t = malloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->fn = fn;
	t->arg = arg;
	list_push_back(&u->turns, &t->node);
	return 0;
}

/* Not a call in a call: a long line of short turns would be as deep as it is long. */
void user_end_turn(struct presence_user *u)
{
	lcs_assert(u->in_turn);
	u->in_turn = false;
	user_touch(u);
	user_release(u);
}

static void next_turns(struct presence_user *u)
{
	struct list *node;

	while (!u->in_turn && (node = list_pop_front(&u->turns))) {
		struct turn t = *container_of(node, struct turn, node);

		free(container_of(node, struct turn, node));
		begin_turn(u, t.fn, t.arg);
	}
}

/* ---- the end of the loop's turn ---- */

static bool is_idle(const struct presence_user *u)
{
	return !u->holds && !u->in_turn && list_is_empty(&u->turns) && list_is_empty(&u->subs) &&
	    list_is_empty(&u->pubs);
}

static void user_free(struct presence_user *u)
{
	struct presence *p = u->p;

	subs_free(u);
	pubs_free(u);
	view_forget(u, NULL);
	for (unsigned i = 0; i < p->part_count; i++)
		if (p->parts[i]->gone)
			p->parts[i]->gone(user_part(u, (int)i), u);
	list_remove(&u->dirty);
	free(u);
}

static bool look_at(struct presence_user *u, unsigned *budget)
{
	struct presence_local *local = local_of(u->p);
	bool is_done;

	next_turns(u);
	is_done = notify_user(u, budget);
	if (!is_idle(u))
		return is_done;
	htab_remove(&local->users, &u->node);
	local->users_known--;
	user_free(u);
	return true;
}

/* A user with ten thousand watchers must not hold up everybody else. */
static void look(struct loop_task *task)
{
	struct presence_local *local = container_of(task, struct presence_local, task);
	unsigned budget = NOTICES_PER_TURN;
	struct list *node;

	while ((node = list_pop_front(&local->dirty))) {
		struct presence_user *u = container_of(node, struct presence_user, dirty);

		if (look_at(u, &budget))
			continue;
		if (list_is_empty(&u->dirty))
			list_push_front(&local->dirty, &u->dirty);
		timer_start(&local->more, 0);
		return;
	}
}

static void look_again(struct timer *t)
{
	struct presence_local *local = container_of(t, struct presence_local, more);

	loop_at_end(worker_loop(), &local->task);
}

/* ---- life ---- */

int users_start(struct presence_local *local)
{
	list_init(&local->dirty);
	loop_task_init(&local->task, look);
	timer_init(&local->more, look_again);
	return htab_init(&local->users, 256) != 0 || htab_init(&local->watchers, 256) != 0 ||
	    htab_init(&local->clients, 256) != 0 ? -ENOMEM : 0;
}

static void free_node(struct htab_node *node, void *arg)
{
	struct presence_user *u = container_of(node, struct presence_user, node);
	struct list *turn;

	htab_remove(arg, node);
	while ((turn = list_pop_front(&u->turns)))
		free(container_of(turn, struct turn, node));
	user_free(u);
}

void users_stop(struct presence_local *local)
{
	timer_stop(&local->more);
	htab_each(&local->users, free_node, &local->users);
	htab_fini(&local->users);
	htab_fini(&local->watchers);
	htab_fini(&local->clients);
}
