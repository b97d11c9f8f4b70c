/*
 * parser/write.c - one walk over the touched places; all between them goes out as it came.
 */
#include "parser/write.h"

#include "parser/plan.h"
#include "parser/tidy.h"

#include <errno.h>

struct writer {
	const struct sip_msg *msg;
	const struct sip_hop *hop;
	struct buf           *out;
	const struct plan    *plan;
	const char           *at;	/* received bytes before this are dealt with */
	bool                  has_length;
};

static void copy_to(struct writer *w, const char *to)
{
	if (to > w->at)
		tidy_put(w->out, slice_between(w->at, to), w->msg->is_untidy);
	w->at = to;
}

static const char *hdrs_end(const struct sip_msg *msg)
{
	return msg->hdr_count > 0 ? slice_end(msg->hdrs[msg->hdr_count - 1].line) :
	    slice_end(msg->first_line);
}

static const char *place(const struct sip_msg *msg, uint16_t at)
{
	return at < msg->hdr_count ? msg->hdrs[at].line.p : hdrs_end(msg);
}

static void put_status_line(struct writer *w)
{
	const struct sip_edit *e = w->plan->status;

	buf_put(w->out, SLICE("SIP/2.0 "));
	buf_put_u64(w->out, e ? e->number : w->msg->status);
	buf_put_char(w->out, ' ');
	buf_put(w->out, e ? e->text : w->msg->reason);
}

static void put_request_line(struct writer *w)
{
	buf_put(w->out, w->msg->method_text);
	buf_put_char(w->out, ' ');
	buf_put(w->out, w->plan->uri ? w->plan->uri->text : w->msg->request_uri);
	buf_put(w->out, SLICE(" SIP/2.0"));
}

static void put_start_line(struct writer *w)
{
	w->at = w->msg->first_line.p;
	if (!w->msg->is_untidy && !(w->msg->is_request ? w->plan->uri : w->plan->status))
		return;
	if (w->msg->is_request)
		put_request_line(w);
	else
		put_status_line(w);
	buf_put(w->out, SLICE("\r\n"));
	w->at = slice_end(w->msg->first_line);
}

static void put_hdr(struct writer *w, struct slice name, struct slice value)
{
	buf_put(w->out, name);
	buf_put(w->out, SLICE(": "));
	buf_put(w->out, value);
	buf_put(w->out, SLICE("\r\n"));
}

/* The steps of one place: what became of the header that stands there? */
static const struct sip_edit *outcome(const struct step *from, const struct step *to)
{
	const struct sip_edit *value = NULL;

	for (const struct step *s = from; s < to; s++) {
		if (s->edit->kind == EDIT_DROP || s->edit->kind == EDIT_BODY)
			return s->edit;
		value = s->edit;
	}
	return value;
}

static void put_received(struct writer *w, const struct step *from, const struct step *to)
{
	uint16_t at = edit_key_at(from->key);
	const struct sip_edit *e = outcome(from, to);
	const struct hdr *h;

	if (at >= w->msg->hdr_count)
		return;
	h = &w->msg->hdrs[at];
	copy_to(w, h->line.p);
	if (e->kind == EDIT_VALUE)
		put_hdr(w, h->name, e->text);
	else if (h->id == HDR_CONTENT_LENGTH)
		w->has_length = false;
	w->at = slice_end(h->line);
}

/* Was the header added before a body edit that hides it? */
static bool is_outdated(const struct writer *w, const struct sip_edit *added)
{
	for (const struct sip_edit *e = w->plan->body; e && e != added; e = e->before) {
		if (e->depth < added->depth)
			return false;
		if (e->kind == EDIT_BODY && edit_body_hides(e, added->id))
			return true;
	}
	return false;
}

static void put_added(struct writer *w, const struct step *from, const struct step *to)
{
	const struct sip_edit *added = from->edit;
	const struct sip_edit *e = from + 1 < to ? outcome(from + 1, to) : NULL;

	if ((added->kind != EDIT_ADD && added->kind != EDIT_LATE) || (e && e->kind == EDIT_DROP))
		return;
	copy_to(w, place(w->msg, added->at));
	if (added->kind == EDIT_LATE) {
		added->late(w->out, added, w->hop);
		return;
	}
	if (w->plan->body && is_outdated(w, added))
		return;
	if (added->id == HDR_CONTENT_LENGTH)
		w->has_length = true;
	if (e)
		put_hdr(w, slice_first(added->text, slice_find(added->text, ':')), e->text);
	else
		buf_put(w->out, added->text);
}

static void put_hdrs(struct writer *w)
{
	const struct step *s = w->plan->steps, *end = s + w->plan->count, *next;

	for (; s < end; s = next) {
		for (next = s + 1; next < end && next->key == s->key; next++)
			;
		if (edit_key_is_received(s->key))
			put_received(w, s, next);
		else
			put_added(w, s, next);
	}
}

static void put_length(struct writer *w, size_t len)
{
	copy_to(w, hdrs_end(w->msg));
	buf_put(w->out, SLICE("Content-Length: "));
	buf_put_u64(w->out, len);
	buf_put(w->out, SLICE("\r\n"));
}

static void put_body(struct writer *w)
{
	const struct sip_edit *edited = w->plan->body;
	struct slice body = edited ? edited->text : w->msg->body;

	if (!w->has_length && (edited || transport_is_stream(w->hop->transport)))
		put_length(w, body.len);
	if (!edited && !w->msg->is_untidy && body.p) {
		copy_to(w, slice_end(body));
		return;
	}
	copy_to(w, hdrs_end(w->msg));
	buf_put(w->out, SLICE("\r\n"));
	buf_put(w->out, body);
}

int sip_write(const struct sip_msg *msg, const struct sip_edit *last,
    const struct sip_hop *hop, struct buf *out)
{
	struct plan plan;
	struct writer w = { .msg = msg, .hop = hop, .out = out, .plan = &plan };

	if (plan_init(&plan, msg, last) != 0)
		return -ENOMEM;
	w.has_length = msg_hdr(msg, HDR_CONTENT_LENGTH) != NULL;
	put_start_line(&w);
	put_hdrs(&w);
	put_body(&w);
	plan_fini(&plan);
	return out->failed ? -ENOMEM : 0;
}
