/*
 * ratelimit - at most so many of something a second, by name; and refusing so
 * that those who are refused do not all come back at once.
 *
 * A name is a fixed one with its limit in the configuration, or made by the
 * script: a caller, a trunk, a prefix. All workers count in one table of fixed
 * size.
 */
#include "modules/ratelimit/ratelimit.h"

#include <errno.h>

/* ---- functions ---- */

static enum fn_status answer(struct lcs_call *call, bool allowed)
{
	struct ratelimit_local *local = call->local;

	lcs_count(allowed ? &local->allowed : &local->refused);
	return fn_bool(call, allowed);
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
		limit = limits_find(call->conf, name);
	if (!limit)
		return no_such_limit(call, name);
	return answer(call, rate_try(table, name, loop_now(worker_loop()), limit->window,
	    limit->count));
}

/* ---- life ---- */

static int check(const void *conf, struct diag *diag)
{
	const struct ratelimit_conf *c = conf;

	if (c->admit_delay >= c->admit_delay_max)
		return diag_error(diag, "admit_delay", "is not below admit_delay_max");
	if (c->retry_after_min > c->retry_after_max)
		return diag_error(diag, "retry_after_min", "is above retry_after_max");
	return limits_check(c, diag);
}

static int prepare(struct lcs_mod *mod, struct gen *next, void *conf)
{
	struct ratelimit_shared *shared = lcs_shared(mod);
	struct ratelimit_conf *c = conf;

	(void)next;
	if (!shared->table)
		shared->table = rate_new((size_t)c->max_names);
	return shared->table ? limits_read(c) : -ENOMEM;
}

static void retire(struct lcs_mod *mod, struct gen *old, void *conf)
{
	(void)mod;
	(void)old;
	limits_free(conf);
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
	{ "rl_admit(class: str = \"\") -> bool", ratelimit_admit, IN_REQUEST, FUNC_MUST_CHECK,
	  "is there time for this request? By how long it waited until the server came to it; what "
	  "is in a dialog, ACK and CANCEL are always admitted. class is for the log" },
	{ "rl_reject(reason: fmt = \"Server Busy\") -> bool", ratelimit_reject,
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
	.rpcs = ratelimit_rpcs,
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
