/*
 * cfg/guest_prep.h - a guest's file before the parser: its own words and substitutions.
 */
#ifndef CFG_GUEST_PREP_H
#define CFG_GUEST_PREP_H

#include "cfg/guest_note.h"
#include "cfg/token.h"

/** From here on the load is a guest's. */
void guest_begin(struct load *ld);

/** "@ruri.user" as a variable; false if there is none for it. */
bool guest_select(struct slice select, struct slice *variable);
/** A token that stands for another text at the same place. */
void guest_replace_token(struct load *ld, struct token *t, int kind, struct slice text);
/** #!subst "/from/to/flags", #!substdef: its parts; false after an error. */
bool guest_subst_parts(struct slice text, struct slice *from, struct slice *to);
bool guest_subst(struct load *ld, const struct token *t, struct slice *from, struct slice *to);
void guest_add_subst(struct load *ld, struct slice from, struct slice to);
/** All substitutions on the text between two quotes. */
void guest_apply_subst(struct load *ld, struct token *t);

#endif
