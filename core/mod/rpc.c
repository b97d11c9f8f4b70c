/*
 * core/mod/rpc.c - see rpc.h. Control thread only.
 */
#include "core/mod/rpc.h"

#include "core/run/await.h"

#include <errno.h>
#include <stdlib.h>

static struct { struct rpc_entry *entries; unsigned count, room; } list;

static int by_name(const void *a, const void *b)
{
	const struct rpc_entry *x = a, *y = b;

	return slice_cmp(slice_str(x->rpc->method), slice_str(y->rpc->method));
}

static int grow(void)
{
	unsigned room = list.room ? list.room * 2 : 64;
	struct rpc_entry *more = realloc(list.entries, room * sizeof(*more));

	if (!more)
		return -ENOMEM;
	list.entries = more;
	list.room = room;
	return 0;
}

static int add(const struct lcs_rpc *rpc, struct lcs_mod *mod)
{
	if (rpc_find(slice_str(rpc->method)))
		return -EEXIST;
	if (list.count == list.room && grow() != 0)
		return -ENOMEM;
	list.entries[list.count++] = (struct rpc_entry){ rpc, mod };
	qsort(list.entries, list.count, sizeof(list.entries[0]), by_name);
	return 0;
}

int rpc_register(const struct lcs_rpc *table, struct lcs_mod *mod)
{
	for (; table->method; table++) {
		int err = add(table, mod);

		if (err)
			return err;
	}
	return 0;
}

void rpc_unregister(const struct lcs_mod *mod)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < list.count; i++)
		if (list.entries[i].mod != mod)
			list.entries[kept++] = list.entries[i];
	list.count = kept;
}

static unsigned caller = (unsigned)-1;

unsigned rpc_caller(void) { return caller; }
void rpc_set_caller(unsigned uid) { caller = uid; }

void rpc_unregister_all(void)
{
	free(list.entries);
	list.entries = NULL;
	list.count = list.room = 0;
}

unsigned rpc_list(const struct rpc_entry **out)
{
	*out = list.entries;
	return list.count;
}

const struct rpc_entry *rpc_find(struct slice method)
{
	for (unsigned i = 0; i < list.count; i++)
		if (slice_eq(slice_str(list.entries[i].rpc->method), method))
			return &list.entries[i];
	return NULL;
}

/* ---- parameters ---- */

static bool has_type(const json_t *v, enum value_type type)
{
	switch (type) {
	case VALUE_BOOL:
		return json_is_boolean(v);
	case VALUE_INT:
		return json_is_integer(v);
	case VALUE_LIST:
		return json_is_array(v);
	case VALUE_ANY:
		return true;
	case VALUE_DURATION:
		return json_is_integer(v) || json_is_string(v);
	default:
		return json_is_string(v);	/* addresses and URIs come as text */
	}
}

static const char *type_word(enum value_type type)
{
	switch (type) {
	case VALUE_BOOL: return "true or false";
	case VALUE_INT: return "a number";
	case VALUE_LIST: return "a list";
	case VALUE_DURATION: return "a time";
	default: return "a text";
	}
}

static const struct lcs_rpc_arg *find_arg(const struct lcs_rpc *rpc, const char *name)
{
	for (const struct lcs_rpc_arg *a = rpc->args; a && a->name; a++)
		if (slice_eq(slice_str(a->name), slice_str(name)))
			return a;
	return NULL;
}

static bool check_given(const struct lcs_rpc *rpc, const json_t *object, struct arena *arena,
    struct slice *error)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value) {
		const struct lcs_rpc_arg *a = find_arg(rpc, key);

		if (!a) {
			*error = arena_printf(arena, "%s takes no \"%s\"", rpc->method, key);
			return false;
		}
		if (!has_type(value, a->type)) {
			*error = arena_printf(arena, "\"%s\" must be %s", key, type_word(a->type));
			return false;
		}
	}
	return true;
}

static bool check_required(const struct lcs_rpc *rpc, const json_t *object, struct arena *arena,
    struct slice *error)
{
	for (const struct lcs_rpc_arg *a = rpc->args; a && a->name; a++) {
		if (!a->required || json_object_get(object, a->name))
			continue;
		*error = arena_printf(arena, "%s needs \"%s\"", rpc->method, a->name);
		return false;
	}
	return true;
}

/* By position: named after the declared arguments. A new reference, NULL if there are too many. */
static json_t *name_positions(const struct lcs_rpc *rpc, const json_t *array)
{
	const struct lcs_rpc_arg *a = rpc->args;
	json_t *object = json_object();

	for (size_t i = 0; object && i < json_array_size(array); i++, a++) {
		if (!a || !a->name || json_object_set(object, a->name, json_array_get(array, i)) != 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

/* An object with the arguments by name; a new reference, or NULL with *error. */
static json_t *read_params(const struct lcs_rpc *rpc, const json_t *params, struct arena *arena,
    struct slice *error)
{
	json_t *object;

	*error = arena_printf(arena, "%s does not take these parameters", rpc->method);
	if (!params || json_is_null(params))
		object = json_object();
	else if (json_is_array(params))
		object = name_positions(rpc, params);
	else
		object = json_is_object(params) ? json_incref((json_t *)params) : NULL;
	if (object && check_given(rpc, object, arena, error) &&
	    check_required(rpc, object, arena, error))
		return object;
	json_decref(object);
	return NULL;
}

enum rpc_fault rpc_call(struct slice method, const json_t *params, enum lcs_right right,
    struct arena *arena, json_t **result, struct slice *error, int *code)
{
	const struct rpc_entry *e = rpc_find(method);
	struct lcs_rpc_call call;
	json_t *object;

	*result = NULL;
	*error = SLICE_NULL;
	if (!e) {
		*error = arena_printf(arena, "there is no method \"%.*s\"", SLICE_ARG(method));
		return RPC_NO_METHOD;
	}
	if (e->rpc->right > right) {
		*error = SLICE("this needs the right to administer");
		return RPC_FORBIDDEN;
	}
	object = read_params(e->rpc, params, arena, error);
	if (!object)
		return RPC_BAD_PARAMS;
	call = (struct lcs_rpc_call){ .mod = e->mod, .params = object, .arena = arena };
	await_together(AWAIT_MOST);	/* whoever asks waits for one answer */
	*code = e->rpc->run(&call);
	await_apart();
	*result = call.result;
	*error = call.error;
	json_decref(object);
	if (*code == 0) {
		if (!*result)
			*result = json_null();
		return RPC_OK;
	}
	json_decref(*result);
	*result = NULL;
	if (error->len == 0)
		*error = slice_str(err_text(*code));
	return RPC_FAILED;
}
