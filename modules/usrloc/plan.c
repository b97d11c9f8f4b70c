/*
 * modules/usrloc/plan.c - match what is wanted with what is there.
 */
#include "modules/usrloc/plan.h"

static bool same_call(const struct binding *have, const struct usrloc_binding *want)
{
	return slice_eq(binding_text(have, TEXT_CALL_ID), want->call_id);
}

/* The endpoint of an LCS client comes back over another connection, with another contact. */
static bool same_epid(struct slice a, struct slice b)
{
	struct slice mine, other;

	return hdr_param(a, SLICE("epid"), &mine) && hdr_param(b, SLICE("epid"), &other) &&
	    mine.len && slice_eq_nocase(mine, other);
}

/* RFC 5626 6: instance and reg-id name a binding whatever its contact says now. */
static bool is_same_flow(uint32_t reg_id, struct slice instance, const struct usrloc_binding *b)
{
	return reg_id == b->reg_id && slice_eq(instance, b->instance);
}

static bool is_flow(uint32_t reg_id, struct slice instance)
{
	return reg_id && instance.len;
}

static bool same_name(const struct usrloc_binding *a, const struct usrloc_binding *b)
{
	if (is_flow(a->reg_id, a->instance) && is_flow(b->reg_id, b->instance))
		return is_same_flow(a->reg_id, a->instance, b);
	return same_epid(a->params, b->params);
}

/*
 * CSeqs are counted by one incarnation of an endpoint. Its Call-ID tells one from the next, but
 * not of every client: those of LCS draw it from the second they start in. An endpoint that
 * bears a name and comes over another connection has begun anew, too.
 */
static bool same_incarnation(const struct binding *have, const struct usrloc_binding *want)
{
	struct usrloc_binding before;

	if (!same_call(have, want))
		return false;
	binding_unpack(have, &before);
	return before.received.flow == want->received.flow || !same_name(&before, want);
}

/* 10.3 step 7: the CSeq must grow. */
static bool is_older(const struct binding *have, const struct usrloc_binding *want)
{
	return want->cseq <= have->cseq && same_incarnation(have, want);
}

static bool is_cut_off(const struct usrloc_binding *b)
{
	return transport_is_stream(b->received.transport) && !b->path.len &&
	    !flow_is_alive(b->received.flow);
}

/* Who hung up and came back may be heard first by the new connection: what came by the one that
 * has ended is the older. */
static bool is_overtaken(const struct binding *have, const struct usrloc_binding *want)
{
	struct usrloc_binding now;

	binding_unpack(have, &now);
	return now.received.flow != want->received.flow && is_cut_off(want) && !is_cut_off(&now);
}

/* The request that made this binding comes again: its answer was lost, or is under way. */
static bool is_copy(const struct binding *have, const struct usrloc_binding *want)
{
	return want->cseq == have->cseq && want->q == have->q &&
	    want->expires - want->changed == have->lifetime && same_incarnation(have, want) &&
	    slice_eq(binding_text(have, TEXT_CONTACT), want->contact);
}

static bool same_contact(struct slice a, struct slice b)
{
	struct sip_uri ua, ub;

	if (slice_eq(a, b))
		return true;
	return sip_uri_parse(a, &ua, NULL) == 0 && sip_uri_parse(b, &ub, NULL) == 0 &&
	    sip_uri_eq(&ua, &ub);
}

static bool is_same(const struct record_part *part, const struct usrloc_binding *b)
{
	const struct usrloc_binding *a = part->want;
	struct slice instance = a ? a->instance : binding_text(part->have, TEXT_INSTANCE);
	uint32_t reg_id = a ? a->reg_id : part->have->reg_id;

	if (is_flow(reg_id, instance) && is_flow(b->reg_id, b->instance))
		return is_same_flow(reg_id, instance, b);
	return same_contact(a ? a->contact : binding_text(part->have, TEXT_CONTACT), b->contact) ||
	    same_epid(a ? a->params : binding_text(part->have, TEXT_PARAMS), b->params);
}

static void take_existing(struct plan *plan, const struct record *old, int64_t now)
{
	plan->keep_count = plan->written_count = plan->gone_count = 0;
	for (unsigned i = 0; old && i < old->pub.count; i++) {
		const struct binding *b = record_binding(old, i);

		if (b->expires <= now)
			plan->gone[plan->gone_count++] = b;
		else
			plan->keep[plan->keep_count++] = (struct record_part){ .have = b };
	}
}

/* One that only this same request made was never seen by anybody: it just goes. */
static void drop_at(struct plan *plan, unsigned i)
{
	struct record_part part = plan->keep[i];

	plan->keep[i] = plan->keep[--plan->keep_count];
	plan->written_count -= part.want != NULL;
	if (part.have)
		plan->gone[plan->gone_count++] = part.have;
}

