/*
 * parser/event.c - what is watched, and how the watching stands (RFC 6665 8.4).
 */
#include "parser/event.h"

#include "parser/nameaddr.h"
#include "parser/token.h"

/* The token in front and the parameters behind it, checked. */
static int take_token_and_params(struct slice s, struct slice *token, struct slice *params)
{
	struct slice rest, name, value;
	int got;

	s = slice_trim(s);
	*token = token_take(&s, TOKEN_CHAR);
	*params = SLICE_NULL;
	if (token->len == 0)
		return -1;
	if (!token_take_sep(&s, ';'))
		return s.len == 0 ? 0 : -1;
	*params = rest = s;
	do
		got = hdr_take_param(&rest, &name, &value);
	while (got > 0);
	return s.len > 0 && got == 0 ? 0 : -1;
}

int sip_event_parse(struct slice s, struct sip_event *out, struct sip_defect *why)
{
	struct sip_event e;

	if (take_token_and_params(s, &e.type, &e.params) != 0)
		return sip_defect(why, s, "Event malformed");
	e.templates = e.type;
	e.package = slice_split(&e.templates, '.');
	if (e.package.len == 0)
		return sip_defect(why, s, "Event malformed");
	hdr_param(e.params, SLICE("id"), &e.id);
	*out = e;
	return 0;
}

bool sip_event_eq(const struct sip_event *a, const struct sip_event *b)
{
	return slice_eq(a->type, b->type) && slice_eq(a->id, b->id);
}

static const struct slice states[] = {
	[SUB_STATE_ACTIVE] = { "active", 6 },
	[SUB_STATE_PENDING] = { "pending", 7 },
	[SUB_STATE_TERMINATED] = { "terminated", 10 },
};

struct slice sip_sub_state_name(enum sub_state state)
{
	return states[state];
}

static int take_seconds(struct slice params, struct slice name, int64_t *out)
{
	struct slice value;
	uint32_t n;

	*out = -1;
	if (!hdr_param(params, name, &value))
		return 0;
	if (slice_to_u32(value, &n) != 0)
		return -1;
	*out = n;
	return 0;
}

int sip_sub_state_parse(struct slice s, struct sip_sub_state *out, struct sip_defect *why)
{
	struct sip_sub_state sub = { .state = SUB_STATE_OTHER };

	if (take_token_and_params(s, &sub.state_text, &sub.params) != 0)
		return sip_defect(why, s, "Subscription-State malformed");
	for (enum sub_state st = SUB_STATE_ACTIVE; st <= SUB_STATE_TERMINATED; st++)
		if (slice_eq_nocase(sub.state_text, states[st]))
			sub.state = st;
	hdr_param(sub.params, SLICE("reason"), &sub.reason);
	if (take_seconds(sub.params, SLICE("expires"), &sub.expires) != 0 ||
	    take_seconds(sub.params, SLICE("retry-after"), &sub.retry_after) != 0)
		return sip_defect(why, s, "Subscription-State with a malformed number");
	*out = sub;
	return 0;
}
