/*
 * parser/build.c - responses (RFC 3261 8.2.6).
 *
 * Requests that are too broken for typed views are answered as well, with
 * their headers as they came.
 */
#include "parser/build.h"

#include "parser/received.h"
#include "parser/tidy.h"

#include <errno.h>

#define RESPONSE_EXTRA 256u		/* room for tag, rport, Server, Content-Length */

static void put_crlf(struct buf *out)
{
	buf_put(out, SLICE("\r\n"));
}

static void put_hdr(struct buf *out, struct slice name, struct slice value)
{
	buf_put(out, name);
	buf_put(out, SLICE(": "));
	buf_put(out, value);
	put_crlf(out);
}

static void put_status_line(struct buf *out, const struct response_parts *parts)
{
	buf_put(out, SLICE("SIP/2.0 "));
	buf_put_u64(out, parts->status);
	buf_put_char(out, ' ');
	buf_put(out, parts->reason.len > 0 ? parts->reason : sip_reason(parts->status));
	put_crlf(out);
}

static void put_line(struct buf *out, const struct sip_msg *request, const struct hdr *h)
{
	tidy_put(out, h->line, request->is_untidy);
}

static void put_all(struct buf *out, const struct sip_msg *request, const struct hdr *h)
{
	for (; h; h = msg_hdr_next(request, h))
		put_line(out, request, h);
}

/* The top Via value is the first in its line; the rest of the line follows it. */
static void put_top_via(struct buf *out, const struct sip_msg *request, const struct hdr *h,
    const struct sip_via *via)
{
	struct slice rest = slice_between(slice_end(via->text), slice_end(h->value));

	buf_put(out, SLICE("Via: "));
	sip_via_put(out, via, &request->from.remote);
	tidy_put(out, rest, request->is_untidy);
	put_crlf(out);
}

static void put_vias(struct buf *out, struct sip_msg *request)
{
	const struct hdr *h = msg_hdr(request, HDR_VIA);
	const struct sip_via *via = msg_via(request);

	if (h && via && sip_via_is_short(via, &request->from.remote)) {
		put_top_via(out, request, h, via);
		h = msg_hdr_next(request, h);
	}
	put_all(out, request, h);
}

/* To without a tag, even one that cannot be read, gets ours (8.2.6.2). */
static bool needs_tag(struct sip_msg *request, const struct response_parts *parts)
{
	const struct name_addr *to = msg_to(request);
	struct slice value;

	if (parts->status == 100 || parts->to_tag.len == 0)
		return false;
	if (to)
		return to->tag.len == 0;
	value = msg_value(request, HDR_TO);
	return slice_search(value, SLICE(";tag=")) == value.len;
}

static void put_to(struct buf *out, struct sip_msg *request, const struct response_parts *parts)
{
	const struct hdr *h = msg_hdr(request, HDR_TO);

	if (!h)
		return;
	if (!needs_tag(request, parts)) {
		put_line(out, request, h);
		return;
	}
	buf_put(out, SLICE("To: "));
	tidy_put(out, h->value, request->is_untidy);
	buf_put(out, SLICE(";tag="));
	buf_put(out, parts->to_tag);
	put_crlf(out);
}

static void put_one(struct buf *out, const struct sip_msg *request, enum hdr_id id)
{
	const struct hdr *h = msg_hdr(request, id);

	if (h)
		put_line(out, request, h);
}

static void put_own(struct buf *out, const struct response_parts *parts)
{
	for (size_t i = 0; i < parts->extra_count; i++)
		put_hdr(out, parts->extra[i].name, parts->extra[i].value);
	if (parts->extra_lines.len > 0)
		buf_put(out, parts->extra_lines);
	if (parts->server.len > 0)
		put_hdr(out, SLICE("Server"), parts->server);
	if (parts->content_type.len > 0)
		put_hdr(out, SLICE("Content-Type"), parts->content_type);
	buf_put(out, SLICE("Content-Length: "));
	buf_put_u64(out, parts->body.len);
	buf_put(out, SLICE("\r\n\r\n"));
	if (parts->body.len > 0)
		buf_put(out, parts->body);
}

int sip_build_response(struct sip_msg *request, const struct response_parts *parts,
    struct buf *out)
{
	put_status_line(out, parts);
	put_vias(out, request);
	put_one(out, request, HDR_FROM);
	put_to(out, request, parts);
	put_one(out, request, HDR_CALL_ID);
	put_one(out, request, HDR_CSEQ);
	if (parts->copy_record_route)
		put_all(out, request, msg_hdr(request, HDR_RECORD_ROUTE));
	if (parts->copy_timestamp)
		put_one(out, request, HDR_TIMESTAMP);
	put_own(out, parts);
	return out->failed ? -ENOMEM : 0;
}

struct buf *sip_response_bytes(struct sip_msg *request, const struct response_parts *parts)
{
	size_t head = request->raw.len - request->body.len;
	struct buf *bytes = buf_new(head + parts->body.len + RESPONSE_EXTRA);

	if (bytes && sip_build_response(request, parts, bytes) != 0)
		buf_unref(&bytes);
	return bytes;
}
