/*
 * cfg/fmt_scan.c - the text as tokens, comments and directives, with what lay between.
 *
 * The tokens are the lexer's own, so that nothing is split here that is one there.
 */
#include "cfg/fmt_int.h"
#include "cfg/gram.h"

#define TAB_STOP 8u

struct scan {
	struct fmt *f;
	unsigned    breaks;		/* since then */
};

static unsigned column_of(const struct fmt *f, size_t at)
{
	struct slice text = f->source->text;
	size_t from = at;
	unsigned column = 0;

	while (from > 0 && text.p[from - 1] != '\n')
		from--;
	for (; from < at; from++) {
		if (text.p[from] == '\t')
			column += TAB_STOP - column % TAB_STOP;
		else if (((unsigned char)text.p[from] & 0xc0) != 0x80)
			column++;
	}
	return column;
}

static struct fmt_item *add(struct scan *s, enum fmt_kind kind, size_t from, size_t to)
{
	struct fmt *f = s->f;
	struct fmt_item *i = mem_push(&f->ld->mem, &f->items, &f->count, &f->room, sizeof(*i));

	memset(i, 0, sizeof(*i));
	i->kind = kind;
	i->text = slice_of(f->source->text.p + from, to - from);
	i->at = from;
	i->breaks = s->breaks;
	i->column = column_of(f, from);
	s->breaks = 0;
	return i;
}

static size_t line_end(struct slice text, size_t at)
{
	while (at < text.len && text.p[at] != '\n')
		at++;
	return at;
}

static size_t trimmed(struct slice text, size_t from, size_t to)
{
	while (to > from && (is_lws(text.p[to - 1]) || text.p[to - 1] == '\f'))
		to--;
	return to;
}

/* What the lexer passes over is blanks and comments. */
static void gap(struct scan *s, size_t at, size_t to)
{
	struct slice text = s->f->source->text;

	while (at < to) {
		char c = text.p[at];
		size_t end = at + 1;

		if (c == '#' || (c == '/' && text.p[at + 1] == '/')) {
			end = line_end(text, at);
			add(s, FMT_COMMENT, at, trimmed(text, at, end))->to_line_end = true;
		} else if (c == '/') {
			end = at + 2 + slice_search(slice_first(slice_skip(text, at + 2),
			    to - at - 2), SLICE("*/")) + 2;
			add(s, FMT_COMMENT, at, end);
		} else if (c == '\n') {
			s->breaks++;
		}
		at = end;
	}
}

/* The token's own bytes: those of a text include its quotes. */
static void extent(const struct fmt *f, const struct token *t, size_t *from, size_t *to)
{
	if (t->is_expanded) {		/* it stands for another text */
		*from = f->source->line_at[t->at.line - 1] + t->at.column - 1;
		*to = f->source->line_at[t->at.end_line - 1] + t->at.end_column - 1;
		return;
	}
	*from = t->offset;
	*to = t->offset + t->text.len;
	if (t->quote) {
		*from -= t->quote == 'f' ? 2 : 1;
		*to += 1;
	}
}

/* A directive ends with its line, which may go on behind a backslash. */
static size_t directive_end(struct lex *lex, size_t at)
{
	struct token t;

	do {
		lex_next(lex, &t);
		if (t.kind == TOKEN_EOL)
			at = t.offset;
	} while (t.kind != TOKEN_EOL && t.kind != 0);
	return at;
}

void fmt_scan(struct fmt *f)
{
	struct lex *lex = lex_new(f->ld, f->source);
	struct slice text = f->source->text;
	struct scan s = { .f = f };
	struct token t;
	size_t from, to, at = 0;

	for (lex_next(lex, &t); t.kind != 0; lex_next(lex, &t)) {
		if (t.kind == NEWLINE)
			continue;
		extent(f, &t, &from, &to);
		gap(&s, at, from);
		if (t.kind == TOKEN_DIRECTIVE) {
			to = directive_end(lex, line_end(text, from));
			add(&s, FMT_DIRECTIVE, from, trimmed(text, from, to));
		} else {
			add(&s, FMT_TOKEN, from, to)->token = t.kind;
		}
		at = to;
	}
	gap(&s, at, text.len);
}

const struct fmt_item *fmt_after(const struct fmt *f, unsigned i)
{
	while (++i < f->count)
		if (f->items[i].kind == FMT_TOKEN)
			return &f->items[i];
	return NULL;
}
