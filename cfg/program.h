/*
 * cfg/program.h - a compiled configuration: instructions and what they refer to.
 *
 * Immutable once verified; shared by all workers.
 */
#ifndef CFG_PROGRAM_H
#define CFG_PROGRAM_H

#include "cfg/builtin.h"
#include "cfg/diag.h"
#include "cfg/op.h"
#include "cfg/regex.h"
#include "cfg/type.h"
#include "parser/msg.h"

struct prog_route {
	struct slice    name;		/* as shown: "request_route", "route[X]" */
	enum route_kind kind;
	struct cfg_span at;
	uint32_t        entry, end;	/* instructions from entry up to end */
	uint32_t        epilogue;	/* runs the defer blocks; 0: it has none */
	unsigned        params, slots;	/* slots include the parameters */
	const struct type *param_types;
	struct type     ret;
	unsigned        stack;		/* values above the slots, of this route alone */
	unsigned        withins;
	/* with everything it calls: */
	unsigned        total_values, total_frames, total_withins;
};

struct prog_ref {			/* a variable of the host as used somewhere */
	const struct sym_var *sym;
	bool has_key, has_index, all;	/* all: index is [*] */
};

struct prog_builtin { const struct builtin *def; const struct sym_func *func; };

struct prog_line { uint32_t pc; struct cfg_span at; };

struct program {
	const uint32_t               *code;		unsigned code_count;
	const struct value           *consts;		unsigned const_count;
	const bool                   *secrets;		/* which consts must not be shown */
	const struct prog_ref        *refs;		unsigned ref_count;
	const struct sym_func *const *funcs;		unsigned func_count;
	const struct prog_builtin    *builtins;		unsigned builtin_count;
	const struct regex *const    *regexes;		unsigned regex_count;
	const struct prog_route      *routes;		unsigned route_count;
	const struct prog_line       *lines;		unsigned line_count;	/* by pc */
	const struct slice           *var_names;	unsigned var_count;
};

/** A method as an element of the set that METHOD asks. */
static inline uint32_t program_method(enum sip_method method)
{
	_Static_assert(METHOD_COUNT <= 32, "a bit for each");
	return (uint32_t)1 << method;
}

/** Where an instruction comes from. */
struct cfg_span program_place(const struct program *p, uint32_t pc);

/** Is all of it sound: jumps, indices, depths? NULL, or what is not, with the place in *pc. */
const char *program_verify(const struct program *p, uint32_t *pc);

#endif
