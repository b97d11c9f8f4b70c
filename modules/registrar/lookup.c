/*
 * modules/registrar/lookup.c - from an address of record to targets (RFC 3261 16.5).
 */
#include "modules/registrar/features.h"
#include "modules/registrar/registrar.h"

#include <errno.h>

struct looking {
	struct lcs_call             *call;
	const struct registrar      *reg;
	const struct registrar_conf *conf;
	int64_t                      now;
	bool                         by_gruu;	/* only this instance is meant */
	struct slice                 instance;
	struct endpoint_wish         wish;
	struct prefer                prefer;
	struct slice                 epid;	/* in the record that was taken; empty: several, or no LCS client */
	struct slice                 features;	/* only who declares them; empty: everybody */
	unsigned                     taken;
};

bool registrar_is_table(struct slice name)
{
	if (slice_eq(name, SLICE("location")))
		return true;
	log_error("registrar", "there is no table \"%.*s\": bindings are in \"location\"",
	    SLICE_ARG(name));
	return false;
}

/* argv[1]: a URI as text, or empty for the Request-URI. NULL if it is none. */
static const struct sip_uri *asked_uri(struct lcs_call *call, struct sip_uri *room)
{
	if (call->argv[1].s.len == 0)
		return lcs_request_uri(call->ctx);
	return sip_uri_parse(call->argv[1].s, room, NULL) == 0 ? room : NULL;
}

/* .p NULL if it names no user. */
static struct slice asked_aor(struct lcs_call *call)
{
	struct sip_uri room;
	const struct sip_uri *uri = asked_uri(call, &room);

	return uri ? sip_uri_aor(lcs_arena(call->ctx), uri) : SLICE_NULL;
}

static const struct usrloc_aor *find_asked(struct lcs_call *call)
{
	struct registrar *reg = call->shared;
	struct slice aor = asked_aor(call);

	return aor.p ? reg->usrloc->find(reg->usrloc_state, aor) : NULL;
}

static bool takes_method(const struct looking *l, const struct usrloc_binding *b)
{
	enum sip_method m = lcs_method(l->call->ctx);

	return !l->conf->method_filtering || !b->methods || m == METHOD_OTHER ||
	    m == METHOD_ACK || m == METHOD_CANCEL || b->methods >> m & 1;
}

static bool has_features(const struct looking *l, const struct usrloc_binding *b)
{
	struct feature_fit fit;

	if (!l->features.len)
		return true;
	fit = features_compare(lcs_arena(l->call->ctx), l->features, b);
	return fit.declared == fit.asked && !fit.contradicts;
}

/* A client that gave up its connection may listen where its Contact says - but not at the
 * ephemeral port that the connection came from. */
static bool can_be_dialled(const struct looking *l, const struct usrloc_binding *b)
{
	struct sip_uri uri;
	struct ip_addr ip;
	uint16_t port;

	if (!l->conf->dial_contacts || sip_uri_parse(b->contact, &uri, NULL) != 0)
		return false;
	port = uri.port ? uri.port : transport_default_port(b->received.transport);
	return port != b->received.remote.port || ip_parse(uri.host, &ip) != 0 ||
	    !ip_eq(&ip, &b->received.remote.ip);
}

/* How to reach a binding; false: not at all now. */
static bool choose_way(const struct looking *l, const struct usrloc_binding *b,
    struct lcs_target *t)
{
	if (b->path.len)
		return true;
	if (!transport_is_stream(b->received.transport)) {
		t->has_hop = b->received.remote.ip.family != 0;
		t->hop = b->received;
		return true;
	}
	/* A flow with a reg-id stands for itself alone (RFC 5626 5.3). */
	if (!flow_is_alive(b->received.flow))
		return b->reg_id == 0 && can_be_dialled(l, b);
	t->has_hop = true;
	t->hop = b->received;
	return true;
}

static bool make_target(const struct looking *l, const struct usrloc_binding *b,
    struct lcs_target *t)
{
	struct arena *arena = lcs_arena(l->call->ctx);

	*t = (struct lcs_target){ .q = b->q };
	if (!choose_way(l, b, t))
		return false;
	/* The record may go at our next quiet point: take the texts along. */
	t->request_uri = arena_dup(arena, b->contact);
	t->path = arena_dup(arena, b->path);
	t->instance = arena_dup(arena, b->instance);
	t->ruid = arena_dup(arena, b->ruid);
	return t->request_uri.p && t->ruid.p;
}

