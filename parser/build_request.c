/*
 * parser/build_request.c - ACK and CANCEL of a request as it was sent
 * (RFC 3261 9.1, 17.1.1.3).
 */
#include "parser/build.h"

#include "parser/lines.h"

#include <errno.h>

/* What both take over from the INVITE; of Via only the topmost value. */
static void put_taken(struct buf *out, enum hdr_id id, struct slice line, struct slice value,
    struct slice to, bool *has_via)
{
	struct slice via;

	switch (id) {
	case HDR_VIA:
		if (*has_via || !hdr_next_value(&value, &via))
			return;
		*has_via = true;
		buf_put(out, SLICE("Via: "));
		buf_put(out, via);
		buf_put(out, SLICE("\r\n"));
		return;
	case HDR_TO:
		if (to.len > 0) {
			buf_put(out, SLICE("To: "));
			buf_put(out, to);
			buf_put(out, SLICE("\r\n"));
			return;
		}
		buf_put(out, line);
		return;
	case HDR_FROM:
	case HDR_CALL_ID:
	case HDR_ROUTE:
		buf_put(out, line);
		return;
	default:
		return;
	}
}

static void put_start_line(struct buf *out, struct slice method, struct slice first)
{
	size_t sp = slice_find(first, ' ');

	buf_put(out, method);
	buf_put(out, slice_skip(first, sp));
}

static void put_cseq(struct buf *out, struct slice value, struct slice method)
{
	struct sip_cseq cseq;

	if (sip_cseq_parse(value, &cseq, NULL) != 0)
		return;
	buf_put(out, SLICE("CSeq: "));
	buf_put_u64(out, cseq.seq);
	buf_put_char(out, ' ');
	buf_put(out, method);
	buf_put(out, SLICE("\r\n"));
}

static void put_request(struct buf *out, struct slice sent, struct slice method,
    struct slice to, struct slice reason_value)
{
	struct slice line, name, value;
	struct line_walk walk;
	bool has_via = false;

	if (!line_walk_begin(&walk, sent, &line))
		return;
	put_start_line(out, method, line);
	while (line_walk_next(&walk, &line)) {
		enum hdr_id id;

		if (!line_split(line.p, slice_end(line), &name, &value))
			continue;
		id = hdr_by_name(name);
		if (id == HDR_CSEQ)
			put_cseq(out, value, method);
		else
			put_taken(out, id, line, value, to, &has_via);
	}
	buf_put(out, SLICE("Max-Forwards: 70\r\n"));
	if (reason_value.len > 0) {
		buf_put(out, SLICE("Reason: "));
		buf_put(out, reason_value);
		buf_put(out, SLICE("\r\n"));
	}
	buf_put(out, SLICE("Content-Length: 0\r\n\r\n"));
}

int sip_build_ack(struct slice sent, struct slice to, struct buf *out)
{
	put_request(out, sent, SLICE("ACK"), to, SLICE_NULL);
	return out->failed ? -ENOMEM : 0;
}

int sip_build_cancel(struct slice sent, struct slice reason_value, struct buf *out)
{
	put_request(out, sent, SLICE("CANCEL"), SLICE_NULL, reason_value);
	return out->failed ? -ENOMEM : 0;
}
