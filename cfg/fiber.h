/*
 * cfg/fiber.h - one run of a script: all of its state, so that it can be put aside.
 */
#ifndef CFG_FIBER_H
#define CFG_FIBER_H

#include "cfg/program.h"
#include "cfg/tape.h"
#include "cfg/vm.h"

struct frame {				/* a route that is being run */
	uint32_t route;
	uint32_t ret_pc;		/* in the caller */
	uint32_t base;			/* its first value on the stack */
	uint32_t withins;		/* deadlines that were open when it began */
	bool     is_over;		/* its defer blocks run because the run ends */
};

struct within {				/* an open deadline */
	uint32_t frame;
	uint32_t sp;			/* values on the stack when it began */
	uint32_t else_pc;
};

enum fiber_state { FIBER_READY, FIBER_WAITING, FIBER_RESUMED, FIBER_OVER };

struct fiber {
	const struct program  *program;
	struct arena          *arena;
	struct value          *stack;	/* one more than the program can go deep: see do_CALL() */
	struct value          *vars;	/* $var(x) */
	struct frame          *frames;
	struct within         *withins;
	uint32_t               pc, sp;	/* sp: values on the stack */
	uint32_t               depth;	/* frames in use; the last one runs */
	uint32_t               within_count;
	uint32_t               method;	/* a set: the message's */
	uint32_t               expired_from;	/* withins open when one passed */
	uint32_t               steps_left, steps_max;
	size_t                 memory_start, memory_max;
	enum fiber_state       state;
	bool                   is_ending;	/* defer blocks run, then status is final */
	bool                   is_short;	/* no steps left even for them */
	bool                   is_expiring;	/* unwinding to withins[within_count] */
	enum vm_status         status;
	const struct sym_func *waits_for;
	uint32_t               waits_argc;
	int64_t                rc;		/* result of the last call as Kamailio's number */
	struct value           resumed;		/* what vm_resume() brought */
	const char            *err;
	bool                   is_err_new;	/* set by the function that runs: for the tape */
	struct value           result;
	struct slice           captures[REGEX_CAPTURES];
	struct vm_error        error;
	struct tape           *tape;	/* NULL: nobody records */
	uint32_t              *counts;	/* tape_counters(); with a tape */
	uint32_t               run_number;	/* on the tape */
};

#endif
