/*
 * parser/msg.c - the index of a message: start line, header lines, body (RFC 3261 7, 18.3).
 *
 * Message, copy of the bytes and index lie in the first chunk of the message's
 * own arena. Each line is looked at once; values are left alone.
 */
#include "parser/msg.h"

#include "parser/lines.h"

#include <errno.h>

#define HDRS_AT_FIRST 24		/* most messages have fewer */

struct indexer {
	struct sip_msg   *msg;
	struct sip_defect why;		/* the first defect */
	bool              is_bad, is_full;
	uint16_t          room, limit;	/* of hdrs */
};

const char sip_typed_bad[] = "malformed";

static void note(struct indexer *x, struct slice where, const char *reason)
{
	if (!x->is_bad)
		sip_defect(&x->why, where, reason);
	x->is_bad = true;
}

/* "SIP/" and two numbers; which ones is for sip_msg_check() to judge. */
static bool is_version(struct slice s)
{
	struct slice major;

	if (slice_eq(s, SLICE("SIP/2.0")))
		return true;
	if (!slice_starts_nocase(s, SLICE("SIP/")))
		return false;
	s = slice_skip(s, 4);
	major = slice_split(&s, '.');
	for (size_t i = 0; i < major.len; i++)
		if (!is_digit(major.p[i]))
			return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_digit(s.p[i]))
			return false;
	return major.len > 0 && s.len > 0;
}

static void index_request_line(struct indexer *x, struct slice line)
{
	struct sip_msg *msg = x->msg;
	struct slice uri = line;
	const char *last;

	msg->is_request = true;
	msg->method_text = slice_split(&uri, ' ');
	msg->method = sip_method_parse(msg->method_text);
	last = uri.len > 0 ? memrchr(uri.p, ' ', uri.len) : NULL;
	if (last) {
		msg->version = slice_between(last + 1, slice_end(uri));
		uri = slice_between(uri.p, last);
	}
	msg->request_uri = uri;
	if (msg->method_text.len == 0 || !token_all(msg->method_text, TOKEN_CHAR) ||
	    !is_version(msg->version) || uri.len == 0 || *uri.p == ' ' ||
	    uri.p[uri.len - 1] == ' ')
		note(x, line, "Malformed request line");
}

static void index_status_line(struct indexer *x, struct slice line)
{
	struct sip_msg *msg = x->msg;
	struct slice rest = line, code;
	uint32_t status;

	msg->version = slice_split(&rest, ' ');
	code = slice_split(&rest, ' ');
	msg->reason = rest;
	if (!is_version(msg->version) || code.len != 3 || slice_to_u32(code, &status) != 0 ||
	    status < 100 || status > 699)
		note(x, line, "Malformed status line");
	else
		msg->status = (uint16_t)status;
}

/* Returns behind the start line, NULL if there is no whole line. */
static const char *index_start_line(struct indexer *x, const char *p, const char *end)
{
	struct sip_msg *msg = x->msg;
	const char *next = line_next(p, end);
	struct slice line;

	if (!next) {
		note(x, slice_between(p, end), "Start line without an end");
		return NULL;
	}
	msg->first_line = line = slice_between(p, next);
	line.len -= line.len >= 2 && next[-2] == '\r' ? 2 : 1;
	/* No method has a '/', so the fourth letter tells nearly always. */
	if (line.len > 4 && line.p[3] == '/' && slice_starts_nocase(line, SLICE("SIP/")))
		index_status_line(x, line);
	else
		index_request_line(x, line);
	msg->is_untidy = line.len + 2 != msg->first_line.len ||
	    !slice_eq(msg->version, SLICE("SIP/2.0"));
	return next;
}

static int grow(struct indexer *x)
{
	struct sip_msg *msg = x->msg;
	size_t room = x->room == 0 ? HDRS_AT_FIRST : 2 * (size_t)x->room;
	struct hdr *hdrs;

	if (room > x->limit)
		room = x->limit;
	hdrs = arena_alloc(msg->arena, room * sizeof(*hdrs));
	if (!hdrs)
		return -ENOMEM;
	if (msg->hdr_count > 0)
		memcpy(hdrs, msg->hdrs, msg->hdr_count * sizeof(*hdrs));
	msg->hdrs = hdrs;
	x->room = (uint16_t)room;
	return 0;
}

/* What was found so far may be enough to say so. */
static void note_too_many(struct indexer *x, struct slice line)
{
	if (!x->is_bad)
		sip_defect_status(&x->why, line, 513, "Too many header lines");
	x->is_bad = x->is_full = true;
}

static int index_hdr(struct indexer *x, const char *p, const char *next)
{
	struct sip_msg *msg = x->msg;
	struct slice name, value;
	enum hdr_id id;
	int err;

	if (!line_split(p, next, &name, &value)) {
		note(x, slice_between(p, next), "Header line without a name and a colon");
		return 0;
	}
	if (msg->hdr_count == x->limit) {
		note_too_many(x, slice_between(p, next));
		return 0;
	}
	if (msg->hdr_count == x->room && (err = grow(x)) != 0)
		return err;
	id = hdr_by_name(name);
	if (msg->first[id] == MSG_NO_HDR)
		msg->first[id] = msg->hdr_count;
	else if (hdr_kind(id) == HDR_KIND_SINGLE && msg->duplicate == MSG_NO_HDR)
		msg->duplicate = msg->hdr_count;
	msg->hdrs[msg->hdr_count++] =
	    (struct hdr){ id, name, value, slice_between(p, next) };
	return 0;
}

