/*
 * cfg/op.h - the instructions of the machine, written once.
 *
 * An instruction is one 32-bit word: the operation in the low 8 bits, operand a in
 * the high 24. Those with two operands have b in the word that follows. The
 * machine, the listing and the verifier expand this table.
 *
 *	OP(name, words, pops, pushes, kind of a, kind of b, "formula")
 *
 * pops OP_COUNT_A / OP_COUNT_B: as many as the operand says; OP_BY_VAR: by the
 * variable's key and index.
 */
#ifndef CFG_OP_H
#define CFG_OP_H

#include <stdbool.h>
#include <stdint.h>

#define OP_COUNT_A (-1)
#define OP_COUNT_B (-2)
#define OP_BY_VAR  (-3)

enum op_arg {
	ARG_NONE, ARG_INT, ARG_CONST, ARG_LOCAL, ARG_VAR, ARG_REF, ARG_FUNC, ARG_BUILTIN,
	ARG_ROUTE, ARG_JUMP, ARG_REGEX, ARG_TYPE, ARG_OPERATOR, ARG_COUNT
};

#define OP_TABLE(OP) \
	OP(CONST,     1, 0, 1, ARG_CONST,    ARG_NONE,  "push consts[a]") \
	OP(NULL,      1, 0, 1, ARG_NONE,     ARG_NONE,  "push null") \
	OP(TRUE,      1, 0, 1, ARG_NONE,     ARG_NONE,  "push true") \
	OP(FALSE,     1, 0, 1, ARG_NONE,     ARG_NONE,  "push false") \
	OP(LOCAL,     1, 0, 1, ARG_LOCAL,    ARG_NONE,  "push frame[a]") \
	OP(SETLOCAL,  1, 1, 0, ARG_LOCAL,    ARG_NONE,  "frame[a] = pop") \
	OP(VAR,       1, 0, 1, ARG_VAR,      ARG_NONE,  "push vars[a]") \
	OP(SETVAR,    1, 1, 0, ARG_VAR,      ARG_NONE,  "vars[a] = pop") \
	OP(POP,       1, 1, 0, ARG_NONE,     ARG_NONE,  "drop the top") \
	OP(GET,       1, OP_BY_VAR, 1, ARG_REF, ARG_NONE, "index, key = pop; push host.get(refs[a], key, index)") \
	OP(SET,       1, OP_BY_VAR, 0, ARG_REF, ARG_NONE, "value, index, key = pop; host.set(refs[a], key, index, value)") \
	OP(PUSH,      1, OP_BY_VAR, 0, ARG_REF, ARG_NONE, "value, index, key = pop; host.push(refs[a], key, value)") \
	OP(INCR,      1, OP_BY_VAR, 1, ARG_REF, ARG_NONE, "by, index, key = pop; push host.incr(refs[a], key, by)") \
	OP(PUSHVAR,   1, 1, 0, ARG_VAR,      ARG_NONE,  "vars[a] = [vars[a]..., pop]") \
	OP(INCRVAR,   1, 1, 1, ARG_VAR,      ARG_NONE,  "vars[a] = (vars[a] ?? 0) + pop; push vars[a]") \
	OP(CALL,      2, OP_COUNT_B, 1, ARG_FUNC, ARG_COUNT, "push funcs[a](b values); may suspend") \
	OP(METHOD,    2, 0, 1, ARG_FUNC,     ARG_INT,   "push what funcs[a] says: whether the method is in set b") \
	OP(BUILTIN,   2, OP_COUNT_B, 1, ARG_BUILTIN, ARG_COUNT, "push builtins[a](b values)") \
	OP(ROUTE,     2, OP_COUNT_B, 1, ARG_ROUTE, ARG_COUNT, "new frame for routes[a] with b values; its RET pushes") \
	OP(RET,       1, 1, 0, ARG_NONE,     ARG_NONE,  "leave the frame with the value on top") \
	OP(EXIT,      1, 0, 0, ARG_NONE,     ARG_NONE,  "end the run, defer blocks first") \
	OP(DROP,      1, 0, 0, ARG_NONE,     ARG_NONE,  "end the run, the message goes nowhere") \
	OP(JMP,       1, 0, 0, ARG_JUMP,     ARG_NONE,  "pc = a") \
	OP(JF,        1, 1, 0, ARG_JUMP,     ARG_NONE,  "if !pop: pc = a") \
	OP(JT,        1, 1, 0, ARG_JUMP,     ARG_NONE,  "if pop: pc = a") \
	OP(JNULL,     1, 0, 0, ARG_JUMP,     ARG_NONE,  "if top == null: pc = a, keeping it") \
	OP(JVALUE,    1, 1, 0, ARG_JUMP,     ARG_NONE,  "if top != null: pc = a, keeping it; else pop") \
	OP(NOT,       1, 1, 1, ARG_NONE,     ARG_NONE,  "push !pop") \
	OP(CHECK,     1, 1, 1, ARG_TYPE,     ARG_NONE,  "fail unless the top is of type a") \
	OP(CHECKN,    1, 1, 1, ARG_TYPE,     ARG_NONE,  "fail unless the top is null or of type a") \
	OP(NEED,      1, 1, 1, ARG_NONE,     ARG_NONE,  "fail if the top is null") \
	OP(TEXT,      1, 1, 1, ARG_NONE,     ARG_NONE,  "push the top as text; null stays") \
	OP(EQSTR,     1, 2, 1, ARG_INT,      ARG_NONE,  "push (x == y) != a, both texts or null") \
	OP(EQINT,     1, 2, 1, ARG_INT,      ARG_NONE,  "push (x == y) != a, both numbers, not null") \
	OP(CMPINT,    1, 2, 1, ARG_OPERATOR, ARG_NONE,  "push x a y, both numbers, not null") \
	OP(ADDINT,    1, 2, 1, ARG_NONE,     ARG_NONE,  "push x + y, both int") \
	OP(SUBINT,    1, 2, 1, ARG_NONE,     ARG_NONE,  "push x - y, both int") \
	OP(BINARY,    1, 2, 1, ARG_OPERATOR, ARG_NONE,  "push x a y, types looked at now") \
	OP(UNARY,     1, 1, 1, ARG_OPERATOR, ARG_NONE,  "push a x") \
	OP(CONCAT,    1, OP_COUNT_A, 1, ARG_COUNT, ARG_NONE, "push a values as one text") \
	OP(LIST,      1, OP_COUNT_A, 1, ARG_COUNT, ARG_NONE, "push a list of a values") \
	OP(INDEX,     1, 2, 1, ARG_NONE,     ARG_NONE,  "index, list = pop; push list[index]") \
	OP(MATCH,     1, 1, 1, ARG_REGEX,    ARG_NONE,  "push regexes[a] matches pop; sets the captures") \
	OP(MATCHDYN,  1, 2, 1, ARG_NONE,     ARG_NONE,  "pattern, text = pop; push pattern matches text") \
	OP(ITER,      2, 0, 1, ARG_LOCAL,    ARG_JUMP,  "list frame[a], position frame[a+1]: push the next item, or pc = b") \
	OP(COUNT,     2, 0, 1, ARG_LOCAL,    ARG_JUMP,  "from frame[a] up to frame[a+1]: push the next number, or pc = b") \
	OP(WITHIN,    2, 0, 0, ARG_CONST,    ARG_JUMP,  "deadline in consts[a]; when it passes, pc = b in this frame") \
	OP(WITHOUT,   1, 0, 0, ARG_NONE,     ARG_NONE,  "end of the innermost deadline") \
	OP(RC,        1, 0, 1, ARG_NONE,     ARG_NONE,  "push the last result as Kamailio's number") \
	OP(ERR,       1, 0, 1, ARG_NONE,     ARG_NONE,  "push the word of the last failure or null") \
	OP(CAPTURE,   1, 0, 1, ARG_INT,      ARG_NONE,  "push capture a of the last match or null")

enum op {
#define OP(name, words, pops, pushes, a, b, formula) OPC_##name,
	OP_TABLE(OP)
#undef OP
	OPC_END
};

#define OP_A_MAX 0xffffffu

static inline uint32_t op_word(enum op op, uint32_t a) { return (uint32_t)op | a << 8; }
static inline bool op_is_call(enum op op) { return op == OPC_CALL || op == OPC_METHOD; }
/** Jumps by a yes or no; the call before it does so by itself. */
static inline bool op_is_test(enum op op) { return op == OPC_JF || op == OPC_JT; }
static inline enum op op_of(uint32_t word) { return (enum op)(word & 0xff); }
static inline uint32_t op_a(uint32_t word) { return word >> 8; }

struct op_info {
	const char *name;
	int8_t      words, pops, pushes;
	enum op_arg a, b;
	const char *formula;
};
extern const struct op_info op_table[OPC_END];

#endif
