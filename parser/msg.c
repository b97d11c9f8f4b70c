/*
 * parser/msg.c - the index of a message: start line, header lines, body (RFC 3261 7, 18.3).
 *
 * Message, copy of the bytes and index lie in the first chunk of the message's
 * own arena. Each byte of the head is looked at once for line ends and once more
 * in the names of headers; values are left alone.
 */
#include "parser/msg.h"

#include "parser/hdr_find.h"
#include "parser/lines.h"
#include "parser/scan.h"

#include <errno.h>
#if ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define FENCE(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#else
#define FENCE(p, n) ((void)(p))
#endif

#define VERSION SLICE("SIP/2.0")
#define HDRS_AT_FIRST 24		/* most messages have fewer */
#define IS_FULL 1			/* no error, but no header is taken any more */

struct indexer {
	struct sip_msg   *msg;
	struct scan       scan;
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

	if (slice_eq(s, VERSION))
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

static bool is_trimmed(struct slice uri)
{
	return uri.len > 0 && *uri.p != ' ' && uri.p[uri.len - 1] != ' ';
}

static bool is_method(const struct sip_msg *msg)
{
	return msg->method != METHOD_OTHER ||
	    (msg->method_text.len > 0 && token_all(msg->method_text, TOKEN_CHAR));
}

/* Nearly all end with the version that we speak; a search for the last space is for the rest. */
static void split_request_line(struct sip_msg *msg, struct slice line)
{
	const char *end = slice_end(line), *last = NULL;
	const char *blank = token_end(line.p, end, TOKEN_CHAR);
	struct slice rest;

	if (blank == end || *blank != ' ')
		blank = line.p + slice_find(line, ' ');
	msg->method_text = slice_between(line.p, blank);
	rest = blank < end ? slice_between(blank + 1, end) : slice_of(end, 0);
	if (rest.len > VERSION.len && memcmp(end - VERSION.len - 1, " SIP/2.0", 8) == 0)
		last = end - VERSION.len - 1;
	else if (rest.len > 0)
		last = memrchr(rest.p, ' ', rest.len);
	msg->request_uri = rest;
	if (last) {
		msg->version = slice_between(last + 1, end);
		msg->request_uri = slice_between(rest.p, last);
	}
}

static void index_request_line(struct indexer *x, struct slice line)
{
	struct sip_msg *msg = x->msg;

	msg->is_request = true;
	split_request_line(msg, line);
	msg->method = sip_method_parse(msg->method_text);
	if (!is_method(msg) || !is_version(msg->version) || !is_trimmed(msg->request_uri))
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
static const char *index_start_line(struct indexer *x, const char *p)
{
	struct sip_msg *msg = x->msg;
	const char *lf = scan_lf(&x->scan, p);
	struct slice line;

	if (lf >= x->scan.end) {
		note(x, slice_between(p, x->scan.end), "Start line without an end");
		return NULL;
	}
	msg->first_line = line = slice_between(p, lf + 1);
	line.len -= line.len >= 2 && lf[-1] == '\r' ? 2 : 1;
	/* No method has a '/', so the fourth letter tells nearly always. */
	if (line.len > 4 && line.p[3] == '/' && slice_starts_nocase(line, SLICE("SIP/")))
		index_status_line(x, line);
	else
		index_request_line(x, line);
	msg->is_untidy = line.len + 2 != msg->first_line.len || !slice_eq(msg->version, VERSION);
	return lf + 1;
}

/* There is a place for one more than are counted, which index_hdrs() fills first. */
static int grow(struct indexer *x)
{
	struct sip_msg *msg = x->msg;
	size_t room = x->room == 0 ? HDRS_AT_FIRST : 2 * (size_t)x->room;
	struct hdr *hdrs;

	if (room > x->limit)
		room = x->limit;
	hdrs = arena_alloc(msg->arena, (room + 1) * sizeof(*hdrs));
	if (!hdrs)
		return -ENOMEM;
	if (msg->hdrs)
		memcpy(hdrs, msg->hdrs, (msg->hdr_count + 1u) * sizeof(*hdrs));
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

/* A value with more white space around it than is usual. */
static struct slice trimmed(const char *from, const char *to)
{
	while (from < to && token_is(*from, TOKEN_LWS))
		from++;
	while (to > from && token_is(to[-1], TOKEN_LWS))
		to--;
	return slice_between(from, to);
}

/* Not so simple: is the name a token, is there white space before the colon? */
static bool split_other(struct hdr *h)
{
	if (!line_split(h->line.p, slice_end(h->line), &h->name, &h->value))
		return false;
	h->id = hdr_by_name(h->name);
	return true;
}

/* The line from p to its LF; nearly always the name is spelled as the RFC does, one blank begins
 * the value and CR LF ends it. */
static inline bool split_hdr(struct hdr *h, const char *p, const char *colon, const char *lf)
{
	const char *from = colon + 2, *to = lf - 1;

	h->line = slice_between(p, lf + 1);
	h->name = slice_between(p, colon);
	h->id = hdr_find(p, h->name.len);
	if (h->id == HDR_OTHER)
		return split_other(h);
	/* Then from is before to; controls are odd enough to be looked at again. */
	if (from[-1] == ' ' && *to == '\r' && (unsigned char)*from > ' ' && (unsigned char)to[-1] > ' ')
		h->value = slice_between(from, to);
	else
		h->value = trimmed(colon + 1, lf);
	return true;
}

/* One of a kind that was there before. */
static void count_again(struct sip_msg *msg, enum hdr_id id)
{
	if (hdr_kind(id) == HDR_KIND_SINGLE && msg->duplicate == MSG_NO_HDR)
		msg->duplicate = msg->hdr_count;
}

/* The header behind the last that is counted finds no room: 0, -ENOMEM. */
static int more_room(struct indexer *x)
{
	if (x->room < x->limit)
		return grow(x);
	note_too_many(x, x->msg->hdrs[x->room].line);
	return 0;
}

/* The header at h, which is behind the last, is one more: 0, -ENOMEM, IS_FULL. */
static inline int count_hdr(struct indexer *x, struct sip_msg *msg, struct hdr *h)
{
	enum hdr_id id = h->id;

	if (msg->hdr_count == x->room) {
		int err = more_room(x);

		if (err || x->is_full)
			return err ? err : IS_FULL;
	}
	if (msg->first[id] == MSG_NO_HDR)
		msg->first[id] = msg->hdr_count;
	else
		count_again(msg, id);
	msg->hdr_count++;
	return 0;
}

/* The last LF of the header line with an LF at lf, behind which a fold may begin; a place
 * behind the bytes if it has no end. */
static const char *last_lf(struct indexer *x, struct scan *scan, const char *lf)
{
	while (lf < scan->end && (lf[1] == ' ' || lf[1] == '\t')) {
		if (lf[-1] != '\r')
			x->msg->is_untidy = true;
		lf = scan_lf(scan, lf + 1);
	}
	return lf;
}

/* Length of the empty line at p; what follows the bytes is one too. */
static inline size_t empty_line(const char *p)
{
	if ((unsigned char)*p > '\r')
		return 0;
	return *p == '\n' ? 1 : *p == '\r' && p[1] == '\n' ? 2 : 0;
}

/* At the empty line. */
static void end_hdrs(struct indexer *x, const char *p)
{
	const char *next = p + empty_line(p), *end = x->scan.end;

	if (next > end) {
		note(x, slice_between(p, end), p == end ? "No empty line behind the headers" :
		    "Header line without an end");
		return;
	}
	if (*p != '\r')
		x->msg->is_untidy = true;
	x->msg->body = slice_between(next, end);
}

static int index_hdrs(struct indexer *x, const char *p)
{
	struct scan scan = x->scan;	/* in registers */
	struct sip_msg *msg = x->msg;

	while (empty_line(p) == 0) {
		const char *colon = scan_colon(&scan, p), *lf = scan_lf(&scan, colon);
		struct hdr *h = &msg->hdrs[msg->hdr_count];
		int err;

		/* No header begins with a blank or less, nor do the line ends behind the bytes. */
		if ((unsigned char)lf[1] <= ' ') {
			lf = last_lf(x, &scan, lf);
			if (lf >= scan.end) {
				note(x, slice_between(p, scan.end), "Header line without an end");
				return 0;
			}
		}
		if (lf[-1] != '\r')
			msg->is_untidy = true;
		if (!split_hdr(h, p, colon, lf))
			note(x, h->line, "Header line without a name and a colon");
		else if ((err = count_hdr(x, msg, h)) != 0)
			return err;
		p = lf + 1;
	}
	x->scan = scan;
	end_hdrs(x, p);
	return 0;
}

/* A NUL may be quoted and stand nowhere else (RFC 3261 25.1); comments are where they may be. */
static bool has_bare_nul(const struct hdr *h)
{
	bool comments = h->id == HDR_USER_AGENT || h->id == HDR_SERVER || h->id == HDR_RETRY_AFTER;

	return slice_find(h->value, '\0') < h->value.len && !token_nul_is_quoted(h->value, comments);
}

static void check_nuls(struct indexer *x)
{
	const struct sip_msg *msg = x->msg;

	if (!scan_may_have_nul(&x->scan))
		return;
	if (slice_find(msg->reason, '\0') < msg->reason.len)
		note(x, msg->reason, "NUL in the reason phrase");
	for (uint16_t i = 0; i < msg->hdr_count; i++)
		if (has_bare_nul(&msg->hdrs[i]))
			note(x, msg->hdrs[i].value, "NUL in a header value");
}

/* Two that agree are only a duplicate; two that differ leave no length at all. */
static bool lengths_differ(const struct sip_msg *msg, const struct hdr *h, uint32_t len)
{
	uint32_t other;

	if (msg->duplicate == MSG_NO_HDR)
		return false;
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
	const struct sip_cseq *cseq;
	const char *p = msg->raw.p;
	int err = 0;

	x->scan = scan_begin(slice_end(msg->raw));
	while (p < x->scan.end && (*p == '\r' || *p == '\n'))
		p++;
	p = index_start_line(x, p);
	if (p)
		err = grow(x);
	if (p && !err)
		err = index_hdrs(x, p);
	if (err && err != IS_FULL)
		return err;
	/* Nobody but the index may look behind the bytes. */
	FENCE(x->scan.end, SCAN_PAD);
	fit_body(x);
	check_nuls(x);
	cseq = msg->is_request ? NULL : msg_cseq(msg);
	if (cseq)
		msg->method = cseq->method;
	return 0;
}

/* A copy with the line ends behind it that scanning wants. */
static struct slice dup_raw(struct arena *arena, struct slice raw)
{
	char *p = arena_bytes(arena, raw.len + SCAN_PAD);

	if (!p)
		return SLICE_NULL;
	if (raw.len > 0)
		memcpy(p, raw.p, raw.len);
	memset(p + raw.len, '\n', SCAN_PAD);
	return slice_of(p, raw.len);
}

static struct sip_msg *msg_new(struct slice raw, const struct sip_hop *from, size_t cap_bytes)
{
	struct arena *arena = arena_new(cap_bytes);
	struct sip_msg *msg = arena ? arena_zalloc(arena, sizeof(*msg)) : NULL;

	if (!msg)
		goto fail;
	memset(msg->first, 0xff, sizeof(msg->first));
	ref_init(&msg->refs);
	msg->arena = arena;
	msg->duplicate = MSG_NO_HDR;
	msg->raw = dup_raw(arena, raw);
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
