/*
 * parser/frame.c - cutting a stream into messages (RFC 3261 7.5, 18.3; RFC 5626 4.4.1).
 */
#include "parser/frame.h"

#include "parser/hdr.h"
#include "parser/lines.h"

#include <errno.h>

void frame_init(struct frame *f, size_t max_head_bytes, size_t max_bytes)
{
	*f = (struct frame){ .max_bytes = max_bytes, .max_head_bytes = max_head_bytes };
}

bool frame_is_inside(const struct frame *f)
{
	return f->scanned > 0;
}

static enum frame_result line_end(struct frame *f, size_t consumed, struct frame_out *out,
    enum frame_result result)
{
	f->after_crlf = result == FRAME_PONG;
	out->consumed = consumed;
	return result;
}

/* Line ends between messages. FRAME_MESSAGE here: something else begins. */
static enum frame_result between(struct frame *f, struct slice bytes, struct frame_out *out)
{
	if (bytes.len == 0 || (bytes.len == 1 && *bytes.p == '\r'))
		return FRAME_MORE;
	if (*bytes.p == '\n')
		return line_end(f, 1, out, FRAME_PONG);
	if (!slice_starts(bytes, SLICE("\r\n")))
		return FRAME_MESSAGE;
	if (f->after_crlf)
		return line_end(f, 2, out, FRAME_PING);
	if (slice_starts(bytes, SLICE("\r\n\r\n")))
		return line_end(f, 4, out, FRAME_PING);
	if (slice_eq(bytes, SLICE("\r\n\r")))
		return FRAME_MORE;
	/* The other half of a ping may follow, but a pong must not wait for it. */
	return line_end(f, 2, out, FRAME_PONG);
}

/* Find the empty line; false if it is not there yet. At most two bytes behind
 * the last LF are looked at again. */
static bool find_head(struct frame *f, struct slice bytes)
{
	for (;;) {
		size_t at = f->scanned + slice_find(slice_skip(bytes, f->scanned), '\n');
		struct slice behind = slice_skip(bytes, at + 1);

		f->scanned = at;
		if (behind.len == 0 || (behind.len == 1 && *behind.p == '\r'))
			return false;
		if (*behind.p == '\n' || slice_starts(behind, SLICE("\r\n"))) {
			f->head_bytes = at + (*behind.p == '\n' ? 2 : 3);
			return true;
		}
		f->scanned = at + 1;
	}
}

/* Saves splitting the lines that begin with another letter. */
static bool may_be_length(char first)
{
	return ascii_lower(first) == 'c' || ascii_lower(first) == 'l';
}

/* 0, -ENOENT if there is no Content-Length, -EINVAL if it is no number or there
 * are two that differ, -ERANGE if it is beyond all sense. */
static int content_length(struct slice head, uint64_t *len)
{
	struct slice line, name, value;
	struct line_walk walk;
	int err = -ENOENT;
	uint64_t n;

	if (!line_walk_begin(&walk, head, &line))
		return -ENOENT;
	while (line_walk_next(&walk, &line)) {
		if (!may_be_length(*line.p) ||
		    !line_split(line.p, slice_end(line), &name, &value) ||
		    hdr_by_name(name) != HDR_CONTENT_LENGTH)
			continue;
		err = err == -ENOENT ? slice_to_u64(value, len) : err;
		if (err)
			return err;
		if (slice_to_u64(value, &n) != 0 || n != *len)
			return -EINVAL;
	}
	return err;
}

static enum frame_result end_of_head(struct frame *f, struct slice bytes, struct frame_out *out)
{
	struct slice head = slice_first(bytes, f->head_bytes);
	uint64_t len;
	int err = content_length(head, &len);

	out->message = head;
	if (err == -ERANGE || (err == 0 && len > f->max_bytes - f->head_bytes))
		return FRAME_TOO_LONG;
	if (err == 0) {
		f->total_bytes = f->head_bytes + (size_t)len;
		return FRAME_MESSAGE;
	}
	out->consumed = f->head_bytes;
	f->scanned = f->head_bytes = 0;
	return FRAME_BAD_LENGTH;
}

static enum frame_result head(struct frame *f, struct slice bytes, struct frame_out *out)
{
	size_t max = f->max_head_bytes < f->max_bytes ? f->max_head_bytes : f->max_bytes;

	if (!find_head(f, bytes)) {
		if (bytes.len < max)
			return FRAME_MORE;
		out->message = bytes;
		return FRAME_TOO_LONG;
	}
	if (f->head_bytes > max) {
		out->message = slice_first(bytes, f->head_bytes);
		return FRAME_TOO_LONG;
	}
	return end_of_head(f, bytes, out);
}

enum frame_result frame_next(struct frame *f, struct slice bytes, struct frame_out *out)
{
	enum frame_result result = FRAME_MESSAGE;

	*out = (struct frame_out){ SLICE_NULL, 0 };
	if (!frame_is_inside(f))
		result = between(f, bytes, out);
	if (result == FRAME_MESSAGE && f->total_bytes == 0)
		result = head(f, bytes, out);
	if (result != FRAME_MESSAGE)
		return result;
	if (bytes.len < f->total_bytes)
		return FRAME_MORE;
	out->message = slice_first(bytes, f->total_bytes);
	out->consumed = f->total_bytes;
	f->scanned = f->head_bytes = f->total_bytes = 0;
	f->after_crlf = false;
	return FRAME_MESSAGE;
}
