/*
 * modules/auth_lcs/sa.c - security associations: every message of a connection that has one
 * is signed on its way out and verified when it comes.
 *
 * All of it happens on the owner of the connection, because the running numbers are those of
 * the wire. A connection may have several associations: one for each endpoint (epid) that
 * has signed in over it.
 */
#include "modules/auth_lcs/auth_lcs.h"

#include "utils/hex.h"
#include "utils/rand.h"

#include <errno.h>
#include <stdlib.h>

#define TEXT_BYTES 1024u		/* of a signature's text, to begin with */

struct guard {
	struct flow_guard guard;	/* first */
	struct list       node;		/* auth_lcs_local.guards */
	struct list       sas;		/* the latest first */
	unsigned          count;
	flow_id           flow;
	struct auth_lcs  *lcs;
	uint64_t          stamp;	/* of the latest challenge that was answered */
	bool              renewing;	/* the client has begun to sign in anew */
	bool              closing;
	struct buf       *text;		/* scratch */
};

/* ---- one association ---- */

static struct slice copy_to(char **at, struct slice s)
{
	struct slice copy = { *at, s.len };

	if (s.len)
		memcpy(*at, s.p, s.len);
	*at += s.len;
	return copy;
}

struct sa *sa_new(struct auth_lcs *lcs, const struct auth_lcs_scheme *scheme,
    const struct auth_lcs_handshake *h, const struct sa *texts)
{
	size_t room = texts->opaque.len + texts->realm.len + texts->targetname.len +
	    texts->epid.len + h->name.len + h->domain.len;
	struct sa *sa = calloc(1, sizeof(*sa) + room);
	char *at = (char *)(sa + 1);

	if (!sa) {
		scheme->free(h->keys);
		return NULL;
	}
	list_init(&sa->node);
	list_init(&sa->held);
	sa->lcs = lcs;
	sa->scheme = scheme;
	sa->keys = h->keys;
	sa->version = h->version;
	sa->stamp = h->stamp;
	sa->flow = h->flow;
	sa->expires = texts->expires;
	sa->ends = texts->ends;
	sa->limit = texts->limit;
	sa->opaque = copy_to(&at, texts->opaque);
	sa->realm = copy_to(&at, texts->realm);
	sa->targetname = copy_to(&at, texts->targetname);
	sa->epid = copy_to(&at, texts->epid);
	sa->name = copy_to(&at, h->name);
	sa->domain = copy_to(&at, h->domain);
	return sa;
}

void sa_free(struct sa *sa)
{
	if (!sa)
		return;
	list_remove(&sa->node);
	held_drop(sa);
	sa->scheme->free(sa->keys);
	free(sa);
}

/* The client makes a new one at its next REGISTER, and until then goes on with this. */
static bool is_over(const struct sa *sa, struct lcs_ctx *ctx)
{
	bool is_register = lcs_is_request(ctx) && lcs_method(ctx) == METHOD_REGISTER;

	return (is_register ? sa->expires : sa->ends) <= loop_wall(worker_loop());
}

/* ---- checking ---- */

static bool has_mac(struct sa *sa, struct slice text, struct slice hex)
{
	unsigned char mac[AUTH_LCS_MAC_MAX];
	size_t len = hex.len / 2;

	return len > 0 && len <= sizeof(mac) && hex_decode(mac, len, hex) == 0 &&
	    sa->scheme->verify(sa->keys, text, slice_of((const char *)mac, len));
}

bool sa_verify(struct sa *sa, const struct lcs_creds *creds, const struct sa_fields *f)
{
	struct sa_mark mark = { sa->scheme->name, creds->crand, creds->cnum, sa->realm,
	    sa->targetname, sa->version };
	struct buf *text = buf_new(TEXT_BYTES);
	bool ok = false;

	if (!text)
		return false;
	sa_text_put(text, &mark, f);
	ok = !text->failed && has_mac(sa, buf_slice(text), creds->response);
	buf_unref(&text);
	return ok;
}

/* ---- sealing ---- */

static struct sa *by_epid(struct guard *g, struct slice epid)
{
	list_for_each(it, &g->sas) {
		struct sa *sa = container_of(it, struct sa, node);

		if (slice_eq_nocase(sa->epid, epid))
			return sa;
	}
	return NULL;
}

/* Whom it goes to: the endpoint named in it; without a name, whoever signed in last. */
static struct sa *receiver_of(struct guard *g, const struct sa_fields *f)
{
	struct slice epid = f->is_request ? f->to_epid : f->from_epid;
	struct sa *sa = g->count > 1 && epid.len ? by_epid(g, epid) : NULL;

	if (!sa && g->count)
		sa = container_of(g->sas.next, struct sa, node);
	return sa;
}

