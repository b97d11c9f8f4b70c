/*
 * cfg/prep_int.h - the preprocessor's own state, shared by its files.
 */
#ifndef CFG_PREP_INT_H
#define CFG_PREP_INT_H

#include "cfg/prep.h"

struct input {
	struct input   *outer;
	struct lex     *lex;		/* one of lex and macro */
	struct macro   *macro;
	unsigned        next;		/* token of the macro */
	struct cfg_span use;		/* where it stands */
};

struct cond {				/* an #!if that is open */
	struct cond      *outer;
	const struct lex *lex;		/* the file it is in */
	struct cfg_span   at;
	bool              was_true;	/* one of its parts was taken */
	bool              is_active, outer_active;
	bool              had_else;
};

struct brace { struct cfg_span at; unsigned indent; };

struct prep {
	struct load    *ld;
	struct input   *top;
	struct cond    *cond;
	struct token    peeked, peeked2, end;
	bool            has_peeked, has_peeked2;
	bool            ended;		/* nothing more may be read */
	enum { NAMES_NONE, NAMES_DEFINED, NAMES_CALLED } names;
	bool            in_test;
	int             last;		/* kind of the token before */
	struct cfg_span last_end, before_end;
	struct brace   *braces;
	unsigned        depth, brace_room;
	struct cfg_span suspect;	/* the brace that the indentation accuses */
	unsigned        to_close;	/* "}" still to be made up */
	bool            closed_some;
	struct token    held;		/* comes after them */
};

/* ---- prep_read.c ---- */
/** What is in it comes next. */
void prep_push_file(struct prep *p, const struct cfg_source *source);
/** The next token with defines replaced; *out is it. */
void prep_take(struct prep *p, struct token *out);
/** The one that prep_take() will give, and the one behind it: borrowed until then. */
const struct token *prep_peek(struct prep *p);
const struct token *prep_peek2(struct prep *p);

/* ---- prep_word.c ---- */
/** The kind of an ID where it stands: a word of the language, or ID. */
int  prep_word_kind(struct prep *p, const struct token *t);
/** A token of a guest as the grammar knows it; may take tokens behind it. */
void prep_guest_token(struct prep *p, struct token *t);
/** Does a name of a route come next? Of each token that the parser gets. */
void prep_follow_names(struct prep *p, int kind);

/* ---- prep_brace.c ---- */
/** Count blocks. Where all that are open have to be closed first, *t becomes the first "}". false:
 *  a "}" too many, which was said; the parser does not get it. */
bool prep_balance(struct prep *p, struct token *t);
/** The next of those "}", or behind them what was held. */
void prep_closing_token(struct prep *p, struct token *out);

/* ---- prep_directive.c ---- */
void prep_directive(struct prep *p, const struct token *word);
void prep_end_of_file(struct prep *p);
void prep_command_line(struct prep *p);
void prep_first_line(struct prep *p, const struct cfg_source *source);

#endif
