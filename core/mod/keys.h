/*
 * core/mod/keys.h - tables that a script names: $sht(table=>key).
 */
#ifndef CORE_MOD_KEYS_H
#define CORE_MOD_KEYS_H

#include "cfg/diag.h"
#include "core/sip/plan.h"

/** Is every table declared that a variable names with a plain word? Modules say so by their
 *  has_table(). 0 or -EINVAL (see diag). */
int keys_check(const struct lcs_gen *gen, struct diag *diag);

#endif
