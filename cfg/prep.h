/*
 * cfg/prep.h - imports, defines and conditions, done on tokens with their positions.
 */
#ifndef CFG_PREP_H
#define CFG_PREP_H

#include "cfg/load.h"
#include "cfg/token.h"

struct macro {
	struct macro    *next;		/* in order of definition */
	struct slice     name;
	struct token    *tokens;
	unsigned         count;
	struct cfg_span  at;		/* source NULL: from the command line */
	bool             is_active;	/* being expanded */
	bool             is_gone;	/* #!undef */
	bool             is_in_the_way;	/* a route begins with its name, which was said */
};

struct prep;

/** Define what the command line gave and begin with a source. */
struct prep *prep_new(struct load *ld, const struct cfg_source *source);
/** The next token for the parser: its kind, 0 at the end. */
int prep_next(struct prep *p, struct token *out);
/** Where the token before the last one ended: the place for what is missing. */
struct cfg_span prep_last_end(const struct prep *p);

/* ---- prep_if.c ---- */
struct prep_line { const struct token *tokens; unsigned count, at; struct cfg_span where; };
/** The value of an #!if expression; false after an error. */
bool prep_condition(struct load *ld, struct prep_line *line);

/* ---- prep_import.c ---- */
/**
 * Find and read what import names.
 * @param out    the sources in order (several for a directory)
 * @return how many; 0 after an error or for an optional one that is absent
 */
unsigned prep_import(struct load *ld, const struct token *path, const struct cfg_source *from,
    bool is_optional, const struct cfg_source ***out);

#endif
