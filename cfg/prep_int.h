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

/* prep_directive.c */
void prep_directive(struct prep *p, const struct token *word);
void prep_end_of_file(struct prep *p);
void prep_command_line(struct prep *p);
void prep_first_line(struct prep *p, const struct cfg_source *source);

#endif
