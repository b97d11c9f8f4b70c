/*
 * modules/htable/rpc.c - lcsctl htable: looking into the tables, and changing them.
 */
#include "modules/htable/htable.h"

#include <errno.h>

static struct table *wanted(struct lcs_rpc_call *call)
{
	const char *name = json_string_value(json_object_get(call->params, "table"));
	struct table *t = htable_find(lcs_shared(call->mod), slice_str(name));

	if (!t)
		call->error = arena_printf(call->arena, "there is no table \"%s\"", name);
	return t;
}

static struct slice key_of(const json_t *params)
{
	return slice_str(json_string_value(json_object_get(params, "key")));
}

static json_t *json_value(struct arena *arena, struct value v)
{
	if (v.type == VALUE_INT)
		return json_integer(v.i);
	if (v.type == VALUE_BOOL)
		return json_boolean(v.b);
	return json_slice(value_text(arena, v));
}

static json_t *json_item(struct arena *arena, const struct table_item *item)
{
	return json_pack("{s:o, s:o, s:I}", "key", json_slice(item->key), "value",
	    json_value(arena, item->value), "expires_in", (json_int_t)((item->left + 999) / 1000));
}

static int rpc_dump(struct lcs_rpc_call *call)
{
	struct table *t = wanted(call);
	struct table_items all;

	if (!t)
		return -ENOENT;
	call->result = json_array();
	if (!call->result || table_copy(t, clock_mono(), call->arena, &all) != 0)
		return -ENOMEM;
	for (size_t i = 0; i < all.count; i++)
		json_array_append_new(call->result, json_item(call->arena, &all.items[i]));
	return 0;
}

static int rpc_get(struct lcs_rpc_call *call)
{
	struct table *t = wanted(call);
	struct table_item item = { .key = key_of(call->params) };

	if (!t)
		return -ENOENT;
	if (table_get(t, item.key, clock_mono(), call->arena, &item.value) != 0)
		return -ENOMEM;
	if (item.value.type == VALUE_NULL)
		return lcs_rpc_fail(call, -ENOENT, "there is no \"%.*s\" in it",
		    SLICE_ARG(item.key));
	item.left = table_time_left(t, item.key, clock_mono());
	return lcs_rpc_done(call, json_item(call->arena, &item));
}

/* A word that is a number is one, unless text is asked for. */
static struct value value_of(const json_t *params)
{
	struct slice text = slice_str(json_string_value(json_object_get(params, "value")));
	int64_t n;

	if (!json_is_true(json_object_get(params, "text")) && slice_to_i64(text, &n) == 0)
		return value_int(n);
	return value_string(text);
}

static int rpc_set(struct lcs_rpc_call *call)
{
	struct table *t = wanted(call);
	int err;

	if (!t)
		return -ENOENT;
	err = table_set(t, key_of(call->params), value_of(call->params), clock_mono());
	if (err == -ENOSPC)
		call->error = SLICE("the table is full");
	if (err)
		return err;
	return lcs_rpc_done(call, json_pack("{s:o}", "set", json_slice(key_of(call->params))));
}

static int rpc_delete(struct lcs_rpc_call *call)
{
	struct table *t = wanted(call);

	if (!t)
		return -ENOENT;
	if (!table_remove(t, key_of(call->params)))
		return lcs_rpc_fail(call, -ENOENT, "there is no \"%.*s\" in it",
		    SLICE_ARG(key_of(call->params)));
	return lcs_rpc_done(call, json_pack("{s:o}", "deleted", json_slice(key_of(call->params))));
}

static int rpc_flush(struct lcs_rpc_call *call)
{
	struct table *t = wanted(call);

	if (!t)
		return -ENOENT;
	return lcs_rpc_done(call, json_pack("{s:I}", "deleted", (json_int_t)table_clear(t)));
}

static int rpc_stats(struct lcs_rpc_call *call)
{
	const struct htable_shared *shared = lcs_shared(call->mod);
	unsigned count = shared->count;

	call->result = json_array();
	if (!call->result)
		return -ENOMEM;
	for (unsigned i = 0; i < count; i++) {
		const struct table *t = shared->tables[i];

		json_array_append_new(call->result, json_pack("{s:o, s:I, s:I, s:I}", "table",
		    json_slice(table_name(t)), "items", (json_int_t)table_count(t), "slots",
		    (json_int_t)table_slots(t), "autoexpire", (json_int_t)(table_expire(t) / 1000)));
	}
	return 0;
}

static const struct lcs_rpc_arg table_args[] = {
	{ "table", VALUE_STRING, true, "name of the table" },
	{ 0 }
};
static const struct lcs_rpc_arg item_args[] = {
	{ "table", VALUE_STRING, true, "name of the table" },
	{ "key", VALUE_STRING, true, "key of the item" },
	{ 0 }
};
static const struct lcs_rpc_arg set_args[] = {
	{ "table", VALUE_STRING, true, "name of the table" },
	{ "key", VALUE_STRING, true, "key of the item" },
	{ "value", VALUE_STRING, true, "the value; a number if it reads as one" },
	{ "text", VALUE_BOOL, false, "keep it as text even then" },
	{ 0 }
};
static const struct lcs_rpc_arg no_args[] = { { 0 } };

const struct lcs_rpc htable_rpcs[] = {
	{ "htable.stats", RIGHT_READ, no_args, rpc_stats, "the tables and how full they are" },
	{ "htable.dump", RIGHT_READ, table_args, rpc_dump,
	  "all items of a table; expires_in 0: never" },
	{ "htable.get", RIGHT_READ, item_args, rpc_get, "one item" },
	{ "htable.set", RIGHT_ADMIN, set_args, rpc_set, "write an item" },
	{ "htable.delete", RIGHT_ADMIN, item_args, rpc_delete, "remove an item" },
	{ "htable.flush", RIGHT_ADMIN, table_args, rpc_flush, "remove all items of a table" },
	{ 0 }
};
