/*
 * core/lab/draft.c - see draft.h.
 */
#include "core/lab/draft.h"

#include "utils/buf.h"
#include "utils/err.h"

#include <stdio.h>

#define MESSAGE_BYTES 1024u

void draft_line(struct draft *d, struct slice line)
{
	lcs_assert(d->count < DRAFT_LINES_MAX);
	d->lines[d->count++] = line;
}

static struct slice line_name(struct slice line)
{
	return slice_trim(slice_first(line, slice_find(line, ':')));
}

bool draft_is(struct slice line, struct slice name)
{
	enum hdr_id id = hdr_by_name(name);
	struct slice own = line_name(line);

	return id ? hdr_by_name(own) == id : slice_eq_nocase(own, name);
}

static void drop_header(struct draft *d, struct slice name)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < d->count; i++)
		if (!draft_is(d->lines[i], name))
			d->lines[kept++] = d->lines[i];
	d->count = kept;
}

static void move_last_to_top(struct draft *d)
{
	struct slice line = d->lines[d->count - 1];

	for (unsigned i = d->count - 1; i > 0; i--)
		d->lines[i] = d->lines[i - 1];
	d->lines[0] = line;
}

void draft_change(struct draft *d, struct slice text)
{
	if (text.p[0] == '-') {
		d->own_length |= draft_is(slice_skip(text, 1), SLICE("Content-Length"));
		drop_header(d, slice_trim(slice_skip(text, 1)));
	} else if (text.p[0] == '^') {
		draft_line(d, slice_skip(text, 1));
		move_last_to_top(d);
	} else if (text.p[0] == '+') {
		draft_line(d, slice_skip(text, 1));
	} else {
		d->own_length |= draft_is(text, SLICE("Content-Length"));
		drop_header(d, line_name(text));
		draft_line(d, text);
	}
}

void draft_copy(struct draft *d, const struct sip_msg *msg, enum hdr_id id)
{
	for (const struct hdr *h = msg_hdr(msg, id); h; h = msg_hdr_next(msg, h))
		draft_line(d, slice_trim(h->line));
}

void draft_read(struct draft *d, struct slice bytes)
{
	size_t head = slice_search(bytes, SLICE("\r\n\r\n"));
	struct slice rest = slice_first(bytes, head);

	d->body = slice_skip(bytes, head + 4);
	d->head = slice_trim(slice_split(&rest, '\n'));
	while (rest.len) {
		struct slice line = slice_trim(slice_split(&rest, '\n'));

		if (!draft_is(line, SLICE("Content-Length")))
			draft_line(d, line);
	}
}

/* ---- as bytes ---- */

static void put_line(struct buf *out, struct slice line)
{
	buf_put(out, line);
	buf_put(out, SLICE("\r\n"));
}

static void put_length(struct buf *out, size_t bytes)
{
	char text[40];
	int len = snprintf(text, sizeof(text), "Content-Length: %zu", bytes);

	put_line(out, slice_of(text, (size_t)len));
}

struct slice draft_bytes(const struct draft *d, struct arena *arena)
{
	struct buf *out = buf_new(MESSAGE_BYTES);
	struct slice all;

	if (!out)
		return SLICE_NULL;
	put_line(out, d->head);
	for (unsigned i = 0; i < d->count; i++)
		put_line(out, d->lines[i]);
	if (!d->own_length)
		put_length(out, d->body.len);
	buf_put(out, SLICE("\r\n"));
	buf_put(out, d->body);
	all = arena_dup(arena, buf_slice(out));
	buf_unref(&out);
	return all;
}

struct sip_msg *draft_parsed(struct slice bytes)
{
	const struct msg_limits limits = { .max_bytes = 1 << 20, .max_hdrs = 500 };
	struct sip_hop nowhere = { 0 };
	struct sip_defect why;
	struct sip_msg *msg = NULL;

	sip_msg_parse(bytes, &nowhere, &limits, &msg, &why);
	return msg;
}
