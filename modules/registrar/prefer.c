/*
 * modules/registrar/prefer.c - Accept-Contact and Reject-Contact (RFC 3841 7.2).
 */
#include "modules/registrar/features.h"

#include <errno.h>

/* "*;video;require": behind the star. */
static void read_value(struct prefer *p, struct slice value, bool rejects)
{
	struct prefer_rule *rule = &p->rules[p->count];
	struct slice unused;

	*rule = (struct prefer_rule){ .rejects = rejects };
	rule->features = slice_skip(value, slice_find(value, ';'));
	rule->must = hdr_param(rule->features, SLICE("require"), &unused);
	rule->is_explicit = hdr_param(rule->features, SLICE("explicit"), &unused);
	p->count++;
}

static int read_values(struct prefer *p, const struct sip_view *view, enum hdr_id id)
{
	struct value_walk w = { 0 };
	struct slice value;

	while (p->count < PREFER_MAX && view_next_value(view, id, &w, &value)) {
		if (!p->rules)
			p->rules = arena_alloc(p->arena, PREFER_MAX * sizeof(p->rules[0]));
		if (!p->rules)
			return -ENOMEM;
		read_value(p, value, id == HDR_REJECT_CONTACT);
	}
	return 0;
}

static int read_header(struct prefer *p, const struct sip_view *view, enum hdr_id id)
{
	return view_may_have(view, id) ? read_values(p, view, id) : 0;
}

int prefer_read(struct lcs_ctx *ctx, struct prefer *out)
{
	const struct sip_view view = lcs_view(ctx);
	int err;

	*out = (struct prefer){ .arena = lcs_arena(ctx) };
	err = read_header(out, &view, HDR_REJECT_CONTACT);
	return err ? err : read_header(out, &view, HDR_ACCEPT_CONTACT);
}

/* To be rejected an endpoint has to say of itself all that is named. */
static bool is_rejected(const struct feature_fit *fit)
{
	return fit->asked > 0 && fit->declared == fit->asked && !fit->contradicts;
}

static int score(const struct prefer_rule *rule, const struct feature_fit *fit)
{
	bool lacks = rule->is_explicit && fit->declared < fit->asked;

	if (fit->contradicts || lacks)
		return rule->must ? PREFER_NEVER : 0;
	return fit->asked ? (int)(fit->declared * 1000 / fit->asked) : 1000;
}

int prefer_rank(const struct prefer *p, const struct usrloc_binding *b)
{
	unsigned sum = 0, accepts = 0;

	if (p->count == 0 || !features_any(b))
		return 1000;
	for (unsigned i = 0; i < p->count; i++) {
		const struct prefer_rule *rule = &p->rules[i];
		struct feature_fit fit = features_compare(p->arena, rule->features, b);
		int one = rule->rejects ? 0 : score(rule, &fit);

		if (one == PREFER_NEVER || (rule->rejects && is_rejected(&fit)))
			return PREFER_NEVER;
		sum += (unsigned)one;
		accepts += !rule->rejects;
	}
	return accepts ? (int)(sum / accepts) : 1000;
}
