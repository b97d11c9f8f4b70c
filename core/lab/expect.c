/*
 * core/lab/expect.c - what a test wants to have come of it.
 *
 * An expectation about a reply or a relayed request uses it up; copies (retransmissions)
 * and 100 Trying are passed over unless they are asked for, and so is the ACK that goes out
 * for a refused INVITE.
 */
#include "core/lab/lab.h"
#include "core/lab/log.h"
#include "core/lab/tell.h"

struct lab_out *lab_last_out(void)
{
	struct lab_out *last = NULL;

	for (struct lab_out *o = lab.out; o; o = o->next)
		if (o->msg && !o->is_copy && !o->is_hop_ack)
			last = o;
	return last;
}

static bool is_reply(const struct lab_out *o)
{
	return o->msg && !o->msg->is_request && !o->is_copy;
}

static bool is_relayed(const struct lab_out *o)
{
	return o->msg && o->msg->is_request && !o->is_copy && !o->is_hop_ack;
}

static struct lab_out *next_reply(bool also_100)
{
	for (struct lab_out *o = lab.out; o; o = o->next)
		if (is_reply(o) && !o->is_seen && (also_100 || o->msg->status != 100))
			return o;
	return NULL;
}

bool lab_has_replied(void) { return next_reply(false) != NULL; }

bool lab_has_relayed(void)
{
	for (const struct lab_out *o = lab.out; o; o = o->next)
		if (is_relayed(o) && !o->is_seen)
			return true;
	return false;
}

bool lab_was_challenged(void)
{
	for (const struct lab_out *o = lab.out; o; o = o->next)
		if (is_reply(o) && (msg_hdr(o->msg, HDR_WWW_AUTHENTICATE) ||
		    msg_hdr(o->msg, HDR_PROXY_AUTHENTICATE)))
			return true;
	return false;
}

/* ---- what was there instead ---- */

static const char *hop_text(const struct sip_hop *hop)
{
	char text[ADDR_TEXT_BYTES];

	sock_addr_format(&hop->remote, text);
	return lab_text("sip:%s;transport=%.*s", text, SLICE_ARG(transport_uri_name(hop->transport)));
}

static const char *message_text(const struct lab_out *o)
{
	if (!o)
		return "nothing";
	if (o->msg->is_request)
		return lab_text("%.*s %.*s to %s", SLICE_ARG(o->msg->method_text),
		    SLICE_ARG(o->msg->request_uri), hop_text(&o->hop));
	return lab_text("%u \"%.*s\"", o->msg->status, SLICE_ARG(o->msg->reason));
}

/* ---- expectations ---- */

static void reply(const struct cfg_test_expect *e, struct cfg_span at)
{
	struct lab_out *o = next_reply(e->status == 100);

	if (o && o->msg->status == e->status &&
	    (!e->has_text || slice_eq(o->msg->reason, e->text))) {
		o->is_seen = true;
		return;
	}
	if (o && !lab.failed)
		lab.better = e->has_text ? lab_text("expect reply %u \"%.*s\";", o->msg->status,
		    SLICE_ARG(o->msg->reason)) : lab_text("expect reply %u;", o->msg->status);
	tell_miss(at, o, "expected reply %u%s%.*s%s, got %s", e->status, e->has_text ? " \"" : "",
	    SLICE_ARG(e->text), e->has_text ? "\"" : "", message_text(o));
}

static bool goes_to(const struct lab_out *o, struct slice prefix)
{
	return slice_starts(o->msg->request_uri, prefix) ||
	    slice_starts(slice_str(hop_text(&o->hop)), prefix);
}

static const char *towards(struct slice prefix)
{
	return prefix.len ? lab_text(" to \"%.*s\"", SLICE_ARG(prefix)) : "";
}

static struct lab_out *find_relayed(struct slice prefix)
{
	for (struct lab_out *o = lab.out; o; o = o->next)
		if (is_relayed(o) && !o->is_seen && goes_to(o, prefix))
			return o;
	return NULL;
}

/* What there was in its place: another request, or whatever came last. */
static const char *got_instead(const struct lab_out *o)
{
	return o && o->is_seen ? lab_text("nothing after %s", message_text(o)) : message_text(o);
}

static void relayed(const struct cfg_test_expect *e, struct cfg_span at)
{
	struct lab_out *o = find_relayed(e->text);

	struct lab_out *other = find_relayed(SLICE(""));

	if (o)
		o->is_seen = true;
	else if (other && !lab.failed)
		lab.better = lab_text("expect relayed \"%.*s\";", SLICE_ARG(other->msg->request_uri));
	if (!o)
		tell_miss(at, other ? other : lab_last_out(), "expected a request relayed%s, got %s",
		    towards(e->text), got_instead(other ? other : lab_last_out()));
}

static void not_relayed(const struct cfg_test_expect *e, struct cfg_span at)
{
	struct lab_out *o = find_relayed(e->text);

	if (o)
		tell_miss(at, o, "expected nothing relayed to \"%.*s\", got %s", SLICE_ARG(e->text),
		    message_text(o));
}

static void logged(const struct cfg_test_expect *e, struct cfg_span at)
{
	if (!fake_log_has(e->text))
		tell_miss(at, lab_last_out(), "expected a log line with \"%.*s\"", SLICE_ARG(e->text));
}

/* "expect X;" without its first word and its end. */
static struct slice claim(struct cfg_span at)
{
	struct slice s = tell_source(at);

	if (slice_starts(s, SLICE("expect ")))
		s = slice_trim(slice_skip(s, 7));
	if (slice_ends(s, SLICE(";")))
		s.len--;
	return s;
}

static void expression(const struct cfg_test_expect *e, struct cfg_span at)
{
	struct lab_out *about = lab_last_out();
	struct value v = lab_ask((unsigned)e->value, about ? about->msg : NULL);

	if (v.type != VALUE_BOOL || !v.b)
		tell_miss(at, about, "expected %.*s; the last message out is %s",
		    SLICE_ARG(claim(at)), message_text(about));
}

void lab_expect(const struct cfg_test_expect *e, struct cfg_span at)
{
	switch (e->kind) {
	case EXPECT_REPLY:       reply(e, at); break;
	case EXPECT_RELAYED:     relayed(e, at); break;
	case EXPECT_NOT_RELAYED: not_relayed(e, at); break;
	case EXPECT_LOG:         logged(e, at); break;
	case EXPECT_EXPR:        expression(e, at); break;
	}
}
