/*
 * service - SERVICE requests of LCS clients: finds whose operation it is and answers.
 *
 * Contacts, permissions, presence and the directory are changed and asked by SOAP envelopes
 * in SERVICE requests. The modules that own those register their operations here.
 */
#include "modules/service/service.h"

#include "parser/mime.h"

#include <errno.h>

struct service_request {
	struct inbox_item               item;	/* to the owner and back */
	struct service                 *s;
	struct lcs_ctx                 *ctx;	/* counted when the script waits */
	const struct service_operation *op;
	struct arena                   *arena;	/* holds this struct, too */
	struct service_asked            asked;
	struct service_response         response;
	unsigned                        home;	/* the worker the script runs on */
	bool                            is_here;	/* handle_service() is on the stack */
	bool                            is_answered;
};

static struct service_local *stats_of(const struct service *s)
{
	return lcs_local(s->mod);
}

/* ---- the answer ---- */

static void count(struct service_local *stats, uint16_t status)
{
	lcs_count(status < 300 ? &stats->carried_out : &stats->refused);
}

/* On the request's own worker: what handle_service() returns. */
static bool finish(struct service_request *req)
{
	struct response_parts parts = { .status = req->response.status,
	    .reason = req->response.reason, .extra_lines = req->response.extra_lines,
	    .content_type = req->response.content_type, .body = req->response.body };
	bool ok = parts.status < 300;
	struct arena *arena = req->arena;

	count(stats_of(req->s), parts.status);
	lcs_respond(req->ctx, &parts);
	arena_free(&arena);
	return ok;
}

static void finish_later(struct inbox_item *item)
{
	struct service_request *req = (struct service_request *)item;
	struct lcs_ctx *ctx = req->ctx;
	bool ok = finish(req);

	lcs_resume(ctx, value_bool(ok));
	lcs_ctx_unref(&ctx);
}

static struct slice copy(struct service_request *req, struct slice s, bool *failed)
{
	struct slice kept = s.len ? arena_dup(req->arena, s) : SLICE("");

	*failed |= !kept.p;
	return kept;
}

static void service_answer(struct service_request *req, const struct service_response *r)
{
	bool failed = false;

	req->response = (struct service_response){ r->status, copy(req, r->reason, &failed),
	    copy(req, r->content_type, &failed), copy(req, r->body, &failed),
	    copy(req, r->extra_lines, &failed) };
	if (failed)
		req->response = (struct service_response){ .status = 500,
		    .reason = SLICE("Out of memory") };
	req->item.run = finish_later;
	/* is_here and is_answered belong to the script's worker: an operation may have gone
	 * elsewhere while handle_service() is still on the stack. */
	if (worker_self() != (int)req->home)
		worker_post(req->home, &req->item, INBOX_MUST);
	else if (req->is_here)
		req->is_answered = true;
	else
		finish_later(&req->item);
}

static void service_refuse(struct service_request *req, uint16_t status, const char *reason)
{
	service_answer(req, &(struct service_response){ .status = status,
	    .reason = slice_str(reason) });
}

static void service_answer_soap(struct service_request *req, struct slice body)
{
	struct slice text = service_wrap(req->arena, body);

	if (!text.p)
		service_refuse(req, 500, "Out of memory");
	else
		service_answer(req, &(struct service_response){ .status = 200,
		    .content_type = SERVICE_SOAP_TYPE, .body = text });
}

/* ---- the question ---- */

static int add_operation(struct service *s, const struct service_operation *op)
{
	for (unsigned i = 0; i < s->count; i++)
		if (slice_eq(slice_str(s->ops[i]->name), slice_str(op->name)))
			return -EEXIST;
	if (s->count == SERVICE_OPERATIONS_MAX)
		return -ENOSPC;
	s->ops[s->count++] = op;
	return 0;
}

static const struct service_operation *find_operation(const struct service *s, struct slice name)
{
	for (unsigned i = 0; i < s->count; i++)
		if (slice_eq(slice_str(s->ops[i]->name), name))
			return s->ops[i];
	return NULL;
}

static int refused(struct service_refusal *why, uint16_t status, struct slice reason,
    const char *extra)
{
	*why = (struct service_refusal){ status, reason, extra };
	return -EBADMSG;
}

static int check_type(struct lcs_ctx *ctx, struct service_refusal *why)
{
	struct sip_view view = lcs_view(ctx);
	struct mime_type type;
	struct hdr_ref hdr;

	if (!view_body(&view).len)
		return refused(why, 400, SLICE("A SERVICE without a body asks for nothing"), "");
	if (view_hdr(&view, HDR_CONTENT_TYPE, SLICE_NULL, 0, &hdr) &&
	    mime_type_parse(hdr.value, &type, NULL) == 0 && mime_type_is(&type, SERVICE_SOAP_TYPE))
		return 0;
	return refused(why, 415, SLICE_NULL, "Accept: application/SOAP+xml\r\n");
}

