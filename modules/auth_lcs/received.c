/*
 * modules/auth_lcs/received.c - what comes by a connection with associations is verified.
 */
#include "modules/auth_lcs/guard.h"

/* The client makes a new one at its next REGISTER, and until then goes on with this. */
static bool is_over(const struct sa *sa, struct lcs_ctx *ctx)
{
	bool is_register = lcs_is_request(ctx) && lcs_method(ctx) == METHOD_REGISTER;

	return (is_register ? sa->expires : sa->ends) <= loop_wall(worker_loop());
}

enum outcome { VERIFIED, UNSIGNED, FOREIGN, EXPIRED, WRONG, REPLAYED };

static enum outcome examine(struct guard *g, struct lcs_ctx *ctx, const struct lcs_creds *creds,
    struct sa **out)
{
	struct sa_fields f;
	struct slice epid;
	struct sa *sa;
	uint32_t num;

	if (!creds->response.len || creds->has_token)
		return UNSIGNED;
	sa = sa_by_opaque(&g->sas, creds->opaque);
	if (!sa || sa_fields_read(lcs_msg(ctx)->raw, &f) != 0)
		return FOREIGN;
	epid = f.is_request ? f.from_epid : f.to_epid;
	if (!slice_eq(creds->scheme, sa->scheme->name) || (epid.len && sa->epid.len &&
	    !slice_eq_nocase(epid, sa->epid)))
		return FOREIGN;
	if (is_over(sa, ctx))
		return EXPIRED;
	if (slice_to_u32(creds->cnum, &num) != 0 || !sa_verify(sa, creds, &f))
		return WRONG;
	if (!sa_window_take(&sa->seen, num))
		return REPLAYED;
	*out = sa;
	return VERIFIED;
}

static void count_outcome(struct auth_lcs_local *stats, enum outcome outcome)
{
	uint64_t *const counters[] = {
		[VERIFIED] = &stats->verified, [UNSIGNED] = &stats->unsigned_messages,
		[FOREIGN] = &stats->foreign, [EXPIRED] = &stats->expired, [WRONG] = &stats->wrong,
		[REPLAYED] = &stats->replayed,
	};

	lcs_count(counters[outcome]);
}

static int drop_all(struct lcs_ctx *ctx, enum hdr_id id)
{
	struct sip_view view = lcs_view(ctx);
	int n;

	if (!msg_hdr(lcs_msg(ctx), id))
		return 0;
	n = edit_drop_all(lcs_arena(ctx), &view, id, SLICE_NULL);
	*lcs_edits(ctx) = view.last;
	return n < 0 ? n : 0;
}

/* The next hop gets a signature of its own, or needs none. */
static int strip(struct lcs_ctx *ctx)
{
	int err = drop_all(ctx, HDR_AUTHORIZATION);

	if (!err)
		err = drop_all(ctx, HDR_PROXY_AUTHORIZATION);
	return err ? err : drop_all(ctx, HDR_AUTHENTICATION_INFO);
}

static const char *reason_of(enum outcome outcome)
{
	static const char *const reasons[] = {
		[VERIFIED] = "", [UNSIGNED] = "a message without signature",
		[FOREIGN] = "a signature of nobody we know", [EXPIRED] = "the association has expired",
		[WRONG] = "a wrong signature", [REPLAYED] = "a running number was used twice",
	};

	return reasons[outcome];
}

/* Only a REGISTER is challenged: a client that cannot sign would send anything else again and
 * again. It has to come back and sign in. */
static enum hook_result refuse(struct lcs_call *call, struct guard *g, enum outcome outcome)
{
	struct auth_lcs *lcs = call->shared;
	flow_id flow = lcs_from(call->ctx)->flow;

	if (lcs_is_request(call->ctx) && lcs_method(call->ctx) == METHOD_REGISTER) {
		if (g)
			g->renewing = true;
		return HOOK_PASS;
	}
	if (outcome == UNSIGNED && g && g->renewing)
		return HOOK_DROP;
	guard_close(g, flow, lcs, reason_of(outcome));
	return HOOK_DROP;
}

static enum hook_result let_in(struct lcs_call *call, struct sa *sa)
{
	sa->verified++;
	if (lcs_set_identity(call->ctx, sa->name, sa->domain) != 0 || strip(call->ctx) != 0)
		return HOOK_DROP;
	return HOOK_PASS;
}

enum hook_result sa_received(struct lcs_call *call)
{
	struct auth_lcs *lcs = call->shared;
	flow_id flow = lcs_from(call->ctx)->flow;
	struct guard *g = guard_of(flow);
	struct lcs_creds creds = { 0 };
	enum outcome outcome = UNSIGNED;
	struct sa *sa = NULL;
	bool has_creds;

	if (!flow || (g && g->closing))
		return g ? HOOK_DROP : HOOK_PASS;
	has_creds = auth_lcs_creds(lcs, call->ctx, &creds);
	if (!g && !has_creds)
		return HOOK_PASS;
	if (has_creds)
		outcome = g ? examine(g, call->ctx, &creds, &sa) : FOREIGN;
	if (g || lcs_method(call->ctx) != METHOD_REGISTER)
		count_outcome(call->local, outcome);
	return outcome == VERIFIED ? let_in(call, sa) : refuse(call, g, outcome);
}
