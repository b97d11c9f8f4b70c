/*
 * test/fuzz/slow.c - see slow.h. Nothing here is shared with parser/msg.c but the names of
 * headers and methods.
 */
#include "test/fuzz/slow.h"

#include "parser/auth.h"
#include "parser/quick.h"
#include "parser/token.h"
#include "utils/err.h"

static void note(struct slow_index *x, uint16_t status, const char *reason)
{
	if (x->reason)
		return;
	x->reason = reason;
	x->status = status;
}

static bool is_token(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_alnum(s.p[i]) && (s.p[i] == '\0' || !strchr("-.!%*_+`'~", s.p[i])))
			return false;
	return s.len > 0;
}

static bool is_digits(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_digit(s.p[i]))
			return false;
	return s.len > 0;
}

static bool is_version(struct slice s)
{
	struct slice rest = slice_skip(s, 4), major = slice_split(&rest, '.');

	return slice_starts_nocase(s, SLICE("SIP/")) && is_digits(major) && is_digits(rest);
}

/* From from to to without the LWS around it. */
static struct slice trim(const char *from, const char *to)
{
	while (from < to && is_lws(*from))
		from++;
	while (to > from && is_lws(to[-1]))
		to--;
	return slice_between(from, to);
}

static void request_line(struct slow_index *x, struct slice line)
{
	size_t first = slice_find(line, ' '), last = line.len;

	x->is_request = true;
	x->method = slice_first(line, first);
	while (last > 0 && line.p[last - 1] != ' ')
		last--;
	x->uri = slice_skip(line, first + 1);
	if (last > first + 1) {
		x->version = slice_skip(line, last);
		x->uri = slice_between(line.p + first + 1, line.p + last - 1);
	}
	if (!is_token(x->method) || !is_version(x->version) || x->uri.len == 0 ||
	    *x->uri.p == ' ' || x->uri.p[x->uri.len - 1] == ' ')
		note(x, 400, "Malformed request line");
}

static void status_line(struct slow_index *x, struct slice line)
{
	struct slice code;

	x->version = slice_split(&line, ' ');
	code = slice_split(&line, ' ');
	x->phrase = line;
	if (is_version(x->version) && code.len == 3 && is_digits(code) && *code.p >= '1' &&
	    *code.p <= '6')
		x->code = (uint16_t)((code.p[0] - '0') * 100 + (code.p[1] - '0') * 10 + code.p[2] - '0');
	else
		note(x, 400, "Malformed status line");
}

static void first_line(struct slow_index *x)
{
	struct slice line = x->first_line;
	bool crlf = line.len >= 2 && line.p[line.len - 2] == '\r';

	line.len -= crlf ? 2 : 1;
	if (line.len > 4 && slice_starts_nocase(line, SLICE("SIP/")))
		status_line(x, line);
	else
		request_line(x, line);
	x->is_untidy = !crlf || !slice_eq(x->version, SLICE("SIP/2.0"));
}

static void take_hdr(struct slow_index *x, struct slice line, uint16_t max)
{
	size_t name = 0, colon;
	struct hdr h = { .line = line };

	while (name < line.len && is_token(slice_first(slice_skip(line, name), 1)))
		name++;
	for (colon = name; colon < line.len && (line.p[colon] == ' ' || line.p[colon] == '\t');)
		colon++;
	if (name == 0 || colon == line.len || line.p[colon] != ':') {
		note(x, 400, "Header line without a name and a colon");
		return;
	}
	if (x->hdr_count == max) {
		note(x, 513, "Too many header lines");
		x->body.p = line.p;	/* the end */
		return;
	}
	h.name = slice_first(line, name);
	h.value = trim(line.p + colon + 1, slice_end(line));
	h.id = hdr_by_name(h.name);
	for (uint16_t i = 0; i < x->hdr_count; i++)
		if (x->hdrs[i].id == h.id && hdr_kind(h.id) == HDR_KIND_SINGLE &&
		    x->duplicate == MSG_NO_HDR)
			x->duplicate = x->hdr_count;
	x->hdrs[x->hdr_count++] = h;
}

