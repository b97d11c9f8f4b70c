/*
 * modules/homing/homes.c - see homes.h.
 */
#include "modules/homing/homes.h"

#include "utils/siphash.h"

#include <errno.h>
#include <stdlib.h>

static const struct store_step steps[] = {
#include "modules/homing/schema.gen.h"
	{ 0 }
};

enum { STMT_ALL, STMT_PUT, STMT_DELETE };

static const struct store_stmt stmts[] = {
	[STMT_ALL] = { "home_all", "select aor, home, changed from user_home", "", "ssi", NULL },
	[STMT_PUT] = { "home_put", "replace into user_home(aor, home, changed, version) values "
	    "(?, ?, ?, ?)", "ssii", NULL, NULL },
	[STMT_DELETE] = { "home_delete", "delete from user_home where aor = ?", "s", NULL, NULL },
	{ 0 }
};

const struct store_schema homes_schema = { "homing", steps, stmts, STORE_LOCAL };

/* ---- in memory ---- */

static bool same_aor(const struct rtab_node *node, const void *key)
{
	return slice_eq_nocase(((const struct home *)(const void *)node)->aor,
	    *(const struct slice *)key);
}

static uint64_t hash_of(struct slice aor) { return siphash_nocase(siphash_boot_key(), aor); }

static void drop(struct epoch_item *item) { free(container_of(item, struct home, item)); }

int homes_init(struct homes *h)
{
	h->table = rtab_new(256);
	return h->table ? 0 : -ENOMEM;
}

static void free_one(const struct rtab_node *node, void *arg)
{
	(void)arg;
	free((void *)(uintptr_t)node);
}

void homes_fini(struct homes *h)
{
	if (!h->table)
		return;
	rtab_each(h->table, free_one, NULL);
	rtab_free(&h->table);
}

const struct home *homes_find(const struct homes *h, struct slice aor)
{
	return (const struct home *)(const void *)rtab_find(h->table, hash_of(aor), same_aor, &aor);
}

static struct home *home_new(struct slice aor, struct slice server, int64_t changed)
{
	struct home *home = calloc(1, sizeof(*home) + aor.len + server.len);
	char *text = (char *)(home + 1);

	if (!home)
		return NULL;
	home->aor = slice_put(&text, aor);
	home->server = slice_put(&text, server);
	home->changed = changed;
	return home;
}

static void link_home(struct homes *h, struct home *home)
{
	struct home *old = (struct home *)(uintptr_t)homes_find(h, home->aor);

	if (!old) {
		rtab_insert(h->table, &home->node, hash_of(home->aor));
		return;
	}
	rtab_replace(h->table, &old->node, &home->node);
	epoch_defer(&old->item, drop);
}

/* ---- the store ---- */

struct loading { struct homes *homes; int err; };

static void load_row(void *arg, const struct value *c, unsigned columns)
{
	struct loading *l = arg;
	struct home *home;

	lcs_assert(columns == 3);
	if (c[0].type != VALUE_STRING || c[1].type != VALUE_STRING || !c[1].s.len)
		return;
	home = home_new(c[0].s, c[1].s, c[2].i);
	if (home)
		link_home(l->homes, home);
	else
		l->err = -ENOMEM;
}

int homes_load(struct homes *h)
{
	struct loading l = { h, 0 };
	int n = store_run_now(&stmts[STMT_ALL], NULL, load_row, &l);

	return l.err ? l.err : n;
}

static int put(struct homes *h, struct slice aor, struct slice server)
{
	int64_t now = clock_wall();
	struct home *home = home_new(aor, server, now);
	struct value args[] = { value_string(aor), value_string(server), value_int(now),
	    value_int(now) };
	int n = home ? store_run_now(&stmts[STMT_PUT], args, NULL, NULL) : -ENOMEM;

	if (n < 0)
		free(home);
	else
		link_home(h, home);
	return n < 0 ? n : 0;
}

static int forget(struct homes *h, struct home *old)
{
	struct value args[] = { value_string(old->aor) };
	int n = store_run_now(&stmts[STMT_DELETE], args, NULL, NULL);

	if (n < 0)
		return n;
	rtab_remove(h->table, &old->node);
	epoch_defer(&old->item, drop);
	return 0;
}

/* The spelling that came first stays: it is the key in the store. */
int homes_set(struct homes *h, struct slice aor, struct slice server)
{
	struct home *old = (struct home *)(uintptr_t)homes_find(h, aor);

	if (!server.len)
		return old ? forget(h, old) : -ENOENT;
	if (old && slice_eq(old->server, server))
		return 0;
	return put(h, old ? old->aor : aor, server);
}

static bool is_of_name(char c) { return is_alnum(c) || c == '-' || c == '.'; }

bool homes_is_server(struct slice text)
{
	return text.len > 0 && text.len < 256 && slice_take_while(&text, is_of_name).len > 0 &&
	    text.len == 0;
}

struct visit { void (*fn)(const struct home *home, void *arg); void *arg; };

static void visit_one(const struct rtab_node *node, void *arg)
{
	const struct visit *v = arg;

	v->fn((const struct home *)(const void *)node, v->arg);
}

void homes_each(const struct homes *h, void (*fn)(const struct home *home, void *arg), void *arg)
{
	struct visit v = { fn, arg };

	rtab_each(h->table, visit_one, &v);
}