/* RFC 3261 has no signatures: provisional responses and challenges go without. */
static bool wants_signature(const struct sa_fields *f)
{
	return f->is_request || (f->status >= 200 && f->status != 401);
}

static void put_value(struct buf *b, struct slice name, struct slice value)
{
	buf_put(b, SLICE(", "));
	buf_put(b, name);
	buf_put(b, SLICE("=\""));
	buf_put(b, value);
	buf_put_char(b, '"');
}

static int put_signature(struct guard *g, struct sa *sa, const struct sa_fields *f,
    struct buf *to)
{
	unsigned char mac[AUTH_LCS_MAC_MAX], random[4];
	char srand_text[2 * sizeof(random)], snum[12];
	struct sa_mark mark = { .scheme = sa->scheme->name, .realm = sa->realm,
	    .targetname = sa->targetname, .version = sa->version };
	int len;

	rand_bytes(random, sizeof(random));
	hex_encode(srand_text, random, sizeof(random));
	mark.rand = slice_of(srand_text, sizeof(srand_text));
	mark.num = slice_of(snum, (size_t)snprintf(snum, sizeof(snum), "%u", ++sa->sent));
	buf_clear(g->text);
	sa_text_put(g->text, &mark, f);
	len = g->text->failed ? -ENOMEM : sa->scheme->sign(sa->keys, buf_slice(g->text), mac);
	if (len < 0)
		return len;
	buf_put(to, SLICE("Authentication-Info: "));
	buf_put(to, sa->scheme->name);
	buf_put(to, SLICE(" rspauth=\""));
	buf_put_hex(to, mac, (size_t)len);
	buf_put_char(to, '"');
	put_value(to, SLICE("srand"), mark.rand);
	put_value(to, SLICE("snum"), mark.num);
	put_value(to, SLICE("opaque"), sa->opaque);
	put_value(to, SLICE("qop"), SLICE("auth"));
	put_value(to, SLICE("targetname"), sa->targetname);
	put_value(to, SLICE("realm"), sa->realm);
	buf_put(to, SLICE("\r\n"));
	return 0;
}

/* What real servers add to the client's Via; the port it is seen with, and our number for
 * the connection. */
static void put_via_params(struct guard *g, struct buf *to)
{
	struct sip_hop hop;

	if (!flow_hop(g->flow, &hop))
		return;
	buf_put(to, SLICE(";ms-received-port="));
	buf_put_u64(to, hop.remote.port);
	buf_printf(to, ";ms-received-cid=%llX", (unsigned long long)(g->flow & 0xffffffff));
}

/* A challenge after which the client may have other keys than we. */
static bool changes_keys(const struct sa *sa, const struct sa_fields *f, struct slice message)
{
	const struct slice token = SLICE("gssapi-data=\"T");

	return f->status == 401 && slice_eq(f->method, SLICE("REGISTER")) &&
	    slice_eq_nocase(f->from_epid, sa->epid) &&
	    (sa->scheme->one_leg || slice_search(message, token) < message.len);
}

/* The answer to a REGISTER ends the handshake, however it ends. */
static int keep_back(struct sa *sa, const struct sa_fields *f, struct slice message)
{
	if (!f->is_request && slice_eq(f->method, SLICE("REGISTER")))
		return 0;
	return held_keep(sa, message);
}

/* The signature goes above all other headers, where it is found first. */
static int seal(struct flow_guard *guard, struct slice message, struct buf *to)
{
	struct guard *g = container_of(guard, struct guard, guard);
	struct sa_fields f;
	struct sa *sa;
	int err;

	if (sa_fields_read(message, &f) != 0 || !(sa = receiver_of(g, &f)))
		return -ENOENT;
	if (changes_keys(sa, &f, message))
		held_begin(sa);
	if (!wants_signature(&f))
		return -ENOENT;
	err = keep_back(sa, &f, message);
	if (err)
		return err;
	buf_put(to, slice_between(message.p, slice_end(f.first_line)));
	err = put_signature(g, sa, &f, to);
	if (err)
		return err;
	if (!f.is_request && f.via.len) {
		buf_put(to, slice_between(slice_end(f.first_line), slice_end(f.via)));
		put_via_params(g, to);
		buf_put(to, slice_between(slice_end(f.via), slice_end(message)));
	} else {
		buf_put(to, slice_between(slice_end(f.first_line), slice_end(message)));
	}
	lcs_count(&auth_lcs_stats(g->lcs)->signed_messages);
	return 0;
}

/* ---- a connection ---- */

static void forget(struct guard *g)
{
	list_for_each_safe(it, &g->sas)
		sa_free(container_of(it, struct sa, node));
	list_remove(&g->node);
	buf_unref(&g->text);
	free(g);
}

static void gone(struct flow_guard *guard)
{
	struct guard *g = container_of(guard, struct guard, guard);
	struct auth_lcs_local *local = auth_lcs_stats(g->lcs);

	if (local->is_up)
		local->associations -= g->count;
	forget(g);
}