/* Behind the line at p, its LF included; NULL if there is none. */
static const char *behind_line(const char *p, const char *end)
{
	while (p < end)
		if (*p++ == '\n')
			return p;
	return NULL;
}

static bool is_empty(struct slice line)
{
	return slice_eq(line, SLICE("\n")) || slice_eq(line, SLICE("\r\n"));
}

static void headers(struct slow_index *x, const char *p, const char *end, uint16_t max)
{
	for (;;) {
		const char *next = behind_line(p, end);
		struct slice line = slice_between(p, next ? next : p);

		if (next)
			x->is_untidy |= line.len < 2 || next[-2] != '\r';
		if (next && is_empty(line)) {
			x->body = slice_between(next, end);
			return;
		}
		while (next && next < end && (*next == ' ' || *next == '\t')) {
			next = behind_line(next, end);
			if (next)
				x->is_untidy |= next[-2] != '\r';
		}
		if (!next) {
			note(x, 400, p == end ? "No empty line behind the headers" :
			    "Header line without an end");
			return;
		}
		take_hdr(x, slice_between(p, next), max);
		if (x->body.p)
			return;
		p = next;
	}
}

static void content_length(struct slow_index *x)
{
	const struct hdr *first = NULL;
	uint64_t len = 0, other;

	for (uint16_t i = 0; i < x->hdr_count; i++) {
		const struct hdr *h = &x->hdrs[i];

		if (h->id != HDR_CONTENT_LENGTH)
			continue;
		if (!first && (slice_to_u64(h->value, &len) != 0 || len > UINT32_MAX)) {
			note(x, 400, "Content-Length is not a number");
			return;
		}
		if (first && (slice_to_u64(h->value, &other) != 0 || other != len)) {
			note(x, 400, "Content-Length is there twice and differs");
			return;
		}
		first = h;
	}
	if (first && len > x->body.len)
		note(x, 400, "Content-Length is larger than the body");
	else if (first)
		x->body.len = (size_t)len;
}

/* A NUL that is not behind a backslash in a closed string or comment? */
static bool has_bare_nul(struct slice s, bool comments)
{
	bool skipped = false;
	unsigned depth = 0;
	char in = 0;			/* '"': a string, '(': a comment */

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (in && c == '\\' && i + 1 < s.len) {
			skipped |= s.p[++i] == '\0';
			continue;
		}
		if (c == '\0')
			return true;
		if (in == '"' ? c == '"' : !in && c == '"')
			in = in ? 0 : '"';
		else if (comments && in != '"' && c == '(' && ++depth > 0)
			in = '(';
		else if (in == '(' && c == ')' && --depth == 0)
			in = 0;
	}
	return skipped && in;
}

static void nuls(struct slow_index *x)
{
	if (slice_find(x->phrase, '\0') < x->phrase.len)
		note(x, 400, "NUL in the reason phrase");
	for (uint16_t i = 0; i < x->hdr_count; i++)
		if (has_bare_nul(x->hdrs[i].value, x->hdrs[i].id == HDR_USER_AGENT ||
		    x->hdrs[i].id == HDR_SERVER || x->hdrs[i].id == HDR_RETRY_AFTER))
			note(x, 400, "NUL in a header value");
}

void slow_index(struct slice raw, uint16_t max_hdrs, struct slow_index *out)
{
	const char *p = raw.p, *end = slice_end(raw), *next;

	memset(out, 0, offsetof(struct slow_index, hdrs));
	out->hdr_count = 0;
	out->duplicate = MSG_NO_HDR;
	while (p < end && (*p == '\r' || *p == '\n'))
		p++;
	next = behind_line(p, end);
	if (!next) {
		note(out, 400, "Start line without an end");
		return;
	}
	out->first_line = slice_between(p, next);
	first_line(out);
	headers(out, next, end, max_hdrs);
	if (out->status == 513)
		out->body = SLICE_NULL;
	content_length(out);
	nuls(out);
}

