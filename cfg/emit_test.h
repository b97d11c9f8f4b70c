/*
 * cfg/emit_test.h - test blocks as steps and routes: for emit.c and emit_expr.c.
 */
#ifndef CFG_EMIT_TEST_H
#define CFG_EMIT_TEST_H

#include "cfg/emit.h"

/** How many routes the tests of this load need; 0 if they are not asked for. */
unsigned emit_test_routes(const struct load *ld);
/** Compile them behind the routes of the script, from id first on. */
void emit_tests(struct emit *e, unsigned first);
/** A word or function that only tests have, as a call of its entry in cfg_test_funcs. */
void emit_test_call(struct emit *e, struct slice name, const struct expr *args);

#endif