static const struct flow_guard_ops guard_ops = { seal, gone };

static struct guard *guard_of(flow_id flow)
{
	struct flow_guard *guard = flow_guard(flow);

	return guard && guard->ops == &guard_ops ? container_of(guard, struct guard, guard) : NULL;
}

static struct guard *guard_new(struct auth_lcs *lcs, flow_id flow)
{
	struct guard *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->guard.ops = &guard_ops;
	g->flow = flow;
	g->lcs = lcs;
	list_init(&g->sas);
	g->text = buf_new(TEXT_BYTES);
	list_push_back(&auth_lcs_stats(lcs)->guards, &g->node);
	if (g->text && flow_set_guard(flow, &g->guard) == 0)
		return g;
	forget(g);
	return NULL;
}

static void drop(struct guard *g, struct sa *sa)
{
	sa_free(sa);
	g->count--;
	auth_lcs_stats(g->lcs)->associations--;
}

/* What waited for it goes out, to be signed with the new one. */
static void replace(struct guard *g, struct sa *old)
{
	list_remove(&old->node);
	held_release(old);
	drop(g, old);
}

/* The oldest goes where there are too many. */
static void make_room(struct guard *g, const struct sa *sa)
{
	while (g->count >= sa->limit)
		drop(g, container_of(g->sas.prev, struct sa, node));
}

static void close_flow(struct guard *g, flow_id flow, struct auth_lcs *lcs, const char *why)
{
	if (g && g->closing)
		return;
	if (g)
		g->closing = true;
	lcs_count(&auth_lcs_stats(lcs)->closed);
	flow_close(flow, why);
}

static void attach(flow_id flow, void *arg)
{
	struct sa *sa = arg, *old;
	struct guard *g = guard_of(flow);

	if (!g)
		g = guard_new(sa->lcs, flow);
	if (!g) {
		sa_free(sa);
		return;
	}
	/* A token that was answered before comes again: its running numbers would begin anew. */
	if (sa->stamp && sa->stamp <= g->stamp) {
		lcs_count(&auth_lcs_stats(g->lcs)->replayed);
		close_flow(g, flow, g->lcs, "a token was used twice");
		sa_free(sa);
		return;
	}
	if (sa->stamp)
		g->stamp = sa->stamp;
	old = by_epid(g, sa->epid);
	if (!old)
		make_room(g, sa);
	list_push_front(&g->sas, &sa->node);
	g->count++;
	if (old)
		replace(g, old);
	g->renewing = false;
	auth_lcs_stats(g->lcs)->associations++;
}

int sa_attach(struct sa *sa)
{
	int err = flow_run(sa->flow, attach, sa);

	if (err)
		sa_free(sa);
	return err;
}

/* ---- what comes ---- */

static struct sa *by_opaque(struct guard *g, struct slice opaque)
{
	list_for_each(it, &g->sas) {
		struct sa *sa = container_of(it, struct sa, node);

		if (slice_eq(sa->opaque, opaque))
			return sa;
	}
	return NULL;
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
	sa = by_opaque(g, creds->opaque);
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
	close_flow(g, flow, lcs, reason_of(outcome));
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

/* ---- all of this worker ---- */

void sa_forget(struct auth_lcs_local *local)
{
	struct list *node;

	/* The connections end soon, and tell it then: nothing of this worker is touched. */
	while ((node = list_pop_front(&local->guards)))
		;
	local->is_up = false;
}

void sa_each(const struct auth_lcs_local *local, void (*fn)(const struct sa *sa, void *arg),
    void *arg)
{
	list_for_each(node, &local->guards) {
		struct guard *g = container_of(node, struct guard, node);

		list_for_each(it, &g->sas)
			fn(container_of(it, struct sa, node), arg);
	}
}

static bool is_of(const struct sa *sa, struct slice aor)
{
	return aor.len == sa->name.len + 1 + sa->domain.len &&
	    slice_eq_nocase(slice_first(aor, sa->name.len), sa->name) &&
	    slice_eq_nocase(slice_skip(aor, sa->name.len + 1), sa->domain);
}

void sa_close_user(struct auth_lcs_local *local, struct slice aor)
{
	list_for_each(node, &local->guards) {
		struct guard *g = container_of(node, struct guard, node);
		const struct sa *his = NULL;

		list_for_each(it, &g->sas)
			if (is_of(container_of(it, struct sa, node), aor))
				his = container_of(it, struct sa, node);
		if (his && sa_farewell(his, SLICE("User disabled")) != 0)
			close_flow(g, g->flow, g->lcs, "the user may not be signed in any more");
		if (his)
			g->closing = true;	/* nothing of it is listened to meanwhile */
	}
}