static bool same(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || a.p == b.p);
}

static void compare_hdrs(const struct sip_msg *msg, const struct slow_index *slow)
{
	lcs_assert(msg->hdr_count == slow->hdr_count && msg->duplicate == slow->duplicate);
	for (uint16_t i = 0; i < msg->hdr_count; i++) {
		const struct hdr *h = &msg->hdrs[i], *s = &slow->hdrs[i];

		lcs_assert(h->id == s->id && same(h->name, s->name));
		lcs_assert(same(h->value, s->value) && same(h->line, s->line));
	}
	for (enum hdr_id id = HDR_OTHER; id < HDR_KNOWN; id++) {
		uint16_t first = MSG_NO_HDR;

		for (uint16_t i = msg->hdr_count; i > 0; i--)
			if (slow->hdrs[i - 1].id == id)
				first = (uint16_t)(i - 1);
		lcs_assert(msg->first[id] == first);
	}
}

void slow_compare(struct slice raw, const struct sip_msg *msg, int err,
    const struct sip_defect *why, uint16_t max_hdrs)
{
	static struct slow_index slow;

	slow_index(msg ? msg->raw : raw, max_hdrs, &slow);
	lcs_assert((err != 0) == (slow.reason != NULL));
	if (err) {
		lcs_assert(slice_eq(slice_str(why->reason), slice_str(slow.reason)));
		lcs_assert(why->status == (slow.is_request ? slow.status : 0));
	}
	if (!msg)
		return;
	lcs_assert(msg->is_request == slow.is_request && msg->is_untidy == slow.is_untidy);
	lcs_assert(same(msg->first_line, slow.first_line) && same(msg->version, slow.version));
	lcs_assert(same(msg->body, slow.body));
	if (msg->is_request) {
		lcs_assert(same(msg->method_text, slow.method));
		lcs_assert(msg->method == sip_method_parse(slow.method));
		lcs_assert(same(msg->request_uri, slow.uri));
	} else {
		lcs_assert(same(msg->reason, slow.phrase) && msg->status == slow.code);
	}
	compare_hdrs(msg, &slow);
}

/* ---- values ---- */

static void compare_uris(const struct sip_uri *a, const struct sip_uri *b)
{
	lcs_assert(a->scheme == b->scheme && same(a->text, b->text));
	lcs_assert(same(a->scheme_text, b->scheme_text) && same(a->user, b->user));
	lcs_assert(same(a->password, b->password) && same(a->host, b->host));
	lcs_assert(a->port == b->port && same(a->params, b->params));
	lcs_assert(same(a->headers, b->headers));
}

static void compare_addresses(struct slice s)
{
	struct name_addr quick, slow;
	int err = name_addr_read(s, &quick, NULL);

	lcs_assert(err == name_addr_read_long(s, &slow, NULL));
	if (err)
		return;
	lcs_assert(same(quick.text, slow.text) && same(quick.display, slow.display));
	lcs_assert(quick.brackets == slow.brackets && same(quick.params, slow.params));
	lcs_assert(same(quick.tag, slow.tag));
	compare_uris(&quick.uri, &slow.uri);
}

static void compare_vias(struct slice s)
{
	struct slice rest = s, first;
	struct sip_via q, v;

	if (!via_quick(s, &q))
		return;
	lcs_assert(hdr_next_value(&rest, &first) && via_read(first, &v, NULL) == 0);
	lcs_assert(same(q.text, v.text) && q.transport == v.transport);
	lcs_assert(same(q.transport_text, v.transport_text) && same(q.host, v.host));
	lcs_assert(q.port == v.port && same(q.params, v.params) && same(q.branch, v.branch));
	lcs_assert(!q.branch.p == !v.branch.p && !q.received.p == !v.received.p);
	lcs_assert(same(q.received, v.received) && same(q.maddr, v.maddr));
	lcs_assert(q.has_rport == v.has_rport && q.rport_end == v.rport_end);
	lcs_assert(q.rport == v.rport && q.ttl == v.ttl);
}

