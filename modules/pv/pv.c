/*
 * pv - questions about values, and variables that the whole server shares.
 *
 * $shv(x) is read on every worker without a lock: a value never changes, it is
 * replaced, and what it was is freed when nobody can be looking at it any more.
 */
#include "core/lcs.h"
#include "utils/rtab.h"
#include "utils/siphash.h"

#include <errno.h>
#include <stdlib.h>

struct pv_conf { struct lcs_strings shvset; int64_t shv_max, shv_max_length; };

struct pv { struct rtab *shared; };	/* struct shv by name */

struct shv {				/* immutable once it is in the table */
	struct rtab_node   node;
	struct epoch_item  grave;
	struct arena      *arena;	/* this, its name and its value */
	struct slice       name;
	struct value       value;
};

/* ---- questions ---- */

static enum fn_status is_int(struct lcs_call *call)
{
	return fn_bool(call, call->argv[0].type == VALUE_INT);
}

static enum fn_status is_str(struct lcs_call *call)
{
	return fn_bool(call, call->argv[0].type == VALUE_STRING);
}

static enum fn_status pv_isset(struct lcs_call *call)
{
	return fn_bool(call, !value_is_null(call->argv[0]));
}

static enum fn_status not_empty(struct lcs_call *call)
{
	const struct value *v = &call->argv[0];

	return fn_bool(call, v->type == VALUE_STRING ? v->s.len > 0 : !value_is_null(*v));
}

static enum fn_status is_empty(struct lcs_call *call)
{
	const struct value *v = &call->argv[0];

	return fn_bool(call, v->type == VALUE_STRING ? v->s.len == 0 : value_is_null(*v));
}

/* ---- $shv(x) ---- */

static uint64_t hash_of(struct slice name)
{
	return siphash(siphash_boot_key(), name);
}

static bool has_name(const struct rtab_node *node, const void *key)
{
	const struct shv *v = container_of(node, const struct shv, node);

	return slice_eq(v->name, *(const struct slice *)key);
}

static struct shv *find(struct pv *pv, struct slice name)
{
	const struct rtab_node *node = rtab_find(pv->shared, hash_of(name), has_name, &name);

	return node ? container_of((struct rtab_node *)(uintptr_t)node, struct shv, node) : NULL;
}

static void shv_drop(struct epoch_item *item)
{
	struct arena *arena = container_of(item, struct shv, grave)->arena;

	arena_free(&arena);
}

static struct shv *shv_new(struct slice name, struct value value)
{
	struct arena *arena = arena_new(0);
	struct shv *v = arena ? arena_zalloc(arena, sizeof(*v)) : NULL;

	if (v) {
		v->arena = arena;
		v->name = arena_dup(arena, name);
		v->value = value_copy(arena, value);
	}
	if (v && v->name.p && v->value.type == value.type)
		return v;
	arena_free(&arena);
	return NULL;
}

static int shv_put(struct pv *pv, struct slice name, struct value value)
{
	struct shv *old = find(pv, name), *new_one = shv_new(name, value);

	if (!new_one)
		return -ENOMEM;
	if (old) {
		rtab_replace(pv->shared, &old->node, &new_one->node);
		epoch_defer(&old->grave, shv_drop);
	} else {
		rtab_insert(pv->shared, &new_one->node, hash_of(name));
	}
	return 0;
}

/* Writers of one name must not meet; the owner of the name does it for all. */
struct put {
	struct pv    *pv;
	struct arena *arena;
	struct slice  name;
	struct value  value;
	bool          keep;		/* what is there already */
};

static void put_on_owner(void *arg)
{
	struct put *p = arg;
	struct arena *arena = p->arena;

	if (!(p->keep && find(p->pv, p->name)) && shv_put(p->pv, p->name, p->value) != 0)
		log_error("pv", "no memory for $shv(%.*s)", SLICE_ARG(p->name));
	arena_free(&arena);
}

static int send_put(struct pv *pv, struct slice name, struct value value, bool keep)
{
	struct arena *arena = arena_new(0);
	struct put *p = arena ? arena_zalloc(arena, sizeof(*p)) : NULL;
	int err = -ENOMEM;

	if (p) {
		*p = (struct put){ pv, arena, arena_dup(arena, name), value_copy(arena, value),
		    keep };
		if (p->name.p && p->value.type == value.type)
			err = lcs_post(hash_of(name), put_on_owner, p);
	}
	if (err)
		arena_free(&arena);
	return err;
}

static enum fn_status get_shv(struct lcs_call *call)
{
	const struct shv *v = find(call->shared, call->argv[0].s);

	if (!v)
		return FN_DONE;
	/* A wait may come before it is used, and a quiet point with it. */
	call->ret = value_copy(lcs_arena(call->ctx), v->value);
	return call->ret.type == v->value.type ? FN_DONE : FN_FAILED;
}

