/*
 * modules/tm/funcs.c - what the script calls to relay and to answer, and the table of all such
 * functions.
 */
#include "modules/tm/funcs.h"

#include "parser/token.h"
#include "utils/rand.h"

#include <errno.h>

/* ---- relaying ---- */

/* An error of ours fails the run, so that the core answers 500; the rest is a result. */
static enum fn_status result(struct lcs_call *call, int err)
{
	if (err == -ENOMEM)
		return FN_FAILED;
	return fn_bool(call, err == 0);
}

static enum fn_status relay(struct lcs_call *call)
{
	struct lcs_ctx *ctx = call->ctx;
	enum sip_method m = lcs_method(ctx);
	int err;

	/* 16.11 and 16.10: ACK for a 2xx, CANCEL of something that we do not know. */
	if (m == METHOD_ACK || m == METHOD_CANCEL)
		return result(call, lcs_forward_stateless(ctx));
	err = tm_ops.ensure(ctx);
	if (!err)
		err = tm_relay(tm_tx_of(call), ctx);
	return result(call, err);
}

/* argv: host, port; both may be left out. */
static int set_next(struct lcs_call *call, const char *params)
{
	struct slice host = call->argv[0].s;
	struct arena *arena = lcs_arena(call->ctx);
	struct lcs_target *t = lcs_main_target(call->ctx);
	struct sip_uri uri;
	struct slice text;

	if (host.len == 0)
		return 0;
	text = call->argv[1].i ? arena_printf(arena, "sip:%.*s:%d%s", SLICE_ARG(host),
	    (int)call->argv[1].i, params) : arena_printf(arena, "sip:%.*s%s", SLICE_ARG(host), params);
	if (!text.p)
		return -ENOMEM;
	if (sip_uri_parse(text, &uri, NULL) != 0)
		return -EINVAL;
	t->next_uri = text;
	t->has_hop = false;
	return 0;
}

static enum fn_status relay_to(struct lcs_call *call, const char *params)
{
	int err = set_next(call, params);

	return err ? result(call, err) : relay(call);
}

static enum fn_status fn_relay(struct lcs_call *call) { return relay_to(call, ""); }
static enum fn_status fn_relay_udp(struct lcs_call *call)
{
	return relay_to(call, ";transport=udp");
}
static enum fn_status fn_relay_tcp(struct lcs_call *call)
{
	return relay_to(call, ";transport=tcp");
}
static enum fn_status fn_relay_tls(struct lcs_call *call)
{
	return relay_to(call, ";transport=tls");
}

static enum fn_status fn_relay_flow(struct lcs_call *call)
{
	const struct lcs_target *t = lcs_main_target(call->ctx);

	if (!t->has_hop || !t->hop.flow || !flow_is_alive(t->hop.flow))
		return fn_bool(call, false);
	return relay(call);
}

/* ---- answering ---- */

static enum fn_status fn_reply(struct lcs_call *call)
{
	const struct response_parts parts = {
		.status = (uint16_t)call->argv[0].i, .reason = call->argv[1].s,
	};
	int err = tm_ops.ensure(call->ctx);

	if (!err)
		err = lcs_respond(call->ctx, &parts);
	return result(call, err);
}

/* ---- requests of our own ---- */

/* A URI as From or To value; with a tag if it begins something. */
static struct slice as_address(struct lcs_call *call, struct slice uri, bool with_tag)
{
	uint64_t tag = rand_u64();

	if (!with_tag)
		return arena_printf(lcs_arena(call->ctx), "<%.*s>", SLICE_ARG(uri));
	return arena_printf(lcs_arena(call->ctx), "<%.*s>;tag=%016llx", SLICE_ARG(uri),
	    (unsigned long long)tag);
}

static bool is_lines(struct slice s)
{
	return s.len == 0 || (slice_ends(s, SLICE("\r\n")) && slice_search(s, SLICE("\r\n\r\n")) ==
	    s.len && s.p[0] != '\r');
}

