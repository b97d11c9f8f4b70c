/*
 * modules/tm/own.c - the bytes of a request of our own.
 */
#include "modules/tm/own.h"

#include <errno.h>

#define HEAD_BYTES 320u			/* names, blanks, line ends, Via, Max-Forwards, our name */

static void put_line(struct buf *b, struct slice name, struct slice value)
{
	if (value.len == 0)
		return;
	buf_put(b, name);
	buf_put(b, value);
	buf_put(b, SLICE("\r\n"));
}

static void put_way(struct buf *b, const struct tm_way *way)
{
	lcs_put_via(b, way->hop, way->branch);
	buf_put(b, SLICE("Max-Forwards: 70\r\n"));
}

static void put_cseq(struct buf *b, const struct tm_request *r)
{
	buf_put(b, SLICE("CSeq: "));
	buf_put_u64(b, r->cseq ? r->cseq : 1);
	buf_put(b, SLICE(" "));
	buf_put(b, r->method);
	buf_put(b, SLICE("\r\n"));
}

static void put_body(struct buf *b, const struct tm_request *r)
{
	put_line(b, SLICE("Content-Type: "), r->content_type);
	buf_put(b, SLICE("Content-Length: "));
	buf_put_u64(b, r->body.len);
	buf_put(b, SLICE("\r\n\r\n"));
	buf_put(b, r->body);
}

static void put_request(struct buf *b, const struct tm_request *r, struct slice call_id,
    const struct tm_way *way)
{
	const struct gen *gen = gen_peek();

	buf_put(b, r->method);
	buf_put(b, SLICE(" "));
	buf_put(b, r->request_uri);
	buf_put(b, SLICE(" SIP/2.0\r\n"));
	if (way)
		put_way(b, way);
	put_line(b, SLICE("Route: "), r->route_set);
	put_line(b, SLICE("From: "), r->from);
	put_line(b, SLICE("To: "), r->to);
	put_line(b, SLICE("Call-ID: "), call_id);
	put_cseq(b, r);
	put_line(b, SLICE("User-Agent: "), gen ? lcs_signature(gen) : SLICE_NULL);
	buf_put(b, r->extra_lines);
	put_body(b, r);
}

static size_t room_for(const struct tm_request *r, struct slice call_id)
{
	return HEAD_BYTES + 2 * r->method.len + r->request_uri.len + r->route_set.len +
	    r->from.len + r->to.len + call_id.len + r->extra_lines.len + r->content_type.len +
	    r->body.len;
}

struct buf *tm_own_write(const struct tm_request *r, struct slice call_id,
    const struct tm_way *way)
{
	struct buf *b = buf_new(room_for(r, call_id));

	if (!b)
		return NULL;
	put_request(b, r, call_id, way);
	if (b->failed)
		buf_unref(&b);
	return b;
}

int tm_own_message(const struct tm_request *r, struct slice call_id, struct sip_msg **out)
{
	struct buf *b = tm_own_write(r, call_id, NULL);
	const struct sip_hop nowhere = { 0 };
	struct sip_msg *msg = NULL;
	int err = -ENOMEM;

	if (b)
		err = sip_msg_parse(buf_slice(b), &nowhere, &net_limits()->msg, &msg, NULL);
	buf_unref(&b);
	if (err) {
		sip_msg_unref(&msg);
		return err == -ENOMEM ? err : -EINVAL;
	}
	*out = msg;
	return 0;
}
