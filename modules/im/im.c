/*
 * im - what a message or an invitation is, how many take part, whether the called one is busy.
 *
 * For the routing script, which decides what comes of it. Nothing is changed: conversations
 * of clients pass byte by byte.
 */
#include "modules/im/feature.h"
#include "modules/presence_xml/presence_xml_api.h"
#include "modules/usrloc/usrloc_api.h"

struct im_conf { int64_t max_parties, busy_from, busy_to; };

struct im_local { uint64_t asked, crowded, busy; };

struct im {
	struct lcs_mod                *mod;
	const struct presence_api     *presence;	/* NULL: nobody is ever busy */
	struct presence               *presence_state;
	const struct presence_xml_api *px;
	struct presence_xml           *px_state;
	const struct usrloc_api       *usrloc;	/* NULL: nobody registers here */
	struct usrloc                 *usrloc_state;
};

static struct slice value_of(struct lcs_call *call, struct slice name)
{
	struct sip_view view = lcs_view(call->ctx);
	enum hdr_id id = hdr_by_name(name);
	struct hdr_ref h;

	return view_hdr(&view, id, id == HDR_OTHER ? name : SLICE_NULL, 0, &h) ? h.value : SLICE_NULL;
}

/* ---- what it is ---- */

static enum fn_status im_feature(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	const struct feature_input in = {
		.is_invite = lcs_method(call->ctx) == METHOD_INVITE,
		.is_message = lcs_method(call->ctx) == METHOD_MESSAGE,
		.content_type = value_of(call, SLICE("Content-Type")),
		.body = view_body(&view),
		.text_format = value_of(call, SLICE("ms-text-format")),
	};
	struct slice feature = feature_of(lcs_arena(call->ctx), &in);

	call->ret = value_string(feature.p ? feature : SLICE(""));
	return FN_DONE;
}

/* ---- how many ---- */

static unsigned parties(struct lcs_call *call)
{
	struct sip_view view = lcs_view(call->ctx);
	struct hdr_ref h = { 0 };
	unsigned n = 0;

	while (view_next_hdr(&view, HDR_OTHER, SLICE("EndPoints"), &h))
		n += feature_parties(h.value);
	return n;
}

static enum fn_status im_parties(struct lcs_call *call)
{
	unsigned n = parties(call);

	call->ret = value_int(n > 2 ? n : 2);
	return FN_DONE;
}

static enum fn_status im_is_crowded(struct lcs_call *call)
{
	const struct im_conf *conf = call->conf;
	struct im_local *stats = call->local;
	bool crowded = parties(call) > (uint64_t)conf->max_parties;

	if (crowded)
		lcs_count(&stats->crowded);
	return fn_bool(call, crowded);
}

/* ---- busy, and where: the user's owner knows ---- */

#define ENDPOINT_MAX 64u			/* bytes of an epid; clients have 16 at most */

enum about { ABOUT_BUSY, ABOUT_DND, ABOUT_ENDPOINT };

struct question {
	struct im      *im;
	struct lcs_ctx *ctx;		/* counted */
	struct slice    aor;		/* in its arena */
	unsigned        from, to;
	enum about      about;
	char            endpoint[ENDPOINT_MAX];	/* the owner's answer */
};

/* The text is the user's, who may be another before the script goes on. */
static struct value keep_endpoint(struct question *q, struct slice epid)
{
	if (epid.len > ENDPOINT_MAX)
		return value_string(SLICE(""));
	if (epid.len)
		memcpy(q->endpoint, epid.p, epid.len);
	return value_string(slice_of(q->endpoint, epid.len));
}

static struct value look(struct question *q)
{
	struct presence_user *u = q->im->presence->user(q->im->presence_state, q->aor, false);
	struct presence_xml_summary now = { 0 };
	bool is_online = u && q->im->px->is_online(q->im->px_state, u, &now), busy;

