/*
 * modules/usrloc/plan.c - match what is wanted with what is there.
 */
#include "modules/usrloc/plan.h"

/* 10.3 step 7: within one Call-ID the CSeq must grow. */
static bool is_older(const struct binding *have, struct slice call_id, uint32_t cseq)
{
	return cseq <= have->cseq && slice_eq(binding_text(have, TEXT_CALL_ID), call_id);
}

static bool same_contact(struct slice a, struct slice b)
{
	struct sip_uri ua, ub;

	if (slice_eq(a, b))
		return true;
	return sip_uri_parse(a, &ua, NULL) == 0 && sip_uri_parse(b, &ub, NULL) == 0 &&
	    sip_uri_eq(&ua, &ub);
}

/* RFC 5626 6: instance and reg-id name a binding whatever its contact says now. */
static bool is_same(const struct binding *a, const struct usrloc_binding *b)
{
	struct slice instance = binding_text(a, TEXT_INSTANCE);

	if (a->reg_id && b->reg_id && instance.len && b->instance.len)
		return a->reg_id == b->reg_id && slice_eq(instance, b->instance);
	return same_contact(binding_text(a, TEXT_CONTACT), b->contact);
}

static void take_existing(struct plan *plan, const struct record *old, int64_t now)
{
	for (unsigned i = 0; old && i < old->pub.count; i++) {
		struct binding *b = old->list[i];

		if (b->expires <= now)
			plan->gone[plan->gone_count++] = b;
		else
			plan->keep[plan->keep_count++] = b;
	}
}

static void forget_written(struct plan *plan, const struct binding *b)
{
	for (unsigned i = 0; i < plan->written_count; i++)
		if (plan->written[i] == b) {
			plan->written[i] = plan->written[--plan->written_count];
			return;
		}
}

/* One that this same request made was never seen by anybody: it just goes. */
static void drop_at(struct plan *plan, unsigned i)
{
	struct binding *b = plan->keep[i];

	plan->keep[i] = plan->keep[--plan->keep_count];
	if (b->refs) {
		plan->gone[plan->gone_count++] = b;
		return;
	}
	forget_written(plan, b);
	binding_free_unused(b);
}

static unsigned find_match(const struct plan *plan, const struct usrloc_binding *want)
{
	unsigned i = 0;

	while (i < plan->keep_count && !is_same(plan->keep[i], want))
		i++;
	return i;
}

static void put_at(struct plan *plan, unsigned i, struct binding *next)
{
	struct binding *have = plan->keep[i];

	plan->keep[i] = next;
	plan->written[plan->written_count++] = next;
	if (have->refs)
		return;
	forget_written(plan, have);
	binding_free_unused(have);
}

static enum usrloc_result apply_want(struct plan *plan, const struct usrloc_binding *want,
    int64_t now)
{
	unsigned i = find_match(plan, want);
	bool is_there = i < plan->keep_count;
	struct usrloc_binding b = *want;
	struct binding *next;

	if (is_there && plan->keep[i]->refs && is_older(plan->keep[i], want->call_id,
	    want->cseq))
		return USRLOC_OUT_OF_ORDER;
	if (want->expires <= now) {
		if (is_there)
			drop_at(plan, i);
		return USRLOC_OK;
	}
	if (!is_there && plan->keep_count == PLAN_MAX)
		return USRLOC_TOO_MANY;
	if (!binding_fits(want))
		return USRLOC_TOO_LONG;
	if (is_there)
		b.ruid = binding_text(plan->keep[i], TEXT_RUID);
	next = binding_new(&b);
	if (!next)
		return USRLOC_NO_MEMORY;
	if (is_there) {
		put_at(plan, i, next);
		return USRLOC_OK;
	}
	plan->keep[plan->keep_count++] = next;
	plan->written[plan->written_count++] = next;
	return USRLOC_OK;
}

static unsigned oldest(const struct plan *plan)
{
	unsigned at = 0;

	for (unsigned i = 1; i < plan->keep_count; i++)
		if (plan->keep[i]->refs && (!plan->keep[at]->refs ||
		    binding_changed(plan->keep[i]) < binding_changed(plan->keep[at])))
			at = i;
	return at;
}

static enum usrloc_result apply_limit(struct plan *plan, const struct usrloc_change *change)
{
	/* Nobody is refused for a refresh: only growth counts against the limit. */
	while (change->max_contacts && plan->keep_count > change->max_contacts) {
		unsigned at = oldest(plan);

		if (!plan->written_count)
			return USRLOC_OK;
		if (!change->replace_oldest || !plan->keep[at]->refs)
			return USRLOC_TOO_MANY;
		drop_at(plan, at);
	}
	return USRLOC_OK;
}

static enum usrloc_result apply_star(struct plan *plan, const struct usrloc_change *change)
{
	const struct usrloc_binding *by = &change->wants[0].binding;

	for (unsigned i = 0; i < plan->keep_count; i++)
		if (is_older(plan->keep[i], by->call_id, by->cseq))
			return USRLOC_OUT_OF_ORDER;
	while (plan->keep_count)
		drop_at(plan, plan->keep_count - 1);
	return USRLOC_OK;
}

/* An administrator, or a flow that has ended, takes one binding away. */
void plan_remove(const struct record *old, struct slice ruid, int64_t now, struct plan *plan)
{
	plan->keep_count = plan->written_count = plan->gone_count = 0;
	take_existing(plan, old, now);
	for (unsigned i = 0; i < plan->keep_count; )
		if (!ruid.len || slice_eq(binding_text(plan->keep[i], TEXT_RUID), ruid))
			drop_at(plan, i);
		else
			i++;
}

enum usrloc_result plan_make(const struct record *old, const struct usrloc_change *change,
    int64_t now, struct plan *plan)
{
	enum usrloc_result result = USRLOC_OK;

	plan->keep_count = plan->written_count = plan->gone_count = 0;
	if (change->count > PLAN_MAX)
		return USRLOC_TOO_MANY;
	take_existing(plan, old, now);
	if (change->remove_all)
		result = apply_star(plan, change);
	for (unsigned i = 0; !change->remove_all && i < change->count && result == USRLOC_OK; i++)
		result = apply_want(plan, &change->wants[i].binding, now);
	if (result == USRLOC_OK)
		result = apply_limit(plan, change);
	if (result != USRLOC_OK)
		plan_discard(plan);
	return result;
}

void plan_discard(struct plan *plan)
{
	for (unsigned i = 0; i < plan->written_count; i++)
		binding_free_unused(plan->written[i]);
	plan->keep_count = plan->written_count = plan->gone_count = 0;
}
