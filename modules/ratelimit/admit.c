/*
 * modules/ratelimit/admit.c - is there time for what is new, by how long it waited; and a
 * refusal after which not all come back at once.
 */
#include "modules/ratelimit/ratelimit.h"

#include "utils/rand.h"

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

enum fn_status ratelimit_admit(struct lcs_call *call)
{
	struct ratelimit_local *local = call->local;
	msec_t waited = lcs_waited(call->ctx);
	bool admitted = !lcs_is_new_work(call->ctx) || has_room(call->conf, waited);

	lcs_count(admitted ? &local->admitted : &local->not_admitted);
	if (!admitted)
		say_behind(call, waited);
	return fn_bool(call, admitted);
}

enum fn_status ratelimit_reject(struct lcs_call *call)
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
	return fn_bool(call, lcs_respond(call->ctx, &parts) == 0);
}
