/*
 * modules/xcap_server/keep.c - documents as their clients wrote them.
 *
 * The truth about contacts and rights is elsewhere. Here is how a client put it: names of rules,
 * order, blanks. It is good as long as the part has the number that the client's change gave it.
 */
#include "modules/xcap_server/xcap.h"

#include <errno.h>
#include <stdlib.h>

static const struct store_step steps[] = {
#include "modules/xcap_server/schema.gen.h"
	{ 0 }
};

enum { STMT_PUT, STMT_GONE, STMT_ALL };

static const struct store_stmt stmts[] = {
	[STMT_PUT] = { "xcap_put", "replace into xcap_document(aor, auid, number, body, changed) "
	    "values (?, ?, ?, ?, ?)", "ssist", NULL, NULL },
	[STMT_GONE] = { "xcap_delete", "delete from xcap_document where aor = ? and auid = ?", "ss",
	    NULL, NULL },
	[STMT_ALL] = { "xcap_all", "select aor, auid, number, body from xcap_document", "", "ssis",
	    NULL },
	{ 0 }
};

const struct store_schema xcap_schema = { "xcap_server", steps, stmts, STORE_MADE };

struct key { const struct xcap_usage *usage; struct slice aor; };

static bool is_same(const struct rtab_node *node, const void *key)
{
	const struct xcap_kept *k = (const void *)node;
	const struct key *want = key;

	return k->usage == want->usage && slice_eq_nocase(k->aor, want->aor);
}

static uint64_t hash_of(const struct xcap_usage *usage, struct slice aor)
{
	return lcs_user_key(aor) + usage->auid.len * 0x9e3779b97f4a7c15u;
}

const struct xcap_kept *xcap_kept_find(struct xcap *x, const struct xcap_usage *usage,
    struct slice aor)
{
	const struct key key = { usage, aor };

	return (const void *)rtab_find(x->kept, hash_of(usage, aor), is_same, &key);
}

static struct xcap_kept *kept_new(const struct xcap_usage *usage, struct slice aor,
    uint32_t number, struct slice text)
{
	struct xcap_kept *k = malloc(sizeof(*k) + aor.len + text.len + 1);
	char *at = (char *)(k + 1);

	if (!k)
		return NULL;
	*k = (struct xcap_kept){ .usage = usage, .number = number };
	k->aor = slice_put(&at, aor);
	k->text = slice_put(&at, text);
	return k;
}

static void drop(struct epoch_item *item)
{
	free(container_of(item, struct xcap_kept, item));
}

/* k NULL: none any more. */
static void publish(struct xcap *x, const struct key *key, struct xcap_kept *k)
{
	struct xcap_kept *old = (void *)(uintptr_t)xcap_kept_find(x, key->usage, key->aor);

	if (old && k)
		rtab_replace(x->kept, &old->node, &k->node);
	else if (old)
		rtab_remove(x->kept, &old->node);
	else if (k)
		rtab_insert(x->kept, &k->node, hash_of(key->usage, key->aor));
	if (old)
		epoch_defer(&old->item, drop);
}

/* ---- writing ---- */

struct writing {
	struct xcap            *x;
	struct xcap_kept       *next;	/* NULL: delete */
	struct key              key;	/* aor behind the struct */
	void                  (*done)(void *arg, int err);
	void                   *arg;
};

static void written(void *arg, int err, const struct store_rows *rows)
{
	struct writing *w = arg;

	(void)rows;
	if (err)
		free(w->next);
	else
		publish(w->x, &w->key, w->next);
	w->done(w->arg, err);
	free(w);
}

static void written_nowhere(void *arg)
{
	written(arg, 0, NULL);
}

static const struct store_stmt *fill_row(const struct key *key, const struct xcap_kept *next,
    int64_t now, struct value row[5])
{
	row[0] = value_string(key->aor);
	row[1] = value_string(key->usage->auid);
	if (!next)
		return &stmts[STMT_GONE];
	row[2] = value_int(next->number);
	row[3] = value_string(next->text.len ? next->text : SLICE(""));
	row[4] = value_int(now);
	return &stmts[STMT_PUT];
}