/* Half of what was asked would be done, and which half nobody knew. What belongs to an operation
 * may stand beside it (directorySearch). */
static int check_single(const struct service_request *req, struct service_refusal *why)
{
	const struct xml_node *op = req->asked.operation;

	for (const struct xml_node *n = xml_next(op, SERVICE_NS, SLICE_NULL); n;
	    n = xml_next(n, SERVICE_NS, SLICE_NULL))
		if (find_operation(req->s, n->name))
			return refused(why, 400, SLICE("A SERVICE asks for one operation"), "");
	xml_for_each_named(n, op, SERVICE_NS, SLICE_NULL)
		if (xml_next(n, SERVICE_NS, n->name))
			return refused(why, 400, arena_printf(req->arena, "%.*s is there twice",
			    SLICE_ARG(n->name)), "");
	return 0;
}

static int find_it(struct service_request *req, bool is_self, struct service_refusal *why)
{
	struct service_asked *asked = &req->asked;

	req->op = find_operation(req->s, asked->operation->name);
	if (!req->op)
		return refused(why, 501, SLICE("No Such SOAP Operation"), "");
	if (req->op->flags & SERVICE_SELF && !is_self)
		return refused(why, 403, SLICE("Only for oneself"), "");
	if (!(req->op->flags & SERVICE_DOMAIN) && !asked->aor.len)
		return refused(why, 404, SLICE("The Request-URI names no user"), "");
	return check_single(req, why);
}

static int read_request(struct service_request *req, const struct service_conf *conf,
    bool trust_from, struct service_refusal *why)
{
	struct sip_view view = lcs_view(req->ctx);
	bool is_self = false;
	int err = check_type(req->ctx, why);

	req->asked.arena = req->arena;
	if (!err)
		err = service_read_people(req->ctx, trust_from, req->arena, &req->asked, &is_self, why);
	if (!err)
		err = service_read_body(req->arena, view_body(&view), conf, &req->asked, why);
	return err ? err : find_it(req, is_self, why);
}

static enum fn_status refuse_now(struct lcs_call *call, struct service_request *req,
    const struct service_refusal *why)
{
	struct service_local *stats = call->local;
	struct response_parts parts = { .status = why->status, .reason = why->reason,
	    .extra_lines = slice_str(why->extra) };
	struct arena *arena = req->arena;

	lcs_count(&stats->refused);
	if (why->status == 501)
		lcs_count(&stats->unknown);
	else if (why->status == 403)
		lcs_count(&stats->forbidden);
	else
		lcs_count(&stats->bad_body);
	lcs_respond(call->ctx, &parts);
	arena_free(&arena);
	return fn_bool(call, false);
}

static void run_on_owner(struct inbox_item *item)
{
	struct service_request *req = (struct service_request *)item;

	req->op->run(req, &req->asked, req->op->arg);
}

static enum fn_status run_here(struct lcs_call *call, struct service_request *req)
{
	req->is_here = true;
	req->op->run(req, &req->asked, req->op->arg);
	req->is_here = false;
	if (req->is_answered)
		return fn_bool(call, finish(req));
	lcs_ctx_ref(req->ctx);
	return FN_SUSPENDED;
}

static enum fn_status carry_out(struct lcs_call *call, struct service_request *req)
{
	unsigned owner = req->op->flags & SERVICE_DOMAIN ? req->home :
	    worker_of(lcs_user_key(req->asked.aor));

	if (owner == req->home)
		return run_here(call, req);
	lcs_ctx_ref(req->ctx);
	req->item.run = run_on_owner;
	worker_post(owner, &req->item, INBOX_MUST);
	return FN_SUSPENDED;
}

/* Four times the body: names, values and the tree's links. */
static struct service_request *new_request(struct lcs_call *call, const struct service_conf *conf)
{
	size_t cap = 64 * 1024 + 4 * (size_t)conf->max_body + 128 * (size_t)conf->max_nodes;
	struct arena *arena = arena_new(cap);
	struct service_request *req = arena ? arena_zalloc(arena, sizeof(*req)) : NULL;

	if (!req) {
		arena_free(&arena);
		return NULL;
	}
	req->s = call->shared;
	req->ctx = call->ctx;
	req->arena = arena;
	req->home = (unsigned)worker_self();
	return req;
}

static enum fn_status handle_service(struct lcs_call *call)
{
	const struct service_conf *conf = call->conf;
	struct service_local *stats = call->local;
	struct service_request *req;
	struct service_refusal why;
	struct arena *arena;
	int err;

