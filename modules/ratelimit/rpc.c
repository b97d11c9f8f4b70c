/*
 * modules/ratelimit/rpc.c - lcsctl ratelimit: what is counted.
 */
#include "modules/ratelimit/ratelimit.h"
#include "utils/json.h"

#include <errno.h>

static const struct ratelimit_conf *current(struct lcs_mod *mod)
{
	return lcs_conf(mod, gen_peek());
}

struct listing { json_t *array; const struct ratelimit_conf *conf; msec_t window; };

/* Names with a window of their own are counted in that one, all others by the second. */
static void list_one(const struct rate_seen *seen, void *arg)
{
	struct listing *l = arg;
	struct slice name = { seen->label, seen->label_len };
	const struct limit *limit = limits_find(l->conf, name);

	if ((limit ? limit->window : 1000) != l->window || seen->count == 0)
		return;
	json_array_append_new(l->array, json_pack("{s:o, s:I, s:o, s:I}",
	    "name", json_slice(name), "count", (json_int_t)seen->count,
	    "limit", limit ? json_integer(limit->count) : json_null(),
	    "window_ms", (json_int_t)l->window));
}

static bool window_came_before(const struct ratelimit_conf *c, size_t i)
{
	bool found = c->limits[i].window == 1000;

	for (size_t k = 0; k < i && !found; k++)
		found = c->limits[k].window == c->limits[i].window;
	return found;
}

static int rpc_list(struct lcs_rpc_call *call)
{
	const struct rate_table *table = ((struct ratelimit_shared
	    *)lcs_shared(call->mod))->table;
	struct listing l = { json_array(), current(call->mod), 1000 };

	if (!l.array)
		return -ENOMEM;
	rate_each(table, clock_mono(), l.window, list_one, &l);
	for (size_t i = 0; i < l.conf->limit_count; i++) {
		if (window_came_before(l.conf, i))
			continue;
		l.window = l.conf->limits[i].window;
		rate_each(table, clock_mono(), l.window, list_one, &l);
	}
	call->result = l.array;
	return 0;
}

static int rpc_reset(struct lcs_rpc_call *call)
{
	const char *name = json_string_value(json_object_get(call->params, "name"));

	if (!rate_forget(((struct ratelimit_shared *)lcs_shared(call->mod))->table, slice_str(name)))
		return lcs_rpc_fail(call, -ENOENT, "nothing is counted for \"%s\"", name);
	return lcs_rpc_done(call, json_pack("{s:s}", "reset", name));
}

static const struct lcs_rpc_arg no_args[] = { { 0 } };
static const struct lcs_rpc_arg reset_args[] = {
	{ "name", VALUE_STRING, true, "as given to rl_check()" },
	{ 0 }
};
const struct lcs_rpc ratelimit_rpcs[] = {
	{ "ratelimit.list", RIGHT_READ, no_args, rpc_list,
	  "what is counted now, with the limit of each name that has one" },
	{ "ratelimit.reset", RIGHT_ADMIN, reset_args, rpc_reset, "begin to count a name anew" },
	{ 0 }
};