	if (q->about == ABOUT_ENDPOINT)
		return keep_endpoint(q, now.endpoint);
	busy = is_online && (q->about == ABOUT_DND ? now.is_undisturbed :
	    now.activity >= q->from && now.activity <= q->to);
	if (busy)
		lcs_count(&((struct im_local *)lcs_local(q->im->mod))->busy);
	return value_bool(busy);
}

static void ask_owner(void *arg)
{
	struct question *q = arg;
	struct lcs_ctx *ctx = q->ctx;

	lcs_resume(ctx, look(q));
	lcs_ctx_unref(&ctx);
}

static struct slice whom(struct lcs_call *call)
{
	const struct sip_uri *uri = lcs_request_uri(call->ctx);
	struct sip_uri given;

	if (call->argv[0].s.len)
		uri = sip_uri_parse(call->argv[0].s, &given, NULL) == 0 ? &given : NULL;
	return uri ? sip_uri_aor(lcs_arena(call->ctx), uri) : SLICE_NULL;
}

static enum fn_status ask(struct lcs_call *call, struct slice aor, enum about about)
{
	const struct im_conf *conf = call->conf;
	struct im *im = call->shared;
	struct question *q;

	if (!im->px || !aor.len)
		return FN_DONE;
	q = arena_alloc(lcs_arena(call->ctx), sizeof(*q));
	if (!q)
		return FN_FAILED;
	*q = (struct question){ .im = im, .ctx = lcs_ctx_ref(call->ctx), .aor = aor,
	    .from = (unsigned)conf->busy_from, .to = (unsigned)conf->busy_to, .about = about };
	if (lcs_post(lcs_user_key(aor), ask_owner, q) == 0)
		return FN_SUSPENDED;
	lcs_ctx_unref(&q->ctx);
	return FN_FAILED;
}

static enum fn_status ask_state(struct lcs_call *call, enum about about)
{
	lcs_count(&((struct im_local *)call->local)->asked);
	call->ret = value_bool(false);
	return ask(call, whom(call), about);
}

static enum fn_status im_is_busy(struct lcs_call *call) { return ask_state(call, ABOUT_BUSY); }

static enum fn_status im_is_dnd(struct lcs_call *call) { return ask_state(call, ABOUT_DND); }

/* Where there is one endpoint at most there is nothing to choose, and nobody need be asked. */
static bool has_several(const struct im *im, struct slice aor)
{
	const struct usrloc_aor *have = im->usrloc && aor.len ?
	    im->usrloc->find(im->usrloc_state, aor) : NULL;

	return have && have->count > 1;
}

static enum fn_status im_endpoint(struct lcs_call *call)
{
	struct slice aor = whom(call);

	call->ret = value_string(SLICE(""));
	return has_several(call->shared, aor) ? ask(call, aor, ABOUT_ENDPOINT) : FN_DONE;
}

/* ---- life ---- */

static int load(struct lcs_mod *mod)
{
	struct im *im = lcs_shared(mod);

	im->mod = mod;
	return 0;
}

static int check(const void *conf, struct diag *diag)
{
	const struct im_conf *c = conf;

	if (c->busy_from > c->busy_to)
		return diag_error(diag, "busy_from", "is above busy_to");
	return 0;
}

/* ---- tables ---- */

static const struct lcs_need needs[] = {
	NEED_OPTIONAL(struct im, presence, presence, 1),
	NEED_OPTIONAL(struct im, px, presence_xml, 1),
	NEED_OPTIONAL(struct im, usrloc, usrloc, 1),
	{ 0 }
};

static const struct lcs_param params[] = {
	PARAM_INT(struct im_conf, max_parties, "4", 2, 1000,
	    "parties of a chat up to which im_is_crowded() is false"),
	PARAM_INT(struct im_conf, busy_from, "500", 100, 999,
	    "the least activity, as LCS counts it, that is busy: 500 in a call, 600 busy"),
	PARAM_INT(struct im_conf, busy_to, "699", 100, 999, "the greatest that is"),
	{ 0 }
};