/* argv: method, Request-URI, From URI, next hop's URI, lines, content type, body, Call-ID. */
static enum fn_status fn_uac_send(struct lcs_call *call)
{
	const struct value *v = call->argv;
	struct tm_request r = { .method = v[0].s, .request_uri = v[1].s, .next_uri = v[3].s,
	    .extra_lines = v[4].s, .content_type = v[5].s, .body = v[6].s, .call_id = v[7].s };
	struct sip_uri uri;

	if (!token_all(r.method, TOKEN_CHAR) || r.method.len == 0 || !is_lines(r.extra_lines) ||
	    sip_uri_parse(r.request_uri, &uri, NULL) != 0 || sip_uri_parse(v[2].s, &uri, NULL) != 0)
		return fn_bool(call, false);
	r.from = as_address(call, v[2].s, true);
	r.to = as_address(call, r.request_uri, false);
	if (!r.from.p || !r.to.p)
		return FN_FAILED;
	return result(call, tm_uac_send(call->shared, &r));
}

/* ---- transactions ---- */

static enum fn_status fn_newtran(struct lcs_call *call)
{
	return result(call, tm_ops.ensure(call->ctx));
}

static enum fn_status fn_release(struct lcs_call *call) { return fn_bool(call, true); }

/* Copies, ACKs for non-2xx and CANCELs that match never reach a script. What is left to
 * find is the INVITE that an ACK for a 2xx belongs to. */
static enum fn_status fn_check_trans(struct lcs_call *call)
{
	struct tm_key key;

	if (lcs_method(call->ctx) != METHOD_ACK)
		return fn_bool(call, false);
	tm_key_of(call->local, call->ctx, &key);
	return fn_bool(call, tm_find_accepted(call->local, &key) != NULL);
}

static enum fn_status fn_lookup_request(struct lcs_call *call)
{
	if (tm_tx_of(call))
		return fn_bool(call, true);
	return fn_check_trans(call);
}

static enum fn_status fn_retransmit(struct lcs_call *call)
{
	struct tm_tx *tx = tm_tx_of(call);

	if (!tx || !tx->kept)
		return fn_bool(call, false);
	tm_server_repeat(tx);
	return fn_bool(call, true);
}

/* ---- in failure and reply routes ---- */

static enum fn_status fn_next_hop(struct lcs_call *call)
{
	struct tm_work *work = tm_work_of(call);

	return fn_bool(call, work && work->failure == call->ctx && tm_failure_next_hop(work));
}

/* Modes of Kamailio: a all, l those of the last round, n none. */
static enum fn_status fn_drop_replies(struct lcs_call *call)
{
	struct tm_work *work = tm_work_of(call);
	struct slice mode = call->argv[0].s;

	if (!work || slice_eq(mode, SLICE("n")))
		return fn_bool(call, work != NULL);
	for (struct tm_branch *b = work->first; b; b = b->next)
		if (b->phase == TM_BRANCH_DONE && (slice_eq(mode, SLICE("a")) || b->index >=
		    work->round_began))
			b->status = 0;
	return fn_bool(call, true);
}

static enum fn_status fn_cancel_branches(struct lcs_call *call)
{
	struct tm_at *at = tm_at_of(call->ctx);
	struct tm_work *work = tm_work_of(call);
	struct slice which = call->argv[0].s;

	if (!work)
		return fn_bool(call, false);
	for (struct tm_branch *b = work->first; b; b = b->next) {
		bool is_this = b == at->branch;

		if (slice_eq(which, SLICE("all")) || is_this == slice_eq(which, SLICE("this")))
			tm_branch_cancel(b, SLICE_NULL);
	}
	tm_look_later(at->tx);
	return fn_bool(call, true);
}

/* ---- the table ---- */

#define RELAYS (FUNC_RELAYS | FUNC_ENDS)
#define IN_TX  (IN_REQUEST | IN_FAILURE | IN_BRANCH | IN_RESPONSE)
#define ROUTES (IN_REQUEST | IN_FAILURE | IN_BRANCH | IN_RESPONSE)

