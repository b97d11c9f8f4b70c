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

static int change_list(const struct renaming *n, struct slice aor, const void *changes,
    unsigned count)
{
	json_t *params = json_pack("{s:o}", "user", json_slice(aor));
	struct lcs_rpc_call call = { .params = params, .arena = n->arena };
	int err = roaming_rpc_change(n->r, &call, changes, count, NULL);

	if (err)
		log_error(n->r->kind->log, "%s of a renamed user stays user=%.*s error=\"%.*s\"",
		    n->r->kind->lists, SLICE_ARG(aor), SLICE_ARG(call.error));
	json_decref(params);
	json_decref(call.result);
	return err;
}

/* Said again after half of it failed: what has gone over already stays there. */
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
	return err ? err : change_list(n, n->from, changes, clears);
}

static void collect(const struct rtab_node *node, void *arg)
{
	const struct roaming_list *l = container_of(node, const struct roaming_list, node);
	struct renaming *n = arg;

	if (n->r->kind->rename(l, n->from, n->to, NULL))
		json_array_append_new(n->others, json_slice(roaming_aor(l)));
}

static int rename_in_others(struct renaming *n)
{
	const struct roaming_kind *kind = n->r->kind;
	const json_t *o;
	int err = 0;
	size_t i;

	rtab_each(n->r->table, collect, n);
	json_array_foreach(n->others, i, o) {
		struct slice aor = slice_of(json_string_value(o), json_string_length(o));
		const struct roaming_list *l = roaming_find(n->r, aor);
		unsigned count = kind->rename(l, n->from, n->to, NULL);
		void *changes = arena_zalloc(n->arena, (count + 1) * kind->change_bytes);
		int one = changes ? 0 : -ENOMEM;

		if (!one && kind->rename(l, n->from, n->to, changes))
			one = change_list(n, aor, changes, count);
		err = err ? err : one;
	}
	return err;
}

static int renamed(void *arg, struct slice from, struct slice to)
{
	struct renaming n = { .r = arg, .from = from, .to = to, .arena = arena_new(0),
	    .others = json_array() };
	int err = n.arena && n.others ? move_own(&n) : -ENOMEM;

	if (!err)
		err = rename_in_others(&n);
	json_decref(n.others);
	arena_free(&n.arena);
	return err;
}

int roaming_follow_names(struct roaming *r)
{
	static const struct auth_db_watch watch = { .renamed = renamed };
	void *state;

	r->users = lcs_import(r->mod, "auth_db", &state);
	r->users_state = state;
	return r->users ? r->users->watch(state, &watch, r) : 0;
}