static int take_main(struct lcs_ctx *ctx, const struct lcs_target *t)
{
	int err = edit_request_uri_in_arena(lcs_arena(ctx), lcs_edits(ctx), t->request_uri);

	if (err)
		return err;
	*lcs_main_target(ctx) = *t;
	lcs_main_target(ctx)->request_uri = SLICE_NULL;
	return 0;
}

static bool is_of(const struct lcs_target *t, struct slice instance)
{
	return !t->is_spare && slice_eq(t->instance, instance);
}

/* RFC 5626 5.3: of the flows of one instance, one is used at a time: the latest that can be.
 * The others wait for its failure. */
static bool is_other_flow(const struct looking *l, const struct usrloc_binding *b)
{
	struct lcs_ctx *ctx = l->call->ctx;
	const struct lcs_target *others;
	unsigned count;

	if (!b->reg_id || l->taken == 0)
		return false;
	others = lcs_targets(ctx, &count);
	for (unsigned i = 0; i < count; i++)
		if (is_of(&others[i], b->instance))
			return true;
	return is_of(lcs_main_target(ctx), b->instance);
}

/* Which of the user's endpoints is meant, and whose they are; NULL: nobody's. */
static const struct usrloc_aor *read_wish(struct looking *l)
{
	struct arena *arena = lcs_arena(l->call->ctx);
	struct sip_uri room;
	const struct sip_uri *uri = asked_uri(l->call, &room);
	struct slice aor;

	if (!uri)
		return NULL;
	endpoint_wish_read(l->call->ctx, uri, &l->wish);
	l->wish.best = l->call->argv[3].s;
	l->by_gruu = gruu_asked(arena, uri, &l->instance);
	if (l->by_gruu && gruu_is_temporary(l->reg, l->conf, arena, uri, &aor, &l->instance)) {
		((struct registrar_local *)l->call->local)->gruus_gone += !l->instance.len;
	} else {
		aor = sip_uri_aor(arena, uri);
	}
	return aor.p ? l->reg->usrloc->find(l->reg->usrloc_state, aor) : NULL;
}

static int take(struct looking *l, const struct usrloc_aor *aor, unsigned i)
{
	struct usrloc_binding b;
	struct lcs_target t;

	l->reg->usrloc->binding(aor, i, &b);
	if (l->by_gruu && !gruu_is_of(l->instance, b.instance))
		return 0;
	if (b.expires <= l->now || !takes_method(l, &b) || !has_features(l, &b) ||
	    !endpoint_is_meant(l->reg, aor, i, &b, &l->wish, l->now) ||
	    !make_target(l, &b, &t))
		return 0;
	t.is_spare = is_other_flow(l, &b);
	l->taken++;
	l->epid = l->taken == 1 && l->conf->epid_in_to ? endpoint_epid(&b) : SLICE_NULL;
	return l->taken == 1 ? take_main(l->call->ctx, &t) : lcs_add_target(l->call->ctx, &t);
}

/* ---- in which order ---- */

struct ranked { unsigned at; uint16_t q; int rank; };

static bool goes_before(const struct ranked *a, const struct ranked *b)
{
	return a->q != b->q ? a->q > b->q : a->rank > b->rank;
}

/* Those that the caller may be put through to, by q and then by how well they fit. */
static int rank_all(struct looking *l, const struct usrloc_aor *aor, struct ranked **out)
{
	struct ranked *list = arena_alloc(l->prefer.arena, aor->count * sizeof(*list));
	struct usrloc_binding b;
	int count = 0, at;

	if (!list)
		return -ENOMEM;
	for (unsigned i = 0; i < aor->count; i++) {
		struct ranked r = { .at = i };

		l->reg->usrloc->binding(aor, i, &b);
		r.q = b.q;
		r.rank = prefer_rank(&l->prefer, &b);
		if (r.rank == PREFER_NEVER)
			continue;
		for (at = count++; at > 0 && goes_before(&r, &list[at - 1]); at--)
			list[at] = list[at - 1];
		list[at] = r;
	}
	*out = list;
	return count;
}

