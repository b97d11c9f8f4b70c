/*
 * modules/presence/roaming_rename.c - a user gets another address: his lists go with him, and
 * lists of others that name him name the new one. All on the control thread.
 */
#include "modules/presence/roaming.h"

#include "utils/json.h"

#include <errno.h>

struct renaming {
	struct roaming *r;
	struct slice    from, to;
	struct arena   *arena;
	json_t         *others;		/* AORs whose lists name him */
};

static int stays(const struct renaming *n, struct slice aor, int err,
    const struct roaming_answer *answer)
{
	if (err)
		log_error(n->r->kind->log, "%s of a renamed or deleted user stays user=%.*s error=\"%s\"",
		    n->r->kind->lists, SLICE_ARG(aor), answer->why ? answer->why : err_text(err));
	return err;
}

static int change_list(const struct renaming *n, struct slice aor, const void *changes,
    unsigned count)
{
	struct roaming_answer answer = { 0 };
	int err = roaming_order_one(n->r, aor, changes, count, &answer);

	return stays(n, aor, err, &answer);
}

/* 1, or 0 if he has none. Said again after half of it failed: what has gone over already stays there. */
static int move_own(const struct renaming *n)
{
	const struct roaming_kind *kind = n->r->kind;
	const struct roaming_list *l = roaming_find(n->r, n->from);
	unsigned clears = kind->copy(NULL, NULL), count = kind->copy(l, NULL);
	void *changes = arena_zalloc(n->arena, count * kind->change_bytes);
	int err;

	if (!changes)
		return -ENOMEM;
	if (count == clears)
		return 0;
	kind->copy(l, changes);
	err = change_list(n, n->to, changes, count);
	/* Copies begin with what clears a list. */
	if (!err)
		err = change_list(n, n->from, changes, clears);
	return err ? err : 1;
}

static void collect(const struct rtab_node *node, void *arg)
{
	const struct roaming_list *l = container_of(node, const struct roaming_list, node);
	struct renaming *n = arg;

	if (n->r->kind->rename(l, n->from, n->to, NULL))
		json_array_append_new(n->others, json_slice(roaming_aor(l)));
}

static struct slice other(const struct renaming *n, size_t i)
{
	const json_t *o = json_array_get(n->others, i);

	return slice_of(json_string_value(o), json_string_length(o));
}

/* The list may have changed since it was collected. */
static int begin_other(const struct renaming *n, struct slice aor, struct await *await,
    struct roaming_answer *answer)
{
	const struct roaming_kind *kind = n->r->kind;
	const struct roaming_list *l = roaming_find(n->r, aor);
	unsigned count = kind->rename(l, n->from, n->to, NULL);
	void *changes = arena_zalloc(n->arena, (count + 1) * kind->change_bytes);

	if (!changes)
		return -ENOMEM;
	return kind->rename(l, n->from, n->to, changes) ?
	    roaming_order(n->r, aor, changes, count, await, answer) : 0;
}

/* What has come of all of them; the first error. */
static int look_at_others(const struct renaming *n, const struct roaming_answer *answers)
{
	int err = 0;

	for (size_t i = 0; i < json_array_size(n->others); i++) {
		int one = stays(n, other(n, i), roaming_error(&answers[i]), &answers[i]);

		err = err ? err : one;
	}
	return err;
}

/* All at once: the store takes them together, and one wait is enough. */
static int rename_in_others(struct renaming *n)
{
	struct roaming_answer *answers;
	struct await *await;
	int err = 0, late;
	size_t count;

	rtab_each(n->r->table, collect, n);
	count = json_array_size(n->others);
	await = await_new(count * sizeof(*answers));
	if (!await)
		return -ENOMEM;
	answers = await_room(await);
	for (size_t i = 0; i < count && !err; i++)
		err = begin_other(n, other(n, i), await, &answers[i]);
	late = await_all(await, AWAIT_MOST);
	if (late)
		log_error(n->r->kind->log, "the store has not said in time whether all %s name a "
		    "renamed user user=%.*s", n->r->kind->lists, SLICE_ARG(n->to));
	else
		late = look_at_others(n, answers);
	await_unref(&await);
	return err ? err : late;
}

static int renamed(void *arg, struct slice from, struct slice to)
{
	struct renaming n = { .r = arg, .from = from, .to = to, .arena = arena_new(0),
	    .others = json_array() };
	int err = n.arena && n.others ? move_own(&n) : -ENOMEM;

	if (err >= 0)
		err = rename_in_others(&n);
	json_decref(n.others);
	arena_free(&n.arena);
	return err;
}

/* Nobody can have the name former, and nobody's list names it. */
static int succeeded(void *arg, struct slice aor, struct slice former)
{
	struct renaming n = { .r = arg, .from = aor, .to = former, .arena = arena_new(0) };
	int err = n.arena ? move_own(&n) : -ENOMEM;

	arena_free(&n.arena);
	return err;
}

int roaming_follow_names(struct roaming *r)
{
	static const struct auth_db_watch watch = { .renamed = renamed, .succeeded = succeeded };
	void *state;

	r->users = lcs_import(r->mod, "auth_db", &state);
	r->users_state = state;
	return r->users ? r->users->watch(state, &watch, r) : 0;
}
