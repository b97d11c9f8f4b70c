/*
 * modules/auth_lcs/text.c - see text.h.
 *
 * Clients take the fields from the header values by plain search, so a URI is what
 * stands between the first angle brackets and a tag what follows ";tag=".
 */
#include "modules/auth_lcs/text.h"

#include "parser/hdr.h"

#include <errno.h>

/* Up to the line end, which goes too. */
static struct slice take_line(struct slice *rest)
{
	size_t n = slice_find(*rest, '\n');
	struct slice line = slice_first(*rest, n);

	*rest = slice_skip(*rest, n + 1);
	if (slice_ends(line, SLICE("\r")))
		line.len--;
	return line;
}

static bool starts_fold(struct slice rest)
{
	return rest.len && (rest.p[0] == ' ' || rest.p[0] == '\t');
}

/* A header with what is folded into it; empty at the end of the head. */
static struct slice take_header(struct slice *rest)
{
	struct slice line = take_line(rest);

	while (line.len && starts_fold(*rest))
		line = slice_between(line.p, slice_end(take_line(rest)));
	return line;
}

/* ---- fields ---- */

static struct slice uri_of(struct slice value)
{
	size_t open = slice_find(value, '<');
	struct slice inner = slice_skip(value, open + 1);

	if (open < value.len)
		return slice_first(inner, slice_find(inner, '>'));
	return slice_trim(slice_first(value, slice_find(value, ';')));
}

static struct slice param_of(struct slice value, struct slice with_signs)
{
	size_t at = slice_search(value, with_signs);
	struct slice rest = slice_skip(value, at + with_signs.len);

	if (at == value.len)
		return SLICE_NULL;
	return slice_trim(slice_first(rest, slice_find(rest, ';')));
}

static void take_cseq(struct slice value, struct sa_fields *out)
{
	struct slice rest = value;

	out->cseq = slice_split(&rest, ' ');
	out->method = slice_trim(rest);
}

static void take_identities(struct slice value, struct sa_fields *out)
{
	struct slice one;

	while (hdr_next_value(&value, &one)) {
		struct slice uri = uri_of(one);

		if (!out->pai_sip.len && slice_starts_nocase(uri, SLICE("sip:")))
			out->pai_sip = uri;
		else if (!out->pai_tel.len && slice_starts_nocase(uri, SLICE("tel:")))
			out->pai_tel = uri;
	}
}

static void take_from(struct slice value, struct sa_fields *out)
{
	out->from_uri = uri_of(value);
	out->from_tag = param_of(value, SLICE(";tag="));
	out->from_epid = param_of(value, SLICE(";epid="));
}

static void take_to(struct slice value, struct sa_fields *out)
{
	out->to_uri = uri_of(value);
	out->to_tag = param_of(value, SLICE(";tag="));
	out->to_epid = param_of(value, SLICE(";epid="));
}

struct seen { bool from, to, via, call_id, cseq, expires; struct slice asserted, preferred; };

/* The first of each counts. */
static bool is_first(bool *seen)
{
	bool first = !*seen;

	*seen = true;
	return first;
}

static void take_field(struct slice line, struct seen *seen, struct sa_fields *out)
{
	size_t colon = slice_find(line, ':');
	enum hdr_id id = hdr_by_name(slice_trim(slice_first(line, colon)));
	struct slice value = slice_trim(slice_skip(line, colon + 1));

	if (id == HDR_VIA && is_first(&seen->via))
		out->via = line;
	else if (id == HDR_FROM && is_first(&seen->from))
		take_from(value, out);
	else if (id == HDR_TO && is_first(&seen->to))
		take_to(value, out);
	else if (id == HDR_CALL_ID && is_first(&seen->call_id))
		out->call_id = value;
	else if (id == HDR_CSEQ && is_first(&seen->cseq))
		take_cseq(value, out);
	else if (id == HDR_EXPIRES && is_first(&seen->expires))
		out->expires = value;
	else if (id == HDR_P_ASSERTED_IDENTITY && !seen->asserted.len)
		seen->asserted = value;
	else if (id == HDR_P_PREFERRED_IDENTITY && !seen->preferred.len)
		seen->preferred = value;
}

static bool take_first_line(struct slice *rest, struct sa_fields *out)
{
	struct slice line = take_line(rest), status;
	uint32_t code;

	out->first_line = slice_between(line.p, rest->p);
	out->is_request = !slice_starts_nocase(line, SLICE("SIP/2.0 "));
	if (out->is_request)
		return line.len > 0;
	line = slice_skip(line, 8);
	status = slice_split(&line, ' ');
	if (slice_to_u32(status, &code) != 0 || code > 999)
		return false;
	out->status = (uint16_t)code;
	return true;
}

int sa_fields_read(struct slice message, struct sa_fields *out)
{
	struct seen seen = { 0 };
	struct slice line;

	*out = (struct sa_fields){ 0 };
	while (message.len && (message.p[0] == '\r' || message.p[0] == '\n'))
		message = slice_skip(message, 1);
	if (!message.len || !take_first_line(&message, out))
		return -EBADMSG;
	while ((line = take_header(&message)).len)
		take_field(line, &seen, out);
	take_identities(seen.asserted.len ? seen.asserted : seen.preferred, out);
	return 0;
}

/* ---- the text ---- */

static void put_field(struct buf *b, struct slice s)
{
	buf_put_char(b, '<');
	buf_put(b, s);
	buf_put_char(b, '>');
}

void sa_text_put(struct buf *b, const struct sa_mark *mark, const struct sa_fields *f)
{
	bool is_long = mark->version >= 3;

	put_field(b, mark->scheme);
	put_field(b, mark->rand);
	put_field(b, mark->num);
	put_field(b, mark->realm);
	put_field(b, mark->targetname);
	put_field(b, f->call_id);
	put_field(b, f->cseq);
	put_field(b, f->method);
	put_field(b, f->from_uri);
	put_field(b, f->from_tag);
	if (is_long)
		put_field(b, f->to_uri);
	put_field(b, f->to_tag);
	if (is_long) {
		put_field(b, f->pai_sip);
		put_field(b, f->pai_tel);
	}
	put_field(b, f->expires);
	if (f->is_request)
		return;
	buf_put_char(b, '<');
	buf_put_u64(b, f->status);
	buf_put_char(b, '>');
}
