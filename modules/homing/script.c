/*
 * modules/homing/script.c - what a script asks: is it here, where else, and may this server speak
 * for him?
 */
#include "modules/homing/homing.h"

static struct slice asked_aor(struct lcs_call *call)
{
	struct sip_uri uri;

	if (sip_uri_parse(call->argv[0].s, &uri, NULL) != 0 || !uri.user.len)
		return SLICE_NULL;
	return sip_uri_aor(lcs_arena(call->ctx), &uri);
}

static struct slice asked_home(struct lcs_call *call)
{
	struct slice aor = asked_aor(call);

	return aor.len ? homing_elsewhere(call->shared, aor, lcs_ctx_gen(call->ctx)) : SLICE("");
}

static enum fn_status fn_home_of(struct lcs_call *call)
{
	struct slice home = asked_home(call);

	call->ret = value_null();
	if (!home.len)
		return FN_DONE;
	lcs_count(&((struct homing_local *)call->local)->elsewhere);
	/* The record may go at our next quiet point. */
	call->ret = value_string(arena_dup(lcs_arena(call->ctx), home));
	return call->ret.s.p ? FN_DONE : FN_FAILED;
}

static struct slice uri_of(struct lcs_call *call, struct slice server)
{
	int port = (int)((const struct homing_conf *)call->conf)->port;

	return arena_printf(lcs_arena(call->ctx), port ? "sip:%.*s:%d;transport=tls" :
	    "sip:%.*s;transport=tls", SLICE_ARG(server), port);
}

static enum fn_status go_to(struct lcs_call *call, struct slice uri_text, const char *rule)
{
	struct lcs_target *target = lcs_main_target(call->ctx);
	struct slice copy = arena_dup(lcs_arena(call->ctx), uri_text);
	struct sip_uri uri;

	if (!copy.p || sip_uri_parse(copy, &uri, NULL) != 0)
		return FN_FAILED;
	target->next_uri = copy;
	target->has_hop = false;
	call->ret = value_string(slice_str(rule));
	return FN_DONE;
}

static bool is_given(const struct value *v) { return v->type == VALUE_STRING && v->s.len; }

static enum fn_status fn_next_home(struct lcs_call *call)
{
	struct slice aor = asked_aor(call), server = SLICE("");
	const char *rule = aor.len ? homing_rule(call->shared, aor,
	    lcs_ctx_gen(call->ctx), &server) : NULL;

	if (server.len) {
		lcs_count(&((struct homing_local *)call->local)->elsewhere);
		return go_to(call, uri_of(call, server), rule);
	}
	if (!rule && is_given(&call->argv[1]))
		return go_to(call, call->argv[1].s, "static");
	if (!rule && is_given(&call->argv[2]))
		return go_to(call, call->argv[2].s, "default");
	call->ret = value_string(slice_str(rule ? rule : "none"));
	return FN_DONE;
}

static enum fn_status fn_from_home_of(struct lcs_call *call)
{
	struct homing_local *stats = call->local;
	struct slice home = asked_home(call), peer = lcs_peer(call->ctx);

	call->ret = value_bool(home.len && slice_eq_nocase(home, peer));
	lcs_count(call->ret.b ? &stats->spoken_for : &stats->not_spoken_for);
	return FN_DONE;
}

const struct lcs_func homing_funcs[] = {
	{ "home_of(uri: str) -> str?", fn_home_of, IN_REQUEST | IN_FAILURE, 0,
	  "the server that this user lives on, if it is not this one; null: here, or nobody said" },
	{ "next_home(uri: str, fixed: str? = null, otherwise: str? = null) -> str", fn_next_home,
	  IN_REQUEST | IN_FAILURE, FUNC_MUST_CHECK,
	  "where the server of this user is: sets $du to it and says which rule did, the first of: "
	  "`here` (he lives on this server; $du stays), `homes` (lcsctl homes), `directory` (module "
	  "dirsync), `static` ($du is now fixed, mostly from a map), `default` ($du is now otherwise), "
	  "`none` ($du stays). lcsctl trace shows it" },
	{ "from_home_of(uri: str) -> bool", fn_from_home_of, IN_REQUEST, FUNC_MUST_CHECK,
	  "does the request come from the server that this user lives on, by its certificate? That "
	  "server has asked him for his password, and no other one may speak for him" },
	{ 0 }
};
