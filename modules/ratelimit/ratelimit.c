/*
 * ratelimit - at most so many of something a second, by name; and refusing so
 * that those who are refused do not all come back at once.
 *
 * A name is a fixed one with its limit in the configuration, or made by the
 * script: a caller, a trunk, a prefix. All workers count in one table of fixed
 * size.
 */
#include "core/lcs.h"
#include "utils/rand.h"
#include "utils/rate.h"

#include <errno.h>
#include <stdlib.h>

struct limit { struct slice name; uint32_t count; msec_t window; };

struct ratelimit_conf {
	struct lcs_strings limit, pipe;
	int64_t            max_names, retry_after_min, retry_after_max;
	msec_t             admit_delay, admit_delay_max;
	struct limit      *limits;	/* by prepare: of limit, then of pipe */
	size_t             limit_count;
};

struct ratelimit_local {
	uint64_t allowed, refused, unknown, rejected, admitted, not_admitted;
	msec_t   last_line;		/* of the log: one a second at most */
};
struct ratelimit_shared { struct rate_table *table; };

/* ---- limits as they are written ---- */

static bool to_count(struct slice s, uint32_t *out)
{
	return slice_to_u32(s, out) == 0 && *out > 0 && *out <= RATE_MAX;
}

/* "s", "10s", "500ms": ms; 0 if it is none. */
static msec_t to_window(struct slice s)
{
	static const struct { const char *unit; msec_t ms; } units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
	};
	struct slice digits = slice_take_while(&s, is_digit);
	uint32_t n = 1;

	if (digits.len && (slice_to_u32(digits, &n) != 0 || n == 0 || n > 86400))
		return 0;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (slice_eq(s, slice_str(units[i].unit)))
			return n * units[i].ms;
	return 0;
}

/* NAME=COUNT/TIME */
static bool read_limit(struct slice text, struct limit *out)
{
	struct slice rest = text, count;

	out->name = slice_split(&rest, '=');
	count = slice_split(&rest, '/');
	out->window = to_window(rest);
	return out->name.len > 0 && out->window > 0 && to_count(count, &out->count);
}

/* NAME:TAILDROP:COUNT, a second, as Kamailio has it. */
static bool read_pipe(struct slice text, struct limit *out)
{
	struct slice rest = text, algorithm;

	out->name = slice_split(&rest, ':');
	algorithm = slice_split(&rest, ':');
	out->window = 1000;
	return out->name.len > 0 && slice_eq_nocase(algorithm, SLICE("TAILDROP")) &&
	    to_count(rest, &out->count);
}

static const struct limit *find_limit(const struct ratelimit_conf *conf, struct slice name)
{
	for (size_t i = 0; i < conf->limit_count; i++)
		if (slice_eq(conf->limits[i].name, name))
			return &conf->limits[i];
	return NULL;
}

/* ---- functions ---- */

static enum fn_status answer(struct lcs_call *call, bool allowed)
{
	struct ratelimit_local *local = call->local;

	lcs_count(allowed ? &local->allowed : &local->refused);
	call->ret = value_bool(allowed);
	return FN_DONE;
}

/* A misspelt name must not open the gate, nor end the script. */
static enum fn_status no_such_limit(struct lcs_call *call, struct slice name)
{
	lcs_count(&((struct ratelimit_local *)call->local)->unknown);
	log_error(lcs_mod_name(call->mod), "no limit of that name name=\"%.*s\" at=%.*s",
	    SLICE_ARG(name), SLICE_ARG(lcs_where(call->ctx)));
	lcs_set_err(call->ctx, "unknown");
	return answer(call, false);
}

/* A name may be any text or address. */
static struct slice name_of(struct lcs_call *call)
{
	return value_text(lcs_arena(call->ctx), call->argv[0]);
}

static enum fn_status fn_rl_check(struct lcs_call *call)
{
	struct rate_table *table = ((struct ratelimit_shared *)call->shared)->table;
	struct slice name = name_of(call);
	struct limit own = { name, 0, 1000 };
	const struct limit *limit = &own;

