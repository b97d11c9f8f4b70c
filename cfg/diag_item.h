/*
 * cfg/diag_item.h - what one message consists of, for those who show it.
 *
 * An item holds copies of everything, so that it can be shown when the
 * configuration it speaks of is gone.
 */
#ifndef CFG_DIAG_ITEM_H
#define CFG_DIAG_ITEM_H

#include "cfg/diag.h"

struct diag_note {			/* a "= " line, or an importing file */
	struct diag_note *next;
	struct slice      text;
};

struct diag_place {			/* a range without its source */
	struct diag_place *next;
	struct slice       file;
	uint32_t           line, column, end_line, end_column;
	struct slice       text;	/* diag_fix: what to put there */
};

struct diag_item {
	struct diag_item  *next;
	struct diag_item  *near;	/* in its diag's bucket of places */
	struct diag       *owner;
	enum diag_level    level;
	unsigned           code;
	unsigned           order;	/* of the file among those read */
	struct diag_place  at;
	struct slice       line;	/* the text of the first line of the range */
	struct slice       text;
	struct slice       beside;
	struct diag_place *sees;
	struct diag_note  *helps;
	struct diag_place *fixes;
	struct diag_note  *imports;	/* "lcs.cfg:5", nearest first */
};

#define DIAG_BUCKETS 512u

struct diag {
	struct arena            *arena;
	struct diag_item        *places[DIAG_BUCKETS];	/* so that the same place is found soon */
	struct diag_item        *first, **last;
	struct diag_item         spare;	/* when memory is short */
	unsigned                 errors, warnings, count;
	bool                     is_short;
	const struct cfg_module *module;	/* whose check() runs */
	const struct cfg        *cfg;		/* the configuration that is checked; may be NULL */
};

/** Items in file order, then line and column. @return NULL if memory is short */
const struct diag_item **diag_sorted(const struct diag *d, struct arena *arena);
/** "E0201" */
void diag_code_text(const struct diag_item *item, char out[8]);
const char *diag_level_text(enum diag_level level);
/** Was a message lost because memory was short? */
bool diag_is_short(const struct diag *d);

struct buf;
/** All items for people, and for programs (one JSON object). */
void diag_write_text(const struct diag *d, enum diag_format format, struct buf *out);
void diag_write_json(const struct diag *d, struct buf *out);

#endif