/* Behind the header line at p and its folds, NULL if it has no end. */
static const char *hdr_line_next(struct sip_msg *msg, const char *p, const char *end)
{
	const char *next = p;

	do {
		next = line_next(next, end);
		if (!next)
			return NULL;
		if (next - p < 2 || next[-2] != '\r')
			msg->is_untidy = true;
	} while (line_is_fold(next, end) && !line_is_empty(p, next));
	return next;
}

static int index_hdrs(struct indexer *x, const char *p, const char *end)
{
	for (;;) {
		const char *next = hdr_line_next(x->msg, p, end);
		int err;

		if (!next) {
			note(x, slice_between(p, end), p == end ?
			    "No empty line behind the headers" : "Header line without an end");
			return 0;
		}
		if (line_is_empty(p, next)) {
			x->msg->body = slice_between(next, end);
			return 0;
		}
		err = index_hdr(x, p, next);
		if (err || x->is_full)
			return err;
		p = next;
	}
}

/* Two that agree are only a duplicate; two that differ leave no length at all. */
static bool lengths_differ(const struct sip_msg *msg, const struct hdr *h, uint32_t len)
{
	uint32_t other;

	while ((h = msg_hdr_next(msg, h)))
		if (slice_to_u32(h->value, &other) != 0 || other != len)
			return true;
	return false;
}

/* RFC 3261 18.3: what is too much is cut off, what is missing is a defect. */
static void fit_body(struct indexer *x)
{
	const struct hdr *h = msg_hdr(x->msg, HDR_CONTENT_LENGTH);
	uint32_t len;

	if (!h)
		return;
	if (slice_to_u32(h->value, &len) != 0)
		note(x, h->value, "Content-Length is not a number");
	else if (lengths_differ(x->msg, h, len))
		note(x, h->value, "Content-Length is there twice and differs");
	else if (len > x->msg->body.len)
		note(x, h->value, "Content-Length is larger than the body");
	else
		x->msg->body.len = len;
}

static int index_all(struct indexer *x)
{
	struct sip_msg *msg = x->msg;
	const char *p = msg->raw.p, *end = slice_end(msg->raw);
	struct sip_cseq cseq;
	int err = 0;

	while (p < end && (*p == '\r' || *p == '\n'))
		p++;
	p = index_start_line(x, p, end);
	if (p)
		err = index_hdrs(x, p, end);
	if (err)
		return err;
	fit_body(x);
	if (!msg->is_request && sip_cseq_parse(msg_value(msg, HDR_CSEQ), &cseq, NULL) == 0)
		msg->method = cseq.method;
	return 0;
}

static struct sip_msg *msg_new(struct slice raw, const struct sip_hop *from, size_t cap_bytes)
{
	struct arena *arena = arena_new(cap_bytes);
	struct sip_msg *msg = arena ? arena_alloc(arena, sizeof(*msg)) : NULL;

	if (!msg)
		goto fail;
	memset(msg, 0, sizeof(*msg));
	memset(msg->first, 0xff, sizeof(msg->first));
	ref_init(&msg->refs);
	msg->arena = arena;
	msg->duplicate = MSG_NO_HDR;
	msg->raw = arena_dup(arena, raw);
	if (!msg->raw.p)
		goto fail;
	if (from)
		msg->from = *from;
	if (msg->from.name.len > 0) {
		msg->from.name = arena_dup(arena, from->name);
		if (!msg->from.name.p)
			goto fail;
	}
	return msg;

fail:
	arena_free(&arena);
	return NULL;
}

static bool is_answerable(const struct sip_msg *msg)
{
	return msg->is_request && msg_hdr(msg, HDR_VIA) && msg_hdr(msg, HDR_FROM) &&
	    msg_hdr(msg, HDR_TO) && msg_hdr(msg, HDR_CALL_ID) && msg_hdr(msg, HDR_CSEQ);
}

int sip_msg_parse(struct slice raw, const struct sip_hop *from,
    const struct msg_limits *limits, struct sip_msg **out, struct sip_defect *why)
{
	struct indexer x = { .limit = MSG_MAX_HDRS };
	int err;

	*out = NULL;
	if (limits->max_bytes > 0 && raw.len > limits->max_bytes)
		return -EMSGSIZE;
	if (limits->max_hdrs > 0 && limits->max_hdrs < x.limit)
		x.limit = limits->max_hdrs;
	x.msg = msg_new(raw, from, limits->arena_bytes);
	if (!x.msg)
		return -ENOMEM;
	err = index_all(&x);
	if (!err && !x.is_bad) {
		*out = x.msg;
		return 0;
	}
	if (!err && why)
		*why = x.why;
	if (!err && is_answerable(x.msg)) {
		*out = x.msg;
		return -EBADMSG;
	}
	if (!err && why)
		why->where = SLICE_NULL;	/* it dies with the message */
	if (!err && why && !x.msg->is_request)
		why->status = 0;
	sip_msg_unref(&x.msg);
	return err ? err : -EBADMSG;
}

struct sip_msg *sip_msg_ref(struct sip_msg *msg)
{
	ref_get(&msg->refs);
	return msg;
}

void sip_msg_unref(struct sip_msg **msg)
{
	struct sip_msg *m = *msg;
	struct arena *arena;

	*msg = NULL;
	if (!m || !ref_put(&m->refs))
		return;
	arena = m->arena;
	arena_free(&arena);
}
