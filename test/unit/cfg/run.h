/*
 * test/unit/cfg/run.h - load a script from a string, run a route, look at what it did.
 */
#ifndef TEST_UNIT_CFG_RUN_H
#define TEST_UNIT_CFG_RUN_H

#include "test/fake/script.h"
#include "test/unit.h"

struct scene {				/* one script and its last run */
	struct fake_script fake;
	struct arena      *arena;
	struct diag       *diag;
	struct cfg        *cfg;
	struct fiber      *fiber;
	char               log[4000];	/* messages, or calls of the run, a line each */
};

/** A scene without a script; freed by scene_free(). */
struct scene *scene_new(void);
void scene_free(struct scene *s);

/** Load; text is the whole file but for its first line "#!lcs 1". Result of cfg_load_text(). */
int scene_load(struct scene *s, const char *text);
/** All messages as text (DIAG_TEXT), in log. */
const char *scene_messages(struct scene *s);
/** Load "request_route { BODY }" with all modules there are. */
int scene_load_body(struct scene *s, const char *body);

/** Begin request_route; not run yet. */
void scene_begin(struct scene *s, const struct vm_limits *limits);
enum vm_status scene_go(struct scene *s);
/** Both, and resume as often as it takes, with fake_result(). */
enum vm_status scene_run(struct scene *s);
/** Calls so far, a line each, in log. */
const char *scene_calls(struct scene *s);

/** "E0309: division by zero": the first error in file order. */
void first_error(struct scene *s, char *text, size_t room);
/** Value of an expression as the script computes it: text, or "null", or "error: WHAT", or
 *  the error that the check finds. */
const char *scene_value(const char *expression);

#endif
