/*
 * test/oracle/oracle.h - a second engine for scripts: it walks the checked tree.
 *
 * It knows nothing of instructions, stacks and jumps, so that it is wrong in other ways
 * than the machine. Both ask the same host; what they did must be the same.
 */
#ifndef TEST_ORACLE_ORACLE_H
#define TEST_ORACLE_ORACLE_H

#include "cfg/ast.h"
#include "cfg/vm.h"

struct oracle_run {
	enum vm_status status;		/* VM_DONE, VM_EXIT, VM_DROP, VM_FAILED */
	const char    *why;		/* with VM_FAILED */
	struct value   result;		/* of the route */
	int64_t        rc;
	bool           gave_up;		/* too many steps: nothing can be said */
	unsigned       steps;
};

/**
 * Run a route from its tree.
 * @param host    as for vm_run(); a function that waits is asked for its value by wait()
 * @param slots   how many $var() the script has
 */
void oracle_run(const struct route_decl *route, unsigned slots, const struct vm_host *host,
    void *arg, struct value (*wait)(void *arg, const struct sym_func *f), struct load *ld,
    struct arena *arena, struct oracle_run *out);

/* ---- both engines beside each other (compare.c) ---- */

struct fake_script;

enum compared { COMPARED_SAME, COMPARED_DIFFERENT, COMPARED_UNREAD };

/**
 * Load a text, run each of its routes in both engines with this seed.
 * @param fake  made by fake_script_init()
 * @param why   in the arena: what was different, or the first error of the check
 */
extern unsigned compare_skew;		/* added to the tree's seed: the two must differ then */
enum compared compare_text(struct fake_script *fake, struct slice text, unsigned seed,
    struct arena *arena, struct slice *why);
/** The smallest text found, by leaving out lines, on which they still differ. */
struct slice compare_shrink(struct fake_script *fake, struct slice text, unsigned seed,
    struct arena *arena);

/* ---- scripts by chance (script.c) ---- */

/** A script that the check mostly accepts; the same seed gives the same text. */
struct slice random_script(uint64_t seed, struct arena *arena);

#endif
