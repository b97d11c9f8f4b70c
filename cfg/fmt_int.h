/*
 * cfg/fmt_int.h - what the steps of the formatter hand to each other.
 */
#ifndef CFG_FMT_INT_H
#define CFG_FMT_INT_H

#include "cfg/ast.h"
#include "cfg/load.h"

enum fmt_kind { FMT_TOKEN, FMT_COMMENT, FMT_DIRECTIVE };

/* How a token stands to its neighbours. */
enum fmt_role {
	ROLE_PLAIN,			/* a blank on either side */
	ROLE_TIGHT,			/* none */
	ROLE_BEFORE,			/* of a sign: none behind it */
	ROLE_BEHIND			/* of "," ":" "?": none before it */
};

struct fmt_item {			/* a token, a comment, a line that begins with #! */
	enum fmt_kind kind;
	int           token;		/* of gram.h, or a character; 0 for the others */
	struct slice  text;		/* as it stands there, quotes and all */
	size_t        at;
	unsigned      breaks;		/* ends of lines before it */
	unsigned      column;		/* from 0, tab stops of 8 */
	bool          to_line_end;	/* a comment that nothing can follow */
	enum fmt_role role;
	unsigned      match;		/* of a bracket: the other one; 0 if there is none */
	unsigned      head_end;		/* of if, while, ...: where its condition ends; 0 */
	bool          wrap_open, wrap_close;	/* "(" is missing before, ")" behind it */
};

struct fmt {
	struct load             *ld;
	const struct cfg_source *source;
	struct fmt_item         *items;
	unsigned                 count, room;
};

static inline bool fmt_is(const struct fmt_item *i, const char *word)
{
	return i->kind == FMT_TOKEN && slice_eq(i->text, slice_str(word));
}

/** The next token behind i, passing over comments; NULL at the end. */
const struct fmt_item *fmt_after(const struct fmt *f, unsigned i);

/* fmt_scan.c: the text as items. */
void fmt_scan(struct fmt *f);
/* fmt_role.c: brackets and roles. */
void fmt_roles(struct fmt *f);
bool fmt_is_keyword(const struct fmt_item *i);
bool fmt_is_route_kind(const struct fmt_item *i);
/** Does a blank belong between two tokens of one line? */
bool fmt_has_blank(const struct fmt_item *before, const struct fmt_item *now);
/** Does an item of the file's top level begin at token i? */
bool fmt_begins_item(const struct fmt *f, unsigned i);
/* fmt_lay.c: lines. */
struct slice fmt_lay(struct fmt *f);

#endif
