/*
 * modules/presence_acl/script.c - what the routing script asks: may this one write to or call
 * that one?
 */
#include "modules/presence_acl/presence_acl.h"

static struct slice callee(struct lcs_call *call)
{
	const struct sip_uri *uri = lcs_request_uri(call->ctx);

	return uri ? sip_uri_aor(lcs_arena(call->ctx), uri) : SLICE_NULL;
}

static bool judge(struct lcs_call *call, struct acl_verdict *v)
{
	struct presence_acl *p = call->shared;
	struct arena *arena = lcs_arena(call->ctx);
	struct slice from = call->argv[0].s.len ? sip_text_aor(arena, call->argv[0].s) :
	    lcs_sender(call->ctx);
	struct slice to = call->argv[1].s.len ? sip_text_aor(arena, call->argv[1].s) : callee(call);

	if (!from.len || !to.len)
		return false;
	if (slice_eq_nocase(from, to))
		*v = (struct acl_verdict){ .rights = { 'A', 'A' } };
	else
		acl_ask(p, roaming_find(&p->lists, to), from, v);
	return true;
}

static enum fn_status may_communicate(struct lcs_call *call)
{
	struct acl_local *stats = call->local;
	struct acl_verdict v;
	bool allowed = judge(call, &v) && v.rights.communication == 'A';

	lcs_count(allowed ? &stats->communication_allowed : &stats->communication_denied);
	return fn_bool(call, allowed);
}

static enum fn_status sees_offline(struct lcs_call *call)
{
	struct acl_verdict v;

	return fn_bool(call, judge(call, &v) && v.rights.presence == 'B');
}

static enum fn_status acl_rule(struct lcs_call *call)
{
	struct acl_verdict v;
	struct slice text = judge(call, &v) ? acl_explain(lcs_arena(call->ctx), &v) :
	    SLICE("no address");

	if (!text.p)
		return FN_FAILED;
	call->ret = value_string(text);
	return FN_DONE;
}

#define WHO "(from: str = \"\", to: str = \"\")"

const struct lcs_func acl_funcs[] = {
	{ "may_communicate" WHO " -> bool", may_communicate, IN_REQUEST | IN_FAILURE, FUNC_MUST_CHECK,
	  "does the access list of to (else the user in the Request-URI) let from (else who has "
	  "proved to be the sender, else From) write and call; oneself always may" },
	{ "sees_offline" WHO " -> bool", sees_offline, IN_REQUEST | IN_FAILURE, FUNC_MUST_CHECK,
	  "does to block from politely: then an answer should look as if nobody were signed in" },
	{ "acl_rule" WHO " -> str", acl_rule, IN_REQUEST | IN_FAILURE, 0,
	  "the entry that decides, in words, for the log" },
	{ 0 }
};
