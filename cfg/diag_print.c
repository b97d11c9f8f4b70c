/*
 * cfg/diag_print.c - messages as people read them, and as programs do (jansson).
 */
#include "cfg/diag_item.h"
#include "utils/buf.h"
#include "utils/json.h"

#include <stdio.h>
#include <stdlib.h>

#define RED    "\033[1;31m"
#define YELLOW "\033[1;33m"
#define CYAN   "\033[1;36m"
#define BOLD   "\033[1m"
#define DIM    "\033[2m"
#define PLAIN  "\033[0m"

struct text_out {
	struct buf *buf;
	bool        colour;
};

static void style(struct text_out *o, const char *code)
{
	if (o->colour)
		buf_put(o->buf, slice_str(code));
}

static const char *colour_of(enum diag_level level)
{
	static const char *const codes[] = { RED, YELLOW, CYAN };

	return codes[level];
}

static void put_head(struct text_out *o, const struct diag_item *item)
{
	char code[8];

	style(o, BOLD);
	if (item->at.file.len)
		buf_printf(o->buf, "%.*s:%u:%u: ", SLICE_ARG(item->at.file), item->at.line,
		    item->at.column);
	style(o, PLAIN);
	style(o, colour_of(item->level));
	buf_put(o->buf, slice_str(diag_level_text(item->level)));
	if (item->code) {
		diag_code_text(item, code);
		buf_printf(o->buf, "[%s]", code);
	}
	style(o, PLAIN);
	buf_printf(o->buf, ": %.*s\n", SLICE_ARG(item->text));
}

/* Bytes that follow the first of a UTF-8 character take no column of their own. */
static bool is_continuation(char c) { return ((unsigned char)c & 0xc0) == 0x80; }

static void put_blank_below(struct text_out *o, struct slice before)
{
	for (size_t i = 0; i < before.len; i++)
		if (!is_continuation(before.p[i]))
			buf_put_char(o->buf, before.p[i] == '\t' ? '\t' : ' ');
}

static void put_marks(struct text_out *o, const struct diag_item *item)
{
	size_t from = item->at.column ? item->at.column - 1 : 0;
	size_t to = item->at.end_line > item->at.line ? item->line.len :
	    item->at.end_column ? item->at.end_column - 1 : from;
	struct slice marked;

	put_blank_below(o, slice_first(item->line, from));
	marked = slice_skip(slice_first(item->line, to), from < to ? from : to);
	buf_put_char(o->buf, '^');
	for (size_t i = 1; i < marked.len; i++)
		if (!is_continuation(marked.p[i]))
			buf_put_char(o->buf, '^');
}

static void put_sees(struct text_out *o, const struct diag_item *item)
{
	for (const struct diag_place *p = item->sees; p; p = p->next)
		buf_printf(o->buf, "  (%.*s:%u)", SLICE_ARG(p->file), p->line);
}

/* Control bytes of a file must not reach the terminal. */
static void put_excerpt(struct text_out *o, struct slice line)
{
	for (size_t i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.p[i];

		buf_put_char(o->buf, (c < 0x20 && c != '\t') || c == 0x7f ? '?' : (char)c);
	}
	buf_put_char(o->buf, '\n');
}

static void put_place(struct text_out *o, const struct diag_item *item)
{
	buf_printf(o->buf, "%5u | ", item->at.line);
	put_excerpt(o, item->line);
	buf_put(o->buf, SLICE("      | "));
	style(o, colour_of(item->level));
	put_marks(o, item);
	style(o, PLAIN);
	if (item->beside.len)
		buf_printf(o->buf, " %.*s", SLICE_ARG(item->beside));
	put_sees(o, item);
	buf_put_char(o->buf, '\n');
}

static void put_item(struct text_out *o, const struct diag_item *item)
{
	put_head(o, item);
	if (item->at.line)
		put_place(o, item);
	else if (item->beside.len)
		buf_printf(o->buf, "      = %.*s\n", SLICE_ARG(item->beside));
	for (const struct diag_note *n = item->helps; n; n = n->next)
		buf_printf(o->buf, "      = %.*s\n", SLICE_ARG(n->text));
	for (const struct diag_note *n = item->imports; n; n = n->next) {
		style(o, DIM);
		buf_printf(o->buf, "      | imported from %.*s", SLICE_ARG(n->text));
		style(o, PLAIN);
		buf_put_char(o->buf, '\n');
	}
}

