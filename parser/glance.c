/*
 * parser/glance.c - see glance.h.
 */
#include "parser/glance.h"

#include "parser/hdr_find.h"

#define STATUS_CHARS (sizeof("SIP/2.0 200") - 1)
#define VIA    SLICE("Via: ")
#define BRANCH SLICE(";branch=")

struct look {
	bool     seen[HDR_KNOWN];
	uint32_t length;		/* Content-Length */
};

struct line { enum hdr_id id; const char *colon, *lf; };

/* The end of a line that is not the last of all, behind p in it; NULL if CRLF does not end it. */
static inline const char *line_lf(struct scan *scan, const char *p)
{
	const char *lf = scan_lf_within(scan, p);

	return scan->end - lf > 1 && lf[-1] == '\r' ? lf : NULL;
}

/* Whoever finds a NUL looks again: it may be one of the body. */
static bool has_nul(const struct scan *scan, const char *from, const char *to)
{
	return scan_may_have_nul(scan) && memchr(from, '\0', (size_t)(to - from));
}

/* ---- lines ---- */

/* The name at p, sixteen bytes at least before the end. */
static inline bool read_name(const struct scan *scan, const char *p, struct line *line)
{
	struct slice name;
	size_t colon = scan_find(slice_of(p, 16), ':');

	line->colon = p + colon;
	line->id = hdr_find(p, colon);
	if (line->id != HDR_OTHER)
		return true;
	name = slice_of(p, token_span(slice_between(p, scan->end), TOKEN_CHAR));
	line->colon = slice_end(name);
	line->id = hdr_by_name(name);
	return name.len > 0 && line->colon < scan->end && *line->colon == ':';
}

/* One blank begins the value and CRLF ends it. A fold has no name: it is refused as the next line. */
static inline bool read_line(struct scan *scan, const char *p, struct line *line)
{
	const char *lf;

	if (scan->end - p < 16 || !read_name(scan, p, line))
		return false;
	line->lf = lf = line_lf(scan, line->colon);
	return lf && line->colon[1] == ' ' && (unsigned char)line->colon[2] > ' ' &&
	    (unsigned char)lf[-2] > ' ';
}

/* ---- further looks ---- */

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
		g->has_via_below = true;
		return true;
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
	return l->seen[id] && hdr_kind(id) == HDR_KIND_SINGLE;
}

/* The empty line; NULL: not so simple. There is a byte behind each line that was read. */
static inline const char *read_hdrs(struct look *l, struct scan *scan, struct sip_glance *g)
{
	const char *p = g->behind.p;
	struct line line;

	for (unsigned n = 1; *p != '\r'; n++) {
		if (n == g->most || !read_line(scan, p, &line) || is_again(l, line.id) ||
		    !read_hdr(l, &line, g))
			return NULL;
		l->seen[line.id] = true;
		p = line.lf + 1;
	}
	return p;
}

/* 8.1.1, and 18.3: without Content-Length it is the parsed message that knows what to do. */
static bool is_whole(const struct look *l, struct slice rest)
{
	return l->seen[HDR_FROM] && l->seen[HDR_TO] && l->seen[HDR_CALL_ID] && l->seen[HDR_CSEQ] &&
	    l->seen[HDR_CONTENT_LENGTH] && slice_starts(rest, SLICE("\r\n")) &&
	    rest.len - 2 == l->length;
}

/* The first two lines. Of the Via only the branch matters: it is ours, and stays here. */
static bool is_top_right(const struct sip_glance *g)
{
	const char *end = slice_end(g->branch);

	return scan_value_end(g->branch.p, end) == end &&
	    !token_is_word(g->branch, SLICE(VIA_COOKIE)) &&
	    !memchr(g->start_line.p, '\0', (size_t)(g->behind.p - g->start_line.p));
}

bool sip_glance_again(struct sip_glance *g)
{
	struct scan scan = scan_begin(slice_end(g->behind));	/* in registers */
	struct look l = { .length = 0 };
	const char *p = is_top_right(g) ? read_hdrs(&l, &scan, g) : NULL;

	return p && is_whole(&l, slice_between(p, scan.end)) && !has_nul(&scan, g->behind.p, p);
}

bool sip_glance_method(struct sip_glance *g)
{
	const struct slice name = SLICE("CSeq: ");
	struct slice rest = g->behind;

	while (!slice_starts(rest, name)) {
		const char *lf = memchr(rest.p, '\n', rest.len);

		if (!lf || *rest.p == '\r')
			return false;
		rest = slice_between(lf + 1, slice_end(rest));
	}
	rest = slice_skip(rest, name.len);
	return read_cseq(slice_first(rest, slice_find(rest, '\r')), g);
}

/* ---- the first look ---- */

/* Behind the start line; NULL: not so simple. */
static const char *read_start(struct scan *scan, struct slice bytes, struct sip_glance *g)
{
	const char *code = bytes.p + 8, *lf;

	if (bytes.len < STATUS_CHARS + 2 || memcmp(bytes.p, "SIP/2.0 ", 8) != 0 ||
	    code[0] < '1' || code[0] > '6' || !is_digit(code[1]) || !is_digit(code[2]) ||
	    (code[3] != ' ' && code[3] != '\r'))
		return NULL;
	lf = line_lf(scan, code + 3);
	if (!lf || (code[3] == '\r' && lf != code + 4))
		return NULL;
	g->status = (uint16_t)((code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0'));
	g->start_line = slice_between(bytes.p, lf + 1);
	return lf + 1;
}

/* The topmost is the first of all headers, and alone on its line. */
static bool read_via(struct scan *scan, const char *p, struct sip_glance *g)
{
	const char *lf = scan->end - p > 16 && memcmp(p, VIA.p, VIA.len) == 0 ? line_lf(scan, p) : NULL;
	struct slice rest;

	if (!lf || lf[1] == ' ' || lf[1] == '\t')
		return false;
	g->behind = slice_between(lf + 1, scan->end);
	rest = slice_between(p, lf - 1);
	if (scan_find(rest, ',') < rest.len)
		return false;
	while (rest.len > 0 && !slice_starts(rest, BRANCH))
		rest = slice_skip(rest, 1 + scan_find(slice_skip(rest, 1), ';'));
	rest = slice_skip(rest, BRANCH.len);
	g->branch = slice_first(rest, scan_find(rest, ';'));
	return g->branch.len > 0;
}

bool sip_glance(struct slice bytes, const struct msg_limits *limits, struct sip_glance *out)
{
	struct scan scan = scan_begin(slice_end(bytes));
	const char *p;

	*out = (struct sip_glance){
		.most = limits->max_hdrs ? limits->max_hdrs : MSG_MAX_HDRS };
	if (limits->max_bytes > 0 && bytes.len > limits->max_bytes)
		return false;
	p = read_start(&scan, bytes, out);
	return p && read_via(&scan, p, out);
}