/* The number with all its digits at once, and a method that is a token. */
static void compare_cseqs(struct slice s)
{
	struct slice rest = trim(s.p, slice_end(s)), num = slice_take_while(&rest, is_digit);
	struct sip_cseq cseq = { 0 };
	uint64_t seq = 0;
	bool good = slice_to_u64(num, &seq) == 0 && seq <= SIP_CSEQ_MAX && rest.len > 0 &&
	    is_lws(*rest.p);

	slice_skip_lws(&rest);
	good &= rest.len == 0 || is_token(rest);
	lcs_assert((sip_cseq_parse(s, &cseq, NULL) == 0) == good);
	if (!good)
		return;
	lcs_assert(cseq.seq == seq && same(cseq.method_text, rest));
	lcs_assert(cseq.method == sip_method_parse(rest));
}

typedef int take_fn(struct slice *rest, struct slice *name, struct slice *value);

/* One by one to the end, as far as both go on behind what is malformed. */
static void compare_params(struct slice s, take_fn *quick, take_fn *slow)
{
	struct slice name, value, slow_name, slow_value, rest = s;
	int got, slow_got;

	do {
		got = quick(&s, &name, &value);
		slow_got = slow(&rest, &slow_name, &slow_value);
		lcs_assert(got == slow_got);
		if (got <= 0)
			return;
		lcs_assert(same(name, slow_name) && same(value, slow_value) && same(s, rest));
		lcs_assert(!value.p == !slow_value.p);
	} while (true);
}

/* What a Contact's parameters say, one after the other; false: one of them is wrong. */
static bool slow_params(struct slice params, struct sip_contact *out)
{
	struct slice name, value;
	uint16_t q = 1000;

	while (hdr_next_param(&params, &name, &value)) {
		bool is_number = slice_to_u32(value, &out->reg_id) == 0;

		if (slice_eq_nocase(name, SLICE("q")) && token_to_q(value, &q) != 0)
			return false;
		if (slice_eq_nocase(name, SLICE("reg-id")) && (!is_number || !out->reg_id))
			return false;
		if (slice_eq_nocase(name, SLICE("expires"))) {
			out->has_expires = true;
			out->expires = is_number ? out->reg_id : 3600;
		}
	}
	out->q = q;
	return true;
}

static void compare_contacts(struct slice s)
{
	struct sip_contact quick, slow = { .star = slice_eq(token_trim(s), SLICE("*")) };
	int err = sip_contact_parse(s, &quick, NULL);
	bool is_good = !slow.star && name_addr_read_long(s, &slow.addr, NULL) == 0 &&
	    slow_params(slow.addr.params, &slow);

	lcs_assert((err == 0) == (is_good || slow.star));
	if (err || slow.star)
		return;
	lcs_assert(quick.q == slow.q && quick.has_expires == slow.has_expires);
	lcs_assert(quick.expires == slow.expires && same(quick.addr.tag, slow.addr.tag));
	lcs_assert(same(quick.addr.params, slow.addr.params));
}

void slow_compare_values(struct slice s)
{
	struct sip_uri quick, slow;
	int err = sip_uri_parse(s, &quick, NULL);

	lcs_assert(err == uri_read(s, &slow, NULL));
	if (!err)
		compare_uris(&quick, &slow);
	compare_addresses(s);
	compare_vias(s);
	compare_cseqs(s);
	compare_contacts(s);
	for (size_t at = 0; at < s.len && at < 2; at++) {
		compare_params(slice_skip(s, at), hdr_take_param, param_read);
		compare_params(slice_skip(s, at), auth_next_param, auth_param_read);
	}
}