void diag_write_text(const struct diag *d, enum diag_format format, struct buf *out)
{
	struct text_out o = { out, format == DIAG_TEXT_COLOUR };
	struct arena *arena = arena_new(0);
	const struct diag_item **list = arena ? diag_sorted(d, arena) : NULL;

	for (size_t i = 0, shown = 0; list && list[i]; i++) {
		if (format == DIAG_LOG && list[i]->level == DIAG_NOTE)
			continue;
		if (shown++)
			buf_put_char(out, '\n');
		put_item(&o, list[i]);
	}
	if (!list || d->is_short)
		buf_put(out, SLICE("error: memory is short; messages are missing\n"));
	arena_free(&arena);
}

/* ---- JSON ---- */

static json_t *json_range(const struct diag_place *p)
{
	return json_pack("{s:{s:i,s:i},s:{s:i,s:i}}", "start", "line", (int)p->line,
	    "column", (int)p->column, "end", "line", (int)p->end_line, "column",
	    (int)p->end_column);
}

static json_t *json_notes(const struct diag_note *n)
{
	json_t *list = json_array();

	for (; n; n = n->next)
		json_array_append_new(list, json_slice(n->text));
	return list;
}

static json_t *json_places(const struct diag_place *p, bool with_text)
{
	json_t *list = json_array();

	for (; p; p = p->next) {
		json_t *one = json_object();

		json_object_set_new(one, "file", json_slice(p->file));
		json_object_set_new(one, "range", json_range(p));
		if (with_text)
			json_object_set_new(one, "text", json_slice(p->text));
		json_array_append_new(list, one);
	}
	return list;
}

static json_t *json_item(const struct diag_item *item)
{
	json_t *o = json_object();
	char code[8];

	diag_code_text(item, code);
	json_object_set_new(o, "file", json_slice(item->at.file));
	json_object_set_new(o, "range", json_range(&item->at));
	json_object_set_new(o, "severity", json_string(diag_level_text(item->level)));
	json_object_set_new(o, "code", json_string(item->code ? code : ""));
	json_object_set_new(o, "text", json_slice(item->text));
	json_object_set_new(o, "reason", json_slice(item->beside));
	json_object_set_new(o, "suggestions", json_places(item->fixes, true));
	json_object_set_new(o, "see", json_places(item->sees, false));
	json_object_set_new(o, "notes", json_notes(item->helps));
	json_object_set_new(o, "imported_from", json_notes(item->imports));
	return o;
}

void diag_write_json(const struct diag *d, struct buf *out)
{
	struct arena *arena = arena_new(0);
	const struct diag_item **list = arena ? diag_sorted(d, arena) : NULL;
	json_t *all = json_array();
	char *text;

	for (size_t i = 0; list && list[i]; i++)
		json_array_append_new(all, json_item(list[i]));
	text = json_dumps(all, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
	if (text && list)
		buf_put(out, slice_str(text));
	else
		out->failed = true;
	buf_put_char(out, '\n');
	free(text);
	json_decref(all);
	arena_free(&arena);
}

/* ---- to a stream, to an arena ---- */

/* What a file has that is no UTF-8 would make the answer useless that quotes it. */
static struct buf *write_any(const struct diag *d, enum diag_format format)
{
	struct buf *b = buf_new(1024);

	if (!b)
		return NULL;
	if (format == DIAG_JSON)
		diag_write_json(d, b);
	else
		diag_write_text(d, format, b);
	if (b->data)
		utf8_scrub(b->data, b->len);
	return b;
}

void diag_print(const struct diag *d, enum diag_format format, void *file)
{
	struct buf *b = write_any(d, format);

	if (b && !b->failed)
		fwrite(b->data, 1, b->len, file);
	else
		fputs("error: memory is short\n", file);
	buf_unref(&b);
}

struct slice diag_text(const struct diag *d, enum diag_format format, struct arena *arena)
{
	struct buf *b = write_any(d, format);
	struct slice s = SLICE_NULL;

	if (b && !b->failed)
		s = arena_dup(arena, buf_slice(b));
	buf_unref(&b);
	return s;
}