static unsigned find_match(const struct plan *plan, const struct usrloc_binding *want)
{
	unsigned i = 0;

	while (i < plan->keep_count && !is_same(&plan->keep[i], want))
		i++;
	return i;
}

static void put_at(struct plan *plan, unsigned i, const struct usrloc_binding *want)
{
	plan->written_count += plan->keep[i].want == NULL;
	plan->keep[i].want = want;
}

static enum usrloc_result apply_want(struct plan *plan, const struct usrloc_binding *want,
    int64_t now)
{
	unsigned i = find_match(plan, want);
	bool is_there = i < plan->keep_count;

	/* What this same request has put there is neither older nor a copy. */
	if (is_there && !plan->keep[i].want) {
		if (is_copy(plan->keep[i].have, want))
			return USRLOC_OK;
		if (is_older(plan->keep[i].have, want) ||
		    is_overtaken(plan->keep[i].have, want))
			return USRLOC_OUT_OF_ORDER;
	}
	if (want->expires <= now) {
		if (is_there)
			drop_at(plan, i);
		return USRLOC_OK;
	}
	if (!is_there && plan->keep_count == PLAN_MAX)
		return USRLOC_TOO_MANY;
	if (!binding_fits(want))
		return USRLOC_TOO_LONG;
	if (!is_there)
		plan->keep[plan->keep_count++] = (struct record_part){ 0 };
	put_at(plan, i, want);
	return USRLOC_OK;
}

static bool is_any(const struct binding *b)
{
	(void)b;
	return true;
}

/* Its client's own connection led there and has gone; a client that is still there comes again. */
static bool has_lost_its_client(const struct binding *b)
{
	struct usrloc_binding out;

	binding_unpack(b, &out);
	return is_cut_off(&out);
}

/* Of those that were there and stay as they are; keep_count if there is none. */
static unsigned oldest(const struct plan *plan, bool (*is_meant)(const struct binding *b))
{
	unsigned at = plan->keep_count;

	for (unsigned i = 0; i < plan->keep_count; i++)
		if (!plan->keep[i].want && is_meant(plan->keep[i].have) && (at == plan->keep_count ||
		    binding_changed(plan->keep[i].have) < binding_changed(plan->keep[at].have)))
			at = i;
	return at;
}

static enum usrloc_result apply_limit(struct plan *plan, const struct usrloc_change *change)
{
	/* Nobody is refused for a refresh: only growth counts against the limit. */
	while (change->max_contacts && plan->keep_count > change->max_contacts) {
		unsigned at;

		if (!plan->written_count)
			return USRLOC_OK;
		at = oldest(plan, has_lost_its_client);
		if (at == plan->keep_count && change->replace_oldest)
			at = oldest(plan, is_any);
		if (at == plan->keep_count)
			return USRLOC_TOO_MANY;
		drop_at(plan, at);
	}
	return USRLOC_OK;
}

static enum usrloc_result apply_star(struct plan *plan, const struct usrloc_change *change)
{
	for (unsigned i = 0; i < plan->keep_count; i++)
		if (is_older(plan->keep[i].have, &change->wants[0].binding))
			return USRLOC_OUT_OF_ORDER;
	while (plan->keep_count)
		drop_at(plan, plan->keep_count - 1);
	return USRLOC_OK;
}

static bool is_one_of(const struct binding *have, const struct usrloc_which *which)
{
	struct usrloc_binding b;

	if (which->ruid.len && !slice_eq(binding_text(have, TEXT_RUID), which->ruid))
		return false;
	if (!which->flow)
		return true;
	binding_unpack(have, &b);
	return b.received.flow == which->flow;
}

/* An administrator, or a flow that has ended, takes bindings away. A client that has come back by
 * another flow meanwhile keeps the same ruid. */
void plan_remove(const struct record *old, const struct usrloc_which *which, int64_t now,
    struct plan *plan)
{
	take_existing(plan, old, now);
	for (unsigned i = 0; i < plan->keep_count; )
		if (is_one_of(plan->keep[i].have, which))
			drop_at(plan, i);
		else
			i++;
}

enum usrloc_result plan_make(const struct record *old, const struct usrloc_change *change,
    int64_t now, struct plan *plan)
{
	enum usrloc_result result = USRLOC_OK;

	if (change->count > PLAN_MAX)
		return USRLOC_TOO_MANY;
	take_existing(plan, old, now);
	if (change->remove_all)
		result = apply_star(plan, change);
	for (unsigned i = 0; !change->remove_all && i < change->count && result == USRLOC_OK; i++)
		result = apply_want(plan, &change->wants[i].binding, now);
	return result == USRLOC_OK ? apply_limit(plan, change) : result;
}
