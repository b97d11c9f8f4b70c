/*
 * parser/edit.c - making edits. Each is linked in front of its past, whole or not at all.
 */
#include "parser/edit.h"

#include "parser/plan.h"
#include "parser/scan.h"
#include "parser/token.h"

#include <errno.h>

static struct sip_edit *edit_new(struct arena *a, const struct sip_edit *before,
    enum edit_kind kind, struct slice text)
{
	struct sip_edit *e = arena_alloc(a, sizeof(*e));

	if (!e)
		return NULL;
	*e = (struct sip_edit){ .before = before, .kind = kind, .text = text, .depth = 1 };
	if (before) {
		e->depth = before->depth + 1;
		e->touched = before->touched;
		e->has_body = before->has_body;
	}
	return e;
}

/* It is about this header, as received or added. */
static void set_target(struct sip_edit *e, const struct hdr_ref *h)
{
	e->at = h->at;
	e->added = h->added;
	e->id = h->id;
	e->touched |= edit_bit(h->id);
}

/* The same with the text copied; the edit is linked at once. */
static int append(struct arena *a, const struct sip_edit **last, struct sip_edit edit)
{
	struct slice text = arena_dup(a, edit.text);
	struct sip_edit *e = text.p ? edit_new(a, *last, edit.kind, text) : NULL;

	if (!e)
		return -ENOMEM;
	e->number = edit.number;
	e->has_body |= edit.kind == EDIT_BODY;
	*last = e;
	return 0;
}

static bool has(struct slice s, char c) { return slice_find(s, c) < s.len; }

static bool has_line_end(struct slice s) { return has(s, '\n') || has(s, '\r'); }

/* Does the text stay within its header line? A fold is a line end and then SP or HTAB. */
static bool stays_in_line(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] != '\r' && s.p[i] != '\n')
			continue;
		if (s.p[i] == '\r' && (++i == s.len || s.p[i] != '\n'))
			return false;
		if (i + 1 == s.len || (s.p[i + 1] != ' ' && s.p[i + 1] != '\t'))
			return false;
	}
	return true;
}

/* What we write ourselves stands on one line: 0, -EINVAL, -ENOMEM. */
static int one_line(struct arena *a, struct slice *value)
{
	*value = token_trim(*value);
	if (!scan_has_upto(*value, '\r'))
		return 0;
	if (has(*value, '\0') && !token_nul_is_quoted(*value, false))
		return -EINVAL;
	if (!has_line_end(*value))
		return 0;
	if (!stays_in_line(*value))
		return -EINVAL;
	*value = hdr_unfold(a, *value);
	return value->p ? 0 : -ENOMEM;
}

int edit_request_uri(struct arena *a, const struct sip_edit **last, struct slice uri)
{
	if (uri.len == 0 || !token_all(uri, TOKEN_URI))
		return -EINVAL;
	return append(a, last, (struct sip_edit){ .kind = EDIT_REQUEST_URI, .text = uri });
}

int edit_request_uri_in_arena(struct arena *a, const struct sip_edit **last, struct slice uri)
{
	struct sip_edit *e = edit_new(a, *last, EDIT_REQUEST_URI, uri);

	if (!e)
		return -ENOMEM;
	*last = e;
	return 0;
}

int edit_status(struct arena *a, const struct sip_edit **last, uint16_t status,
    struct slice reason)
{
	if (status < 100 || status > 699 || has_line_end(reason) || has(reason, '\0'))
		return -EINVAL;
	return append(a, last,
	    (struct sip_edit){ .kind = EDIT_STATUS, .number = status, .text = reason });
}

/* "Name: value CRLF" in one piece; .p NULL if memory is short. */
static struct slice make_line(struct arena *a, struct slice name, struct slice value)
{
	char *p = arena_bytes(a, name.len + value.len + 4);

