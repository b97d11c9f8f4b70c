/*
 * parser/glance.c - see glance.h.
 */
#include "parser/glance.h"

#include "parser/hdr_find.h"
#include "parser/quick.h"

#define STATUS_CHARS (sizeof("SIP/2.0 200") - 1)

struct look {
	struct scan scan;
	uint64_t    seen[(HDR_KNOWN + 63) / 64];	/* by id */
	uint32_t    length;		/* Content-Length */
};

struct line { enum hdr_id id; const char *colon, *lf; };

static inline bool has_seen(const struct look *l, enum hdr_id id)
{
	return l->seen[id / 64] >> id % 64 & 1;
}

/* The end of a line that is not the last of all, behind p in it; NULL if CRLF does not end it. */
static inline const char *line_lf(struct look *l, const char *p)
{
	const char *lf = scan_lf_within(&l->scan, p);

	return l->scan.end - lf > 1 && lf[-1] == '\r' ? lf : NULL;
}

/* Behind the start line; NULL: not so simple. */
static const char *read_start(struct look *l, struct slice bytes, struct sip_glance *g)
{
	const char *code = bytes.p + 8, *lf;

	if (bytes.len < STATUS_CHARS + 2 || memcmp(bytes.p, "SIP/2.0 ", 8) != 0 ||
	    code[0] < '1' || code[0] > '6' || !is_digit(code[1]) || !is_digit(code[2]) ||
	    (code[3] != ' ' && code[3] != '\r'))
		return NULL;
	lf = line_lf(l, code + 3);
	if (!lf || (code[3] == '\r' && lf != code + 4))
		return NULL;
	g->status = (uint16_t)((code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0'));
	g->start_line = slice_between(bytes.p, lf + 1);
	return lf + 1;
}

/* The name at p, sixteen bytes at least before the end. */
static inline bool read_name(const struct look *l, const char *p, struct line *line)
{
	struct slice name;
	size_t colon = scan_find(slice_of(p, 16), ':');

	line->colon = p + colon;
	line->id = hdr_find(p, colon);
	if (line->id != HDR_OTHER)
		return true;
	name = slice_of(p, token_span(slice_between(p, l->scan.end), TOKEN_CHAR));
	line->colon = slice_end(name);
	line->id = hdr_by_name(name);
	return name.len > 0 && line->colon < l->scan.end && *line->colon == ':';
}

/* One blank begins the value and CRLF ends it, without a fold. */
static inline bool read_line(struct look *l, const char *p, struct line *line)
{
	const char *lf;

	if (l->scan.end - p < 16 || !read_name(l, p, line))
		return false;
	line->lf = lf = line_lf(l, line->colon);
	return lf && line->colon[1] == ' ' && (unsigned char)line->colon[2] > ' ' &&
	    (unsigned char)lf[-2] > ' ' && lf[1] != ' ' && lf[1] != '\t';
}

/* The topmost is the first of all headers, and alone on its line. */
static bool read_via(const struct look *l, struct slice value, struct sip_glance *g)
{
	struct sip_via via;

	if (has_seen(l, HDR_VIA)) {
		g->has_via_below = true;
		return true;
	}
	if (g->behind.p || !via_quick(value, &via) || via.text.len != value.len)
		return false;
	g->branch = via.branch;
	return !token_is_word(via.branch, SLICE(VIA_COOKIE));
}

static bool read_cseq(struct slice value, struct sip_glance *g)
{
	struct sip_cseq cseq;

	if (sip_cseq_parse(value, &cseq, NULL) != 0)
		return false;
	g->method = cseq.method;
	return true;
}

static bool read_call_id(struct slice value, struct sip_glance *g)
{
	g->call_id = value;
	return !scan_has_upto(value, ' ');
}

/* Max-Forwards has no business here. */
static inline bool read_hdr(struct look *l, const struct line *line, struct sip_glance *g)
{
	struct slice value = slice_between(line->colon + 2, line->lf - 1);

	switch (line->id) {
	case HDR_VIA:
		return read_via(l, value, g);
	case HDR_CSEQ:
		return read_cseq(value, g);
	case HDR_CALL_ID:
		return read_call_id(value, g);
	case HDR_CONTENT_LENGTH:
		return slice_to_u32(value, &l->length) == 0;
	case HDR_MAX_FORWARDS:
		return false;
	default:
		return true;
	}
}

static inline bool is_again(const struct look *l, enum hdr_id id)
{
	return has_seen(l, id) && hdr_kind(id) == HDR_KIND_SINGLE;
}

/* Behind the empty line; NULL: not so simple. */
static const char *read_hdrs(struct look *l, const char *p, unsigned most, struct sip_glance *g)
{
	const char *end = l->scan.end;
	struct line line;

	for (unsigned n = 0; end - p >= 2 && *p != '\r'; n++) {
		if (n == most || !read_line(l, p, &line) || is_again(l, line.id) ||
		    !read_hdr(l, &line, g))
			return NULL;
		l->seen[line.id / 64] |= (uint64_t)1 << line.id % 64;
		p = line.lf + 1;
		if (n == 0)
			g->behind = slice_between(p, end);
	}
	return end - p >= 2 && p[1] == '\n' ? p + 2 : NULL;
}

/* 8.1.1, and 18.3: without Content-Length it is the parsed message that knows what to do. */
static bool is_whole(const struct look *l, const char *body)
{
	const uint64_t wanted = (uint64_t)1 << HDR_VIA | (uint64_t)1 << HDR_FROM |
	    (uint64_t)1 << HDR_TO | (uint64_t)1 << HDR_CALL_ID | (uint64_t)1 << HDR_CSEQ |
	    (uint64_t)1 << HDR_CONTENT_LENGTH;

	_Static_assert(HDR_CONTENT_LENGTH < 64 && HDR_CALL_ID < 64, "all in the first word");
	return (l->seen[0] & wanted) == wanted && l->scan.end - body == (ptrdiff_t)l->length;
}

bool sip_glance(struct slice bytes, const struct msg_limits *limits, struct sip_glance *out)
{
	unsigned most = limits->max_hdrs ? limits->max_hdrs : MSG_MAX_HDRS;
	struct look l = { .scan = scan_begin(slice_end(bytes)) };
	const char *p;

	*out = (struct sip_glance){ .status = 0 };
	if (limits->max_bytes > 0 && bytes.len > limits->max_bytes)
		return false;
	p = read_start(&l, bytes, out);
	if (p)
		p = read_hdrs(&l, p, most, out);
	return p && is_whole(&l, p) && (!scan_may_have_nul(&l.scan) ||
	    !memchr(bytes.p, '\0', (size_t)(p - bytes.p)));
}
