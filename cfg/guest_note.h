/*
 * cfg/guest_note.h - what the native text of a guest's file would be: lcs import writes it.
 */
#ifndef CFG_GUEST_NOTE_H
#define CFG_GUEST_NOTE_H

#include "cfg/load.h"

enum guest_how { GUEST_REPLACE, GUEST_WHOLE, GUEST_BEFORE, GUEST_BEHIND, GUEST_DROP };

struct guest_edit {
	struct guest_edit *next;
	enum guest_how     how;		/* drop: the item that this is in */
	struct cfg_span    at;
	struct slice       text;
	unsigned           order;
};

void guest_fix(struct load *ld, struct cfg_span at, const char *text);
/** The same, and nothing below it is looked at. */
void guest_fix_whole(struct load *ld, struct cfg_span at, const char *text);
void guest_fix_before(struct load *ld, struct cfg_span at, const char *text);
void guest_fix_behind(struct load *ld, struct cfg_span at, const char *text);
void guest_fix_around(struct load *ld, struct cfg_span at, const char *before, const char *behind);
/** The setting or parameter that a value stands in has nothing to do here. */
void guest_fix_drop(struct load *ld, struct cfg_span at);
/** What stands there in the file. */
struct slice guest_text_at(struct cfg_span at);
/** Is this the text in its file, and not what a define put there? */
bool guest_is_written(struct cfg_span at, struct slice text);
/** Say it for the first time: true; what: a letter for the kind of name. */
bool guest_first(struct load *ld, char what, struct slice name);

static inline bool is_guest(const struct load *ld) { return ld->is_guest; }

#endif