	if (!p)
		return SLICE_NULL;
	memcpy(p, name.p, name.len);
	memcpy(p + name.len, ": ", 2);
	if (value.len > 0)
		memcpy(p + name.len + 2, value.p, value.len);
	memcpy(p + name.len + 2 + value.len, "\r\n", 2);
	return slice_of(p, name.len + value.len + 4);
}

int edit_add(struct arena *a, const struct sip_edit **last, uint16_t at,
    struct slice name, struct slice value)
{
	struct sip_edit *e;
	struct slice line;
	int err = one_line(a, &value);

	if (err || name.len == 0 || !token_all(name, TOKEN_CHAR))
		return err ? err : -EINVAL;
	line = make_line(a, name, value);
	e = line.p ? edit_new(a, *last, EDIT_ADD, line) : NULL;
	if (!e)
		return -ENOMEM;
	set_target(e, &(struct hdr_ref){ .id = hdr_by_name(name), .at = at });
	*last = e;
	return 0;
}

int edit_late(struct arena *a, const struct sip_edit **last, uint16_t at,
    edit_late_fn *late, const void *arg)
{
	struct sip_edit *e = edit_new(a, *last, EDIT_LATE, SLICE_NULL);

	if (!e)
		return -ENOMEM;
	e->at = at;
	e->late = late;
	e->arg = arg;
	*last = e;
	return 0;
}

int edit_drop(struct arena *a, const struct sip_edit **last, const struct hdr_ref *h)
{
	struct sip_edit *e = edit_new(a, *last, EDIT_DROP, SLICE(""));

	if (!e)
		return -ENOMEM;
	set_target(e, h);
	*last = e;
	return 0;
}

int edit_value(struct arena *a, const struct sip_edit **last, const struct hdr_ref *h,
    struct slice value)
{
	int err = one_line(a, &value);

	if (err)
		return err;
	value = arena_dup(a, value);
	return value.p ? edit_value_in_arena(a, last, h, value) : -ENOMEM;
}

int edit_value_in_arena(struct arena *a, const struct sip_edit **last, const struct hdr_ref *h,
    struct slice value)
{
	struct sip_edit *e = edit_new(a, *last, EDIT_VALUE, value);

	if (!e)
		return -ENOMEM;
	set_target(e, h);
	*last = e;
	return 0;
}

int edit_body(struct arena *a, const struct sip_edit **last, struct slice body,
    struct slice content_type)
{
	const struct sip_edit *mine = *last;
	struct slice length = arena_decimal(a, body.len);
	bool anew = content_type.len > 0 || body.len == 0;
	int err = length.p ? 0 : -ENOMEM;

	if (!err)
		err = append(a, &mine, (struct sip_edit){ .kind = EDIT_BODY, .number = anew,
		    .text = body });
	if (!err && content_type.len > 0)
		err = edit_add(a, &mine, EDIT_AT_END, SLICE("Content-Type"), content_type);
	if (!err)
		err = edit_add(a, &mine, EDIT_AT_END, SLICE("Content-Length"), length);
	if (!err)
		*last = mine;
	return err;
}

int edit_drop_first_value(struct arena *a, struct sip_view *view, enum hdr_id id)
{
	struct hdr_ref h = { 0 };

	while (view_next_hdr(view, id, SLICE_NULL, &h)) {
		struct slice rest = h.value, value;

		if (!hdr_take_value(id, &rest, &value))
			continue;
		rest = slice_trim(rest);
		return rest.len == 0 ? edit_drop(a, &view->last, &h) :
		    edit_value(a, &view->last, &h, rest);
	}
	return 0;
}

int edit_drop_all(struct arena *a, struct sip_view *view, enum hdr_id id, struct slice name)
{
	const struct sip_view past = *view;
	const struct sip_edit *mine = view->last;
	struct hdr_ref h = { 0 };
	int n = 0;

	/* Looking through the edits as they were keeps the cost from growing with n. */
	while (view_next_hdr(&past, id, name, &h)) {
		if (edit_drop(a, &mine, &h) != 0)
			return -ENOMEM;
		n++;
	}
	view->last = mine;
	return n;
}
