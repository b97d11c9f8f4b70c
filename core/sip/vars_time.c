/*
 * core/sip/vars_time.c - the clock, and who we are.
 */
#include "core/sip/vars.h"

#include <time.h>

static enum fn_status get_Ts(struct lcs_call *call)
{
	return var_value(call, value_int(loop_wall(worker_loop())));
}

static enum fn_status get_Tf(struct lcs_call *call)
{
	time_t now = (time_t)loop_wall(worker_loop());
	struct tm tm;
	char text[32];
	size_t len;

	if (!gmtime_r(&now, &tm))
		return FN_FAILED;
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return var_text(call, arena_dup(lcs_arena(call->ctx), slice_of(text, len)));
}

/* Seconds come from the loop's clock, which tests own; the part below a second from the
 * same monotonic clock, so that differences are right. */
static enum fn_status get_TV(struct lcs_call *call)
{
	struct slice what = call->argv[0].s;
	int64_t seconds = loop_wall(worker_loop());
	msec_t now = loop_now(worker_loop());

	if (slice_eq(what, SLICE("s")) || slice_eq(what, SLICE("sn")))
		return var_value(call, value_int(seconds));
	if (slice_eq(what, SLICE("m")))
		return var_value(call, value_int(now));
	if (slice_eq(what, SLICE("u")) || slice_eq(what, SLICE("un")))
		return var_value(call, value_int(now % 1000 * 1000));
	if (slice_eq(what, SLICE("Sn")))
		return var_text(call, arena_printf(lcs_arena(call->ctx), "%lld.%06d",
		    (long long)seconds, (int)(now % 1000) * 1000));
	return FN_DONE;
}

static enum fn_status get_server_name(struct lcs_call *call)
{
	return var_text(call, call->ctx->gen->server_name);
}

static enum fn_status get_pp(struct lcs_call *call)
{
	return var_value(call, value_int(worker_self()));
}

const struct lcs_var vars_time[] = {
	{ "Ts", VALUE_INT, false, VAR_ARG_NONE, false, IN_ANY, 0, get_Ts, NULL,
	  "seconds since 1970" },
	{ "Tf", VALUE_STRING, false, VAR_ARG_NONE, false, IN_ANY, 0, get_Tf, NULL,
	  "date and time in UTC" },
	{ "TV", VALUE_ANY, true, VAR_ARG_NAME, false, IN_ANY, 0, get_TV, NULL,
	  "s: seconds since 1970; u: microseconds of that second; m: milliseconds of a clock that "
	  "never jumps; Sn: seconds with fraction as text" },
	{ "server_name", VALUE_STRING, false, VAR_ARG_NONE, false, IN_ANY, 0, get_server_name, NULL,
	  "the setting of that name" },
	{ "worker", VALUE_INT, false, VAR_ARG_NONE, false, IN_ANY, 0, get_pp, NULL,
	  "number of the worker that runs this" },
	{ 0 }
};
