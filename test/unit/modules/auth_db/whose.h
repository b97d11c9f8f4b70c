/*
 * whose.h - what the tests of whose an account is have around them: a directory that knows some accounts,
 * and the few calls of the core that their modules make (linked with --wrap).
 */
#ifndef TEST_UNIT_WHOSE_H
#define TEST_UNIT_WHOSE_H

#include "modules/auth_db/auth_db_api.h"
#include "test/unit.h"

#include <errno.h>

extern struct arena             *whose_arena;		/* of the test that runs */
extern const void               *whose_conf;		/* what lcs_conf() gives: set in main() */
extern const struct auth_db_api  whose_directory;

int whose_begin(void **state);
int whose_end(void **state);

#endif
