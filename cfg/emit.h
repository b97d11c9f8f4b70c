/*
 * cfg/emit.h - from the checked tree to instructions.
 */
#ifndef CFG_EMIT_H
#define CFG_EMIT_H

#include "cfg/check.h"
#include "cfg/program.h"

struct label {				/* a place in the code, maybe not reached yet */
	uint32_t  pc;
	bool      is_set;
	uint32_t *fixes;		/* words that wait for it: index * 2 + is second word */
	unsigned  count, room;
};

struct loop {				/* what break and continue leave */
	struct loop  *outer;
	struct label *on_break, *on_continue;	/* of a switch: the loop's around it */
	unsigned      withins, withins_continue;	/* deadlines open there */
};

struct emit {
	struct load         *ld;
	uint32_t            *code;	unsigned code_count, code_room;
	struct value        *consts;	unsigned const_count, const_room;
	bool                *secrets;	unsigned secret_count, secret_room;
	struct prog_ref     *refs;	unsigned ref_count, ref_room;
	const struct sym_func **funcs;	unsigned func_count, func_room;
	struct prog_builtin *builtins;	unsigned builtin_count, builtin_room;
	const struct regex **regexes;	unsigned regex_count, regex_room;
	struct slice        *patterns;	unsigned pattern_count, pattern_room;
	struct prog_line    *lines;	unsigned line_count, line_room;
	struct prog_route   *routes;
	struct dict          func_ids;	/* by name: index + 1 into funcs */

	/* of the route being written */
	const struct route_decl *route;
	struct cfg_span      at;
	unsigned             depth, max_depth, slots, withins, max_withins;
	struct loop         *loop;
	struct label         epilogue;
	bool                 has_epilogue;
	unsigned             result_slot;
};

/* ---- emit.c ---- */
/** Compile all routes; the program lives in the load's arena. */
struct program *emit_program(struct load *ld);

/* ---- instructions (emit_code.c) ---- */
/* Append an instruction; memory that is short leaves by mem_short(). */
void emit_op(struct emit *e, enum op op, uint32_t a);
void emit_op2(struct emit *e, enum op op, uint32_t a, uint32_t b);
void emit_jump(struct emit *e, enum op op, struct label *to);
/** An instruction whose second word is the place to go to. */
void emit_op_jump(struct emit *e, enum op op, uint32_t a, struct label *to);
void emit_label(struct emit *e, struct label *l);
uint32_t emit_const(struct emit *e, struct value v);
uint32_t emit_secret(struct emit *e, struct value v);	/* not shown in listings */
uint32_t emit_func(struct emit *e, const struct sym_func *f);
uint32_t emit_builtin(struct emit *e, const struct builtin *b);
uint32_t emit_regex(struct emit *e, struct slice pattern);
uint32_t emit_ref(struct emit *e, const struct pv *pv);

/* ---- expressions (emit_expr.c) ---- */
/** Push the value of x, of exactly its static type. */
void emit_expr(struct emit *e, const struct expr *x);
/** The same as a value of a type it fits. */
void emit_as(struct emit *e, const struct expr *x, struct type want);
/** Go to a label if the condition is what is asked for, else on to the next instruction. */
void emit_cond(struct emit *e, const struct expr *x, bool when, struct label *to);
/** Push x == of a variable in a place: for switch. */
void emit_case_test(struct emit *e, unsigned slot, struct type of, const struct expr *value);
/** Pop the top into a variable; its key and index were pushed before. */
void emit_store(struct emit *e, const struct expr *to);
void emit_place(struct emit *e, const struct expr *to);

/* ---- statements (emit_stmt.c) ---- */
/** Compile one; *out lives in the load's arena. */
void emit_route(struct emit *e, const struct route_decl *r, struct prog_route *out);

#endif
