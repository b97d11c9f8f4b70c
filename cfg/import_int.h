/*
 * cfg/import_int.h - a text on its way from a guest's to a native one; shared by its files.
 */
#ifndef CFG_IMPORT_INT_H
#define CFG_IMPORT_INT_H

#include "cfg/diag_item.h"
#include "cfg/import.h"
#include "cfg/load.h"

/* Changes at one place: what stands before all, what puts the rest away, what ends something
 * before it, what begins something behind it, what it is replaced by. */
enum rank { RANK_FIRST, RANK_AWAY, RANK_BEHIND, RANK_BEFORE, RANK_REPLACE };

struct change {				/* of bytes [from, to) */
	size_t       from, to;
	struct slice text;
	enum rank    rank;
	unsigned     order;
	bool         is_drop;
};

struct import {
	struct load             *ld;
	const struct cfg_source *source;
	struct change           *list;
	unsigned                 count, room;
	struct import_report    *report;
};

static inline size_t import_offset(const struct import *im, uint32_t line, uint32_t column)
{
	return im->source->line_at[line - 1] + column - 1;
}

/* ---- import_text.c ---- */
/** Note a change of the text's bytes [from, to); text lives as long as the load. order: of those
 *  at one place with one rank. */
void import_add(struct import *im, size_t from, size_t to, struct slice text, enum rank rank,
    unsigned order);
/** The same for what lcs does not have: text is what it becomes, and the report counts it. */
void import_put_away(struct import *im, size_t from, size_t to, struct slice text);
/** The text with all that was noted; a change inside of another's bytes is left out. */
struct slice import_apply(struct import *im);

/* ---- import_report.c ---- */
/** Fill the report: what the checker said, by kind, and how many lines differ in out. */
void import_tell(struct import *im, struct slice out);

#endif
