/*
 * hello - the smallest module that shows everything; copied to begin a new one.
 *
 * It greets. Purpose, conf struct, state, helpers, script functions, check,
 * tables, descriptor: every module reads in this order.
 */
#include "core/lcs.h"

struct hello_conf {			/* one for each configuration; filled from params */
	struct slice greeting;
	int64_t      max_length;
};

struct hello_local {			/* one for each worker; nobody else writes it */
	uint64_t greeted;
};

/* ---- script functions ---- */

static enum fn_status hello(struct lcs_call *call)
{
	const struct hello_conf *conf = call->conf;
	struct hello_local *local = call->local;
	struct slice name = slice_first(call->argv[0].s, (size_t)conf->max_length);
	struct slice text = arena_printf(lcs_arena(call->ctx), "%.*s, %.*s!",
	    SLICE_ARG(conf->greeting), SLICE_ARG(name));

	if (!text.p)
		return FN_FAILED;	/* memory is short: the request gets 500 */
	lcs_count(&local->greeted);
	call->ret = value_string(text);
	return FN_DONE;
}

/* ---- variables ---- */

static enum fn_status get_greeted(struct lcs_call *call)
{
	const struct hello_local *local = call->local;

	call->ret = value_int((int64_t)local->greeted);
	return FN_DONE;
}

/* ---- what no single parameter can know ---- */

static int hello_check(const void *conf, struct diag *diag)
{
	const struct hello_conf *c = conf;

	if (c->greeting.len == 0)
		return diag_error(diag, "greeting", "must not be empty");
	return 0;
}

/* ---- tables: these texts are the manual ---- */

static const struct lcs_param params[] = {
	PARAM_STRING(struct hello_conf, greeting, "Hello", "what hello() begins with"),
	PARAM_INT(struct hello_conf, max_length, "64", 1, 1024, "names are cut to so many bytes"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "hello(name: str = \"world\") -> str", hello, IN_ANY, 0, "a greeting for name" },
	{ 0 }
};

static const struct lcs_var vars[] = {
	{ "greeted", VALUE_INT, false, VAR_ARG_NONE, false, IN_ANY, 0, get_greeted, NULL,
	  "greetings made by this worker" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct hello_local, greeted, STAT_COUNTER, "greetings made"),
	{ 0 }
};

LCS_MODULE(hello,
	.summary = "greets; the template for a new module",
	.flags = MODULE_MAY_LEAVE,
	.conf_size = sizeof(struct hello_conf),
	.local_size = sizeof(struct hello_local),
	.params = params,
	.funcs = funcs,
	.vars = vars,
	.stats = stats,
	.check = hello_check,
);