/* Mostly nobody prefers anything: then as they are, highest q first. */
static int take_all(struct looking *l, const struct usrloc_aor *aor)
{
	struct ranked *list = NULL;
	int count = l->prefer.count ? rank_all(l, aor, &list) : (int)aor->count, err = 0;

	if (count < 0)
		return count;
	for (unsigned i = 0; !err && i < (unsigned)count; i++) {
		if (l->taken && !l->conf->append_branches)
			break;
		err = take(l, aor, list ? list[i].at : i);
	}
	return err == -E2BIG ? 0 : err;
}

/* Features that nobody declares are not insisted on. */
static int take_those_meant(struct looking *l, const struct usrloc_aor *aor)
{
	int err = take_all(l, aor);

	if (err || l->taken || !l->features.len)
		return err;
	l->features = SLICE_NULL;
	return take_all(l, aor);
}

/* argv: table, URI, features, endpoint. */
enum fn_status registrar_lookup(struct lcs_call *call)
{
	struct registrar_local *stats = call->local;
	struct looking l;
	const struct usrloc_aor *aor;

	if (!registrar_is_table(call->argv[0].s))
		return FN_FAILED;
	l = (struct looking){ .call = call, .reg = call->shared, .conf = call->conf,
	    .now = loop_wall(worker_loop()), .features = call->argv[2].s };
	aor = read_wish(&l);
	lcs_clear_targets(call->ctx);
	if (prefer_read(call->ctx, &l.prefer) != 0 || (aor && take_those_meant(&l, aor) != 0))
		return FN_FAILED;
	if (l.conf->epid_in_to && l.taken && endpoint_put_in_to(call->ctx, l.epid) != 0)
		return FN_FAILED;
	*(l.taken ? &stats->found : &stats->not_found) += 1;
	return fn_bool(call, l.taken > 0);
}

/* The remote target of a dialog is a Contact that was learnt long ago; its connection may be
 * another one meanwhile. argv: URI of the user. */
enum fn_status registrar_lookup_contact(struct lcs_call *call)
{
	struct registrar *reg = call->shared;
	const struct sip_uri *target = lcs_request_uri(call->ctx);
	const struct usrloc_aor *aor = NULL;
	struct sip_uri user, contact;
	struct usrloc_binding b;

	call->ret = value_bool(false);
	if (target && sip_uri_parse(call->argv[0].s, &user, NULL) == 0 && user.user.len)
		aor = reg->usrloc->find(reg->usrloc_state, sip_uri_aor(lcs_arena(call->ctx), &user));
	for (unsigned i = 0; aor && i < aor->count && !call->ret.b; i++) {
		reg->usrloc->binding(aor, i, &b);
		if (b.expires <= loop_wall(worker_loop()) || !flow_is_alive(b.received.flow) ||
		    sip_uri_parse(b.contact, &contact, NULL) != 0 || !sip_uri_eq(&contact, target))
			continue;
		lcs_main_target(call->ctx)->has_hop = true;
		lcs_main_target(call->ctx)->hop = b.received;
		call->ret = value_bool(true);
	}
	return FN_DONE;
}

enum fn_status registrar_registered(struct lcs_call *call)
{
	const struct registrar *reg = call->shared;
	int64_t now = loop_wall(worker_loop());
	const struct usrloc_aor *aor;
	struct usrloc_binding b;

	if (!registrar_is_table(call->argv[0].s))
		return FN_FAILED;
	aor = find_asked(call);
	call->ret = value_bool(false);
	for (unsigned i = 0; aor && i < aor->count; i++) {
		reg->usrloc->binding(aor, i, &b);
		if (b.expires > now)
			call->ret = value_bool(true);
	}
	return FN_DONE;
}

/* argv: table, URI, ruid (empty: all). */
enum fn_status registrar_unregister(struct lcs_call *call)
{
	const struct usrloc_which which = { .ruid = call->argv[2].s };
	struct registrar *reg = call->shared;
	struct slice aor;

	if (!registrar_is_table(call->argv[0].s))
		return FN_FAILED;
	aor = asked_aor(call);
	return fn_bool(call, aor.p && reg->usrloc->find(reg->usrloc_state, aor) &&
	    reg->usrloc->remove(reg->usrloc_state, aor, &which, NULL, NULL) == 0);
}
