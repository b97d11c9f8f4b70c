/*
 * test/scene/draft.c - a message being put together, line by line.
 */
#include "test/scene/agent.h"

void draft_line(struct draft *d, char *line)
{
	d->lines[d->count++] = slice_str(line);
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

/* "Name: value" replaces, "+Name: value" adds, "-Name" removes. */
static void apply_header(struct draft *d, struct slice text)
{
	if (text.p[0] == '-') {
		d->own_length |= draft_is(slice_skip(text, 1), SLICE("Content-Length"));
		drop_header(d, slice_trim(slice_skip(text, 1)));
	} else if (text.p[0] == '+') {
		d->lines[d->count++] = slice_skip(text, 1);
	} else {
		d->own_length |= draft_is(text, SLICE("Content-Length"));
		drop_header(d, line_name(text));
		d->lines[d->count++] = text;
	}
}

void draft_notes(struct draft *d, const struct note *note)
{
	char *body = text_of("%s", "");

	for (; note && note->text.len; note = note->next)
		apply_header(d, note->text);
	for (note = note ? note->next : NULL; note; note = note->next)
		body = text_of("%s%.*s\r\n", body, SLICE_ARG(note->text));
	d->body = slice_str(body);
}

struct slice draft_bytes(struct draft *d)
{
	char *text = text_of("%.*s\r\n", SLICE_ARG(d->head));

	for (unsigned i = 0; i < d->count; i++)
		text = text_of("%s%.*s\r\n", text, SLICE_ARG(d->lines[i]));
	if (!d->own_length)
		text = text_of("%sContent-Length: %zu\r\n", text, d->body.len);
	return slice_str(text_of("%s\r\n%.*s", text, SLICE_ARG(d->body)));
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