	if (!name.p)
		return FN_FAILED;
	if (call->argv[1].type == VALUE_INT)
		own.count = (uint32_t)call->argv[1].i;
	else
		limit = find_limit(call->conf, name);
	if (!limit)
		return no_such_limit(call, name);
	return answer(call, rate_try(table, name, loop_now(worker_loop()), limit->window,
	    limit->count));
}

/* ---- admission ---- */

/* The longer requests wait, the more of them are refused: none below admit_delay, all above
 * admit_delay_max. A single threshold would switch all clients off and on together. */
static bool has_room(const struct ratelimit_conf *conf, msec_t waited)
{
	msec_t span = conf->admit_delay_max - conf->admit_delay;

	if (waited <= conf->admit_delay)
		return true;
	return waited < conf->admit_delay_max &&
	    rand_below((uint32_t)span) >= (uint32_t)(waited - conf->admit_delay);
}

static void say_behind(struct lcs_call *call, msec_t waited)
{
	struct ratelimit_local *local = call->local;
	msec_t now = loop_now(worker_loop());

	if (local->last_line && now - local->last_line < 1000)
		return;
	local->last_line = now;
	log_warning(lcs_mod_name(call->mod),
	    "behind, new requests are refused waited=%lldms class=\"%.*s\"",
	    (long long)waited, SLICE_ARG(call->argv[0].s));
}

static enum fn_status fn_rl_admit(struct lcs_call *call)
{
	struct ratelimit_local *local = call->local;
	msec_t waited = lcs_waited(call->ctx);
	bool admitted = !lcs_is_new_work(call->ctx) || has_room(call->conf, waited);

	lcs_count(admitted ? &local->admitted : &local->not_admitted);
	if (!admitted)
		say_behind(call, waited);
	call->ret = value_bool(admitted);
	return FN_DONE;
}

static enum fn_status fn_rl_reject(struct lcs_call *call)
{
	const struct ratelimit_conf *conf = call->conf;
	uint32_t spread = (uint32_t)(conf->retry_after_max - conf->retry_after_min);
	struct slice line = arena_printf(lcs_arena(call->ctx), "Retry-After: %u\r\n",
	    (unsigned)conf->retry_after_min + rand_below(spread + 1));
	const struct response_parts parts = {
		.status = 503, .reason = call->argv[0].s, .extra_lines = line,
	};

	if (!line.p)
		return FN_FAILED;
	lcs_count(&((struct ratelimit_local *)call->local)->rejected);
	call->ret = value_bool(lcs_respond(call->ctx, &parts) == 0);
	return FN_DONE;
}

/* ---- lcsctl ratelimit ---- */

static const struct ratelimit_conf *current(struct lcs_mod *mod)
{
	return lcs_conf(mod, gen_peek());
}

struct listing { json_t *array; const struct ratelimit_conf *conf; msec_t window; };

static json_t *text(struct slice s)
{
	json_t *v = json_stringn(s.p, s.len);

	return v ? v : json_string("(not UTF-8)");
}

