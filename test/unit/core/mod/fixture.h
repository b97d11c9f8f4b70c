/*
 * test/unit/core/mod/fixture.h - configurations over modules that a test defines itself.
 *
 * LCS_MODULE() in a test's source is enough for the loader to find it.
 */
#ifndef TEST_UNIT_CORE_MOD_FIXTURE_H
#define TEST_UNIT_CORE_MOD_FIXTURE_H

#include "core/mod/generation.h"

struct fixture {
	struct arena  *arena;
	struct loader *loader;
	struct diag   *diag;
	struct cfg    *cfg;		/* NULL: it did not pass, or a generation has it */
};

void fixture_open(struct fixture *f);
void fixture_close(struct fixture *f);
/** Read a configuration; "#!lcs 1" and an empty request_route are added. 0 or cfg_load's error. */
int  fixture_load(struct fixture *f, const char *text);
/** From text to a built generation; NULL if it does not pass. */
struct lcs_gen *fixture_build(struct fixture *f, const char *text);
/** The same of a text with routes of its own. */
struct lcs_gen *fixture_build_all(struct fixture *f, const char *text);
/** Do the messages so far contain this? */
bool fixture_says(struct fixture *f, const char *text);

#endif