static int journal(struct writing *w)
{
	struct value row[5];
	const struct store_stmt *stmt = fill_row(&w->key, w->next, loop_wall(worker_loop()), row);

	if (!store_is_on())
		return lcs_post(lcs_user_key(w->key.aor), written_nowhere, w);
	return store_run(stmt, row, written, w);
}

int xcap_kept_put(struct xcap *x, const struct xcap_usage *usage, struct slice aor,
    uint32_t number, struct slice text, void (*done)(void *arg, int err), void *arg)
{
	struct writing *w = malloc(sizeof(*w) + aor.len);
	int err = -ENOMEM;

	if (!w)
		return err;
	*w = (struct writing){ x, NULL, { usage, slice_of((char *)(w + 1), aor.len) }, done, arg };
	memcpy(w + 1, aor.p, aor.len);
	if (text.p)
		w->next = kept_new(usage, aor, number, text);
	if (!text.p || w->next)
		err = journal(w);
	if (!err)
		return 0;
	free(w->next);
	free(w);
	return err;
}

/* ---- writing for an administrator ---- */

struct placing { struct xcap *x; struct key key; struct xcap_kept *next; };

static void place_on_owner(unsigned index, void *arg)
{
	struct placing *p = arg;

	if (index == worker_of(lcs_user_key(p->key.aor)))
		publish(p->x, &p->key, p->next);
}

int xcap_kept_put_now(struct xcap *x, const struct xcap_usage *usage, struct slice aor,
    uint32_t number, struct slice text)
{
	struct placing p = { x, { usage, aor }, text.p ? kept_new(usage, aor, number, text) : NULL };
	struct value row[5];
	const struct store_stmt *stmt = fill_row(&p.key, p.next, clock_wall(), row);
	int err = text.p && !p.next ? -ENOMEM : 0;

	if (!err && store_is_on())
		err = store_run_now(stmt, row, NULL, NULL);
	if (err < 0)
		free(p.next);
	else
		worker_on_each(place_on_owner, &p);
	return err < 0 ? err : 0;
}

struct visit { void (*fn)(const struct xcap_kept *k, void *arg); void *arg; };

static void visit_one(const struct rtab_node *node, void *arg)
{
	const struct visit *v = arg;

	v->fn((const void *)node, v->arg);
}

void xcap_kept_each(struct xcap *x, void (*fn)(const struct xcap_kept *k, void *arg), void *arg)
{
	struct visit v = { fn, arg };

	rtab_each(x->kept, visit_one, &v);
}

/* ---- reading ---- */

struct loading { struct xcap *x; int count, err; };

static const struct xcap_usage *usage_of(struct slice auid)
{
	static const struct xcap_usage *const all[] = { &xcap_lists, &xcap_rules, &xcap_services };

	for (unsigned i = 0; i < 3; i++)
		if (slice_eq(all[i]->auid, auid))
			return all[i];
	return NULL;
}

static void load_row(void *arg, const struct value *c, unsigned columns)
{
	struct loading *l = arg;
	const struct xcap_usage *usage;
	struct xcap_kept *k;

	lcs_assert(columns == 4);
	usage = c[1].type == VALUE_STRING ? usage_of(c[1].s) : NULL;
	if (!usage || c[0].type != VALUE_STRING || c[2].type != VALUE_INT ||
	    c[3].type != VALUE_STRING) {
		log_error("xcap_server", "a row of xcap_document makes no sense and is left out");
		return;
	}
	k = kept_new(usage, c[0].s, (uint32_t)c[2].i, c[3].s);
	if (!k) {
		l->err = -ENOMEM;
		return;
	}
	rtab_insert(l->x->kept, &k->node, hash_of(usage, k->aor));
	l->count++;
}

int xcap_kept_load(struct xcap *x)
{
	struct loading l = { .x = x };
	int n = store_run_now(&stmts[STMT_ALL], NULL, load_row, &l);

	return n < 0 ? n : l.err ? l.err : l.count;
}

static void free_one(const struct rtab_node *node, void *arg)
{
	(void)arg;
	free((void *)(uintptr_t)(const void *)node);
}

void xcap_kept_free(struct xcap *x)
{
	if (!x->kept)
		return;
	rtab_each(x->kept, free_one, NULL);
	rtab_free(&x->kept);
}
