/*
 * cfg/vm.h - the machine that runs a compiled script.
 *
 * All state of a run is in its fiber: pc, frames and values, never on the C
 * stack. So a function may suspend in the middle of an expression; the run goes
 * on at the next instruction when vm_resume() brings the value.
 */
#ifndef CFG_VM_H
#define CFG_VM_H

#include "cfg/diag.h"
#include "cfg/sym.h"
#include "parser/msg.h"

struct program;
struct fiber;

enum vm_status {
	VM_DONE,			/* ran off the end or returned from the top route */
	VM_EXIT,			/* exit */
	VM_DROP,			/* drop */
	VM_SUSPENDED,			/* a function waits */
	VM_FAILED			/* run-time error: see vm_error() */
};

enum fn_status { FN_DONE, FN_SUSPENDED, FN_FAILED };

/* What the VM asks of the core; arg is the one of vm_start. */
struct vm_host {
	enum fn_status (*call)(void *arg, const struct sym_func *f, const struct value *argv,
	    unsigned argc, struct value *ret);
	/* key: $name(key) evaluated, VALUE_NULL if none; index: VALUE_INT, or NULL type,
	 * or VALUE_ANY for [*]. Gives VALUE_NULL where there is nothing. FN_FAILED: no memory. */
	enum fn_status (*get)(void *arg, const struct sym_var *v, struct value key,
	    struct value index, struct value *out);
	enum fn_status (*set)(void *arg, const struct sym_var *v, struct value key,
	    struct value index, struct value value);
	/* The rest may be NULL. */
	/* A "within" begins: if it has not ended after so long, cancel what waits and
	 * vm_expire(f, level). Levels count from 0, inner ones are higher. NULL: no deadlines. */
	void (*deadline_push)(void *arg, usec_t after, unsigned level);
	void (*deadline_pop)(void *arg, unsigned level);
	/* incr($v(key)) of a variable that counts: add by in one step, *out is the new value.
	 * NULL: get and set. */
	enum fn_status (*incr)(void *arg, const struct sym_var *v, struct value key,
	    struct value index, int64_t by, struct value *out);
	/* push($v(key), value): one more value. NULL: get, append to the list, set. */
	enum fn_status (*push)(void *arg, const struct sym_var *v, struct value key,
	    struct value value);
};

struct vm_limits { uint32_t max_steps; size_t max_memory; };

struct vm_error {
	const char     *what;		/* "division by zero", "out of steps", … */
	struct cfg_span at;
	struct slice    route;		/* name of the route */
};

/**
 * Begin a run. Values and frames are taken from the arena, exactly as deep as
 * the program can go.
 *
 * @param route   id from cfg_route_id()
 * @param argv    for typed routes; normally none
 * @param arena   the message's
 * @return NULL if memory is short
 */
struct fiber *vm_start(const struct program *p, unsigned route, const struct value *argv,
    unsigned argc, struct arena *arena, const struct vm_limits *limits);

/** The message's method, before the first vm_run(); without it no question for one is true. */
void vm_set_method(struct fiber *f, enum sip_method method);

/** Run until something of enum vm_status happens. */
enum vm_status vm_run(struct fiber *f, const struct vm_host *host, void *arg);
/** Only after VM_SUSPENDED: the value of the function that waited; then vm_run() again. */
void vm_resume(struct fiber *f, struct value value);
/** Cancel a waiting run: defer blocks are run, nothing else; returns VM_DROP or VM_FAILED. */
enum vm_status vm_cancel(struct fiber *f, const struct vm_host *host, void *arg);

/** Only after VM_SUSPENDED, when a deadline has passed: its else block is next; then
 *  vm_run(). What the run waited for has been given up by the host. */
void vm_expire(struct fiber *f, unsigned level);

/** Only after VM_FAILED: what went wrong, and where; the fiber's. */
const struct vm_error *vm_error(const struct fiber *f);
/** What the top route returned; VALUE_BOOL true if it just ended. */
struct value vm_result(const struct fiber *f);
/** Where the run is now: for logs, panic reports and $cfg(line). */
struct cfg_span vm_where(const struct fiber *f);
struct slice vm_route_name(const struct fiber *f);
uint32_t vm_steps(const struct fiber *f);

/* $err, $rc and the captures of =~ belong to the run. */
void vm_set_err(struct fiber *f, const char *word);	/* static text; NULL clears */

#endif
