/*
 * test/fake/script.h - a host for scripts: symbols like those of the real modules, and
 * functions that a test can watch, make wait or fail.
 */
#ifndef TEST_FAKE_SCRIPT_H
#define TEST_FAKE_SCRIPT_H

#include "cfg/cfg.h"
#include "cfg/vm.h"

#define FAKE_CALLS_MAX 256u
#define FAKE_VARS_MAX  64u

struct fake_call {			/* what was called, as one line: sl_send_reply(404, "x") */
	char text[200];
};

struct fake_var { char name[64]; struct value value; };

#define FAKE_METHOD METHOD_INVITE	/* of the message, for vm_set_method() */

struct fake_script {
	struct cfg_host  host;
	struct vm_host   vm;
	struct arena    *arena;		/* symbols live here */
	const struct sym_module *made[32];	/* opened once each */
	struct arena    *run;		/* values of the run */
	/* what happened */
	struct fake_call calls[FAKE_CALLS_MAX];
	unsigned         call_count;	/* may be above FAKE_CALLS_MAX: then the rest is not kept */
	struct fake_var  vars[FAKE_VARS_MAX];
	unsigned         var_count;
	int              deadlines;	/* open now */
	/* what shall happen */
	bool             suspend_all;	/* every function that may wait does */
	bool             fail_all;	/* every function fails */
	unsigned         seed;		/* != 0: results by chance (fuzzing) */
	struct value     answer;	/* what functions give if it fits their type */
};

/** 0 or -ENOMEM. Everything else of f is zero. */
int  fake_script_init(struct fake_script *f);
void fake_script_fini(struct fake_script *f);
/** Forget calls and variables; run's arena for values that come next. */
void fake_script_begin(struct fake_script *f, struct arena *run);
/** A variable's value before or after a run, by "$hdr(Subject)" or "$rU". */
void fake_set(struct fake_script *f, const char *name, struct value v);
const struct value *fake_get(const struct fake_script *f, const char *name);
/** A value that a function waiting may be resumed with. */
struct value fake_result(struct fake_script *f, const struct sym_func *func);

#endif
