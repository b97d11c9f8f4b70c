/*
 * cfg/prep.c - the tokens of all files as the parser sees them: read (prep_read.c), imports
 * followed, conditions decided (prep_directive.c), words told from names (prep_word.c), blocks
 * closed (prep_brace.c).
 */
#include "cfg/guest_note.h"
#include "cfg/prep.h"
#include "cfg/prep_int.h"
#include "cfg/gram.h"

#include <stdio.h>

/* ---- imports ---- */

static bool is_import(const struct prep *p, struct slice word, bool *is_optional)
{
	/* Kamailio's import_file goes on without the file. */
	*is_optional = slice_eq(word, SLICE("import?")) ||
	    (p->ld->is_guest && slice_eq(word, SLICE("import_file")));
	return *is_optional || slice_eq(word, SLICE("import")) ||
	    slice_eq(word, SLICE("include_file")) || slice_eq(word, SLICE("import_file"));
}

static bool follow_import(struct prep *p, const struct token *word)
{
	const struct cfg_source **sources, *here = p->top && p->top->lex ?
	    lex_source(p->top->lex) : NULL;
	bool is_optional;
	struct token path;
	unsigned n;

	if (word->kind != ID || !is_import(p, word->text, &is_optional) || prep_peek(p)->kind != STR)
		return false;
	prep_take(p, &path);
	n = prep_import(p->ld, &path, here ? here : word->source, is_optional, &sources);
	while (n > 0)
		prep_push_file(p, sources[--n]);
	return true;
}

/* ---- what the parser gets ---- */

static int deliver(struct prep *p, const struct token *t)
{
	prep_follow_names(p, t->kind);
	p->last = t->kind;
	p->before_end = p->last_end;
	p->last_end = t->at;
	return t->kind;
}

int prep_next(struct prep *p, struct token *out)
{
	if (p->to_close > 0 || p->closed_some) {
		prep_closing_token(p, out);
		return deliver(p, out);
	}
	for (;;) {
		if (p->ended || p->ld->gave_up) {
			*out = p->end;
			out->kind = 0;
			return 0;
		}
		prep_take(p, out);
		if (out->kind == ID && follow_import(p, out))
			continue;
		if (out->kind == ID)
			out->kind = prep_word_kind(p, out);
		if (p->ld->is_guest)
			prep_guest_token(p, out);
		if (prep_balance(p, out))
			return deliver(p, out);
	}
}

struct cfg_span prep_last_end(const struct prep *p)
{
	struct cfg_span at = p->before_end;

	at.line = at.end_line;
	at.column = at.end_column;
	at.end_column++;
	return at;
}

struct prep *prep_new(struct load *ld, const struct cfg_source *source)
{
	struct prep *p = MEM_NEW(&ld->mem, struct prep);

	p->ld = ld;
	p->end.at = source_span(source, source->text.len, source->text.len);
	p->end.source = source;
	prep_command_line(p);
	prep_push_file(p, source);
	prep_first_line(p, source);
	return p;
}