/* Names with a window of their own are counted in that one, all others by the second. */
static void list_one(const struct rate_seen *seen, void *arg)
{
	struct listing *l = arg;
	struct slice name = { seen->label, seen->label_len };
	const struct limit *limit = find_limit(l->conf, name);

	if ((limit ? limit->window : 1000) != l->window || seen->count == 0)
		return;
	json_array_append_new(l->array, json_pack("{s:o, s:I, s:o, s:I}",
	    "name", text(name), "count", (json_int_t)seen->count,
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

static int rpc_list(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	const struct rate_table *table = ((struct ratelimit_shared *)lcs_shared(mod))->table;
	struct listing l = { json_array(), current(mod), 1000 };

	(void)params;
	(void)arena;
	(void)error;
	if (!l.array)
		return -ENOMEM;
	rate_each(table, clock_mono(), l.window, list_one, &l);
	for (size_t i = 0; i < l.conf->limit_count; i++) {
		if (window_came_before(l.conf, i))
			continue;
		l.window = l.conf->limits[i].window;
		rate_each(table, clock_mono(), l.window, list_one, &l);
	}
	*result = l.array;
	return 0;
}

static int rpc_reset(struct lcs_mod *mod, const json_t *params, json_t **result,
    struct arena *arena, struct slice *error)
{
	const char *name = json_string_value(json_object_get(params, "name"));

	if (!rate_forget(((struct ratelimit_shared *)lcs_shared(mod))->table, slice_str(name))) {
		*error = arena_printf(arena, "nothing is counted for \"%s\"", name);
		return -ENOENT;
	}
	*result = json_pack("{s:s}", "reset", name);
	return *result ? 0 : -ENOMEM;
}

static const struct lcs_rpc_arg no_args[] = { { 0 } };
static const struct lcs_rpc_arg reset_args[] = {
	{ "name", VALUE_STRING, true, "as given to rl_check()" },
	{ 0 }
};
static const struct lcs_rpc rpcs[] = {
	{ "ratelimit.list", RIGHT_READ, no_args, rpc_list,
	  "what is counted now, with the limit of each name that has one" },
	{ "ratelimit.reset", RIGHT_ADMIN, reset_args, rpc_reset, "begin to count a name anew" },
	{ 0 }
};

/* ---- life ---- */

static int check(const void *conf, struct diag *diag)
{
	const struct ratelimit_conf *c = conf;
	struct limit limit;

	for (size_t i = 0; i < c->limit.count; i++)
		if (!read_limit(c->limit.items[i], &limit))
			return diag_error(diag, "limit", "must be NAME=COUNT/TIME, as in "
			    "\"signup=10/1m\", not \"%.*s\"", SLICE_ARG(c->limit.items[i]));
	for (size_t i = 0; i < c->pipe.count; i++)
		if (!read_pipe(c->pipe.items[i], &limit))
			return diag_error(diag, "pipe", "must be NAME:TAILDROP:COUNT, not "
			    "\"%.*s\"; other algorithms there are none", SLICE_ARG(c->pipe.items[i]));
	if (c->admit_delay >= c->admit_delay_max)
		return diag_error(diag, "admit_delay", "is not below admit_delay_max");
	if (c->retry_after_min > c->retry_after_max)
		return diag_error(diag, "retry_after_min", "is above retry_after_max");
	return 0;
}

static int read_limits(struct ratelimit_conf *c)
{
	c->limits = calloc(c->limit.count + c->pipe.count + 1, sizeof *c->limits);
	if (!c->limits)
		return -ENOMEM;
	for (size_t i = 0; i < c->limit.count; i++)
		if (read_limit(c->limit.items[i], &c->limits[c->limit_count]))
			c->limit_count++;
	for (size_t i = 0; i < c->pipe.count; i++)
		if (read_pipe(c->pipe.items[i], &c->limits[c->limit_count]))
			c->limit_count++;
	return 0;
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct ratelimit_shared *shared = lcs_shared(mod);
	struct ratelimit_conf *c = conf;

	(void)next;
	if (!shared->table)
		shared->table = rate_new((size_t)c->max_names);
	return shared->table ? read_limits(c) : -ENOMEM;
}

static void retire(struct lcs_mod *mod, struct gen *old, void *conf)
{
	(void)mod;
	(void)old;
	free(((struct ratelimit_conf *)conf)->limits);
}

static void unload(struct lcs_mod *mod)
{
	rate_free(&((struct ratelimit_shared *)lcs_shared(mod))->table);
}

/* ---- tables ---- */

static const struct lcs_param params[] = {
	PARAM_STRINGS(struct ratelimit_conf, limit,
	    "a name and its limit, as \"signup=10/1m\" or \"calls=200/s\"; may be given several "
	    "times"),
	PARAM_STRINGS(struct ratelimit_conf, pipe,
	    "the same as Kamailio writes it, as \"calls:TAILDROP:200\", a second"),
	PARAM_INT(struct ratelimit_conf, retry_after_min, "5", 1, 3600,
	    "rl_reject() asks to come back after so many seconds at least"),
	PARAM_INT(struct ratelimit_conf, retry_after_max, "30", 1, 3600,
	    "and at most; the value in between is drawn for each response"),
	PARAM_DURATION(struct ratelimit_conf, admit_delay, "100ms", 1, 60000, "ms",
	    "rl_admit() begins to refuse when requests have waited so long in the server"),
	PARAM_DURATION(struct ratelimit_conf, admit_delay_max, "500ms", 2, 60000, "ms",
	    "and refuses all that is new when they have waited so long"),
	{ .name = "max_names", .type = VALUE_INT,
	  .offset = LCS_AT(struct ratelimit_conf, max_names, int64_t), .preset = "16384",
	  .min = 64, .max = 16777216, .flags = PARAM_NEEDS_RESTART,
	  .doc = "names that are remembered, 64 bytes each" },
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "rl_check(name: any, limit: int? = null) -> bool", fn_rl_check, IN_ANY, FUNC_MUST_CHECK,
	  "one more of name; false if that is more than limit a second, or without limit, more "
	  "than the configuration allows for name. What is refused is not counted" },
	{ "rl_admit(class: str = \"\") -> bool", fn_rl_admit, IN_REQUEST, FUNC_MUST_CHECK,
	  "is there time for this request? By how long it waited until the server came to it; what "
	  "is in a dialog, ACK and CANCEL are always admitted. class is for the log" },
	{ "rl_reject(reason: fmt = \"Server Busy\") -> bool", fn_rl_reject,
	  IN_REQUEST | IN_FAILURE, FUNC_REPLIES | FUNC_ENDS,
	  "answer 503 with a Retry-After drawn between retry_after_min and retry_after_max, so "
	  "that clients do not come back all at once" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct ratelimit_local, allowed, STAT_COUNTER, "checks that were let through"),
	LCS_STAT(struct ratelimit_local, refused, STAT_COUNTER, "checks that were refused"),
	LCS_STAT(struct ratelimit_local, unknown, STAT_COUNTER,
	    "checks of a name that has no limit; they are refused"),
	LCS_STAT(struct ratelimit_local, rejected, STAT_COUNTER, "503 answers of rl_reject()"),
	LCS_STAT(struct ratelimit_local, admitted, STAT_COUNTER, "requests that rl_admit() let in"),
	LCS_STAT(struct ratelimit_local, not_admitted, STAT_COUNTER,
	    "new requests that rl_admit() kept out"),
	{ 0 }
};

LCS_MODULE(ratelimit,
	.summary = "named limits, and spread 503 answers",
	.conf_size = sizeof(struct ratelimit_conf),
	.local_size = sizeof(struct ratelimit_local),
	.shared_size = sizeof(struct ratelimit_shared),
	.params = params,
	.funcs = funcs,
	.stats = stats,
	.rpcs = rpcs,
	.check = check,
	.prepare = prepare,
	.retire = retire,
	.unload = unload,
	.manual =
	    "    module \"ratelimit\" { limit = \"calls=200/s\"; limit = \"signup=10/1m\"; }\n"
	    "    ...\n"
	    "    if (is_method(\"INVITE\") && !has_totag() &&\n"
	    "        (!rl_check(\"calls\") || !rl_check($si, 20))) {\n"
	    "        rl_reject();\n"
	    "        exit;\n"
	    "    }\n"
	    "\n"
	    "    if (!rl_admit(\"signaling\")) {       # the server is behind: what is new must wait\n"
	    "        rl_reject();\n"
	    "        exit;\n"
	    "    }\n"
	    "\n"
	    "Check before a dialog begins, not within it: refusing a BYE leaves a call standing.\n"
	    "Limits are kept as an estimate over a sliding window, for all workers together. A\n"
	    "limit is exact to one request as long as no more than `max_names` names are in use.\n",
);