const struct lcs_func tm_funcs[] = {
	{ "t_relay(host: str = \"\", port: int 0..65535 = 0) -> bool", fn_relay,
	  IN_REQUEST | IN_FAILURE, RELAYS,
	  "relay the request to its targets, and see to its answer: if no target can be reached "
	  "the client is told so. With host and port: to there. false if nothing was done: the "
	  "request is answered already, or a failure route named no new target" },
	{ "t_relay_to_udp(host: str = \"\", port: int 0..65535 = 0) -> bool", fn_relay_udp,
	  IN_REQUEST | IN_FAILURE, RELAYS, "t_relay() to a host over UDP" },
	{ "t_relay_to_tcp(host: str = \"\", port: int 0..65535 = 0) -> bool", fn_relay_tcp,
	  IN_REQUEST | IN_FAILURE, RELAYS, "t_relay() to a host over TCP" },
	{ "t_relay_to_tls(host: str = \"\", port: int 0..65535 = 0) -> bool", fn_relay_tls,
	  IN_REQUEST | IN_FAILURE, RELAYS, "t_relay() to a host over TLS" },
	{ "t_relay_to_flow() -> bool", fn_relay_flow, IN_REQUEST | IN_FAILURE, RELAYS,
	  "t_relay() if the target is a connection that is open; false if there is none" },
	{ "t_reply(code: int 100..699, reason: fmt = \"\") -> bool", fn_reply,
	  IN_REQUEST | IN_FAILURE, FUNC_REPLIES | FUNC_ENDS,
	  "answer through a transaction, which repeats the response as long as it must" },
	{ "t_send_reply(code: int 100..699, reason: fmt = \"\") -> bool", fn_reply,
	  IN_REQUEST | IN_FAILURE, FUNC_REPLIES | FUNC_ENDS, "the same as t_reply()" },
	{ "t_uac_send(method: str, uri: str, from: str, next: str = \"\", lines: str = \"\", "
	  "content_type: str = \"\", body: str = \"\", call_id: str = \"\") -> bool", fn_uac_send,
	  IN_ANY, 0,
	  "send a request of our own, and do not wait for its answer; next is a URI to send it to, "
	  "lines are whole header lines. local_route sees it. false if it makes no request" },
	{ "t_newtran() -> bool", fn_newtran, IN_REQUEST, 0,
	  "make the transaction now; a function that waits and t_relay() do it by themselves" },
	{ "t_release() -> bool", fn_release, IN_REQUEST, FUNC_ENDS,
	  "accepted for old scripts: a transaction ends by itself" },
	{ "t_check_trans() -> bool", fn_check_trans, IN_REQUEST, FUNC_YES_ENDS,
	  "does this ACK for a 2xx belong to an INVITE that is known here? Repeated requests, "
	  "ACKs for other responses and CANCELs are dealt with before the script, so for all "
	  "other requests the answer is false" },
	{ "t_precheck_trans() -> bool", fn_check_trans, IN_REQUEST, FUNC_YES_ENDS,
	  "the same as t_check_trans()" },
	{ "t_lookup_request() -> bool", fn_lookup_request, IN_REQUEST | IN_FAILURE, 0,
	  "has the request a transaction?" },
	{ "t_lookup_cancel() -> bool", fn_check_trans, IN_REQUEST, 0,
	  "false: a CANCEL that matches an INVITE does not reach the script" },
	{ "t_retransmit_reply() -> bool", fn_retransmit, IN_REQUEST | IN_FAILURE, 0,
	  "send the last response once more; false if there is none to repeat" },
	{ "t_on_failure(route: str) -> bool", tm_fn_on_failure, IN_REQUEST | IN_FAILURE | IN_BRANCH,
	  FUNC_ARMS_ROUTE(ROUTE_FAILURE),
	  "run failure_route[route] when all branches have failed; it is run once and may arm "
	  "again. \"\" takes it back" },
	{ "t_on_branch(route: str) -> bool", tm_fn_on_branch, IN_REQUEST | IN_FAILURE,
	  FUNC_ARMS_ROUTE(ROUTE_BRANCH), "run branch_route[route] before each branch is sent" },
	{ "t_on_reply(route: str) -> bool", tm_fn_on_reply, ROUTES,
	  FUNC_ARMS_ROUTE(ROUTE_REPLY),
	  "run onreply_route[route] on each response, after the reply_route of all messages" },
	{ "t_is_set(what: str) -> bool", tm_fn_is_set, IN_TX, 0,
	  "is a \"failure_route\", \"branch_route\" or \"onreply_route\" armed?" },
	{ "t_set_fr(times: any...) -> bool", tm_fn_set_fr, ROUTES, 0,
	  "other times than fr_inv_timer and, if a second one is given, fr_timer for this "
	  "transaction: durations, or numbers of milliseconds; 0 leaves one as it is" },
	{ "t_reset_fr() -> bool", tm_fn_reset_fr, ROUTES, 0, "back to fr_inv_timer and fr_timer" },
	{ "t_next_hop() -> bool", fn_next_hop, IN_FAILURE, 0,
	  "point t_relay() at the next address of the target that failed (RFC 3263 4.3); false if "
	  "all were tried. With parameter failover they have been already" },
	{ "t_drop_replies(which: str = \"a\") -> bool", fn_drop_replies, IN_FAILURE, 0,
	  "forget the responses received so far: \"a\" all, \"l\" those since the last failure "
	  "route, \"n\" none" },
	{ "t_cancel_branches(which: str = \"all\") -> bool", fn_cancel_branches,
	  IN_RESPONSE | IN_FAILURE, 0,
	  "cancel branches under way: \"all\", \"others\" than the one that answered, \"this\"" },
	{ "t_cancel_callid(call_id: str, cseq: int 0..2147483647 = 0) -> bool",
	  tm_fn_cancel_callid, IN_REQUEST, FUNC_MAY_SUSPEND,
	  "cancel an INVITE that is not answered, as if its client had; cseq 0: whatever its "
	  "number. false if there is none. It looks at all transactions of a worker" },
	{ "t_load_contacts() -> bool", tm_fn_load_contacts, IN_REQUEST | IN_FAILURE, 0,
	  "put all targets aside, for t_next_contacts() to take them by q" },
	{ "t_next_contacts() -> bool", tm_fn_next_contacts, IN_REQUEST | IN_FAILURE, 0,
	  "make the group of highest q that is left the targets of t_relay(); false if none is. "
	  "With parameter serial_forking the same happens by itself" },
	{ "t_check_status(status: str) -> bool", tm_fn_check_status, IN_TX, 0,
	  "does the status match this regular expression, as \"408|5[0-9][0-9]\"? In a failure "
	  "route the best one's, in a reply route the response's" },
	{ "t_get_status_code() -> int?", tm_fn_get_status, IN_TX, 0,
	  "that status; null if there was none yet" },
	{ "t_any_timeout() -> bool", tm_fn_any_timeout, IN_TX, 0, "has a branch not answered in time?" },
	{ "t_any_replied() -> bool", tm_fn_any_replied, IN_TX, 0, "has a branch answered at all?" },
	{ "t_branch_timeout() -> bool", tm_fn_branch_timeout, IN_TX, 0,
	  "has the branch that was picked not answered in time?" },
	{ "t_branch_replied() -> bool", tm_fn_branch_replied, IN_TX, 0,
	  "has the branch that was picked answered at all?" },
	{ "t_grep_status(code: int 100..699) -> bool", tm_fn_grep_status, IN_TX, 0,
	  "has a branch ended with this status?" },
	{ "t_is_canceled() -> bool", tm_fn_is_canceled, IN_TX, 0, "has the client given up?" },
	{ "t_is_request_route() -> bool", tm_fn_is_request_route, IN_MESSAGE, 0,
	  "is this run begun by request_route?" },
	{ "t_is_failure_route() -> bool", tm_fn_is_failure_route, IN_MESSAGE, 0,
	  "is this run begun by a failure_route?" },
	{ "t_is_branch_route() -> bool", tm_fn_is_branch_route, IN_MESSAGE, 0,
	  "is this run begun by a branch_route?" },
	{ "t_is_reply_route() -> bool", tm_fn_is_reply_route, IN_MESSAGE, 0,
	  "is this run begun by a reply route?" },
	{ 0 }
};
