/*
 * modules/rr/plain.c - our value as it comes back in Route, known without taking it apart.
 *
 * Between clients that are reached by an address we write one form: <sip:us;lr;ftag=...;seal=...>.
 * Whatever differs from it in a single character is read the long way, which finds the same.
 */
#include "modules/rr/rr.h"

/* Inline: a comparison with a literal needs no call. */
static inline bool skip(struct slice *s, struct slice text)
{
	if (!slice_starts(*s, text))
		return false;
	*s = slice_skip(*s, text.len);
	return true;
}

static bool skip_tag(struct slice *s, const struct name_addr *end, struct slice *tag)
{
	*tag = end ? end->tag : SLICE_NULL;
	return s->len > tag->len && tag->len && s->p[tag->len] == ';' && skip(s, *tag);
}

/* The dialog began with one of its ends, whose tag stands in the value. */
static bool skip_tag_of_an_end(struct slice *s, struct sip_msg *msg, struct slice *tag)
{
	return skip_tag(s, msg_from(msg), tag) || skip_tag(s, msg_to(msg), tag);
}

bool rr_is_plain(struct lcs_ctx *ctx, const struct rr_conf *conf, struct slice value,
    struct slice *params)
{
	struct sip_msg *msg = lcs_msg(ctx);
	struct sealed what = { .call_id = msg_call_id(msg) };
	char text[300];

	if (!conf->ours_only || lcs_from(ctx)->transport != TRANSPORT_UDP ||
	    !skip(&value, SLICE("<sip:")) || !skip(&value, net_sent_by(lcs_from(ctx), text)))
		return false;
	*params = slice_skip(slice_first(value, value.len - 1), 1);
	return skip(&value, conf->enable_full_lr ? SLICE(";lr=on;ftag=") : SLICE(";lr;ftag=")) &&
	    skip_tag_of_an_end(&value, msg, &what.tag) && skip(&value, SLICE(";seal=")) &&
	    value.len == SEAL_CHARS + 1 && value.p[SEAL_CHARS] == '>' &&
	    seal_is_right(&conf->seal, &what, slice_first(value, SEAL_CHARS));
}