static const struct lcs_func funcs[] = {
	{ "im_feature() -> str", im_feature, IN_REQUEST | IN_FAILURE, 0,
	  "what a MESSAGE or INVITE begins: im, typing, file-transfer, whiteboard, "
	  "application-sharing, remote-assistance, audio, video; empty: none of these" },
	{ "im_parties() -> int", im_parties, IN_REQUEST | IN_FAILURE, 0,
	  "how many take part, as the EndPoints header says; without it 2" },
	{ "im_is_crowded() -> bool", im_is_crowded, IN_REQUEST | IN_FAILURE, FUNC_MUST_CHECK,
	  "are they more than max_parties" },
	{ "im_is_busy(uri: str = \"\") -> bool", im_is_busy, IN_REQUEST, FUNC_MAY_SUSPEND,
	  "is this user (else the one in the Request-URI) there, and busy or in a call, by what all "
	  "endpoints publish, or by what the user says of himself" },
	{ "im_is_dnd(uri: str = \"\") -> bool", im_is_dnd, IN_REQUEST, FUNC_MAY_SUSPEND,
	  "is this user (else the one in the Request-URI) there, and does not want to be disturbed" },
	{ "im_endpoint(uri: str = \"\") -> str", im_endpoint, IN_REQUEST, FUNC_MAY_SUSPEND,
	  "where this user (else the one in the Request-URI) is, for lookup(): of several LCS endpoints "
	  "the one that is most available, then most active, then the latest; empty: nothing to "
	  "choose, or none of them can be reached" },
	{ 0 }
};

static const struct lcs_stat stats[] = {
	LCS_STAT(struct im_local, crowded, STAT_COUNTER, "times im_is_crowded() said yes"),
	LCS_STAT(struct im_local, asked, STAT_COUNTER, "times im_is_busy() or im_is_dnd() was asked"),
	LCS_STAT(struct im_local, busy, STAT_COUNTER, "times it said yes"),
	{ 0 }
};

LCS_MODULE(im,
	.summary = "what conversations are, how many take part, who is busy",
	.conf_size = sizeof(struct im_conf),
	.local_size = sizeof(struct im_local),
	.shared_size = sizeof(struct im),
	.params = params,
	.funcs = funcs,
	.needs = needs,
	.stats = stats,
	.flags = MODULE_AT_START,
	.load = load,
	.check = check,
	.manual =
	    "A chat of LCS clients with more than two is a dialog between each two of them under one\n"
	    "Call-ID; the server relays and keeps `EndPoints`, `Roster-Manager`, `TriggeredInvite` and\n"
	    "all others as they are. How many may take part is a policy:\n"
	    "\n"
	    "```\n"
	    "if (is_method(\"INVITE\") && im_is_crowded()) {\n"
	    "    sl_send_reply(486, \"Too many in this conversation\");\n"
	    "    exit;\n"
	    "}\n"
	    "```\n"
	    "\n"
	    "Messages for somebody who is busy can be held (with `m_store()` of module msilo; they come\n"
	    "when the script calls `m_dump()`, at a registration for example) or sent elsewhere:\n"
	    "\n"
	    "```\n"
	    "if (is_method(\"MESSAGE\") && im_is_busy() && m_store()) {\n"
	    "    sl_send_reply(202, \"Accepted for later\");\n"
	    "    exit;\n"
	    "}\n"
	    "if (is_method(\"INVITE\") && im_is_busy()) $rU = \"assistant\";\n"
	    "...\n"
	    "if (save(\"location\") && !im_is_busy($tu)) m_dump();\n"
	    "```\n"
	    "\n"
	    "An LCS client answers whatever comes at once, so of a user's endpoints one is to get it: the\n"
	    "one where he is. Without this it is the one that has registered last:\n"
	    "\n"
	    "```\n"
	    "if (!lookup(\"location\", endpoint=im_endpoint())) sl_send_reply(480, \"User is signed out\");\n"
	    "```\n"
	    "\n"
	    "An invitation to something nobody knows counts as `file-transfer`, so that a new name is\n"
	    "no way around a policy.\n",
);