static bool may_be_added(struct lcs_call *call, struct slice name, struct value value)
{
	const struct pv_conf *conf = call->conf;
	struct pv *pv = call->shared;

	if (value.type == VALUE_STRING && value.s.len > (size_t)conf->shv_max_length)
		return false;
	return find(pv, name) || rtab_count(pv->shared) < (size_t)conf->shv_max;
}

static enum fn_status set_shv(struct lcs_call *call)
{
	struct slice name = call->argv[0].s;
	struct value value = call->argv[2];
	struct pv *pv = call->shared;
	bool mine = worker_of(hash_of(name)) == (unsigned)worker_self();

	if (!may_be_added(call, name, value))
		return FN_FAILED;
	return (mine ? shv_put(pv, name, value) : send_put(pv, name, value, false)) == 0 ?
	    FN_DONE : FN_FAILED;
}

/* ---- life ---- */

/* "name=i:5" or "name=s:text", as in Kamailio. */
static bool read_preset(struct slice text, struct slice *name, struct value *value)
{
	int64_t n;

	*name = slice_trim(slice_split(&text, '='));
	if (name->len == 0 || text.len < 2 || text.p[1] != ':')
		return false;
	*value = value_string(slice_skip(text, 2));
	if (text.p[0] == 's')
		return true;
	if (text.p[0] != 'i' || slice_to_i64(slice_skip(text, 2), &n) != 0)
		return false;
	*value = value_int(n);
	return true;
}

static int pv_check(const void *conf, struct diag *diag)
{
	const struct pv_conf *c = conf;
	struct value value;
	struct slice name;

	for (size_t i = 0; i < c->shvset.count; i++)
		if (!read_preset(c->shvset.items[i], &name, &value))
			return diag_error(diag, "shvset", "\"%.*s\" does not read \"name=i:5\" or "
			    "\"name=s:text\"", SLICE_ARG(c->shvset.items[i]));
	return 0;
}

static int pv_load(struct lcs_mod *mod)
{
	struct pv *pv = lcs_shared(mod);

	pv->shared = rtab_new(64);
	return pv->shared ? 0 : -ENOMEM;
}

/* Presets of a later configuration do not touch what the script has made of them. Before
 * the workers run there is no owner yet. */
static int put_preset(struct pv *pv, struct slice name, struct value value)
{
	if (worker_count() > 0)
		return send_put(pv, name, value, true);
	return find(pv, name) ? 0 : shv_put(pv, name, value);
}

static int pv_prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	const struct pv_conf *c = conf;
	int err = 0;

	(void)next;
	for (size_t i = 0; !err && i < c->shvset.count; i++) {
		struct value value;
		struct slice name;

		if (read_preset(c->shvset.items[i], &name, &value))
			err = put_preset(lcs_shared(mod), name, value);
	}
	return err;
}

static void drop_node(const struct rtab_node *node, void *arg)
{
	struct arena *arena = container_of(node, const struct shv, node)->arena;

	(void)arg;
	arena_free(&arena);
}

static void pv_unload(struct lcs_mod *mod)
{
	struct pv *pv = lcs_shared(mod);

	if (!pv->shared)
		return;
	rtab_each(pv->shared, drop_node, NULL);
	rtab_free(&pv->shared);
}

/* ---- tables ---- */

static const struct lcs_param params[] = {
	PARAM_STRINGS(struct pv_conf, shvset,
	    "value that a $shv() begins with, as in \"debug=i:1\" or \"mode=s:proxy\""),
	PARAM_INT(struct pv_conf, shv_max, "1024", 1, 1000000, "names of $shv() there may be"),
	PARAM_INT(struct pv_conf, shv_max_length, "1024", 1, 1048576, "bytes of a text in $shv()"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "is_int(value: any) -> bool", is_int, IN_ANY, FUNC_PURE, "is it a number?" },
	{ "is_str(value: any) -> bool", is_str, IN_ANY, FUNC_PURE, "is it a text?" },
	{ "pv_isset(value: any) -> bool", pv_isset, IN_ANY, FUNC_PURE, "is it anything but null?" },
	{ "not_empty(value: any) -> bool", not_empty, IN_ANY, FUNC_PURE,
	  "is it neither null nor an empty text?" },
	{ "strempty(value: any) -> bool", is_empty, IN_ANY, FUNC_PURE, "is it null or an empty text?" },
	{ 0 }
};

static const struct lcs_var vars[] = {
	{ "shv", VALUE_ANY, true, VAR_ARG_NAME, false, IN_ANY, IN_ANY, get_shv, set_shv,
	  "a value that all workers share; null until it is set. A worker that does not own the "
	  "name sees what it wrote a moment later" },
	{ 0 }
};

LCS_MODULE(pv,
	.summary = "questions about values, shared variables",
	.conf_size = sizeof(struct pv_conf),
	.shared_size = sizeof(struct pv),
	.params = params,
	.funcs = funcs,
	.vars = vars,
	.check = pv_check,
	.load = pv_load,
	.prepare = pv_prepare,
	.unload = pv_unload,
);