	call->ret = value_bool(false);
	if (lcs_method(call->ctx) != METHOD_SERVICE)
		return FN_DONE;
	lcs_count(&stats->requests);
	req = new_request(call, conf);
	if (!req)
		return FN_FAILED;
	err = read_request(req, conf, conf->trust_from || call->argv[0].b, &why);
	if (err == -EBADMSG)
		return refuse_now(call, req, &why);
	if (!err)
		return carry_out(call, req);
	arena = req->arena;
	arena_free(&arena);
	return FN_FAILED;
}

/* ---- control ---- */

static int list_operations(struct lcs_rpc_call *call)
{
	const struct service *s = lcs_shared(call->mod);
	json_t *rows = json_array();

	for (unsigned i = 0; i < s->count; i++)
		json_array_append_new(rows, json_pack("{ssss}", "operation", s->ops[i]->name, "for",
		    s->ops[i]->flags & SERVICE_SELF ? "oneself" :
		    s->ops[i]->flags & SERVICE_DOMAIN ? "the domain" : "anybody"));
	call->result = rows;
	return rows ? 0 : -ENOMEM;
}

/* ---- tables ---- */

static int load(struct lcs_mod *mod)
{
	((struct service *)lcs_shared(mod))->mod = mod;
	xml_read_init();
	return 0;
}

static const struct service_api api = { add_operation, service_answer, service_refuse,
    service_answer_soap };
static const struct lcs_iface ifaces[] = { { "service", 1, &api }, { 0 } };

static const struct lcs_param params[] = {
	PARAM_INT(struct service_conf, max_body, "32768", 1024, 1048576,
	    "bytes of an envelope; a longer one gets 413"),
	PARAM_INT(struct service_conf, max_depth, "24", 4, 200,
	    "elements inside each other in an envelope; more get 413"),
	PARAM_INT(struct service_conf, max_nodes, "2000", 16, 100000,
	    "elements, attributes and texts in an envelope; more get 413"),
	PARAM_BOOL(struct service_conf, trust_from, "no",
	    "when nobody has proved who he is, believe From; only where the script lets nobody "
	    "in but those whom it trusts"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "handle_service(trust_from: bool = false) -> bool", handle_service, IN_REQUEST,
	  FUNC_MAY_SUSPEND | FUNC_ENDS | FUNC_REPLIES,
	  "carry out the operation that a SERVICE asks for, and answer it; true if it was done. "
	  "trust_from: when nobody has proved here who he is, believe From, as for a server that has "
	  "asked its own user for a password" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct service_local, requests, STAT_COUNTER, "SERVICE requests"),
	LCS_STAT(struct service_local, carried_out, STAT_COUNTER, "operations that were done"),
	LCS_STAT(struct service_local, refused, STAT_COUNTER, "requests that were refused"),
	LCS_STAT(struct service_local, bad_body, STAT_COUNTER,
	    "refused for a body that cannot be read or is no envelope"),
	LCS_STAT(struct service_local, unknown, STAT_COUNTER,
	    "refused for an operation that no module has"),
	LCS_STAT(struct service_local, forbidden, STAT_COUNTER,
	    "refused because it was asked for somebody else, or by nobody known"),
	{ 0 }
};

static const struct lcs_rpc rpcs[] = {
	{ "service.operations", RIGHT_READ, NULL, list_operations,
	  "the operations that clients can ask for" },
	{ 0 }
};

LCS_MODULE(service,
	.summary = "SOAP operations in SERVICE requests of LCS clients",
	.manual =
	    "Clients of Live Communications Server change their contacts and permissions, publish\n"
	    "their presence and search the directory with SERVICE requests. The modules that do\n"
	    "that work register their operations here; `lcsctl service operations` lists them.\n\n"
	    "    if ($rm == \"SERVICE\") {\n"
	    "        handle_service();\n"
	    "        exit;\n"
	    "    }\n\n"
	    "The sender must have proved who it is before (`digest_authenticate()`, a sign-in with\n"
	    "NTLM or Kerberos), unless the script vouches for From: a request from the home of another\n"
	    "user, who wants to know by getPresence whether somebody here is there. What is asked about oneself is refused with 403 unless Request-URI,\n"
	    "From, To and the sender agree. A body that is not XML, or is too long or too deep, is\n"
	    "refused with 400 or 413 and the reason; document types and entities are not read.\n",
	.conf_size = sizeof(struct service_conf),
	.local_size = sizeof(struct service_local),
	.shared_size = sizeof(struct service),
	.params = params,
	.funcs = funcs,
	.ifaces = ifaces,
	.stats = stats,
	.rpcs = rpcs,
	.load = load,
);
